"""Which column of an uploaded file is what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from core.datasets.mapping import LEFT_OUT, ColumnMapping, proposed
from core.records.datasets import KNOWN_FIELDS
from pages.ui.language import N_, _
from pages.ui.text import label, visible

OWN = "own"
MOST_CHOICES = 40
"""Columns that can be given a meaning one by one; the others keep their names."""
MEANINGS = {
    "prompt": N_("prompt: the whole message"),
    "response": N_("response: an answer to be scored"),
    "reference": N_("reference: the expected answer"),
    "instruction": N_("instruction: the system instruction"),
    "context": N_("context: what the answer must rest on"),
    "baseline_model_response": N_("baseline_model_response: the answer to compare with"),
    "request": N_("request: a Gemini request or chat messages"),
    "conversation_history": N_("conversation_history: earlier turns"),
}


def choose_mapping(
    columns: Sequence[str], rows: Sequence[Mapping[str, str]], key: str
) -> ColumnMapping:
    """What the names suggest, to be corrected."""
    guess = proposed(columns)
    st.caption(_(
        "A column under its own name is a variable of the prompt: the column *product* fills "
        "{product}. The names with a meaning are those of the Gen AI evaluation service."
    ))  # fmt: skip
    with st.container(horizontal=True):
        id_column = st.selectbox(
            _("The id of each row"), ["", *columns],
            index=_place(columns, guess.id_column), key=f"datasets.id.{key}",
            format_func=lambda one: visible(one) if one else _("Made from its content"),
            help=_("Results are matched by id, never by the order of rows. Choose a column if the "
                   "rows have a number of their own."),
        )  # fmt: skip
        split_column = st.selectbox(
            _("The split of each row"), ["", *columns],
            index=_place(columns, guess.split_column), key=f"datasets.splitcolumn.{key}",
            format_func=lambda one: visible(one) if one else _("None; decided later"),
        )  # fmt: skip
    free = [column for column in columns if column not in (id_column, split_column)]
    names: dict[str, str] = {}
    grid = st.columns(3)
    for place, column in enumerate(free[:MOST_CHOICES]):
        with grid[place % 3]:
            names[column] = meaning(column, guess, _example(column, rows), key)
    if len(free) > MOST_CHOICES:
        st.caption(_("{count} more columns keep their names.").format(
            count=len(free) - MOST_CHOICES))  # fmt: skip
    names |= {column: column for column in free[MOST_CHOICES:]}
    return ColumnMapping(names, id_column, split_column)


def meaning(column: str, guess: ColumnMapping, example: str, key: str) -> str:
    """The name that a column is kept under."""
    options = [OWN, *KNOWN_FIELDS, LEFT_OUT]
    suggested = guess.names.get(column, column)
    chosen = st.selectbox(
        label(column, most=40),
        options,
        index=options.index(suggested) if suggested in KNOWN_FIELDS else 0,
        key=f"datasets.column.{key}.{column}",
        format_func=_option,
    )
    st.caption(label(example, most=60) or "–")
    return column if chosen == OWN else chosen


def _option(name: str) -> str:
    if name == OWN:
        return _("Variable under its own name")
    if name == LEFT_OUT:
        return _("Leave out")
    return _(MEANINGS[name]) if name in MEANINGS else name


def _place(columns: Sequence[str], column: str) -> int:
    return columns.index(column) + 1 if column else 0


def _example(column: str, rows: Sequence[Mapping[str, str]]) -> str:
    return next((row[column] for row in rows[:50] if row.get(column, "").strip()), "")
