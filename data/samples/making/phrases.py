"""Sentences with choices in them: `[a|b]` is one of them, `{name}` a value."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping

_CHOICE = re.compile(r"\[([^\[\]]*)\]")


def spoken(phrase: str, chance: random.Random, values: Mapping[str, str]) -> str:
    """The phrase with every choice made, inner ones first, and every value filled in."""
    while _CHOICE.search(phrase):
        phrase = _CHOICE.sub(lambda found: chance.choice(found[1].split("|")), phrase)
    return phrase.format(**values)
