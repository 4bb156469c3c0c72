"""Messages for people that are no errors, such as a finding or a sentence about numbers."""

from __future__ import annotations


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for it
    """Mark a message for translation where it is written; it is translated where it is shown."""
    return message
