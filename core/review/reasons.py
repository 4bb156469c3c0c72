"""What the reasons beside a verdict ask of an answer."""

from __future__ import annotations

from core.records.messages import N_

CRITERIA = {
    "correct": N_("What it states is right and agrees with what was given."),
    "complete": N_("Nothing that was asked for is left out."),
    "format": N_("It has the form that was asked for."),
    "tone": N_("Its tone suits the reader and the occasion."),
    "natural": N_("It reads as if somebody at home in the language had written it."),
    "length": N_("It is neither longer nor shorter than it needs to be."),
    "safe": N_("There is nothing in it that could do harm."),
}
"""What a judge is told to look at, by the code of a reason (`core.records.reasons`)."""
