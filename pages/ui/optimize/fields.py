"""The fields of the form that are not about prompt, cases and metrics: models, search, the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd
import streamlit as st

from core.optimization.drafts import MOST_AT_A_STEP, MOST_CALLS, MOST_STEPS
from core.optimization.meta_prompts import LANGUAGES
from core.records.models import ModelRef
from core.records.optimizations import MODES, Feedback, Mode, OptimizationDraft
from core.records.prompts import PromptSpec
from pages.ui import badges
from pages.ui.language import _
from pages.ui.optimize import words as optimize_words
from pages.ui.prompt.settings import model_options, ref_of
from pages.ui.text import label

BEGIN = OptimizationDraft("", PromptSpec(), "", "", ())
"""What the form shows unless something is given."""
MOST_USD = 10_000.0


@dataclass(frozen=True, slots=True)
class Source:
    """The prompt that is optimized; without ids it is not saved here."""

    spec: PromptSpec
    name: str
    prompt_id: str | None
    version_id: str | None


class Models(NamedTuple):
    """Names as in `surface:model`; `source` may be empty."""

    target: str
    optimizer: str
    source: str


class SearchFields(NamedTuple):
    """How long and how far is searched."""

    mode: Mode
    steps: int
    candidates: int
    demo_set_size: int
    demo_candidates: int
    max_calls: int
    max_usd: float


class More(NamedTuple):
    """What most people leave as it is."""

    title: str
    memo: str
    language: str
    frozen: Mapping[str, str]
    feedback: tuple[Feedback, ...]
    max_characters: int
    data_limit: int
    repeats: int
    seed: int


def default_title(name: str, target: str) -> str:
    """What it is called unless somebody says so."""
    return f"{name} → {ModelRef.parse(target, 'sandbox').model}"[:200] if target else name


# -- models --


def models(key: str, source: Source, asked: str, given: OptimizationDraft | None) -> Models:
    """Who answers, who rewrites, and who answered until now."""
    key = f"{key}.{source.version_id}"
    own = str(ref_of(source.spec.model)) if source.spec.model else ""
    target = asked or (given.target_model if given else "") or own
    left, middle, right = st.columns(3)
    with left:
        chosen = model_field(_("Target model"), f"{key}.target", target,
                             _("The model that the prompt is made better for."))  # fmt: skip
    with middle:
        optimizer = model_field(
            _("Optimizer model"), f"{key}.optimizer", given.optimizer_model if given else target,
            _("Reads the mistakes and writes new instructions. A strong model pays off here: it is "
              "asked seldom."),
        )  # fmt: skip
    with right:
        before = given.source_model if given else (own if own != target else "")
        origin = model_field(
            _("Source model (optional)"), f"{key}.source", before,
            _("The model the prompt was written for. It is kept with the job and goes into the "
              "exported configuration, where the managed optimizer takes its answers as the "
              "expected ones when a dataset has none."), optional=True,
        )  # fmt: skip
    with badges.row():
        if chosen:
            badges.model_parts(ref_of(chosen))
    return Models(chosen, optimizer, origin)


def model_field(title: str, key: str, first: str, help_: str, *, optional: bool = False) -> str:
    """A model of a live connection, or one typed in; empty when none is chosen."""
    named = str(ref_of(first)) if first else ""
    options = list(dict.fromkeys([*([named] if named else []), *model_options()]))
    found = st.selectbox(
        title, options, index=0 if options and (named or not optional) else None, key=key,
        accept_new_options=True, placeholder="–", help=help_,
        format_func=lambda one: badges.model_words(ref_of(one)),
    )  # fmt: skip
    return str(ref_of(found)) if found else ""


# -- search --


def search(key: str, given: OptimizationDraft | None) -> SearchFields:
    """Mode, steps, and both limits."""
    begin = given or BEGIN
    mode: Mode = st.segmented_control(
        _("What is searched"), MODES, default=begin.mode, key=f"{key}.mode", required=True,
        format_func=lambda one: _(optimize_words.MODES[one]), help=_(optimize_words.MODE_HELP),
    )  # fmt: skip
    steps, candidates = begin.steps, begin.candidates_per_step
    size, sets = begin.demo_set_size, begin.demo_candidates
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if mode != "demonstration":
            steps = whole(_("Steps at most"), f"{key}.steps", steps, 1, MOST_STEPS,
                          _("The search ends earlier when steps bring no gain."))  # fmt: skip
        candidates = whole(_("New prompts per step"), f"{key}.candidates", candidates, 1,
                           MOST_AT_A_STEP)  # fmt: skip
        if mode != "instruction":
            size = whole(_("Examples in a set"), f"{key}.size", size, 1, 50)
            sets = whole(_("Sets to try"), f"{key}.sets", sets, 1, 200)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        calls = whole(
            _("Calls at most"), f"{key}.calls", begin.max_calls, 20, MOST_CALLS,
            _("All calls: the target, the judges, the optimizer, and the look at the test cases."),
        )  # fmt: skip
        usd = st.number_input(
            _("US dollars at most"), 0.01, MOST_USD, min(max(begin.max_usd, 0.01), MOST_USD), 1.0,
            key=f"{key}.usd",
            width=170, help=_("Kept by reserving the worst case before each call, so it cannot be "
                              "passed."),
        )  # fmt: skip
    return SearchFields(mode, steps, candidates, size, sets, calls, float(usd))


def whole(title: str, key: str, value: int, low: int, high: int, help_: str | None = None) -> int:
    """A whole number within bounds."""
    return int(st.number_input(title, low, high, min(max(value, low), high), 1, key=key, width=170,
                               help=help_))  # fmt: skip


# -- the rest --


def more(
    key: str, source: Source, given: OptimizationDraft | None, said: Sequence[str] = ()
) -> More:
    """Language, frozen parts, wishes and fine points, folded away unless `said` is to be read."""
    begin = given or BEGIN
    with st.expander(_("Language, parts that stay, wishes, fine points"), expanded=bool(said),
                     icon=":material/tune:"):  # fmt: skip
        language = language_field(key, begin.language)
        frozen = frozen_field(f"{key}.{source.version_id}", begin.frozen)
        wishes = st.text_area(
            _("Wishes and comments, one a line"),
            "\n".join([*_comments(begin.feedback), *said]),
            key=f"{key}.wishes", height=200 if said else 90,
            placeholder=_("For example: answers are too long; never name competitors."),
            help=_("What reviewers said. The optimizer reads them with the mistakes."),
        )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="bottom"):
            characters = whole(_("Characters at most"), f"{key}.characters", begin.max_characters,
                               50, 200_000, _("A longer instruction is not tried."))  # fmt: skip
            limit = whole(_("Tuning cases at most"), f"{key}.limit", begin.data_limit, 5, 10_000)
            repeats = whole(_("Answers per case"), f"{key}.repeats", begin.repeats, 1, 10,
                            _("More than one where answers vary."))  # fmt: skip
            seed = whole(_("Seed"), f"{key}.seed", begin.seed, 0, 2**31 - 1,
                         _("The same seed takes the same way."))  # fmt: skip
        left, right = st.columns(2)
        with left:
            title = st.text_input(_("Title"), begin.title if given else "", key=f"{key}.title")
        with right:
            memo = st.text_input(_("Memo"), begin.memo, key=f"{key}.memo")
    kept = tuple(one for one in begin.feedback if one.input)
    wished = tuple(Feedback(line.strip()) for line in wishes.splitlines() if line.strip())
    return More(title.strip(), memo, language, frozen, (*kept, *wished), characters, limit, repeats,
                seed)  # fmt: skip


def _comments(feedback: tuple[Feedback, ...]) -> list[str]:
    return [one.comment for one in feedback if not one.input]


def language_field(key: str, first: str) -> str:
    """The language of the new instruction."""
    options = list(dict.fromkeys(["", *LANGUAGES, first]))
    return st.selectbox(
        _("Language of the instruction"), options, index=options.index(first),
        key=f"{key}.language", format_func=lambda one: one or _("as it is now"),
    )  # fmt: skip


def frozen_field(key: str, first: Mapping[str, str]) -> dict[str, str]:
    """Parts of the instruction that stay word for word, each under a name."""
    st.caption(_(
        "Parts that must not change: give each a name and copy its text from the instruction. The "
        "optimizer sees the name alone; a new prompt without it is rejected."
    ))  # fmt: skip
    rows = st.data_editor(
        pd.DataFrame(
            [{"name": name, "content": text} for name, text in first.items()],
            columns=["name", "content"], dtype="str",
        ),
        num_rows="dynamic", hide_index=True, key=f"{key}.frozen",
        column_config={
            "name": st.column_config.TextColumn(_("Name"), width="small"),
            "content": st.column_config.TextColumn(_("Text that stays"), width="large"),
        },
    )  # fmt: skip
    found: dict[str, str] = {}
    for row in rows.fillna("").to_dict("records"):
        name, content = str(row["name"]).strip(), str(row["content"])
        if name and content:
            found[name] = content
        elif name or content.strip():
            st.caption(_(":orange[A part without a name or without a text is left out: {what}]")
                       .format(what=label(name or content)))  # fmt: skip
    return found
