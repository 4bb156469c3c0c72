"""What a rewritten instruction must not do. It is rejected with a reason, never repaired. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Literal, NamedTuple

from core.errors import InvalidInput
from core.prompts.characters import check_text
from core.prompts.template import is_name, normal_name

Reason = Literal["empty", "unchanged", "duplicate", "too_long", "variables", "characters", "rows"]
_VARIABLE = re.compile(r"(\{+)([^\s{}]{1,200})(\}+)")
MOST_QUOTED = 0.5
"""Share of the cases that a prompt may quote; they no longer count for it."""
QUOTE = 12
"""Characters from which a case's input counts as quoted: shorter ones are found by accident."""


class Rejection(NamedTuple):
    """Why a candidate is not tried; `detail` names the variables, or says how long it is."""

    reason: Reason
    detail: str = ""


def variable_counts(text: str) -> Counter[str]:
    """How often each variable stands in the text, told apart by its braces too: `{{a}}` is sent
    as a brace, the value and a brace."""
    found = ((one[1], normal_name(one[2]), one[3]) for one in _VARIABLE.finditer(text))
    return Counter(left + name + right for left, name, right in found if is_name(name))


def rejection(
    text: str,
    start: str,
    *,
    seen: Collection[str],
    most_characters: int,
) -> Rejection | None:
    """Why the text may not take the place of `start`; None when it may.

    `seen` are texts that were tried before, as `folded` makes them.
    """
    if not text.strip():
        return Rejection("empty")
    try:
        check_text(text)
    except InvalidInput as error:
        return Rejection("characters", str(error))
    before, after = variable_counts(start), variable_counts(text)
    if before != after:
        changed = sorted(name for name in before | after if before[name] != after[name])
        return Rejection("variables", ", ".join(changed))
    if len(text) > most_characters:
        return Rejection("too_long", f"{len(text):,} > {most_characters:,}")
    if folded(text) == folded(start):
        return Rejection("unchanged")
    if folded(text) in seen:
        return Rejection("duplicate")
    return None


def folded(text: str) -> str:
    """The form in which texts are compared: white space and width do not make a difference."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def quoted(text: str, inputs: Mapping[str, str]) -> frozenset[str]:
    """Ids of the cases whose input the text quotes: it has seen the answer to them."""
    plain = folded(text)
    found = []
    for case_id, one in inputs.items():
        wanted = folded(one)
        if len(wanted) >= QUOTE and wanted in plain:
            found.append(case_id)
    return frozenset(found)
