"""The address of the history: filters, place and chosen run, between query and `RunFilter`.

The address is what counts. Widgets are set from it and write to it, so that a filtered view can
be sent on, and F5 and Back show what they showed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from core.records.runs import OUTCOMES, RunFilter

FILTERS = ("prompt", "version", "label", "connection", "model", "outcome", "person", "from", "to",
           "mincost", "maxcost", "starred", "saved", "deleted")  # fmt: skip
YES, NO = "yes", "no"
FIRST_DAY, LAST_DAY = date(2020, 1, 1), date(2099, 12, 31)


@dataclass(frozen=True, slots=True)
class Address:
    """What the page shows. `before` is the run that the list continues after."""

    wanted: RunFilter
    run_id: str = ""
    compare_with: str = ""
    before: str | None = None
    timeline: bool = False


def address() -> Address:
    """Read the page's own address."""
    query = {name: st.query_params[name] for name in st.query_params}
    return Address(
        wanted=filter_from(query, browser_zone()),
        run_id=query.get("run", ""),
        compare_with=query.get("with", ""),
        before=run_id_or_none(query.get("before", "")),
        timeline=query.get("view") == "timeline",
    )


def filter_from(query: Mapping[str, str], zone: tzinfo) -> RunFilter:
    """The filter that a query asks for. Days begin in `zone`; what cannot be read is left out."""
    until = day(query.get("to", ""))
    outcome = query.get("outcome")
    return RunFilter(
        search=query.get("q", ""),
        prompt_id=query.get("prompt") or None,
        version_id=query.get("version") or None,
        label=query.get("label") or None,
        connection=query.get("connection") or None,
        model=query.get("model") or None,
        outcome=next((one for one in OUTCOMES if one == outcome), None),
        actor=query.get("person") or None,
        since=start_of(day(query.get("from", "")), zone),
        until=start_of(until + timedelta(days=1) if until else None, zone),
        min_cost_usd=amount(query.get("mincost", "")),
        max_cost_usd=amount(query.get("maxcost", "")),
        starred=answer(query.get("starred")),
        saved=answer(query.get("saved")),
        deleted=query.get("deleted") == YES,
    )


def filters() -> dict[str, str]:
    """The filters of the address, for that of another page that reads them, too."""
    return {name: st.query_params[name] for name in ("q", *FILTERS) if name in st.query_params}


def put(name: str, text: str) -> None:
    """Set or take off one filter; the list starts again with the newest run."""
    for gone in ("before", *(("version",) if name == "prompt" else ())):
        st.query_params.pop(gone, None)
    if text:
        st.query_params[name] = text
    else:
        st.query_params.pop(name, None)


def clear() -> None:
    """Take every filter off."""
    for name in FILTERS:
        put(name, "")


def show_run(run_id: str) -> None:
    """Show a run beside the list; an empty id shows the list alone."""
    st.query_params.pop("view", None)
    if run_id:
        st.query_params["run"] = run_id
    else:
        st.query_params.pop("run", None)


def compare_with(run_id: str) -> None:
    """Hold a run for comparing the next chosen one with it; an empty id lets it go."""
    if run_id:
        st.query_params["with"] = run_id
    else:
        st.query_params.pop("with", None)


def show_before(run_id: str | None) -> None:
    """Continue the list after a run; None shows the newest."""
    if run_id:
        st.query_params["before"] = run_id
    else:
        st.query_params.pop("before", None)


def show_view(name: str) -> None:
    """Show the runs or the timeline of the prompt."""
    if name == "timeline":
        st.query_params["view"] = name
    else:
        st.query_params.pop("view", None)


def show_timeline(prompt_id: str) -> None:
    """Show what happened around a prompt."""
    st.query_params.from_dict({"prompt": prompt_id, "view": "timeline"})


def browser_zone() -> tzinfo:
    """The time zone of whoever looks."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def run_id_or_none(text: str) -> str | None:
    """An id, or None when it is none."""
    try:
        return str(UUID(text))
    except ValueError:
        return None


def day(text: str) -> date | None:
    """A day as in 2026-11-24, within what the widgets can show."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if FIRST_DAY <= found <= LAST_DAY else None


def amount(text: str) -> float | None:
    """US dollars, not negative."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None


def answer(text: str | None) -> bool | None:
    """Yes, no, or not asked."""
    return {YES: True, NO: False}.get(text or "")


def start_of(one: date | None, zone: tzinfo) -> datetime | None:
    """The moment a day begins, in UTC."""
    return datetime.combine(one, time.min, zone).astimezone(UTC) if one else None
