"""Whether this machine's clock can be right: a wrong one makes every countdown wrong. Pure.

Nothing stops for it. Somebody is told, because retirement dates are compared with today's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from core.records.messages import N_

APART = timedelta(minutes=5)
"""Less is between any two machines, and what a slow answer takes."""
Sign = Literal["service", "catalogue", "records"]


@dataclass(frozen=True, slots=True)
class ClockDoubt:
    """A sign that the clock is wrong: a sentence with the values for it."""

    sign: Sign
    template: str
    values: dict[str, object]


def clock_doubts(
    now: datetime, *, newest: datetime | None, checked_on: date | None, ahead: timedelta | None
) -> tuple[ClockDoubt, ...]:
    """What speaks against the clock.

    `newest` is the latest moment of any record, `checked_on` the day of the facts that came with
    the workbench, `ahead` how far the clock was ahead of a service that answered.
    """
    found = []
    today = f"{now:%Y-%m-%d %H:%M} UTC"
    if ahead is not None and abs(ahead) > APART:
        template = (
            N_("This machine's clock ({now}) is {minutes} minutes ahead of the service that "
               "answered last. Set it: days left and prices are counted by it.")
            if ahead > timedelta(0)
            else N_("This machine's clock ({now}) is {minutes} minutes behind the service that "
                    "answered last. Set it: days left and prices are counted by it.")
        )  # fmt: skip
        minutes = round(abs(ahead) / timedelta(minutes=1))
        found.append(ClockDoubt("service", template, {"now": today, "minutes": f"{minutes:,}"}))
    # A day of grace: the catalogue's day is a day somewhere on earth.
    if checked_on is not None and now.date() < checked_on - timedelta(days=1):
        template = N_("This machine's clock says {now}, but the catalogue that came with the "
                      "workbench was checked on {day}. Set it: days left and prices are counted "
                      "by it.")  # fmt: skip
        found.append(ClockDoubt("catalogue", template, {"now": today, "day": str(checked_on)}))
    if newest is not None and newest - now > APART:
        template = N_("This machine's clock says {now}, but something was recorded at {newest}. "
                      "It is wrong now, or was then: days left and prices are counted by "
                      "it.")  # fmt: skip
        values: dict[str, object] = {"now": today, "newest": f"{newest:%Y-%m-%d %H:%M} UTC"}
        found.append(ClockDoubt("records", template, values))
    return tuple(found)
