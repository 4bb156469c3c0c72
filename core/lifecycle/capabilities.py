"""What a model takes: a table in `data/catalogue/capabilities.json` by model id, then facts. Pure.

The table holds the rules of whole families. A dated fact of one model on one connection, such as
a limit or a rule that differs there, takes the place of the family's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

from core.records.catalogue import (
    LIMIT_FACTS,
    LIST_FACTS,
    PREFILL,
    RULE,
    Capabilities,
    ModelFact,
    ParameterRule,
)

FACTS = (*LIMIT_FACTS, *LIST_FACTS)


def capabilities(
    families: Sequence[Mapping[str, Any]], model: str, checked_on: date | None = None
) -> Capabilities:
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
                checked_on=checked_on if family["source"] else None,
            )
    return Capabilities(known=False)


def says_what_it_takes(fact: str) -> bool:
    """Whether a fact is about limits, files, places, levels or a parameter."""
    return fact in FACTS or fact.startswith(RULE)


def with_facts(known: Capabilities, facts: Iterable[ModelFact]) -> Capabilities:
    """The same with what is said of this model itself; `facts` are those that hold."""
    parameters = dict(known.parameters)
    changes: dict[str, Any] = {}
    for fact in facts:
        value = json.loads(fact.value)
        if fact.fact in LIMIT_FACTS:
            changes[fact.fact] = int(value)
        elif fact.fact in LIST_FACTS:
            changes[fact.fact] = tuple(value)
        elif fact.fact == RULE + PREFILL:
            changes["prefill"] = _said(known.prefill, value, fact)
        elif fact.fact.startswith(RULE):
            name = fact.fact.removeprefix(RULE)
            parameters[name] = _said(parameters.get(name, ParameterRule("ok")), value, fact)
    output = parameters.get("max_output_tokens")
    if output is not None and "output_limit" in changes:
        parameters["max_output_tokens"] = replace(output, maximum=changes["output_limit"])
    return replace(known, parameters=parameters, **changes)


def _said(rule: ParameterRule, status: Any, fact: ModelFact) -> ParameterRule:
    """The rule as the fact has it; what the family's note says is about another one."""
    kept = rule.status == status
    return replace(
        rule, status=status, source=fact.source, checked_on=fact.as_of.date(),
        note_en=rule.note_en if kept else "", note_ja=rule.note_ja if kept else "",
    )  # fmt: skip


def _rule(data: Mapping[str, Any]) -> ParameterRule:
    return ParameterRule(**{**data, "choices": tuple(data.get("choices", ()))})
