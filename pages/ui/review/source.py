"""Where the items of a new round come from: an evaluation, a comparison, a dataset, the history."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Literal

import streamlit as st

from core.prompts.template import variables_of
from core.records.datasets import REFERENCE, DatasetVersion
from core.records.review import ReviewKind, RoundDraft, RoundSettings
from core.review.sources import INPUT
from pages.ui.evaluate import new as evaluate_new
from pages.ui.evaluate.listing import dataset_words
from pages.ui.history import address as history_address
from pages.ui.history import filters as history_filters
from pages.ui.language import N_, _
from pages.ui.memo import when
from pages.ui.resources import workbench
from pages.ui.review.item import INPUTS
from pages.ui.text import visible

KEY = "review.new"
Origin = Literal["evaluation", "comparison", "dataset", "history"]
ORIGINS: Mapping[Origin, str] = {
    "evaluation": N_("An evaluation"),
    "comparison": N_("A comparison"),
    "dataset": N_("A dataset with answers"),
    "history": N_("The history"),
}
Make = Callable[[RoundSettings], RoundDraft]
MOST_RUNS = 500


def source() -> tuple[ReviewKind, Make, str] | None:
    """What is judged, what makes the draft, and a title; None as long as something is missing."""
    named = st.query_params.get("origin", "")
    asked: Origin = next((one for one in ORIGINS if one == named), "evaluation")
    origin: Origin = st.segmented_control(
        _("Take the answers of"), list(ORIGINS), format_func=lambda one: _(ORIGINS[one]),
        default=asked, required=True, key=f"{KEY}.origin",
    )  # fmt: skip
    made: Mapping[Origin, Callable[[], tuple[ReviewKind, Make, str] | None]] = {
        "evaluation": evaluation, "comparison": comparison, "dataset": dataset, "history": history,
    }  # fmt: skip
    return made[origin]()


def kind_field() -> ReviewKind:
    """One answer at a time, or two."""
    words = {"pair": _("Two answers side by side"), "single": _("One answer at a time")}
    chosen: ReviewKind = st.segmented_control(
        _("What is judged"), ["pair", "single"], format_func=lambda one: words[one],
        default="pair", required=True, key=f"{KEY}.kind",
    )  # fmt: skip
    return chosen


def chosen_keys(kind: ReviewKind, titles: Mapping[str, str], words: str, of: str) -> list[str]:
    """Two of them for a pair, one or more else; empty as long as that is not so."""
    names = list(titles)
    if kind == "single":
        return st.multiselect(words, names, default=names[:1], key=f"{KEY}.single.{of}",
                              format_func=lambda one: visible(titles[one]))  # fmt: skip
    left, right = st.columns(2)
    with left:
        first = st.selectbox(_("One"), names, key=f"{KEY}.first.{of}",
                             format_func=lambda one: visible(titles[one]))  # fmt: skip
    with right:
        second = st.selectbox(_("The other"), names, index=min(1, len(names) - 1),
                              key=f"{KEY}.second.{of}",
                              format_func=lambda one: visible(titles[one]))  # fmt: skip
    if first == second:
        st.caption(_("Choose two different ones."))
        return []
    return [first, second]


def columns_field(columns: Sequence[str], proposed: Sequence[str], of: str) -> list[str]:
    """What reviewers see beside the answers: a column may tell whose answer it is."""
    return st.multiselect(
        _("Reviewers see these columns, too"), columns, default=proposed,
        key=f"{KEY}.columns.{of}", format_func=visible,
        help=_("What was asked, for one. Leave out what tells whose answer it is."),
    )  # fmt: skip


def with_columns(draft: RoundDraft, columns: Collection[str]) -> RoundDraft:
    """The draft with no other columns than these."""
    items = [
        replace(one, fields={name: text for name, text in one.fields.items() if name in columns})
        for one in draft.items
    ]
    return replace(draft, items=items)


def evaluation() -> tuple[ReviewKind, Make, str] | None:
    """The answers of one candidate or more, or of two."""
    found = {one.id: one for one in workbench().evaluations.list(100)}
    if not found:
        st.caption(_("There is no evaluation yet."))
        st.page_link("pages/improve/evaluate.py", label=_("Make an evaluation"),
                     icon=":material/speed:")  # fmt: skip
        return None
    asked = st.query_params.get("evaluation", "")
    ids = list(found)
    chosen = st.selectbox(
        _("Evaluation"), ids, index=ids.index(asked) if asked in found else 0,
        key=f"{KEY}.evaluation",
        format_func=lambda one: visible(f"{found[one].title} · {when(found[one].created_at)}"),
    )  # fmt: skip
    one = found[chosen]
    kind = kind_field()
    keys = chosen_keys(kind, {c.key: c.title for c in one.candidates}, _("Candidates"), one.id)
    version = workbench().datasets.version(one.dataset_version_id)
    which = evaluate_new.cases_field(version, KEY)
    asked_for = {name for candidate in one.candidates for name in variables_of(candidate.spec)}
    columns = columns_field(
        [name for name in version.columns if name != REFERENCE],
        [name for name in version.columns if name in asked_for],
        one.id,
    )
    if not keys:
        return None

    def make(settings: RoundSettings) -> RoundDraft:
        draft = workbench().reviews.from_evaluation(one.id, settings, keys, which)
        return with_columns(draft, columns)

    return kind, make, visible(dataset_words(one))


def dataset() -> tuple[ReviewKind, Make, str] | None:
    """Answers that a dataset has already, in columns."""
    lines = {one.dataset.id: one for one in workbench().datasets.list()}
    if not lines:
        st.caption(_("There is no dataset yet."))
        return None
    left, right = st.columns([3, 1])
    with left:
        dataset_id = st.selectbox(
            _("Dataset"), list(lines), key=f"{KEY}.dataset",
            format_func=lambda one: visible(lines[one].dataset.name),
        )  # fmt: skip
    versions: dict[str, DatasetVersion] = {
        one.id: one for one in workbench().datasets.versions(dataset_id)
    }
    with right:
        version_id = st.selectbox(_("Version"), list(versions), key=f"{KEY}.version.{dataset_id}",
                                  format_func=lambda one: f"v{versions[one].number}")  # fmt: skip
    version = versions[version_id]
    kind = kind_field()
    # What is most likely an answer first: a proposal, not a rule.
    ordered = sorted(version.columns, key=lambda one: one in (*INPUTS, REFERENCE))
    answers = chosen_keys(kind, {one: one for one in ordered}, _("Columns with answers"),
                          version.id)  # fmt: skip
    which = evaluate_new.cases_field(version, KEY)
    others = [name for name in version.columns if name not in (*answers, REFERENCE)]
    inputs = [name for name in others if name in INPUTS] or others[:1]
    columns = columns_field(others, inputs, f"{version.id}.{'.'.join(answers)}")
    if not answers:
        return None

    def make(settings: RoundSettings) -> RoundDraft:
        draft = workbench().reviews.from_dataset(version.id, settings, answers, which)
        return with_columns(draft, columns)

    return kind, make, visible(lines[dataset_id].dataset.name)


def comparison() -> tuple[ReviewKind, Make, str] | None:
    """The columns of a comparison whose models may be seen: a blind one stays as it is."""
    found = {one.id: one for one in workbench().comparisons.latest(100) if not one.blind}
    asked = st.query_params.get("comparison", "")
    if asked and asked not in found:
        one = workbench().comparisons.get(asked)
        if one.blind:
            st.caption(_("This comparison is being judged blind. Reveal it first."))
    if not found and not asked:
        st.caption(_("There is no comparison yet."))
        st.page_link("pages/studio/compare.py", label=_("Make a comparison"),
                     icon=":material/compare_arrows:")  # fmt: skip
    if not found:
        return None
    ids = list(found)
    chosen = st.selectbox(
        _("Comparison"), ids, index=ids.index(asked) if asked in found else 0,
        key=f"{KEY}.comparison",
        format_func=lambda one: visible(f"{found[one].title} · {when(found[one].created_at)}"),
    )  # fmt: skip
    one = workbench().comparisons.get(chosen)
    kind = kind_field()
    keys = chosen_keys(kind, {c.key: c.title for c in one.candidates}, _("Columns"), one.id)
    names = list(dict.fromkeys(name for row in one.inputs for name in row.values))
    if any(row.message for row in one.inputs):
        names.append(INPUT)
    columns = columns_field(names, names, one.id)
    if not keys:
        return None

    def make(settings: RoundSettings) -> RoundDraft:
        cells = workbench().comparisons.grid(one.id)
        return with_columns(
            workbench().reviews.from_comparison(one, cells, settings, keys), columns
        )

    # Not its own title: that names the models as a rule.
    title = _("Which answer is better?") if kind == "pair" else _("How good are these answers?")
    return kind, make, title


def history() -> tuple[ReviewKind, Make, str] | None:
    """Answers that were given already: the newest that the filters of the history let through."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        history_filters.search()
        history_filters.panel()
    history_filters.chips()
    wanted = history_address.address().wanted
    if wanted.outcome is None:
        wanted = replace(wanted, outcome="ok")
    count = workbench().history.count(wanted, MOST_RUNS + 1)
    if count > MOST_RUNS:
        st.caption(_("The newest {count} answers that fit").format(count=f"{MOST_RUNS:,}"))
    else:
        st.caption(_("{count} answers").format(count=f"{count:,}"))
    if not count:
        return None

    def make(settings: RoundSettings) -> RoundDraft:
        page = workbench().history.page(wanted, limit=MOST_RUNS)
        return workbench().reviews.from_runs([one.id for one in page.items], settings)

    return "single", make, _("Answers of the history")
