"""A page's widgets without its logic: draws the inventories that `bench.replica` wrote.

REPLICA names them, one for each state of the page that a click leads to. Every rerun shows the
next one with the same Streamlit calls in the same containers with the same labels, options and
texts; nothing is looked up, computed or decided.
"""

import os
from pathlib import Path

import streamlit as st

from bench.replica import draw, load

st.set_page_config(page_title="Replica", layout="wide")


def page() -> None:
    turn = st.session_state.get("turn", 0)
    st.session_state["turn"] = turn + 1
    files = os.environ["REPLICA"].split(os.pathsep)
    draw(load(Path(files[turn % len(files)])))


NAMES = os.environ["REPLICA_PAGES"].split(",")

st.navigation(
    [st.Page(page, title="Replica", url_path="replica", default=True)]
    + [st.Page(lambda: None, title=name, url_path=name.lower()) for name in NAMES]
).run()
