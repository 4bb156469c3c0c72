"""Dividing a dataset, sealing its test split, and the slices."""

from __future__ import annotations

import streamlit as st

from core.datasets.splits import rule_of
from core.errors import WorkbenchError
from core.records.datasets import DatasetVersion, SplitRule
from pages.ui.datasets import address as datasets_address
from pages.ui.datasets.rows import SPLIT_NAMES
from pages.ui.language import _, say
from pages.ui.memo import when
from pages.ui.resources import actor, workbench
from pages.ui.text import label


def split(version: DatasetVersion) -> None:
    """How it is divided, and what can still be decided."""
    st.markdown(_(
        "Improve prompts on **train** and **validation**, and look at **test** once, at the end. A "
        "hash of the seed and the case id decides the side of a case, so it keeps it in every "
        "later version."
    ))  # fmt: skip
    rule = version.split
    if rule is not None:
        found = workbench().datasets.split_counts(version.id)
        for place, (name, count) in zip(st.columns(3), found.items(), strict=True):
            place.metric(_(SPLIT_NAMES[name]), f"{count:,}")
    if rule is not None and rule.sealed:
        st.success(_("The test split is sealed: its cases are not shown, exported or profiled, and "
                     "only a final evaluation may open it."), icon=":material/lock:")  # fmt: skip
        openings(version)
    else:
        rule_form(version, rule)
        if rule is not None:
            seal(version)
    slices(version)


def rule_form(version: DatasetVersion, rule: SplitRule | None) -> None:
    """Shares and seed."""
    shown = rule or SplitRule()
    with st.form(f"datasets.split.{version.dataset_id}"):
        with st.container(horizontal=True):
            train, validation, test = (
                st.number_input(f"{_(SPLIT_NAMES[name])} %", 0, 100, round(share * 100), step=5)
                for name, share in zip(SPLIT_NAMES, shown.shares, strict=True)
            )
            seed = st.number_input(_("Seed"), 0, 2**31 - 1, shown.seed)
        sent = st.form_submit_button(_("Divide") if rule is None else _("Divide anew"))
    if sent:
        try:
            workbench().datasets.set_split(
                version.dataset_id,
                rule_of((train / 100, validation / 100, test / 100), seed=int(seed)),
                actor=actor(),
            )
        except WorkbenchError as error:
            say(error)
        else:
            st.rerun()


def seal(version: DatasetVersion) -> None:
    """Sealing, after a confirmation: it cannot be undone."""
    with st.container(border=True):
        st.markdown(_("**Seal the test split.** Nobody can look at its cases any more, you "
                      "neither, and the division is fixed. This cannot be undone."))  # fmt: skip
        sure = st.checkbox(_("I want that"), key="datasets.seal.sure")
        st.button(_("Seal"), icon=":material/lock:", key="datasets.seal", disabled=not sure,
                  on_click=_seal, args=(version.dataset_id,))  # fmt: skip


def _seal(dataset_id: str) -> None:
    try:
        workbench().datasets.seal(dataset_id, actor=actor())
    except WorkbenchError as error:
        say(error)


def openings(version: DatasetVersion) -> None:
    """Who opened it."""
    uses = workbench().datasets.uses(version.dataset_id)
    titles = {use.subject_id: use.title for use in uses if use.title}
    opened = [use for use in uses if use.opened_test]
    if not opened:
        st.caption(_("It was never opened."))
    for use in opened:
        st.caption(_("Opened by {who}, {when}: {what}").format(
            who=label(use.created_by), when=label(when(use.created_at)),
            what=label(titles.get(use.subject_id, use.subject_id) or "–", most=100)))  # fmt: skip


def slices(version: DatasetVersion) -> None:
    """The saved slices, to show or forget."""
    st.subheader(_("Slices"), anchor=False)
    datasets = workbench().datasets
    found = datasets.slices(version.dataset_id)
    if not found:
        st.caption(_("A slice is a part with a name, such as one month or one product. Filter the "
                     "rows and keep the filter; evaluations can then be made on it."))  # fmt: skip
    for one in found:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(label(one.name), key=f"datasets.show.{one.name}", type="tertiary",
                      icon=":material/filter_alt:", on_click=_show,
                      args=(version, one.name))  # fmt: skip
            st.caption(_("{count} rows").format(count=f"{datasets.count(version.id, one):,}")
                       if not _hidden(version, one.split) else _("sealed"),
                       width="content")  # fmt: skip
            st.button(_("Forget"), key=f"datasets.forget.{one.name}", type="tertiary",
                      icon=":material/close:", on_click=datasets.delete_slice,
                      args=(version.dataset_id, one.name), kwargs={"actor": actor()})  # fmt: skip


def _hidden(version: DatasetVersion, split: str | None) -> bool:
    return version.split is not None and version.split.sealed and split == "test"


def _show(version: DatasetVersion, name: str) -> None:
    found = next(s for s in workbench().datasets.slices(version.dataset_id) if s.name == name)
    datasets_address.show(version.dataset_id, version.id, "rows")
    datasets_address.show_cases(found)
