"""The versions of a dataset, and what changed between two."""

from __future__ import annotations

import streamlit as st

from core.datasets.difference import CaseChange, DatasetDifference
from core.records.datasets import Case, DatasetVersion
from pages.ui import difference
from pages.ui.datasets import address as datasets_address
from pages.ui.language import N_, _
from pages.ui.memo import when
from pages.ui.resources import workbench
from pages.ui.text import label

MOST_SHOWN = 30
SOURCES = {
    "edit": N_("edited here"),
    "history": N_("from the history"),
    "comparison": N_("from a comparison"),
}


def versions(version: DatasetVersion) -> None:
    """Every version in a line, then the comparison."""
    found = workbench().datasets.versions(version.dataset_id)
    for one in found:
        line(one, shown=one.id == version.id)
    if len(found) < 2:
        st.caption(_("There is one version. Importing, adding or taking out rows makes the next "
                     "one; this one never changes."))  # fmt: skip
        return
    numbers = {one.number: one for one in found}
    st.subheader(_("What changed"), anchor=False)
    with st.container(horizontal=True):
        before = st.selectbox(_("From version"), list(numbers), index=_place(numbers, version),
                              key=f"datasets.before.{version.id}")  # fmt: skip
        after = st.selectbox(_("To version"), list(numbers),
                             index=list(numbers).index(version.number),
                             key=f"datasets.after.{version.id}")  # fmt: skip
    if before == after:
        st.caption(_("Choose two different versions."))
        return
    shown(workbench().datasets.difference(numbers[before].id, numbers[after].id))


def _place(numbers: dict[int, DatasetVersion], version: DatasetVersion) -> int:
    """The version before the one that is shown; after the first one, the second."""
    ordered = list(numbers)
    return min(ordered.index(version.number) + 1, len(ordered) - 1)


def line(one: DatasetVersion, *, shown: bool) -> None:
    """A version: number, size, from where, by whom, why."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            _("Version {number}").format(number=one.number),
            key=f"datasets.version.{one.id}",
            type="secondary" if shown else "tertiary",
            on_click=datasets_address.show,
            args=(one.dataset_id, one.id, "versions"),
        )
        st.caption(" · ".join(part for part in (
            _("{count} rows").format(count=f"{one.rows:,}"),
            source_words(one),
            _("{who}, {when}").format(who=label(one.created_by), when=label(when(one.created_at))),
            label(one.message, most=100),
            f"`{one.sha256[:10]}`",
        ) if part), width="content")  # fmt: skip


def source_words(one: DatasetVersion) -> str:
    """Where the rows came from."""
    return _(SOURCES[one.source]) if one.source in SOURCES else label(one.source, most=60)


def shown(found: DatasetDifference) -> None:
    """Counts, then the cases: added, removed, changed."""
    words = _("**{added}** added, **{removed}** removed, **{changed}** changed, {same} unchanged")
    st.markdown(words.format(added=len(found.added), removed=len(found.removed),
                             changed=len(found.changed), same=found.unchanged))  # fmt: skip
    for title, cases in ((_("Added"), found.added), (_("Removed"), found.removed)):
        if cases:
            with st.expander(f"{title} ({len(cases):,})"):
                for case in cases[:MOST_SHOWN]:
                    st.markdown(f"**{label(case.id)}** {excerpt(case)}")
                more(len(cases))
    if found.changed:
        with st.expander(f"{_('Changed')} ({len(found.changed):,})", expanded=True):
            for change in found.changed[:MOST_SHOWN]:
                changed(change)
            more(len(found.changed))


def excerpt(case: Case) -> str:
    """The beginning of its texts."""
    return label(" / ".join(case.fields.values()), most=160)


def changed(change: CaseChange) -> None:
    """The fields of a case before and after."""
    for one in change.fields:
        st.markdown(f"**{label(change.id)}** · {label(one.column)}")
        difference.show(one.before or "", one.after or "", (_("Before"), _("After")),
                        f"datasets.{change.id}.{one.column}")  # fmt: skip


def more(count: int) -> None:
    """That there are more than are shown."""
    if count > MOST_SHOWN:
        st.caption(_("… and {count} more").format(count=f"{count - MOST_SHOWN:,}"))
