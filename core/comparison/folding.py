"""What is the same among the answers to one input: repeats that fold, columns that agree. Pure.

Two answers are the same when their texts are equal but for white space at the end. Nothing else
is folded: a full-width digit instead of a half-width one is a difference that a person may
care about.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.records.comparisons import Cell


@dataclass(frozen=True, slots=True)
class Variant:
    """One wording, and the cells that have it, by repeat. `text` is None where none was given."""

    text: str | None
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Folded:
    """The repeats of one cell: `distinct` wordings of `answers` answers, the rest failed.

    Variants come with the most frequent first, then by first repeat; failures are at the end.
    """

    variants: tuple[Variant, ...]
    distinct: int
    answers: int

    @property
    def main(self) -> str | None:
        """The most frequent wording; None when there is no answer."""
        return self.variants[0].text if self.variants else None


def key_of(text: str) -> str:
    """Under which an answer meets its equals."""
    return text.rstrip()


def answer_of(cell: Cell) -> str | None:
    """What can be read and compared of a cell; None when there is nothing.

    Text that came before a failure counts; function calls are lines after the text.
    """
    if cell.run is None:
        return None
    reply = cell.run.reply
    calls = [
        f"{call.get('name', '')}({json.dumps(call.get('args') or {}, ensure_ascii=False)})"
        for call in reply.extras.get("function_calls") or ()
    ]
    lines = [*([reply.text] if reply.text else []), *calls]
    return "\n".join(lines) if lines or reply.outcome == "ok" else None


def folded(cells: Sequence[Cell]) -> Folded:
    """Fold the repeats of one input and one candidate."""
    ordered = sorted(cells, key=lambda cell: cell.repeat)
    groups: dict[str, list[Cell]] = {}
    failures: list[Variant] = []
    for cell in ordered:
        text = answer_of(cell)
        if text is None:
            failures.append(Variant(None, (cell,)))
        else:
            groups.setdefault(key_of(text), []).append(cell)
    # Sorting keeps the order of first appearance among equals.
    answers = sorted(groups.values(), key=len, reverse=True)
    variants = [Variant(answer_of(group[0]), tuple(group)) for group in answers]
    total = sum(len(group) for group in answers)
    return Folded((*variants, *failures), len(answers), total)


def same_as(row: Mapping[str, Folded]) -> dict[str, tuple[str, ...]]:
    """For every column the others with exactly the same wordings; a failure is like nothing."""
    wordings = {
        column: frozenset(key_of(v.text) for v in cell.variants if v.text is not None)
        for column, cell in row.items()
    }
    return {
        column: tuple(
            other for other in row if other != column and mine and wordings[other] == mine
        )
        for column, mine in wordings.items()
    }


def differs(row: Mapping[str, Folded]) -> bool:
    """Whether the columns do not all say the same. A failure beside an answer is a difference."""
    wordings = [
        frozenset(None if v.text is None else key_of(v.text) for v in cell.variants)
        for cell in row.values()
    ]
    return len(set(wordings)) > 1
