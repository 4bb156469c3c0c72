"""Which engine searches: ours, gepa where it is installed, the managed one where it is live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.optimization.gepa_engine import IS_INSTALLED
from core.platform.optimizer import PERMISSIONS
from core.records.models import ModelRef
from core.records.optimizations import OptimizationDraft, OptimizerEngine
from pages.ui.language import N_, _
from pages.ui.resources import workbench
from pages.ui.text import label

ENGINES: dict[OptimizerEngine, str] = {
    "local": N_("Local: works with every model"),
    "gepa": N_("gepa: the library of that name"),
    "managed": N_("Managed: data-driven optimizer of Agent Platform"),
}
FIELDS = ("output_path", "service_account", "service_account_project_number", "image_uri")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The engine, and keys of a configuration that only the managed one reads."""

    engine: OptimizerEngine
    vapo: Mapping[str, Any]


def engine(key: str, target: str, given: OptimizationDraft | None) -> Chosen:
    """The field, where there is a choice; what the managed one needs besides."""
    options = available()
    first = given.engine if given is not None and given.engine in options else "local"
    vapo = dict(given.vapo) if given else {}
    if len(options) < 2:
        return Chosen("local", vapo)
    chosen: OptimizerEngine = st.selectbox(
        _("Engine"), options, index=options.index(first), key=f"{key}.engine",
        format_func=lambda one: _(ENGINES[one]),
        help=_("Whichever searches: start and best prompt are judged by the same test cases."),
    )  # fmt: skip
    if chosen == "managed":
        vapo |= managed(key, target, vapo)
    return Chosen(chosen, vapo)


def available() -> list[OptimizerEngine]:
    """Engines that could be started now."""
    found: list[OptimizerEngine] = ["local"]
    if IS_INSTALLED:
        found.append("gepa")
    if workbench().connections["platform"].live:
        found.append("managed")
    return found


def managed(key: str, target: str, vapo: Mapping[str, Any]) -> dict[str, str]:
    """Where the files go, and who the job runs as."""
    if target and ModelRef.parse(target, "platform").model.startswith("gemini-3"):
        st.caption(_(":orange[The managed optimizer is known to end without a result for Gemini 3 "
                     "targets. The local engine works with them.]"))  # fmt: skip
    titles = (_("Folder in Cloud Storage"), _("Service account"), _("or its project number"),
              _("Container image (optional)"))  # fmt: skip
    hints = ("gs://bucket/folder", "name@project.iam.gserviceaccount.com", "", _("as in the SDK"))
    found = {}
    for column, name, title, hint in zip(st.columns(4), FIELDS, titles, hints, strict=True):
        with column:
            text = st.text_input(title, str(vapo.get(name) or ""), key=f"{key}.{name}",
                                 placeholder=hint)  # fmt: skip
            found[name] = text.strip()
    st.caption(_("The job runs as this account. It needs {roles}, and you need to act as it. "
                 "The test cases are never uploaded.").format(
                     roles=label(", ".join(PERMISSIONS), most=200)))  # fmt: skip
    return found
