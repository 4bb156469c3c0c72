"""How far this machine's clock is from that of the services that answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime


class WallClock:
    """Reads the `Date` of answers. One attribute is set, so no lock is needed."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.ahead: timedelta | None = None
        """Of the service that answered last; None when none has said its time yet."""

    def note(self, headers: Mapping[str, str] | None) -> None:
        """Take the time of an answer that has just begun. What is no date is passed over."""
        said = next((v for k, v in (headers or {}).items() if k.lower() == "date"), None)
        if said is None:
            return
        try:
            theirs = parsedate_to_datetime(said)
        except ValueError:
            return
        if theirs.tzinfo is None:
            theirs = theirs.replace(tzinfo=UTC)
        self.ahead = self._now() - theirs
