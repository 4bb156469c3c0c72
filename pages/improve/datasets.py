"""Datasets: examples with expected answers, in versions that never change."""

import streamlit as st

from core.errors import WorkbenchError
from pages.ui import (
    datasets_address,
    datasets_heading,
    datasets_import,
    datasets_list,
    datasets_manage,
    datasets_profile,
    datasets_rows,
    datasets_split,
    datasets_versions,
)
from pages.ui.language import _, say

here = datasets_address.address()
importing = here.view == datasets_address.IMPORT
datasets_heading.style()
st.title(_("Datasets"), anchor=False)
if not importing:
    datasets_import.forget()

try:
    datasets_heading.delete_expired()
    if importing:
        datasets_import.importing(here.dataset_id)
    elif not here.dataset_id:
        datasets_list.listing()
    else:
        dataset, version = datasets_heading.find(here)
        view = datasets_heading.heading(dataset, version, here)
        if view == "rows":
            datasets_rows.rows(version, here)
        elif view == "profile":
            datasets_profile.profile(version)
        elif view == "versions":
            datasets_versions.versions(version)
        elif view == "split":
            datasets_split.split(version)
        else:
            datasets_manage.manage(dataset, version)
except WorkbenchError as error:
    say(error)
    datasets_heading.back()
