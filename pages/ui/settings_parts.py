"""The sections of the settings page."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version

import streamlit as st

from core.engine.checks import Check
from core.errors import WorkbenchError
from core.records.models import Surface
from pages.ui import badges, facts, state
from pages.ui.language import _, say
from pages.ui.prompt_run import PROBLEMS
from pages.ui.resources import actor, workbench
from pages.ui.text import label, plain


def connection(surface: Surface) -> None:
    """One connection: live or what is missing, and a test that lists its models."""
    one = workbench().connections[surface]
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{badges.SURFACES[surface]}**")
            st.badge(
                _("live") if one.live else _("not set up"), color="green" if one.live else "gray"
            )
            if surface == "sandbox":
                st.badge(_("Simulated, not a language model"), color="gray")
        if surface == "platform":
            st.caption(_("Gemini Enterprise Agent Platform, formerly Vertex AI"))
        if not one.live:
            st.caption(_("Missing: {names}").format(names=label(one.problem, most=200)))
            return
        place = [one.base_url or _("Google's own address"), one.project or "", one.location or ""]
        st.caption(" · ".join(label(part) for part in place if part))
        if st.button(_("Test connection"), key=f"settings.test.{surface}"):
            with st.spinner(_("Asking for the models …")):
                state.TESTED.set({**state.TESTED.get(), surface: workbench().engine.check(surface)})
        tested: Check | None = state.TESTED.get().get(surface)
        if tested is not None:
            result(tested)


def result(check: Check) -> None:
    """What the test said."""
    if check.ok:
        st.success(_("It answers and lists {count} models.").format(count=len(check.models)))
        with st.expander(_("Models")):
            plain("\n".join(f"{model.name}  {model.title}" for model in check.models))
        return
    known = {**PROBLEMS, "model_not_found": PROBLEMS["bad_response"]}
    st.error(_(known[check.code]) if check.code in known else _("It did not answer as expected."))
    plain(check.message)


def gates() -> None:
    """How many calls each model gets at once, and which are held back."""
    found = workbench().engine.gates()
    if not found:
        st.caption(_("No model was called since the start."))
    for gate in found:
        text = _("{model}: {used} under way, {limit} of {ceiling} at once").format(
            model=label(f"{gate.connection} · {gate.model}"), used=gate.in_use, limit=gate.limit,
            ceiling=gate.ceiling,
        )  # fmt: skip
        if gate.closed_for_s:
            text += " · " + _("closed for {seconds} s, as the service asked").format(
                seconds=f"{gate.closed_for_s:.0f}"
            )
        st.caption(text)


def spending() -> None:
    """The caps, and what is spent of today's."""
    bench = workbench()
    caps = bench.settings.caps
    spent = bench.store.ledger.spent(actor(), datetime.now(UTC).date())
    st.progress(
        min(1.0, spent / caps.user_day_usd) if caps.user_day_usd else 0.0,
        text=_("Today (UTC): {spent} of {cap}")
        .format(spent=facts.money(spent), cap=facts.money(caps.user_day_usd))
        .replace("$", "\\$"),
    )
    st.caption(_("A job may spend {cap}. The caps are set in the administrator's file; the worst "
                 "case of a call is reserved before it is sent.").format(
        cap=facts.money(caps.job_usd)).replace("$", "\\$"))  # fmt: skip


def database() -> None:
    """Where the file is and how large; a backup on request."""
    store = workbench().store
    if store.path is None:
        return
    size = store.path.stat().st_size if store.path.exists() else 0
    st.caption(f"{label(str(store.path), most=200)} · {size / 1_000_000:,.1f} MB")
    if st.button(_("Back up now")):
        name = f"manual-{datetime.now(UTC):%Y%m%dT%H%M%S}.duckdb"
        try:
            store.backup(store.path.parent / "backups" / name)
        except WorkbenchError as error:
            say(error)
        else:
            st.success(_("Saved as backups/{name} beside the database.").format(name=name))


def about() -> None:
    """Versions, and how old the catalogue is."""
    st.caption(
        f"Streamlit {version('streamlit')} · google-genai {version('google-genai')} · "
        f"DuckDB {version('duckdb')}"
    )
    checked = workbench().catalogue.checked_on
    st.caption(_("Model dates and prices were checked on {date}.").format(date=checked))
