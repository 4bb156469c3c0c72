"""Why an answer is good, bad, or better than another: the chips beside a verdict."""

from __future__ import annotations

from core.records.messages import N_

REASONS = {
    "correct": N_("Correctness"),
    "complete": N_("Completeness"),
    "format": N_("Format"),
    "tone": N_("Tone"),
    "natural": N_("Natural language"),
    "length": N_("Length"),
    "safe": N_("Safety"),
}
"""By the code that is stored."""
