"""A connection on the settings page: live or what is missing, and a test that lists its models."""

from __future__ import annotations

import streamlit as st

from core.engine.checks import Check
from core.records.models import Connection, Surface
from pages.ui import badges, state
from pages.ui.language import N_, _
from pages.ui.prompt.run import PROBLEMS
from pages.ui.resources import workbench
from pages.ui.text import label, visible
from pages.ui.verbatim import plain

ABOUT: dict[Surface, str] = {
    "gemini": N_("Gemini models with an API key."),
    "platform": N_("Gemini Enterprise Agent Platform, formerly Vertex AI, with Google Cloud "
                   "credentials."),
    "sandbox": N_("Fixed rules on this machine, for trying things out. It needs no key and no "
                  "network, and it is not a language model."),
}  # fmt: skip
WITHOUT_WORDS = {"model_not_found"}  # of a model; here it is the address that is wrong


def connection(surface: Surface) -> None:
    """One connection."""
    one = workbench().connections[surface]
    with st.container(border=True, key=f"settings.{surface}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{badges.SURFACES[surface]}**", width="content")
            st.badge(
                _("live") if one.live else _("not set up"), color="green" if one.live else "gray"
            )
            if surface == "sandbox":
                st.badge(_("Simulated, not a language model"), color="gray")
        st.caption(_(ABOUT[surface]))
        if one.live:
            place(one)
            test(surface)
        else:
            missing(one)


def place(one: Connection) -> None:
    """Where calls go."""
    facts = [
        (_("Address"), one.base_url or _("Google's own")),
        (_("Project"), one.project),
        (_("Location"), one.location),
    ]
    st.markdown(" · ".join(f"{name}: {code(value)}" for name, value in facts if value))


def missing(one: Connection) -> None:
    """Which variables are not set, by name."""
    names = [code(name) for name in one.problem.split(", ") if name]
    st.markdown(_("Set {names} in the environment and start again.").format(names=", ".join(names)))


def code(text: str) -> str:
    """A name or an address as it is; an address is not made a link."""
    return f"`{visible(text).replace('`', '')}`"


def test(surface: Surface) -> None:
    """Ask for the models, and say what came of it."""
    if st.button(_("Test connection"), key=f"settings.test.{surface}"):
        with st.spinner(_("Asking for the models …")):
            state.TESTED.set({**state.TESTED.get(), surface: workbench().engine.check(surface)})
    tested: Check | None = state.TESTED.get().get(surface)
    if tested is not None:
        result(tested)


def result(check: Check) -> None:
    """What the test said."""
    if check.ok:
        st.success(_("It answers and lists {count} models.").format(count=len(check.models)),
                   icon=":material/check:")  # fmt: skip
        with st.expander(_("Models")):
            plain("\n".join(f"{model.name}  {model.title}" for model in check.models))
        return
    known = check.code in PROBLEMS and check.code not in WITHOUT_WORDS
    unknown = _("It did not answer as expected. Check its address.")
    st.error(_(PROBLEMS[check.code]) if known else unknown, icon=":material/error:")
    if check.message:
        st.caption(_("It said: {words}").format(words=label(check.message, most=400)))
