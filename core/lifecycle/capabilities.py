"""What a model takes: a table in `data/catalogue/capabilities.json`, read by model id. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from core.records.catalogue import Capabilities, ParameterRule


def capabilities(families: Sequence[Mapping[str, Any]], model: str) -> Capabilities:
    """The first family whose pattern fits; the last one, `*`, is the conservative set."""
    for family in families:
        if fnmatchcase(model, family["pattern"]):
            return Capabilities(
                parameters={name: _rule(one) for name, one in family["parameters"].items()},
                thinking_levels=tuple(family.get("thinking_levels", ())),
                media=tuple(family.get("media", ())),
                known=family.get("known", True),
                prefill=_rule(family["prefill"]),
                locations=tuple(family.get("locations", ())),
                source=family["source"],
            )
    return Capabilities(known=False)


def _rule(data: Mapping[str, Any]) -> ParameterRule:
    return ParameterRule(**{**data, "choices": tuple(data.get("choices", ()))})
