"""What is left to ask is what is wanted less what is there."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import InvalidInput
from core.evaluation import plan
from core.evaluation.plan import Called, Done, PairKey, Wanted
from core.records.catalogue import Price
from core.records.comparisons import Candidate
from core.records.datasets import Case
from core.records.evaluations import AnswerKey
from core.records.prompts import Parameters
from tests.core.evaluation.evaluating import candidates_of, cases_of, spec_of

WANTED = Wanted(("exact|1", "bleu|1"), ("coherence|1",), ("pairwise|1",))


def stages(units: Any) -> list[str]:
    return [unit.payload["stage"] for unit in units]


def test_answers_come_first_then_scores_and_no_key_is_given_twice() -> None:
    units = plan.units(cases_of(3), candidates_of("m1", "m2"), 2, WANTED)
    found = stages(units)
    assert found == ["answer"] * 12 + ["compute"] + ["judge"] * 12 + ["pair"] * 6
    assert len({unit.key for unit in units}) == len(units)
    assert [unit.number for unit in units] == list(range(len(units)))


def test_answers_are_computed_while_others_are_on_their_way() -> None:
    units = plan.units(cases_of(150), candidates_of("m1"), 1, Wanted(("exact|1",)))
    assert stages(units) == [*["answer"] * 100, "compute", *["answer"] * 50, "compute"]


def test_candidates_advance_together() -> None:
    units = plan.units(cases_of(2), candidates_of("m1", "m2"), 1, Wanted())
    assert [unit.payload["key"][:2] for unit in units] == [
        ("t0000", "c1"), ("t0000", "c2"), ("t0001", "c1"), ("t0001", "c2"),
    ]  # fmt: skip


def test_what_is_there_is_left_out() -> None:
    first = AnswerKey("t0000", "c1", 0)
    done = Done(
        {first}, {(first, "coherence|1")}, {(PairKey("t0000", "c1", "c2", 0), "pairwise|1")}
    )
    units = plan.units(cases_of(1), candidates_of("m1", "m2"), 1, WANTED, done)
    assert stages(units) == ["answer", "compute", "judge"]
    assert [unit.payload["key"] for unit in units if unit.payload["stage"] != "compute"] == [
        AnswerKey("t0000", "c2", 0)
    ] * 2


def test_computed_scores_are_made_again_only_where_one_is_missing() -> None:
    keys = [AnswerKey(case.id, "c1", 0) for case in cases_of(250)]
    half = {(key, "exact|1") for key in keys[:100]}
    wanted = Wanted(("exact|1",))
    units = plan.units(cases_of(250), candidates_of("m1"), 1, wanted, Done(set(keys), half))
    assert [len(unit.payload["keys"]) for unit in units] == [100, 50]
    everything = Done(set(keys), {(key, "exact|1") for key in keys})
    assert plan.units(cases_of(250), candidates_of("m1"), 1, wanted, everything) == []


def test_equal_plans_give_equal_keys_and_a_changed_prompt_other_ones() -> None:
    one = plan.units(cases_of(2), candidates_of("m1"), 1, WANTED)
    assert one == plan.units(cases_of(2), candidates_of("m1"), 1, WANTED)
    other = plan.units(cases_of(2), candidates_of("m1", text="Look: {ticket}"), 1, WANTED)
    assert not {u.key for u in one if u.payload["stage"] == "answer"} & {u.key for u in other}


def test_a_row_that_cannot_be_asked_does_not_keep_the_others_from_it() -> None:
    cases = [Case("a", {"ticket": "x"}), Case("b", {})]
    assert stages(plan.units(cases, candidates_of("m1"), 1, Wanted())) == ["answer", "answer"]


# -- requests --


@pytest.mark.parametrize(
    ("text", "fields", "sent"),
    [
        pytest.param("Hi {name}", {"name": "Aya"}, ["Hi Aya"], id="columns are variables"),
        pytest.param("Answer:", {"prompt": "1+1?"}, ["Answer:", "1+1?"], id="prompt is added"),
        pytest.param("", {"prompt": "1+1?"}, ["1+1?"], id="prompt alone"),
        pytest.param("Q: {input}", {"prompt": "1+1?"}, ["Q: 1+1?"], id="prompt is the input"),
        pytest.param("Q: {input}", {"prompt": "no", "input": "yes"}, ["Q: yes"], id="input wins"),
        pytest.param("{prompt}!", {"prompt": "a {b}"}, ["a {b}!"], id="values are not templates"),
    ],
)
def test_what_a_case_is_asked(text: str, fields: dict[str, str], sent: list[str]) -> None:
    candidate = Candidate("a", "A", spec_of(text), "sandbox:m")
    request = plan.case_request(candidate, Case("c", fields))
    assert [part.text for part in request.turns[-1].parts] == sent


@pytest.mark.parametrize(
    ("text", "columns", "problem"),
    [
        pytest.param("{a} {b}", ("a", "c"), "{b}", id="a column is missing"),
        pytest.param("no variable", ("a",), "the same", id="every case would ask the same"),
    ],
)
def test_a_prompt_that_does_not_fit_is_refused(
    text: str, columns: tuple[str, ...], problem: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        plan.check_columns(Candidate("a", "A", spec_of(text), "m"), columns)
    assert problem in str(refused.value)


def test_a_prompt_that_fits_is_not_refused() -> None:
    plan.check_columns(Candidate("a", "A", spec_of("{input}"), "m"), ("prompt",))
    plan.check_columns(Candidate("a", "A", spec_of("hello"), "m"), ("prompt", "x"))


# -- before starting --


def test_the_estimate_counts_calls_money_and_time() -> None:
    price = Price(input=1.0, output=10.0)
    asked = "x" * 4_000  # about a thousand tokens
    candidate = Candidate("a", "A", spec_of("{t}"), "m")
    models = {
        "m": Called("m", price, output_tokens=100, total_ms=1_000, at_once=10),
        "j": Called("j", price, output_tokens=9, total_ms=1_000, at_once=10),
    }
    found = plan.estimate([Case("c", {"t": asked})] * 50, [candidate], 2, models, {"j": 100})
    assert (found.cases, found.calls, found.judge_calls) == (50, 100, 100)
    answers = 100 * (1_000 * 1 + 100 * 10) / 1e6
    verdicts = 100 * ((700 + 100 + 1_000) * 1 + 150 * 10) / 1e6
    assert found.cost_usd == pytest.approx(answers + verdicts, rel=0.01)
    assert found.seconds == pytest.approx(20)
    assert found.detectable == pytest.approx(0.2, abs=0.02)


def test_an_unknown_price_is_not_a_price_of_zero() -> None:
    models = {"m": Called("m", None)}
    candidate = Candidate("a", "A", spec_of("{ticket}"), "m")
    found = plan.estimate(cases_of(1), [candidate], 1, models, {})
    assert (found.cost_usd, found.unpriced, found.detectable) == (None, ("m",), None)


def test_the_output_limit_bounds_the_estimate() -> None:
    price = Price(input=0.0, output=1.0)
    models = {"m": Called("m", price, output_tokens=1_000)}
    spec = spec_of("{ticket}", parameters=Parameters(max_output_tokens=10))
    found = plan.estimate(cases_of(1), [Candidate("a", "A", spec, "m")], 1, models, {})
    assert found.cost_usd == pytest.approx(10 / 1e6)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("abcdefgh", 2), ("日本語です", 4), ("abcd日本", 2.6)],
)
def test_tokens_are_guessed_by_script(text: str, tokens: float) -> None:
    assert plan.approximate_tokens(text) == pytest.approx(tokens)
