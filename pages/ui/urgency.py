"""How near a model's end is, as a mark: the four alerts and what has ended."""

from __future__ import annotations

from core.lifecycle.calendar import Urgency
from pages.ui.language import N_, _

PRESSING: tuple[Urgency, ...] = ("past", "week", "month", "quarter", "half")
"""What is an alert, the gravest first."""
GRAVE: tuple[Urgency, ...] = ("past", "week", "month")
COLOURS: dict[Urgency, str] = {
    "past": "red", "week": "red", "month": "orange", "quarter": "blue", "half": "gray",
}  # fmt: skip
ICONS: dict[Urgency, str] = {
    "past": "event_busy", "week": "alarm", "month": "event_upcoming",
    "quarter": "event_upcoming", "half": "event_upcoming",
}  # fmt: skip
WORDS: dict[Urgency, str] = {
    "past": N_("ended"), "week": N_("within 7 days"), "month": N_("within 30 days"),
    "quarter": N_("within 90 days"), "half": N_("within 180 days"),
}  # fmt: skip


def mark(urgency: Urgency) -> str:
    """The badge of an alert, as Markdown."""
    return f":{COLOURS[urgency]}-badge[:material/{ICONS[urgency]}: {_(WORDS[urgency])}]"
