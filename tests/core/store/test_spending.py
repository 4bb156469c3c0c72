from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest

from core.records.budget import Cap
from core.records.runs import CallContext, Reply
from core.store.calls import Sent, Settled
from core.store.spending import Purse, Spending, job_purse, purses_of, user_purse
from tests.core.store.conftest import text_request

NOON = datetime(2026, 11, 24, 12, 0)
MINE = user_purse("ada", date(2026, 11, 24))
SENT = Sent("r", 1, "a", NOON, NOON, 1.0, text_request(), "{}", CallContext("ada", job_id="j"))
CAP = (Cap("user_day", "ada", 10.0),)


def spending(already: float = 0.0) -> Spending:
    return Spending(lambda purse: already)


def test_a_call_is_paid_by_its_person_and_its_job() -> None:
    assert purses_of(SENT) == [MINE, job_purse("j")]
    alone = replace(SENT, context=CallContext("ada"))
    assert purses_of(alone) == [MINE]


def test_a_purse_is_loaded_once_and_then_moved_by_commits() -> None:
    asked: list[Purse] = []

    def load(purse: Purse) -> float:
        asked.append(purse)
        return 2.0

    sums = Spending(load)
    sums.reserve(SENT)
    assert sums.committed(MINE) == 2.0
    sums.keep()
    assert sums.committed(MINE) == 3.0
    sums.settle(Settled(SENT, NOON, Reply("ok"), 0.25))
    sums.keep()
    assert sums.committed(MINE) == pytest.approx(2.25)
    assert sorted(asked) == sorted({*asked})


def test_a_rolled_back_transaction_costs_nothing() -> None:
    sums = spending(2.0)
    sums.reserve(SENT)
    sums.forget()
    assert sums.committed(MINE) == 2.0
    assert sums.refusal(replace(SENT, reserved_usd=8.0), CAP) is None


def test_what_the_open_transaction_reserves_counts_at_once() -> None:
    sums = spending(8.5)
    assert sums.refusal(SENT, CAP) is None
    sums.reserve(SENT)
    refused = sums.refusal(SENT, CAP)
    assert refused is not None
    assert refused.values["spent"] == "9.5000"


def test_an_unknown_cost_is_nothing_spent() -> None:
    sums = spending()
    sums.reserve(SENT)
    sums.settle(Settled(SENT, NOON, Reply("rate_limited"), None))
    sums.keep()
    assert sums.committed(MINE) == 0.0
