"""The gate on made-up and on simulated migrations."""

from __future__ import annotations

import numpy as np
import pytest

from core.migration.evidence import is_rerouted
from core.migration.gate import Decision, decide


def made(same: int, wins: int, losses: int) -> tuple[list[float], list[float]]:
    before = [1.0] * same + [0.0] * wins + [1.0] * losses
    after = [1.0] * same + [1.0] * wins + [0.0] * losses
    return before, after


@pytest.mark.parametrize(
    ("same", "wins", "losses", "verdict"),
    [
        pytest.param(400, 0, 0, "pass", id="nothing changed in 400"),
        pytest.param(20, 0, 0, "not_enough_data", id="nothing changed, but in 20"),
        pytest.param(150, 40, 10, "pass", id="clearly better"),
        pytest.param(150, 10, 40, "fail", id="clearly worse"),
        pytest.param(70, 15, 15, "not_enough_data", id="even, but with much change"),
        pytest.param(9_500, 150, 350, "pass", id="a loss is shown, and is below the margin"),
        pytest.param(0, 0, 0, "not_enough_data", id="no cases"),
    ],
)
def test_the_four_outcomes(same: int, wins: int, losses: int, verdict: str) -> None:
    assert decide(*made(same, wins, losses)).verdict == verdict


def test_too_many_errors_are_incomplete_whatever_the_numbers_say() -> None:
    before, after = made(150, 40, 10)
    assert decide(before, after, errors=8, asked=400).verdict == "pass"
    found = decide(before, after, errors=9, asked=400)
    assert (found.verdict, found.why, found.difference) == ("incomplete", "errors", 0.15)


def test_answers_of_another_model_are_incomplete() -> None:
    assert decide(*made(400, 0, 0), rerouted=True).why == "served"


def test_the_number_to_label_leads_to_a_pass() -> None:
    found = decide(*made(170, 15, 15))
    assert found.verdict == "not_enough_data" and found.needed is not None
    scale = (found.n + found.needed) / found.n
    more = decide(*made(round(170 * scale), round(15 * scale), round(15 * scale)))
    assert more.verdict == "pass"


def test_no_number_of_cases_is_promised_when_the_loss_is_the_margin() -> None:
    assert decide(*made(94, 0, 3)).needed is None or decide(*made(94, 0, 3)).verdict != "pass"
    found = decide(*made(90, 3, 7))
    assert (found.verdict, found.needed) == ("not_enough_data", None)


def simulated(
    cases: int, loss: float, runs: int, seed: int, change: float = 0.16
) -> list[Decision]:
    """Migrations whose true loss is `loss`; `change` of the cases change for either side."""
    chance = np.random.default_rng(seed)
    shares = [1 - change, (change - loss) / 2, (change + loss) / 2]
    return [
        decide(*made(*(int(n) for n in chance.multinomial(cases, shares)))) for _ in range(runs)
    ]


def share(found: list[Decision], verdict: str) -> float:
    return sum(one.verdict == verdict for one in found) / len(found)


def test_a_harmless_migration_seldom_fails() -> None:
    assert share(simulated(200, 0.0, 400, seed=1), "fail") <= 0.05 + 0.022


def test_a_loss_of_ten_points_is_caught() -> None:
    assert share(simulated(200, 0.10, 400, seed=2), "fail") >= 0.93


@pytest.mark.parametrize("cases", [100, 400])
def test_a_loss_of_the_margin_seldom_passes(cases: int) -> None:
    assert share(simulated(cases, 0.03, 400, seed=3), "pass") <= 0.05 + 0.022


def test_more_cases_clear_a_harmless_migration_more_often() -> None:
    few, many = (share(simulated(n, 0.0, 2_000, 4, 0.08), "pass") for n in (100, 800))
    assert few < 0.6 and many > 0.85


@pytest.mark.parametrize(
    ("served", "rerouted"),
    [
        ([], False),
        ([("old", "x", "x", 9), ("new", "y", "y-001", 9)], False),
        ([("old", "x", "x", 9), ("old", "x", "x-001", 9)], False),
        ([("old", "x", "x", 9), ("old", "x", "z", 1)], True),
        ([("old", "x", "x", 9), ("new", "y", "z", 9)], True),
        ([("old", "x", "x-001", 9), ("old", "x", "x-002", 9)], True),
        # One model on two surfaces that turns out to be two.
        ([("old", "x", "x-001", 9), ("new", "x", "x-002", 9)], True),
        # A judge is a model, too; that it is another one than the candidates is as it should be.
        ([("old", "x", "x-001", 9), ("judge a:j", "j", "j-001", 1)], False),
        ([("old", "x", "x-001", 9), ("judge a:x", "x", "x-002", 1)], False),
        ([("judge a:j", "j", "j-001", 1), ("judge a:j", "j", "j-002", 1)], True),
        ([("judge a:j", "j", "k", 1)], True),
    ],
)
def test_answers_and_scores_of_another_model_are_noticed(
    served: list[tuple[str, str, str, int]], rerouted: bool
) -> None:
    assert is_rerouted(served) == rerouted
