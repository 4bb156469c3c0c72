"""The filters of the history. They live in the address, so a filtered view can be sent on."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import streamlit as st

from core.records.runs import OUTCOMES, RunFilter
from pages.ui import badges
from pages.ui.language import _
from pages.ui.resources import workbench
from pages.ui.text import label

BINARY = {"yes": True, "no": False}


def filters() -> RunFilter:
    """Draw the filters and read them."""
    bench = workbench()
    search = st.text_input(
        _("Search prompts, outputs and memos"),
        key="q",
        type="search",
        live=True,
        bind="query-params",
        placeholder=_("Any text; Japanese too"),
    )
    with st.expander(_("Filters"), expanded=any_set()):
        names = {line.prompt.id: line.prompt.name for line in bench.store.prompts.list()}
        prompt = choice(_("Prompt"), "prompt", names)
        version = ""
        if prompt:
            version = choice(
                _("Version"),
                "version",
                {v.id: f"{v.number}" for v in bench.store.prompts.versions(prompt)},
            )
        left, right = st.columns(2)
        with left:
            calls = bench.store.runs.models()
            connection = choice(
                _("Connection"), "connection",
                {c: badges.SURFACES.get(c, c) for c in sorted({c for c, _m in calls})},
            )  # fmt: skip
            outcome = choice(
                _("Outcome"), "outcome", {o: badges.outcome_words(o) for o in OUTCOMES}
            )
            since = st.date_input(_("From"), value=None, key="from", bind="query-params")
            low = st.number_input(_("Cost from ($)"), min_value=0.0, value=None, format="%.6f",
                                  key="mincost", bind="query-params")  # fmt: skip
            starred = choice(_("Starred"), "starred", {"yes": _("Yes"), "no": _("No")})
        with right:
            model = choice(_("Model"), "model", {m: m for m in sorted({m for _c, m in calls})})
            person = choice(_("Person"), "person", {a: a for a in bench.store.runs.actors()})
            until = st.date_input(_("To"), value=None, key="to", bind="query-params")
            high = st.number_input(_("Cost to ($)"), min_value=0.0, value=None, format="%.6f",
                                   key="maxcost", bind="query-params")  # fmt: skip
            saved = choice(_("Saved prompt"), "saved", {"yes": _("Yes"), "no": _("No")})
        tag = st.text_input(_("Label"), key="label", bind="query-params",
                            placeholder="production")  # fmt: skip
        deleted = st.toggle(_("Show deleted runs"), key="deleted", bind="query-params")
    return RunFilter(
        search=search,
        prompt_id=prompt or None,
        version_id=version or None,
        label=tag.strip() or None,
        connection=connection or None,
        model=model or None,
        outcome=outcome or None,  # type: ignore[arg-type]
        actor=person or None,
        since=start_of(since),
        until=start_of(until + timedelta(days=1) if isinstance(until, date) else None),
        min_cost_usd=low,
        max_cost_usd=high,
        starred=BINARY.get(starred),
        saved=BINARY.get(saved),
        deleted=deleted,
    )


def any_set() -> bool:
    """Whether the address has a filter, so that it is not hidden."""
    names = ("prompt", "version", "connection", "outcome", "from", "to", "mincost", "maxcost",
             "starred", "model", "person", "saved", "label", "deleted")  # fmt: skip
    return any(st.query_params.get(name) for name in names)


def choice(title: str, key: str, options: dict[str, str]) -> str:
    """One of the options, or all (empty)."""
    chosen = st.selectbox(
        title,
        ["", *options],
        key=key,
        bind="query-params",
        format_func=lambda value: label(options.get(value, value)) if value else _("All"),
    )
    return chosen or ""


def start_of(day: object) -> datetime | None:
    """Midnight UTC of a day."""
    if isinstance(day, date):
        return datetime.combine(day, time.min, UTC)
    return None
