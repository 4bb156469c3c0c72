"""Badges: which model, how it ended, what will become of the model."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.records.catalogue import Capabilities, ModelInfo
from core.records.models import ModelRef
from core.records.runs import Outcome
from pages.ui.language import N_, _
from pages.ui.resources import workbench
from pages.ui.text import label

SURFACES = {
    "gemini": "Gemini API",
    "platform": "Agent Platform",
    "sandbox": "Sandbox",
}
OUTCOMES: dict[Outcome, tuple[str, str]] = {
    "ok": (N_("Answered"), "green"),
    "blocked": (N_("Blocked"), "orange"),
    "truncated": (N_("Cut at the output limit"), "orange"),
    "empty": (N_("Empty answer"), "orange"),
    "rate_limited": (N_("Rate limited"), "red"),
    "unavailable": (N_("Service unavailable"), "red"),
    "refused_by_server": (N_("Refused by the service"), "red"),
    "timed_out": (N_("Timed out"), "red"),
    "cancelled": (N_("Stopped"), "gray"),
    "unknown": (N_("Unknown: may have been paid"), "violet"),
}


def outcome_words(outcome: Outcome) -> str:
    """An outcome in the session's language."""
    return _(OUTCOMES[outcome][0])


def outcome(value: Outcome) -> None:
    """The badge of an outcome."""
    st.badge(outcome_words(value), color=OUTCOMES[value][1])  # type: ignore[arg-type]


def info(ref: ModelRef) -> ModelInfo:
    """What the catalogue knows of a model now."""
    return workbench().catalogue.info(ref, datetime.now(UTC))


def capabilities(ref: ModelRef) -> Capabilities:
    """What a model takes now."""
    return workbench().catalogue.capabilities(ref, datetime.now(UTC))


def fate(model: ModelInfo) -> str:
    """When and how a model ends, in words; empty when nothing is announced."""
    if model.reroutes_to is not None:
        return _("answered by {model}").format(model=model.reroutes_to.model)
    if model.ends_on is None:
        return ""
    if model.stage == "retired":
        return _("retired on {date}").format(date=model.ends_on)
    return _("retires on {date}").format(date=model.ends_on)


def model_words(ref: ModelRef) -> str:
    """A model as an option of a list: title, surface, fate."""
    known = info(ref)
    parts = [known.title, SURFACES.get(ref.surface, ref.surface)]
    if known.stage == "preview":
        parts.append(_("preview"))
    return " · ".join([*parts, *([f"⚠ {fate(known)}"] if fate(known) else [])])


def model(ref: ModelRef, served: str | None = None) -> None:
    """The badges of a model, in a row of their own."""
    with row():
        model_parts(ref, served)


def row() -> DeltaGenerator:
    """Where badges stand side by side."""
    return st.container(horizontal=True, gap="small", vertical_alignment="center")


def model_parts(ref: ModelRef, served: str | None = None) -> None:
    """Surface and model, that the sandbox is simulated, the model's fate, who served."""
    known = info(ref)
    st.badge(label(f"{SURFACES.get(ref.surface, ref.surface)} · {ref.model}"), color="blue")
    if ref.surface == "sandbox":
        st.badge(_("Simulated, not a language model"), color="gray")
    if fate(known):
        st.badge(fate(known), color="red" if known.stage == "retired" else "orange")
    if served and served != ref.model:
        st.badge(_("served by {model}").format(model=label(served)), color="violet")
