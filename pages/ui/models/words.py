"""What is said of a model: how long it has, what depends on it, what it costs.

Apart from the table, which needs pandas: the home page says it too, and opens first.
"""

from __future__ import annotations

from collections import Counter

from core.lifecycle.calendar import Line
from core.records.model_use import OtherKind
from pages.ui.facts import money
from pages.ui.language import N_, _

COUNTED: dict[OtherKind, str] = {
    "judge": N_("evaluations that it judges: {count}"),
    "migration": N_("migrations to it: {count}"),
    "optimization": N_("optimizations for it: {count}"),
    "comparison": N_("comparisons with it: {count}"),
}
MOST_NAMED = 3


def days_words(line: Line) -> str:
    """How long the model has, in words."""
    if line.days is None:
        if line.info.ends_not_before:
            return _("not before {date}").format(date=line.info.ends_not_before)
        return _("no end announced")
    if line.days <= 0:
        return _("ended {days} days ago").format(days=-line.days) if line.days else _("ends today")
    return _("{days} days").format(days=line.days)


def prompt_words(line: Line) -> str:
    """Which prompts use it, by label."""
    named = [
        f"{use.name}@{'/'.join(use.labels)}" if use.labels else f"{use.name} v{use.number}"
        for use in line.prompts[:MOST_NAMED]
    ]
    more = len(line.prompts) - MOST_NAMED
    return ", ".join([*named, *([_("{count} more").format(count=more)] if more > 0 else [])])


def other_words(line: Line) -> str:
    """Which datasets' references it wrote, and how much else it stands behind."""
    count = Counter(use.kind for use in line.others)
    parts = [f"{use.title} ({use.count:,})" for use in line.others if use.kind == "reference"]
    more = len(parts) - MOST_NAMED
    parts = [*parts[:MOST_NAMED], *([_("{count} more").format(count=more)] if more > 0 else [])]
    for kind, words in COUNTED.items():
        if count[kind]:
            parts.append(_(words).format(count=count[kind]))
    return ", ".join(parts)


def cost_words(line: Line) -> str:
    """What 30 days cost, and would cost after the next change of price."""
    if not line.calls.runs:
        return ""
    now = money(line.calls.cost_usd)
    if line.cost_after_usd is None or line.next_price is None or not line.next_price.valid_from:
        return now
    return f"{now} → {money(line.cost_after_usd)} ({line.next_price.valid_from.date()})"
