"""What a model takes: parameters and ranges, thinking, files, places; each with its source."""

from __future__ import annotations

import streamlit as st

from core.prompts.field_names import name_of
from core.records.catalogue import PREFILL, Capabilities, ParameterRule, ParameterStatus
from core.records.models import ModelRef
from pages.ui import badges
from pages.ui.language import N_, _, language
from pages.ui.text import label, visible

STATUS: dict[ParameterStatus, str] = {
    "ok": N_("taken"),
    "advised_against": N_("better left unset"),
    "ignored": N_("ignored"),
    "rejected": N_("refused (400)"),
}


def takes(ref: ModelRef) -> None:
    """The table of rules, on demand."""
    found = badges.capabilities(ref)
    with st.expander(_("What it takes: parameters, limits, files")):
        if not found.known:
            st.warning(_("Nothing is known of this model's parameters. What every model takes is "
                         "assumed, and nothing more."), icon=":material/help:")  # fmt: skip
        limits(found)
        st.dataframe(
            [row(name, rule, found) for name, rule in found.parameters.items()]
            + [row("turns", found.prefill, found)],
            key="models.capabilities",
            hide_index=True,
            column_config={
                "what": _("What"), "status": _("Effect"), "range": _("From … to"),
                "default": _("Left out it means"), "note": _("Note"),
                "checked": _("Checked on"),
                "source": st.column_config.TextColumn(_("Source"), width="large"),
            },
        )  # fmt: skip
        for words, values in (
            (_("Thinking levels"), found.thinking_levels),
            (_("Files"), found.media),
            (_("Locations"), found.locations),
        ):
            st.caption(f"{words}: {label(', '.join(values), most=300) or '–'}")
        if found.source:
            st.caption(
                f"{label(found.source, most=200)} · "
                + _("checked on {date}").format(date=found.checked_on)
            )


def limits(found: Capabilities) -> None:
    """How many tokens go in and come out; where they are from is among the facts below."""
    shown = [_("not known") if one is None else f"{one:,}"
             for one in (found.input_limit, found.output_limit)]  # fmt: skip
    st.markdown(
        _("Limits in tokens: input {input}, output {output}").format(
            input=shown[0], output=shown[1]
        )
    )


def name_words(name: str) -> str:
    """A parameter's name; that the last turn is the model's is among them."""
    return _("Prefilled answer") if name in ("turns", PREFILL) else _(name_of(name))


def row(name: str, rule: ParameterRule, found: Capabilities) -> dict[str, str]:
    """One parameter."""
    note = rule.note_ja if language() == "ja" else rule.note_en
    ends = (number(rule.minimum), number(rule.maximum))
    return {
        "what": name_words(name),
        "status": _(STATUS[rule.status]),
        "range": " … ".join(ends) if any(ends) else ", ".join(rule.choices),
        "default": number(rule.default),
        "note": visible(note),
        "checked": str(rule.checked_on or found.checked_on or ""),
        "source": visible(rule.source or found.source),
    }


def number(value: float | None) -> str:
    """A bound for reading; empty where there is none."""
    return "" if value is None else f"{value:,g}" if value < 100_000 else f"{value:,.0f}"
