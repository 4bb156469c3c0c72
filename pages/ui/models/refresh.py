"""Bringing the catalogue up to date: what was seen or brought, as a difference to accept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from core.access import MAY
from core.errors import WorkbenchError
from core.lifecycle import price_package
from core.lifecycle.proposals import Proposal
from core.records.models import SURFACES
from pages.ui import badges
from pages.ui.language import _, say
from pages.ui.models.detail import day_words, fact_words, values_words
from pages.ui.resources import actor, person, workbench
from pages.ui.state import PROPOSALS
from pages.ui.text import label, visible


def refresh(now: datetime) -> None:
    """The proposals of the answers, of the connections' lists, and of a file."""
    seen = workbench().models.proposals(now)
    title = _("Bring the catalogue up to date")
    if seen:
        title += " · " + _("{count} proposals from answers").format(count=len(seen))
    with st.expander(title, icon=":material/sync:"):
        st.caption(_("Nothing changes until you accept it; what was known before stays readable "
                     "with its source and day."))  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="bottom"):
            live = [one for one in SURFACES if workbench().connections[one].live]
            surface = st.selectbox(_("Connection"), live, key="models.refresh.surface", width=220,
                                   format_func=lambda one: badges.SURFACES[one])  # fmt: skip
            st.button(_("Ask for its models"), key="models.refresh.ask", on_click=ask,
                      args=(surface, now))  # fmt: skip
            if price_package.is_installed():
                st.button(_("Read the price package"), key="models.refresh.prices",
                          help=_("Compares the prices of the installed package genai-prices; it "
                                 "asks no network."),
                          on_click=read_prices, args=(now,))  # fmt: skip
        if not price_package.is_installed():
            st.caption(_("Dated prices come with the package genai-prices: install it beside the "
                         "workbench, and a button to compare them is here."))  # fmt: skip
        file = st.file_uploader(
            _("Catalogue file (JSON, as in data/catalogue/models.json)"), type="json",
            key="models.refresh.file", max_upload_size=2,
        )  # fmt: skip
        brought = from_file(file.getvalue()) if file is not None else []
        proposals = [*seen, *PROPOSALS.get(), *(brought or [])]
        if brought is None and not proposals:
            return
        if not proposals:
            st.markdown(":green[:material/check_circle:] " + _("Nothing differs from the "
                                                               "catalogue."))  # fmt: skip
            return
        choose(proposals)


def ask(surface: str | None, now: datetime) -> None:
    """What the connection lists; a failure says what is wrong."""
    if surface is None:
        return
    check = workbench().engine.check(surface)
    if not check.ok:
        st.toast(label(check.message or check.code, most=300), icon=":material/error:")
        return
    PROPOSALS.set(tuple(workbench().models.proposals_from_list(surface, check.models, now)))


def read_prices(now: datetime) -> None:
    """Where the installed price package differs."""
    prices = price_package.installed()
    if prices is not None:
        PROPOSALS.set(tuple(workbench().models.proposals_from_prices(prices, now)))


def from_file(data: bytes) -> list[Proposal] | None:
    """What the file says that is new; None after saying why it is refused."""
    try:
        return workbench().models.proposals_from_file(data, actor=actor())
    except WorkbenchError as error:
        say(error)
        return None


def choose(proposals: Sequence[Proposal]) -> None:
    """The difference as a table; those that are ticked can be accepted."""
    rows = [
        {
            "model": visible(f"{one.fact.surface}:{one.fact.model}"),
            "fact": fact_words(one.fact.fact),
            "now": values_words(one.fact.fact, one.now) if one.now else "–",
            "then": values_words(one.fact.fact, one.fact.value),
            "from": day_words(one.fact.valid_from),
            "to": day_words(one.fact.valid_to),
            "source": visible(one.fact.source),
        }
        for one in proposals
    ]
    picked = st.dataframe(
        rows,
        key="models.refresh.table",
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        column_config={
            "model": _("Model"), "fact": _("Fact"), "now": _("Now"), "then": _("Proposed"),
            "from": _("Valid from"), "to": _("Valid to"), "source": _("Source"),
        },
    )  # fmt: skip
    chosen = [proposals[n] for n in picked["selection"]["rows"] if n < len(proposals)]
    if "manage_models" not in MAY[person().role]:
        st.caption(_("An administrator can accept these."))
        return
    with st.container(horizontal=True):
        st.button(
            _("Accept {count}").format(count=len(chosen)), type="primary", key="models.accept",
            disabled=not chosen, on_click=accept, args=(chosen,),
        )  # fmt: skip
        st.button(_("Accept all"), key="models.accept.all", on_click=accept, args=(proposals,))


def accept(chosen: Sequence[Proposal]) -> None:
    """Take them in."""
    workbench().models.accept(chosen, actor=actor())
    PROPOSALS.set(tuple(one for one in PROPOSALS.get() if one not in chosen))
