"""Pairs judged in both orders: one result of two verdicts, and what the order did. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.evaluation.rubrics import Winner
from core.records.evaluations import Battle, BattleResult

_IN_ORDER: dict[Winner, BattleResult] = {"first": "a", "second": "b", "same": "tie"}
_SWAPPED: dict[Winner, BattleResult] = {"first": "b", "second": "a", "same": "tie"}


@dataclass(frozen=True, slots=True)
class PositionReport:
    """How a judge deals with the order of a pair; None where there is nothing to count.

    `consistency` is the share of pairs with the same verdict in both orders; `first_wins` the
    share of verdicts for the one shown first among those that name a winner (0.5 is unbiased).
    """

    judge: str
    pairs: int
    consistency: float | None
    first_wins: float | None
    ties: float | None


def reconcile(in_order: Winner, swapped: Winner) -> tuple[BattleResult, bool]:
    """The result of (a, b) and (b, a), and whether both say the same. Disagreement is a tie."""
    one, other = _IN_ORDER[in_order], _SWAPPED[swapped]
    return (one, True) if one == other else ("tie", False)


def majority(winners: Sequence[Winner]) -> Winner:
    """What most say of one order; a draw is `same`."""
    (best, most), *others = Counter(winners).most_common()
    return "same" if any(number == most for _, number in others) else best


def position_reports(battles: Iterable[Battle]) -> list[PositionReport]:
    """One report for each judge, by name. Errors and what no judge decided are left out."""
    judged: dict[str, list[Battle]] = {}
    for battle in battles:
        if battle.result is not None and len(battle.verdicts) == 2:
            judged.setdefault(battle.judged_by, []).append(battle)
    return [_report(judge, judged[judge]) for judge in sorted(judged)]


def _report(judge: str, battles: Sequence[Battle]) -> PositionReport:
    verdicts = [verdict for battle in battles for verdict in battle.verdicts]
    decided = [verdict for verdict in verdicts if verdict != "same"]
    return PositionReport(
        judge=judge,
        pairs=len(battles),
        consistency=sum(bool(one.consistent) for one in battles) / len(battles),
        first_wins=decided.count("first") / len(decided) if decided else None,
        ties=sum(one.result == "tie" for one in battles) / len(battles),
    )
