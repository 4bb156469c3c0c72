"""What people decided when they compared candidates on cases of a dataset version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.evaluation.leaderboard import entry_key
from core.records.comparisons import Choice
from core.records.evaluations import Battle, BattleResult

if TYPE_CHECKING:
    from core.store import Store

RESULTS: Mapping[Choice, BattleResult] = {
    "left": "a",
    "slightly_left": "a",
    "same": "tie",
    "both_bad": "tie",
    "slightly_right": "b",
    "right": "b",
}


def human_verdicts(store: Store, dataset_version_id: str) -> list[Battle]:
    """A battle for each verdict that holds on a row that is a case of the version.

    Rows that were typed or uploaded are nobody's case, and a comparison that is covered tells
    nothing yet.
    """
    found = []
    for comparison in store.comparisons.judged_with_cases_of(dataset_version_id):
        keys = {one.key: entry_key(one) for one in comparison.candidates}
        cases = {
            row.key: row.case_id
            for row in comparison.inputs
            if row.dataset_version_id == dataset_version_id
        }
        for verdict in store.comparisons.verdicts(comparison.id):
            case_id = cases.get(verdict.input_key)
            if case_id is not None:
                found.append(
                    Battle(
                        case_id,
                        keys[verdict.left],
                        keys[verdict.right],
                        RESULTS[verdict.choice],
                        verdict.created_by,
                        reason=verdict.memo or ", ".join(verdict.reasons),
                    )
                )
    return found
