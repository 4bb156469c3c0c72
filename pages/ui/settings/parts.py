"""The smaller sections of the settings page."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import streamlit as st

from core.access import Role
from core.errors import WorkbenchError
from core.i18n import LANGUAGES
from pages.ui import access, facts, resources
from pages.ui.language import N_, _, choose_language, language, say
from pages.ui.memo import when
from pages.ui.resources import actor, workbench
from pages.ui.settings.connections import code
from pages.ui.text import label

ROLES: dict[Role, str] = {
    "viewer": N_("You may look at everything and change nothing. An administrator can give you "
                 "another role."),
    "reviewer": N_("You may review what is handed to you."),
    "editor": N_("You may write, run and review."),
    "admin": N_("You are an administrator."),
}  # fmt: skip
LIBRARIES = (("Streamlit", "streamlit"), ("google-genai", "google-genai"), ("DuckDB", "duckdb"))


def person() -> None:
    """The name on what this session saves, and where it comes from."""
    name = f"**{label(actor())}**"
    who = resources.person()
    if who.signed_in:
        st.markdown(_("You are signed in as {name}.").format(name=name)
                    + " " + _(ROLES[who.role]))  # fmt: skip
        access.sign_out()
    else:
        st.markdown(_("What you save carries the name {name}. `WORKBENCH_PERSON` in the "
                      "environment changes it.").format(name=name))  # fmt: skip


def language_choice() -> None:
    """English or Japanese; it is kept for the person."""

    def choose() -> None:
        choose_language(st.session_state["settings.language"])

    names = list(LANGUAGES)
    st.radio(
        _("Language"),
        names,
        index=names.index(language()),
        format_func=lambda name: LANGUAGES[name],
        horizontal=True,
        key="settings.language",
        on_change=choose,
    )


def gates() -> None:
    """How many calls each model gets at once, and which are held back."""
    found = workbench().engine.gates()
    if not found:
        st.caption(_("No model was called since the start."))
    for gate in found:
        text = _("{model}: {used} under way, {limit} of {ceiling} at once").format(
            model=f"**{label(f'{gate.connection} · {gate.model}')}**", used=gate.in_use,
            limit=gate.limit, ceiling=gate.ceiling,
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
        text=_("Today (UTC): {spent} of {cap}").format(
            spent=label(facts.money(spent)), cap=label(facts.money(caps.user_day_usd))
        ),
    )
    st.caption(_("A job may spend {cap}. The caps are set in the administrator's file; the worst "
                 "case of a call is reserved before it is sent.").format(
        cap=label(facts.money(caps.job_usd))))  # fmt: skip


def database() -> None:
    """Where the file is, how large, and a backup on request."""
    store = workbench().store
    if store.path is None:
        st.caption(_("In memory: nothing is kept when the workbench ends."))
        return
    st.markdown(f"{code(str(store.path))} · {size_words(store.path)}")
    folder = store.path.parent / "backups"
    last = newest(folder)
    if last is not None:
        made = datetime.fromtimestamp(last.stat().st_mtime, UTC)
        st.caption(_("Last backup: {name}, {when}").format(name=label(last.name), when=when(made)))
    if st.button(_("Back up now"), key="settings.backup", icon=":material/save:"):
        name = f"manual-{datetime.now(UTC):%Y%m%dT%H%M%S}.duckdb"
        try:
            with st.spinner(_("Copying …")):
                store.backup(folder / name)
        except WorkbenchError as error:
            say(error)
        else:
            st.success(_("Saved as backups/{name} beside the database.").format(name=name))


def size_words(path: Path) -> str:
    """How much room the file takes with its log of changes that are not folded in yet."""
    files = (path, path.with_name(f"{path.name}.wal"))
    size = sum(one.stat().st_size for one in files if one.exists())
    return f"{size / 1_000_000:,.1f} MB"


def newest(folder: Path) -> Path | None:
    """The backup that was made last."""
    return max(folder.glob("*.duckdb"), key=lambda one: one.stat().st_mtime, default=None)


def about() -> None:
    """Versions, and how old the catalogue is."""
    st.caption(" · ".join(f"{title} {version(name)}" for title, name in LIBRARIES))
    st.caption(_("Model dates and prices were checked on {date}.").format(
        date=workbench().catalogue.checked_on))  # fmt: skip
