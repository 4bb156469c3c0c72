"""Presenter: one row at a time in large type, replayed as it was answered."""

from __future__ import annotations

import streamlit as st

from pages.ui.compare_address import Address
from pages.ui.compare_head import Shown


def present(shown: Shown, here: Address) -> None:
    """A scene."""
    st.write(here.scene)
