"""Rubrics of judged metrics: read, edit, keep as a new version, see what the judge will be sent."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from core.errors import WorkbenchError
from core.evaluation import rubric_text, rubrics
from core.evaluation.rubric_library import check
from core.records.rubrics import (
    Rubric,
    RubricKind,
    RubricLanguage,
    RubricTemplate,
    RubricVersion,
)
from pages.ui import difference, memo
from pages.ui.language import _, language, say
from pages.ui.resources import actor, workbench
from pages.ui.rubric.titles import rubric_title
from pages.ui.text import label
from pages.ui.verbatim import plain

LANGUAGE_NAMES = {"en": "English", "ja": "日本語"}


@dataclass(frozen=True, slots=True)
class Draft:
    """The texts of a form."""

    instruction: str
    definition: str
    criteria: str
    scale: str
    steps: str
    examples: str

    def template(self, language_: RubricLanguage) -> RubricTemplate:
        """What was written. InvalidInput names a line that cannot be read."""
        return RubricTemplate(
            language_,
            self.instruction.strip(),
            self.definition.strip(),
            rubric_text.criteria_from(self.criteria),
            rubric_text.scale_from(self.scale),
            rubric_text.lines_from(self.steps),
            rubric_text.examples_from(self.examples),
        )


def editor(name: str) -> None:
    """A rubric with its versions, for a dialog, a tab or an expander; not within a form."""
    versions = workbench().rubrics.versions(name)
    chosen = pick_version(name, versions)
    if chosen is None:
        return
    rubric = chosen.rubric
    chosen_language = pick_language(name, rubric)
    text, edit, prompt = st.tabs([_("Rubric"), _("Edit"), _("What the judge gets")],
                                 key=f"rubric.{name}.tabs")  # fmt: skip
    with text:
        read(chosen, chosen_language)
        changes(versions, chosen, chosen_language)
    with edit:
        edit_form(rubric, chosen_language)
    with prompt:
        preview(rubric, chosen_language)


def pick_version(name: str, versions: list[RubricVersion]) -> RubricVersion | None:
    """A version, the newest unless another is chosen."""
    by_number = {one.rubric.version: one for one in versions}
    number = st.selectbox(
        _("Version"),
        list(by_number),
        key=f"rubric.{name}.version.{len(versions)}",
        format_func=lambda one: version_words(by_number[one]),
    )
    return by_number.get(number) if number is not None else None


def version_words(version: RubricVersion) -> str:
    """A version in one line."""
    number = _("Version {number}").format(number=version.rubric.version)
    if version.created_at is None:
        return f"{number} · " + _("shipped")
    who = _("{who}, {when}").format(who=version.created_by, when=memo.when(version.created_at))
    return label(f"{number} · {who}" + (f" · {version.message}" if version.message else ""), 120)


def pick_language(name: str, rubric: Rubric) -> RubricLanguage:
    """One of the rubric's languages, the page's if it has it."""
    own = rubric.in_language(language()).language
    if len(rubric.languages) == 1:
        return own
    chosen = st.segmented_control(
        _("Language of the rubric"),
        list(rubric.languages),
        default=own,
        key=f"rubric.{name}.language",
        format_func=LANGUAGE_NAMES.__getitem__,
        required=True,
    )
    return chosen or own


def read(version: RubricVersion, chosen: str) -> None:
    """The rubric for reading."""
    rubric = version.rubric
    template = rubric.in_language(chosen)
    st.caption(_("{metric} · needs {inputs} · an empty answer gets {empty} without a judge").format(
        metric=rubric_title(rubric.name), inputs=label(", ".join((*rubric.inputs, "response"))),
        empty="-" if rubric.empty is None else rubric.empty))  # fmt: skip
    for title, body in (
        (_("Instruction"), template.instruction),
        (_("Definition"), template.definition),
        (_("Criteria"), rubric_text.criteria_text(template)),
        (_("Scale"), rubric_text.scale_text(template, rubric.kind)),
        (_("Steps"), rubric_text.lines_text(template.steps)),
        (_("Examples"), "\n\n".join(template.examples)),
    ):
        if body:
            st.markdown(f"**{title}**")
            plain(body)
    st.caption(_("Fingerprint {hash}: part of every score's signature.").format(
        hash=rubric.sha256[:12]))  # fmt: skip


def changes(versions: list[RubricVersion], version: RubricVersion, chosen: str) -> None:
    """What the judge was told before, beside what it is told now."""
    older = [one.rubric for one in versions if one.rubric.version < version.rubric.version]
    if not older:
        return
    before, now = older[0], version.rubric
    left, right = (_("Version {number}").format(number=one.version) for one in (before, now))
    key = f"rubric.{now.name}.{now.version}.changes"
    if st.toggle(_("Show what changed since version {number}").format(number=before.version),
                 key=key):  # fmt: skip
        texts = [rubrics.preview(one, chosen)[0] for one in (before, now)]
        difference.show(texts[0], texts[1], (left, right), f"{key}.view")


def edit_form(rubric: Rubric, chosen: RubricLanguage) -> None:
    """Edit one language; saving makes a new version and leaves the old one as it is."""
    key = f"rubric.{rubric.name}.{rubric.version}.{chosen}"
    template = rubric.in_language(chosen)
    with st.form(f"{key}.form", border=False):
        draft = fields(key, template, rubric.kind)
        message = st.text_input(_("What changed, and why?"), key=f"{key}.message")
        with st.container(horizontal=True):
            saved = st.form_submit_button(_("Save as a new version"), type="primary",
                                          key=f"{key}.save")  # fmt: skip
            shown = st.form_submit_button(_("Preview"), key=f"{key}.preview")
    if len(rubric.languages) > 1:
        st.caption(_("Scores of different versions never share an average. Remember the other "
                     "language: a judge may be asked in either."))  # fmt: skip
    if not (saved or shown):
        return
    try:
        edited = with_template(rubric, draft.template(chosen))
        check(edited)
        kept = None
        if saved:
            kept = workbench().rubrics.save(edited, message=message, actor=actor())
    except WorkbenchError as error:
        say(error)
        return
    if kept is None:
        preview(edited, chosen)
        return
    st.toast(_("Saved version {number}.").format(number=kept.rubric.version))
    st.rerun()


def fields(key: str, template: RubricTemplate, kind: RubricKind) -> Draft:
    """The widgets of a template."""
    return Draft(
        st.text_area(_("Instruction"), template.instruction, height=90, key=f"{key}.instruction"),
        st.text_area(_("Definition"), template.definition, height=110, key=f"{key}.definition"),
        st.text_area(_("Criteria"), rubric_text.criteria_text(template), height=140,
                     key=f"{key}.criteria", help=_("One a line: name: what to look at")),
        st.text_area(_("Scale"), rubric_text.scale_text(template, kind), height=150,
                     key=f"{key}.scale",
                     help=_("One step a line: value: what it means. No two steps may share a "
                            "description.")),
        st.text_area(_("Steps"), rubric_text.lines_text(template.steps), height=120,
                     key=f"{key}.steps", help=_("One a line, in order.")),
        st.text_area(_("Examples"), "\n\n".join(template.examples), height=90,
                     key=f"{key}.examples", help=_("An empty line ends an example.")),
    )  # fmt: skip


def with_template(rubric: Rubric, template: RubricTemplate) -> Rubric:
    """The rubric with one language replaced."""
    return replace(
        rubric,
        templates=tuple(
            template if one.language == template.language else one for one in rubric.templates
        ),
    )


def preview(rubric: Rubric, chosen: str) -> None:
    """System instruction and message, with stand-ins for the case."""
    system, message = rubrics.preview(rubric, chosen)
    if rubric.kind == "adaptive":
        making = _("System instruction for making the questions")
        st.markdown(f"**{making}**")
        plain(rubrics.question_instructions(rubric.in_language(chosen)))
    for title, body in ((_("System instruction"), system), (_("Message"), message)):
        st.markdown(f"**{title}**")
        plain(body)
    st.caption(_("Answers come to the judge as JSON text between tags with a random id, so nothing "
                 "in them can pass for an instruction."))  # fmt: skip
