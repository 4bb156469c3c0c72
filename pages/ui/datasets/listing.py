"""The list of datasets, and what to do when there is none."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.records.datasets import DatasetLine
from pages.ui.datasets import address as datasets_address
from pages.ui.datasets.address import IMPORT
from pages.ui.language import _
from pages.ui.memo import when
from pages.ui.resources import workbench
from pages.ui.text import label


def listing() -> None:
    """Every dataset, the last changed first."""
    lines = workbench().datasets.list()
    st.button(_("Import a file"), icon=":material/upload_file:", type="primary",
              key="datasets.new", on_click=datasets_address.show,
              kwargs={"view": IMPORT})  # fmt: skip
    if not lines:
        empty()
    for line in lines:
        one(line)


def one(line: DatasetLine) -> None:
    """A dataset with its newest version."""
    latest = line.latest
    with st.container(border=True, gap=None):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(
                f"**{label(line.dataset.name)}**",
                key=f"datasets.open.{line.dataset.id}",
                type="tertiary",
                on_click=datasets_address.show,
                args=(line.dataset.id,),
            )
            if latest.split is not None and latest.split.sealed:
                st.badge(_("test split sealed"), icon=":material/lock:", color="violet")
        st.caption(" · ".join([
            _("version {number}").format(number=latest.number),
            _("{count} rows").format(count=f"{latest.rows:,}"),
            columns_words(latest.columns),
            _("{who}, {when}").format(who=label(latest.created_by),
                                      when=label(when(latest.created_at))),
        ]))  # fmt: skip
        if latest.message:
            st.caption(label(latest.message, most=200))


def columns_words(columns: Sequence[str]) -> str:
    """The first columns by name."""
    shown = ", ".join(columns[:6])
    return label(shown + ("…" if len(columns) > 6 else ""), most=100)


def empty() -> None:
    """What a dataset is for, and how to get one."""
    st.markdown(_(
        "**No dataset yet.** A dataset is a table of examples: what goes into the prompt, and the "
        "answer you expect. With it, prompts and models are compared by numbers instead of by "
        "impression."
    ))  # fmt: skip
    st.markdown(_(
        "- Import CSV, Excel, JSONL or Parquet; Japanese encodings are recognised.\n"
        "- Or keep good runs: *Add to dataset* in the history.\n"
        "- Name the column of expected answers **reference**. Thirty rows are a start."
    ))  # fmt: skip
    st.page_link("pages/studio/history.py", label=_("Open the history"), icon=":material/history:")
