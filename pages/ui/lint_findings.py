"""What a model does not take of a prompt, with the change that would help."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import streamlit as st

from core.errors import fill
from core.i18n import translator
from core.lifecycle.lint import fixed
from core.prompts.field_names import name_of
from core.prompts.spec_difference import spec_difference
from core.records.lint import EFFECT_WORDS, EFFECTS, Effect, Finding
from core.records.models import ModelRef
from core.records.prompts import PromptSpec
from pages.ui import badges, difference
from pages.ui.language import N_, _, language
from pages.ui.prompt.session import Editor, replace_draft
from pages.ui.prompt.settings import model_options, ref_of
from pages.ui.resources import workbench
from pages.ui.text import label

COLOURS: dict[Effect, str] = {
    "rejected": "red",
    "changed": "orange",
    "ignored": "gray",
    "advised_against": "blue",
}


def findings_for(
    spec: PromptSpec, target: ModelRef, today: ModelRef | None = None
) -> tuple[Finding, ...]:
    """What to know before a prompt is sent to a model; `today` is the one it is written for."""
    bench = workbench()
    connection = bench.connections.get(target.surface)
    return bench.models.lint(
        spec,
        target,
        now=datetime.now(UTC),
        today=today,
        location=(connection.location or "") if connection else "",
    )


def show(
    spec: PromptSpec, found: tuple[Finding, ...], key: str, apply: Callable[[PromptSpec], None]
) -> None:
    """The findings, the difference that all proposed changes make, and a button that takes it."""
    listed(spec, found, key)
    changed = fixed(spec, found)
    if changed == spec:
        return
    st.button(
        _("Make these changes"),
        key=f"{key}.apply",
        icon=":material/auto_fix_high:",
        on_click=apply,
        args=(changed,),
    )


def listed(spec: PromptSpec, found: tuple[Finding, ...], key: str) -> None:
    """The findings, and the difference that all proposed changes make."""
    for one in sorted(found, key=lambda item: EFFECTS.index(item.effect)):
        finding(one)
    for part in spec_difference(spec, fixed(spec, found)):
        st.markdown(f"**{_(name_of(part.field))}**")
        difference.show(part.left, part.right, (_("Now"), _("Proposed")), f"{key}.{part.field}")


def for_another_model(editor: Editor, spec: PromptSpec) -> None:
    """Choose a model, see what it would not take, and change the prompt for it.

    An address with `check` has chosen one.
    """
    asked = st.query_params.get("check", "")
    with st.expander(_("Check for another model"), expanded=bool(asked)):
        options = [one for one in model_options() if one != spec.model]
        chosen = st.selectbox(
            _("Model to move to"),
            options,
            index=options.index(asked) if asked in options else None,
            key=editor.key(f"lint.model.{asked}"),
            format_func=lambda text: badges.model_words(ref_of(text)),
            placeholder=_("Choose a model"),
        )
        if chosen is None:
            st.caption(_("What of this prompt would it refuse, ignore or take otherwise?"))
            return
        moved = replace(spec, model=chosen)
        found = findings_for(moved, ref_of(chosen), ref_of(spec.model))
        if not found:
            st.markdown(":green[:material/check_circle:] " + _("It takes everything as it is."))
        show(spec, (*found, moved_to(chosen)), editor.key("lint"), partial(replace_draft, editor))


def moved_to(model: str) -> Finding:
    """The change of the model itself, among the others."""
    return Finding("model", "changed", N_("The prompt would name {model}."), {"model": model},
                   set_to=model)  # fmt: skip


def refusals(spec: PromptSpec) -> None:
    """What the chosen model would refuse: better told before it is sent."""
    for one in findings_for(spec, ref_of(spec.model)):
        if one.effect == "rejected":
            finding(one)


def finding(one: Finding) -> None:
    """One finding with its source."""
    words, colour = EFFECT_WORDS[one.effect], COLOURS[one.effect]
    text = fill(translator(language())(one.template), dict(one.values))
    note = one.note_ja if language() == "ja" else one.note_en
    st.markdown(
        f":{colour}-badge[{label(_(words))}] **{_(name_of(one.place))}** {label(text, most=300)}"
    )
    said = [label(part, most=200) for part in (note, one.source) if part]
    if said:
        st.caption(" · ".join(said))
