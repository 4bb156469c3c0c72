"""Findings of the parameter lint: what of a prompt a model does not take as it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from core.records.messages import N_

Effect = Literal["rejected", "changed", "ignored", "advised_against"]
EFFECTS: tuple[Effect, ...] = ("rejected", "changed", "ignored", "advised_against")
"""The gravest first: the call fails, the answer changes, nothing happens, it is discouraged."""


EFFECT_WORDS: Mapping[Effect, str] = {
    "rejected": N_("refused"),
    "changed": N_("changes"),
    "ignored": N_("no effect"),
    "advised_against": N_("discouraged"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a prompt and a model.

    `place` is a parameter's name, or `model`, `turns`, `media`, `tools` or `location`. `template`
    is a translatable message with named fields. `set_to` is the parameter's proposed value
    (None: leave it out) when `fixable`; for `turns` the fix takes the last one off, for `model`
    it names another.
    """

    place: str
    effect: Effect
    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    note_en: str = ""
    note_ja: str = ""
    source: str = ""
    fixable: bool = True
    set_to: Any = None
