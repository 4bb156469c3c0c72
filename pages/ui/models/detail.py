"""One model: its fate, what depends on it, what sources say, and adding what one knows."""

from __future__ import annotations

import json
from datetime import date, datetime

import streamlit as st

from core.access import MAY
from core.errors import WorkbenchError
from core.lifecycle.calendar import Line, is_stale
from core.lifecycle.fact_values import FACTS as EVERY_FACT
from core.records.catalogue import RULE, ModelFact, Price
from core.records.model_use import OtherKind
from core.records.models import ModelRef
from pages.ui import badges
from pages.ui.facts import money
from pages.ui.language import N_, _, say
from pages.ui.models import capabilities as models_capabilities
from pages.ui.models import freeze as models_freeze
from pages.ui.models.words import cost_words, days_words
from pages.ui.resources import actor, person, workbench
from pages.ui.text import label, shortened, visible

FACTS = {
    "released": N_("Released"),
    "ends_on": N_("Ends on"),
    "ends_not_before": N_("Ends not before"),
    "new_access_ends": N_("New access ends"),
    "replacement": N_("Successor"),
    "reroutes_to": N_("Answered by"),
    "price": N_("Price per million tokens"),
    "stage": N_("Stage"),
    "title": N_("Name"),
    "note": N_("Note"),
    "input_limit": N_("Input limit (tokens)"),
    "output_limit": N_("Output limit (tokens)"),
    "media": N_("Files"),
    "thinking_levels": N_("Thinking levels"),
    "locations": N_("Locations"),
}
USES: dict[OtherKind, tuple[str, str, str, str]] = {
    "reference": ("pages/improve/datasets.py", "dataset", "dataset",
                  N_("{name}: {count} references are its answers")),
    "judge": ("pages/improve/evaluate.py", "evaluation", "balance", N_("It judges: {name}")),
    "migration": ("pages/operate/migrate.py", "migration", "move_up",
                  N_("Migration to it: {name}")),
    "optimization": ("pages/improve/optimize.py", "optimization", "auto_fix_high",
                     N_("Optimization for it: {name}")),
    "comparison": ("pages/studio/compare.py", "comparison", "view_column_2",
                   N_("Compared: {name}")),
}  # fmt: skip
"""Where each kind of use is looked at: page, its parameter, icon, words."""
MOST_OTHERS = 12
FIRST = ("ends_on", "ends_not_before", "replacement", "reroutes_to", "price", "note")
EDITABLE = (*FIRST, *(name for name in EVERY_FACT if name not in FIRST))
"""Facts that a person can add, the usual ones first."""
CONFIDENCE = {
    "observed": N_("observed in answers"),
    "user": N_("entered here"),
    "first_party": N_("the maker's own page"),
    "dataset": N_("a price or model list"),
    "third_party": N_("somebody else's page: confirm it"),
}


def heading(ref: ModelRef, now: datetime) -> None:
    """Name, badges, and the way back."""
    st.button(_("All models"), icon=":material/arrow_back:", type="tertiary", key="models.back",
              on_click=st.query_params.clear)  # fmt: skip
    st.title(label(badges.info(ref).title), anchor=False)
    with badges.row():
        badges.model_parts(ref)
        info = badges.info(ref)
        if info.checked_on is not None and is_stale(info, now):
            st.badge(
                _("checked {days} days ago: trust it less").format(
                    days=(now.date() - info.checked_on).days
                ),
                icon=":material/history:", color="orange",
            )  # fmt: skip


def detail(ref: ModelRef, now: datetime) -> None:
    """Everything that is known of one model."""
    line = next((one for one in workbench().models.lines(now) if one.info.ref == ref), None)
    if line is None:
        st.info(_("This model is not in the catalogue and nothing here uses it. What you know of "
                  "it can be added below."))  # fmt: skip
    else:
        figures(line)
        left, right = st.columns(2, gap="large")
        with left:
            depends(line)
        with right:
            prices(line)
        models_freeze.section(line)
        conflicts(ref, now)
    models_capabilities.takes(ref)
    sources(ref)
    add_form(ref, now)


def figures(line: Line) -> None:
    """The four numbers that matter."""
    with st.container(horizontal=True, gap="large"):
        st.metric(_("Left"), days_words(line), width="content")
        successor = line.info.successor
        st.metric(_("Successor"), successor.model if successor else "–", width="content")
        st.metric(_("Runs, 30 days"), f"{line.calls.runs:,}", width="content")
        st.metric(_("Cost, 30 days"), cost_words(line) or "–", width="content")
    if line.info.notes:
        st.caption(label(line.info.notes, most=400))


def depends(line: Line) -> None:
    """The prompts that name it, by label, and its runs."""
    st.header(_("What depends on it"), anchor=False)
    if not line.used:
        st.caption(_("No prompt names it, and nothing was run on it for 30 days."))
    for use in line.prompts:
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.page_link(
                "pages/studio/prompt.py",
                label=_("{name}, version {number}").format(
                    name=label(use.name, most=50), number=use.number
                ),
                icon=":material/edit_note:",
                query_params={"version": use.version_id},
            )
            for name in use.labels:
                st.badge(label(name), color="green" if name == "production" else "blue")
            if line.info.ends_on is not None and (use.latest or "production" in use.labels):
                st.page_link("pages/operate/migrate.py", label=_("Begin the migration"),
                             icon=":material/move_up:",
                             query_params={"prompt": use.prompt_id})  # fmt: skip
    other_uses(line)
    if line.calls.runs:
        st.page_link(
            "pages/studio/history.py",
            label=_("Runs of this model"),
            icon=":material/history:",
            query_params={"connection": line.info.ref.surface, "model": line.info.ref.model},
        )


def other_uses(line: Line) -> None:
    """Datasets whose references it wrote, evaluations that it judged, moves to it and the like."""
    for use in line.others[:MOST_OTHERS]:
        page, parameter, icon, words = USES[use.kind]
        st.page_link(
            page, icon=f":material/{icon}:", query_params={parameter: use.id},
            label=_(words).format(name=label(use.title, most=50), count=f"{use.count:,}"),
        )  # fmt: skip
    if len(line.others) > MOST_OTHERS:
        st.caption(_("{count} more").format(count=len(line.others) - MOST_OTHERS))


def prices(line: Line) -> None:
    """What it costs now, and after the next announced change."""
    st.header(_("Price per million tokens"), anchor=False)
    if line.price is None:
        st.caption(_("No price is known. Without one a spending cap cannot be kept, so nothing is "
                     "sent; add it below."))  # fmt: skip
        return
    rows = [(_("now"), line.price)]
    if line.next_price is not None and line.next_price.valid_from is not None:
        rows.append((_("from {date}").format(date=line.next_price.valid_from.date()),
                     line.next_price))  # fmt: skip
    for when, price in rows:
        st.markdown(f"**{when}** · {price_words(price)}".replace("$", "\\$"))
        st.caption(label(price.source, most=200))


def price_words(price: Price) -> str:
    """A price in words."""
    words = _("{input} in, {output} out").format(
        input=money(price.input), output=money(price.output)
    )
    if price.cached_input is None:
        return words
    return words + " · " + _("{price} cached").format(price=money(price.cached_input))


def conflicts(ref: ModelRef, now: datetime) -> None:
    """Dates that sources state differently, or that have moved."""
    found = workbench().models.disagreements(ref, now)
    if not found:
        return
    st.header(_("Where sources differ"), anchor=False)
    for one in found:
        values = [label(values_words(one.fact, said.value)) for said in one.statements]
        st.markdown(f"**{label(fact_words(one.fact))}**: " + " · ".join(values))
        for value, said in zip(values, one.statements, strict=True):
            st.caption(f"{value} — {label(said.source, most=160)} · "
                       f"{_(CONFIDENCE[said.confidence])} · {said.as_of}")  # fmt: skip


def sources(ref: ModelRef) -> None:
    """Every statement with where it is from and when it was checked."""
    facts = workbench().catalogue.facts(ref)
    if not facts:
        return
    with st.expander(_("All facts with their sources ({count})").format(count=len(facts))):
        st.dataframe(
            [fact_row(fact) for fact in sorted(facts, key=lambda one: (one.fact, one.as_of))],
            hide_index=True,
            column_config={
                "fact": _("Fact"), "value": _("Value"), "from": _("Valid from"),
                "to": _("Valid to"), "checked": _("Checked on"), "kind": _("What kind of source"),
                "source": st.column_config.TextColumn(_("Source"), width="large"),
                "by": _("Entered by"),
            },
        )  # fmt: skip


def fact_words(fact: str) -> str:
    """What a fact is about."""
    if fact.startswith(RULE):
        return _("Parameter: {name}").format(
            name=models_capabilities.name_words(fact.removeprefix(RULE))
        )
    return _(FACTS[fact]) if fact in FACTS else fact


def fact_row(fact: ModelFact) -> dict[str, object]:
    """One statement as a row."""
    return {
        "fact": fact_words(fact.fact),
        "value": value_words(fact),
        "from": day_words(fact.valid_from),
        "to": day_words(fact.valid_to),
        "checked": fact.as_of.date(),
        "kind": _(CONFIDENCE[fact.confidence]),
        "source": visible(fact.source),
        "by": visible(fact.entered_by),
    }


def day_words(moment: datetime | None) -> str:
    """A day; empty for always."""
    return str(moment.date()) if moment is not None else ""


def value_words(fact: ModelFact) -> str:
    """A value for reading."""
    return data_words(fact.fact, json.loads(fact.value))


def values_words(fact: str, value: str) -> str:
    """A value as the catalogue keeps it, or a text as it is, for reading."""
    try:
        data = json.loads(value)
    except json.JSONDecodeError:
        data = value
    return data_words(fact, data)


def data_words(fact: str, data: object) -> str:
    """A fact's data for reading."""
    if isinstance(data, dict):
        return " / ".join(f"{name} {value:g}" for name, value in data.items())
    if isinstance(data, list):
        return visible(shortened(", ".join(map(str, data)), 120))
    if isinstance(data, int):
        return f"{data:,}"
    if fact.startswith(RULE) and data in models_capabilities.STATUS:
        return _(models_capabilities.STATUS[data])
    return visible(shortened(str(data), 120))


def add_form(ref: ModelRef, now: datetime) -> None:
    """What a person knows better; prices decide what may be spent, so an administrator's word."""
    if "manage_models" not in MAY[person().role]:
        st.caption(_("An administrator can add what is known of this model."))
        return
    with (
        st.expander(_("Add what you know")),
        st.form("models.add", clear_on_submit=False, border=False),
    ):
        st.caption(_("Nothing is overwritten: yours is added, with your name and its source, and "
                     "holds from now on."))  # fmt: skip
        left, right = st.columns(2)
        name = left.selectbox(_("Fact"), EDITABLE, format_func=fact_words)
        text = right.text_input(
            _("Value"),
            help=_("A day like 2026-12-24, a model's id, a note, a number of tokens, a list with "
                   "commas, or a price: input / output / cached input in dollars per million "
                   "tokens, like 0.75 / 3.75 / 0.075. Of a parameter: ok, advised_against, "
                   "ignored or rejected."),
        )  # fmt: skip
        source = left.text_input(_("Source"))
        since: date | None = right.date_input(_("Valid from (empty: always)"), value=None)
        if st.form_submit_button(_("Add"), type="primary"):
            try:
                workbench().models.add(
                    ref, name, text, source=source, actor=actor(), now=now, valid_from=since
                )
            except WorkbenchError as error:
                say(error)
            else:
                st.rerun()
