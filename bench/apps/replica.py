"""A page's widgets without its logic: draws the inventory that `bench.replica` wrote.

REPLICA names the inventory. Every rerun makes the same Streamlit calls in the same containers with
the same labels, options and texts; nothing is looked up, computed or decided.
"""

import os
from pathlib import Path

import streamlit as st

from bench.replica import draw, load

st.set_page_config(page_title="Replica", layout="wide")


def page() -> None:
    draw(INVENTORY)


INVENTORY = load(Path(os.environ["REPLICA"]))
NAMES = [name for name in os.environ.get("REPLICA_PAGES", "").split(",") if name]

st.navigation(
    [st.Page(page, title="Replica", url_path="replica", default=True)]
    + [st.Page(lambda: None, title=name, url_path=name.lower()) for name in NAMES]
).run()
