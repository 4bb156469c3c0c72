"""The rows of a new comparison: one input, the prompt's value sets, or a small file."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.comparison import plan
from core.comparison.inputs import read_table
from core.errors import WorkbenchError
from pages.ui.compare import cases as compare_cases
from pages.ui.compare import plan as plans
from pages.ui.compare.setup import Setup
from pages.ui.language import _, say
from pages.ui.text import code, label


def rows_fields(setup: Setup) -> None:
    """Where the inputs come from, and the inputs."""
    sets = plans.value_sets(setup)
    names = {"one": _("One input"), "sets": _("Value sets ({count})").format(count=len(sets)),
             "file": _("File"), "dataset": _("Dataset")}  # fmt: skip
    seed(setup, "source", setup.source)
    st.segmented_control(_("Inputs"), list(names), key=setup.key("source"), required=True,
                         format_func=lambda one: names.get(one, one),
                         label_visibility="collapsed")  # fmt: skip
    setup.source = st.session_state[setup.key("source")]
    if setup.source == "one":
        one_input(setup)
    elif setup.source == "sets":
        set_fields(setup)
    elif setup.source == "file":
        file_field(setup)
    else:
        compare_cases.cases_fields(setup)


def seed(setup: Setup, name: str, value: object) -> None:
    """Give a widget its value when it is new or was away."""
    if setup.key(name) not in st.session_state:
        st.session_state[setup.key(name)] = value


def one_input(setup: Setup) -> None:
    """A field per variable; without variables, the message itself."""
    if not setup.variables:
        seed(setup, "message", setup.message)
        setup.message = st.text_area(
            _("Message"), key=setup.key("message"), height=110,
            placeholder=_("Added to the end of each prompt. Empty: the prompts go as they are."),
        )  # fmt: skip
        return
    for number, name in enumerate(setup.variables):
        seed(setup, f"value.{number}", setup.values.get(name, ""))
        setup.values[name] = st.text_area(code(name), key=setup.key(f"value.{number}"), height=80)


def set_fields(setup: Setup) -> None:
    """Which of the value sets."""
    sets = plans.value_sets(setup)
    if not sets:
        st.caption(_("The prompts have no value sets. Give one input, or upload a file."))
        return
    for one in sets:
        key = f"set.{one.key}"
        seed(setup, key, one.key not in setup.left_out)
        if st.checkbox(label(one.title, most=140), key=setup.key(key)):
            setup.left_out.discard(one.key)
        else:
            setup.left_out.add(one.key)


def file_field(setup: Setup) -> None:
    """A small table: its columns are variables."""
    upload = st.file_uploader(_("CSV, TSV or JSONL with a heading line"),
                              type=["csv", "tsv", "jsonl"], key=setup.key("file"))  # fmt: skip
    names = ", ".join(code(name) for name in setup.variables) or "`input`"
    st.caption(_("Each line is an input. Columns: {names}; if you like also `reference`, a good "
                 "answer.").format(names=names))  # fmt: skip
    if upload is not None and upload.file_id != setup.file:
        setup.file = upload.file_id
        try:
            found = read_table(upload.getvalue(), upload.name)
            setup.table = tuple(
                replace(one, key=str(number)) for number, one in enumerate(found, 1)
            )
        except WorkbenchError as error:
            setup.table, setup.file = (), ""
            say(error)
    compare_cases.beginning(setup.table)


def lacking(setup: Setup) -> list[str]:
    """The variables that some row has no value for."""
    found = plan.lacking(plans.candidates(setup), plans.inputs(setup))
    return list(dict.fromkeys(name for names in found.values() for name in names))
