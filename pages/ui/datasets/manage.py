"""The rest of a dataset: who used it, files, its name, how long it is kept, deleting it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import streamlit as st

from core.datasets.export import ExportFormat
from core.errors import WorkbenchError
from core.records.datasets import Dataset, DatasetVersion
from pages.ui.datasets import address as datasets_address
from pages.ui.datasets.profile import profile_of
from pages.ui.history.listing import FORMS
from pages.ui.language import N_, _, say
from pages.ui.memo import when
from pages.ui.resources import actor, workbench
from pages.ui.text import label

EVALUATED = ("evaluation", "opening")
USES = {
    "evaluation": N_("Evaluation"),
    "opening": N_("Test split opened"),
    "comparison": N_("Comparison"),
    "optimization": N_("Optimization"),
}


def manage(dataset: Dataset, version: DatasetVersion) -> None:
    """The whole view."""
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(_("Used by"), anchor=False)
        uses(version)
        st.subheader(_("Download version {number}").format(number=version.number), anchor=False)
        downloads(dataset, version)
    with right:
        st.subheader(_("Name"), anchor=False)
        rename(dataset)
        st.subheader(_("How long it is kept"), anchor=False)
        retention(dataset)
        st.subheader(_("Delete for good"), anchor=False)
        delete(dataset)


def uses(version: DatasetVersion) -> None:
    """What was made from which version."""
    datasets = workbench().datasets
    found = datasets.uses(version.dataset_id)
    if not found:
        st.caption(_("No evaluation has used it yet."))
        return
    numbers = {one.id: one.number for one in datasets.versions(version.dataset_id)}
    titles = {use.subject_id: use.title for use in found if use.title}
    for use in found[:50]:
        kind = _(USES[use.kind]) if use.kind in USES else label(use.kind)
        title = label(titles.get(use.subject_id, use.subject_id) or "–", most=80)
        if use.kind in EVALUATED and use.subject_id in titles:
            st.page_link("pages/improve/evaluate.py", label=f"**{kind}** {title}",
                         icon=":material/speed:",
                         query_params={"evaluation": use.subject_id})  # fmt: skip
        else:
            st.markdown(f"**{kind}** {title}")
        st.caption(" · ".join([
            _("version {number}").format(number=numbers.get(use.version_id, "–")),
            _("{who}, {when}").format(who=label(use.created_by), when=label(when(use.created_at))),
        ]))  # fmt: skip


def downloads(dataset: Dataset, version: DatasetVersion) -> None:
    """The version as a file, made when somebody asks for it."""
    name = "".join(c if c.isalnum() or c in "-_" else "_" for c in dataset.name)
    with st.container(horizontal=True):
        for form, (title, mime) in FORMS.items():
            st.download_button(title, exporter(version.id, form),
                               f"{name}-v{version.number}.{form}", mime,
                               key=f"datasets.export.{form}", on_click="ignore")  # fmt: skip
    st.caption(_("CSV opens in Excel, Japanese too; formulas in it are made harmless. JSONL "
                 "has everything as it was."))  # fmt: skip


def exporter(version_id: str, form: ExportFormat) -> Callable[[], bytes]:
    """Makes the file. It runs when somebody downloads, outside of the page's script."""
    datasets = workbench().datasets
    return lambda: datasets.export(version_id, form)


def rename(dataset: Dataset) -> None:
    """Another name."""
    with st.form(f"datasets.rename.{dataset.id}", border=False):
        name = st.text_input(_("Name"), value=dataset.name, label_visibility="collapsed")
        sent = st.form_submit_button(_("Rename"))
    if sent and name.strip() != dataset.name:
        try:
            workbench().datasets.rename(dataset.id, name, actor=actor())
        except WorkbenchError as error:
            say(error)
        else:
            st.rerun()


def retention(dataset: Dataset) -> None:
    """A day from which it may be gone."""
    until = dataset.keep_until
    with st.form(f"datasets.keep.{dataset.id}", border=False):
        limited = st.checkbox(_("Delete it by itself after a day"), value=until is not None)
        tomorrow = datetime.now(UTC).date() + timedelta(days=1)
        proposed = until.date() if until else tomorrow + timedelta(days=364)
        last = st.date_input(_("Last day"), value=max(proposed, tomorrow), min_value=tomorrow)
        sent = st.form_submit_button(_("Keep this"))
    if sent:
        end = datetime.combine(last, time.max, UTC) if limited else None
        workbench().datasets.keep_until(dataset.id, end, actor=actor())
        st.rerun()
    if until is not None:
        st.caption(_("It will be deleted after {date}.").format(date=f"{until:%Y-%m-%d}"))


def delete(dataset: Dataset) -> None:
    """Deleting, once the name is typed."""
    st.markdown(_(
        "The rows of every version are removed from the database file and written over; nobody can "
        "bring them back. Scores of evaluations stay, and so do runs in the history and backups "
        "made before."
    ))  # fmt: skip
    typed = st.text_input(_("Type the name {name} to confirm").format(name=label(dataset.name)),
                          key="datasets.delete.name")  # fmt: skip
    st.button(_("Delete for good"), icon=":material/delete_forever:", key="datasets.delete",
              disabled=typed.strip() != dataset.name, on_click=_delete,
              args=(dataset.id,))  # fmt: skip


def _delete(dataset_id: str) -> None:
    try:
        workbench().datasets.delete(dataset_id, actor=actor())
    except WorkbenchError as error:
        say(error)
        return
    profile_of.clear()
    datasets_address.show()
