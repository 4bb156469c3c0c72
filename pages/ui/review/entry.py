"""How a reviewer comes in: by an invite link with a name, or signed in."""

from __future__ import annotations

import streamlit as st

from core.access import MAY, Person, sign_in_configured
from core.errors import InvalidInput
from pages.ui import access
from pages.ui.language import _, say
from pages.ui.resources import person, workbench
from pages.ui.review.address import Address
from pages.ui.state import Key
from pages.ui.text import label

# The link and the name that somebody came in by, and who that is.
GUEST = Key[tuple[str, str, Person] | None]("review.guest", None)


def only_reviews() -> bool:
    """Whether whoever is there sees nothing but what is handed to them."""
    return "invite" in st.query_params or MAY[person().role] == {"review"}


def guest(here: Address) -> Person:
    """Who came by the link; asks for a name first. Stops the script until it is known.

    Who signed in and may review does so under their own address.
    """
    if sign_in_configured() and "review" in MAY[person().role]:
        return person()
    kept = GUEST.get()
    if kept is not None and kept[:2] == (here.token, here.name):
        return kept[2]
    if here.name:
        try:
            joined = workbench().reviews.join(here.token, here.name)
        except InvalidInput as error:
            say(error)
        else:
            GUEST.set((here.token, here.name, joined))
            return joined
    ask_name()
    st.stop()


def ask_name() -> None:
    """The name that the verdicts carry."""
    st.title(_("Welcome"), anchor=False)
    st.markdown(_(
        "You are asked to judge some answers. There are no right or wrong verdicts: what counts is "
        "what you think of each answer. Nobody is told who wrote which."
    ))  # fmt: skip
    with st.form("review.name", border=False):
        name = st.text_input(_("Your name"), max_chars=60, key="review.name.field",
                             help=_("It goes with your verdicts. Use the same name when you come "
                                    "back, and you go on where you were."))  # fmt: skip
        sent = st.form_submit_button(_("Begin"), type="primary", key="review.name.begin")
    if sent and name.strip():
        st.query_params["as"] = name.strip()
        st.rerun()


def who(reviewer: Person) -> None:
    """Whose verdicts these are, with a way out for somebody else."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(_("You are {name}.").format(name=label(reviewer.name)), width="content")
        if reviewer.invite_id is not None:
            st.button(_("Not you?"), type="tertiary", key="review.leave", on_click=leave)
        if reviewer.signed_in:
            access.sign_out()


def leave() -> None:
    """Ask for a name again."""
    GUEST.set(None)
    st.query_params.pop("as", None)
