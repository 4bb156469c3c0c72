"""What there is to judge: a pair of candidates on an input, and which of them stands left."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from core.comparison.blind import shown_orders
from core.comparison.folding import folded
from core.records.comparisons import Cell, Choice, ComparedInput, Comparison, Verdict


@dataclass(frozen=True, slots=True)
class Item:
    """What is judged at once: an input, and two candidates as they stand left and right."""

    row: ComparedInput
    left: str
    right: str
    texts: tuple[str, str]

    def is_of(self, verdict: Verdict) -> bool:
        """Whether a verdict is about this input and these two."""
        pair = {verdict.left, verdict.right}
        return verdict.input_key == self.row.key and pair == {self.left, self.right}

    def choice_of(self, verdict: Verdict) -> Choice:
        """What a verdict says with the two standing as they do here."""
        return verdict.choice if verdict.left == self.left else turned(verdict.choice)

    def key(self, name: str) -> str:
        """The key of a widget that is about this item."""
        return f"compare.{name}.{self.row.key}.{self.left}.{self.right}"


def all_pairs(comparison: Comparison) -> list[tuple[str, str]]:
    """Every two columns, in their order."""
    return list(combinations([one.key for one in comparison.candidates], 2))


def items_of(
    comparison: Comparison, cells: Sequence[Cell], pairs: Sequence[tuple[str, str]]
) -> list[Item]:
    """What can be judged: each pair on each row where both have answered."""
    grouped: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        grouped.setdefault((cell.input_key, cell.candidate_key), []).append(cell)
    texts = {place: folded(found).main for place, found in grouped.items()}
    orders = orders_of(comparison)
    items = []
    for row in comparison.inputs:
        for pair in pairs:
            left, right = (key for key in orders[row.key] if key in pair)
            first, second = texts.get((row.key, left)), texts.get((row.key, right))
            if first is not None and second is not None:
                items.append(Item(row, left, right, (first, second)))
    return items


def orders_of(comparison: Comparison) -> Mapping[str, Sequence[str]]:
    """In which order the columns of each row stand: shuffled while they are hidden."""
    rows = [row.key for row in comparison.inputs]
    keys = [one.key for one in comparison.candidates]
    if not comparison.blind:
        return dict.fromkeys(rows, keys)
    return shown_orders(comparison.seed, rows, keys)


def next_open(count: int, place: int, given: Collection[int]) -> int | None:
    """The next item without a verdict, from here on and then from the beginning."""
    order = [*range(place + 1, count), *range(place + 1)]
    return next((number for number in order if number not in given), None)


def turned(choice: Choice) -> Choice:
    """The choice as it reads with the two sides swapped."""
    other: dict[Choice, Choice] = {
        "left": "right", "slightly_left": "slightly_right",
        "slightly_right": "slightly_left", "right": "left",
    }  # fmt: skip
    return other.get(choice, choice)
