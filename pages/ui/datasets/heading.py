"""The top of a dataset's page: its name, the version that is shown, the views."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from core.access import MAY
from core.errors import NotFound
from core.records.datasets import Dataset, DatasetVersion
from pages.ui.datasets import address as datasets_address
from pages.ui.datasets.address import IMPORT, VIEWS, Address
from pages.ui.datasets.versions import source_words
from pages.ui.language import N_, _
from pages.ui.memo import when
from pages.ui.resources import actor, person, workbench
from pages.ui.text import label

NAMES = {
    "rows": N_("Rows"),
    "profile": N_("Profile"),
    "versions": N_("Versions"),
    "split": N_("Split and slices"),
    "manage": N_("Use and manage"),
}
# The table's own download does not defuse formulas; there is an export that does.
STYLE = """
.stMain [data-testid="stElementToolbar"] { display: none; }
@media (max-width: 640px) { [class*="st-key-datasets-case-q"] { flex: 1 1 100%; } }
"""


def style() -> None:
    """How tables and filters look."""
    st.html(f"<style>{STYLE}</style>")


def delete_expired() -> None:
    """What was to be kept until yesterday goes when somebody looks who may delete."""
    if "delete" not in MAY[person().role]:
        return
    gone = workbench().datasets.delete_expired(datetime.now(UTC), actor=actor())
    for dataset in gone:
        st.toast(_("{name} was deleted: its last day has passed.").format(
            name=label(dataset.name)))  # fmt: skip


def back() -> None:
    """The way to the list."""
    st.button(_("All datasets"), icon=":material/arrow_back:", type="tertiary",
              key="datasets.list", on_click=datasets_address.show)  # fmt: skip


def find(here: Address) -> tuple[Dataset, DatasetVersion]:
    """What the address names; without a version the newest. Raises NotFound."""
    datasets = workbench().datasets
    dataset = datasets.get(here.dataset_id)
    if dataset.deleted_at is not None:
        raise NotFound(
            "The rows of dataset {name} were deleted and cannot be brought back.",
            name=dataset.name,
        )
    version = datasets.version(here.version_id) if here.version_id else datasets.newest(dataset.id)
    if version.dataset_id != dataset.id:
        version = datasets.newest(dataset.id)
    return dataset, version


def heading(dataset: Dataset, version: DatasetVersion, here: Address) -> str:
    """Name, version and facts; returns the view that is chosen."""
    back()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.header(label(dataset.name), anchor=False, width="content")
        if version.split is not None and version.split.sealed:
            st.badge(_("test split sealed"), icon=":material/lock:", color="violet")
        st.button(_("Import a file"), icon=":material/upload_file:", key="datasets.more",
                  on_click=datasets_address.show, args=(dataset.id, "", IMPORT))  # fmt: skip
    st.caption(" · ".join(part for part in (
        _("version {number}").format(number=version.number),
        _("{count} rows").format(count=f"{version.rows:,}"),
        source_words(version),
        _("{who}, {when}").format(who=label(version.created_by),
                                  when=label(when(version.created_at))),
        label(version.message, most=200),
    ) if part))  # fmt: skip
    newest = workbench().datasets.newest(dataset.id)
    if newest.id != version.id:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(_("There is a newer version."), width="content")
            st.button(_("Show version {number}").format(number=newest.number), type="tertiary",
                      key="datasets.newest", on_click=datasets_address.show,
                      args=(dataset.id, newest.id, here.view))  # fmt: skip
    return views(here.view or "rows")


def views(current: str) -> str:
    """The views, bound to the address."""
    st.session_state["datasets.view"] = current
    st.segmented_control(
        _("View"), VIEWS, format_func=lambda one: _(NAMES[one]), key="datasets.view",
        label_visibility="collapsed", required=True, on_change=_choose,
    )  # fmt: skip
    return current


def _choose() -> None:
    datasets_address.show_view(st.session_state["datasets.view"] or "rows")
