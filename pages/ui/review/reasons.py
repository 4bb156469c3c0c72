"""What reviewers looked at, passed on: criteria of a rubric, wishes for the optimizer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.errors import WorkbenchError
from core.evaluation import rubrics
from core.evaluation.rubric_library import check
from core.evaluation.rubric_text import with_criteria
from core.i18n import translator
from core.records.reasons import REASONS
from core.records.review import ReviewRound
from core.records.rubrics import Rubric, RubricKind, RubricLanguage
from core.review.outcome import ReasonTold
from core.review.reasons import CRITERIA
from pages.ui import difference
from pages.ui.language import N_, _, language, say
from pages.ui.optimize import address as optimize_address
from pages.ui.resources import actor, person, workbench
from pages.ui.review.words import reason_title
from pages.ui.rubric import editor as rubric_editor
from pages.ui.rubric.custom import first_template
from pages.ui.rubric.editor import LANGUAGE_NAMES
from pages.ui.rubric.titles import rubric_title
from pages.ui.text import label, visible

NEW = ""
KEY = "review.rubric"
EXAMPLES = 3
DEFINITION = N_("How good the response is in what reviewers paid attention to.")


def reasons(asked: ReviewRound) -> tuple[str, ...]:
    """Reasons to pick from, and what can be made of them; returns those picked."""
    told = workbench().reviews.reasons(asked.id, person())
    named = {one.code: one for one in told if one.code}
    picked: list[str] = []
    if named:
        picked = st.pills(
            _("Reasons"), list(named), selection_mode="multi", key="review.feedback.reasons",
            format_func=lambda code: f"{label(reason_title(code))} ({named[code].count})",
        )  # fmt: skip
        st.caption(_("Pick some, or none for all of them."))
    chosen = [named[code] for code in picked] if picked else list(named.values())
    for one in chosen if picked else ():
        examples(one)
    if chosen:
        with st.expander(_("Add them to a rubric"), icon=":material/rule:",
                         key="review.feedback.lines"):  # fmt: skip
            into_rubric(asked, chosen)
    query = {"view": "new", "review": asked.id, "reasons": optimize_address.SEPARATOR.join(picked)}
    if asked.source.dataset_version_id:
        query["dataset"] = asked.source.dataset_version_id
    st.page_link("pages/improve/optimize.py", label=_("Use as feedback for the optimizer"),
                 icon=":material/auto_fix_high:",
                 query_params={name: text for name, text in query.items() if text})  # fmt: skip
    return tuple(picked)


def examples(one: ReasonTold) -> None:
    """Some of what was written beside a reason."""
    quoted = " / ".join(f"“{label(text, most=160)}”" for text in one.comments[:EXAMPLES])
    st.markdown(f"**{label(reason_title(one.code))}** {quoted or '–'}")


# -- a rubric --


def into_rubric(asked: ReviewRound, chosen: Sequence[ReasonTold]) -> None:
    """Which rubric, its new lines, what a judge would be told, and the button that keeps it."""
    library = workbench().rubrics
    names = [one.name for one in library.all() if one.kind != "adaptive"]
    own = [name for name in names if not library.is_shipped(name)]
    options = [*own, NEW, *(name for name in names if name not in own)]
    target = st.selectbox(
        _("Rubric"), options, key=f"{KEY}.target",
        format_func=lambda one: visible(rubric_title(one).replace("\\", "")) if one
        else _("A new rubric"),
    )  # fmt: skip
    before = fresh(asked) if target == NEW else library.get(target)
    picked = ".".join(one.code for one in chosen)
    lines: dict[str, str] = {
        one: st.text_area(
            _("New lines") if len(before.languages) == 1
            else _("New lines, {language}").format(language=LANGUAGE_NAMES[one]),
            lines_of(chosen, one), height=110, key=f"{KEY}.lines.{target}.{one}.{picked}",
            help=_("One a line: name: what to look at"),
        )
        for one in before.languages
    }  # fmt: skip
    try:
        after = with_criteria(before, lines)
        check(after)
    except WorkbenchError as error:
        if before.name:
            say(error)
        return
    if st.button(_("Keep as a new rubric") if target == NEW else _("Save as a new version"),
                 type="primary", icon=":material/check:", key=f"{KEY}.save"):  # fmt: skip
        keep(after, asked, new=target == NEW)
    # Below the button: what a judge is told is long.
    shown(before, after, new=target == NEW)


def fresh(asked: ReviewRound) -> Rubric:
    """A rubric without criteria yet, of the round's kind, in the page's language."""
    spoken: RubricLanguage = "ja" if language() == "ja" else "en"
    kind: RubricKind = "pairwise" if asked.settings.kind == "pair" else "pointwise"
    name = st.text_input(_("Name of the metric"), key=f"{KEY}.name",
                         help=_("Letters, digits, _ and -; the scores carry it."))  # fmt: skip
    if not name.strip():
        st.caption(_("Give the new rubric a name."))
    definition = st.text_area(
        _("Definition"), asked.settings.instructions or _(DEFINITION), height=80,
        key=f"{KEY}.definition",
    )  # fmt: skip
    template = replace(first_template(kind, spoken), definition=definition.strip())
    empty = min(step.value for step in template.scale) if kind == "pointwise" else None
    return Rubric(name.strip(), 1, kind, "higher", ("prompt",), (), empty, (template,))


def lines_of(chosen: Sequence[ReasonTold], spoken: str) -> str:
    """A criterion for each reason in the rubric's language; in reviewers' own words, as said."""
    said = translator(spoken)
    lines = []
    for one in chosen:
        if one.code in CRITERIA:
            name, text = said(REASONS[one.code]), said(CRITERIA[one.code])
        else:
            # A colon ends the name of a line.
            name = one.code.replace(":", " ").replace("：", " ")
            text = one.comments[0] if one.comments else one.code
        lines.append(f"{name}: {' '.join(text.split())}")
    return "\n".join(lines)


def shown(before: Rubric, after: Rubric, *, new: bool) -> None:
    """What a judge is told now, and what it would be told."""
    spoken = after.in_language(language()).language
    now = "" if new else rubrics.preview(before, spoken)[0]
    if new:
        with st.expander(_("What the judge gets"), key=f"{KEY}.preview"):
            rubric_editor.preview(after, spoken)
        return
    difference.show(now, rubrics.preview(after, spoken)[0],
                    (_("Version {number}").format(number=before.version), _("With the new lines")),
                    f"{KEY}.difference")  # fmt: skip


def keep(rubric: Rubric, asked: ReviewRound, *, new: bool) -> None:
    """Save it, and show the way to where it is used."""
    library, message = workbench().rubrics, asked.settings.title[:200]
    try:
        save = library.create if new else library.save
        kept = save(rubric, message=message, actor=actor())
    except WorkbenchError as error:
        say(error)
        return
    st.success(_("Version {number} of {name} has these lines.").format(
        number=kept.rubric.version, name=label(rubric_title(kept.rubric.name))))  # fmt: skip
    st.page_link("pages/improve/evaluate.py", label=_("Score answers by it"),
                 icon=":material/speed:", query_params={"view": "new"})  # fmt: skip
