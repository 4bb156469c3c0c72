"""Datasets: examples with expected answers, in versions that never change."""

import streamlit as st

from core.errors import WorkbenchError
from pages.ui.datasets import address as datasets_address
from pages.ui.datasets import heading as datasets_heading
from pages.ui.datasets import importing as datasets_import
from pages.ui.datasets import listing as datasets_list
from pages.ui.datasets import manage as datasets_manage
from pages.ui.datasets import profile as datasets_profile
from pages.ui.datasets import rows as datasets_rows
from pages.ui.datasets import split as datasets_split
from pages.ui.datasets import versions as datasets_versions
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
