"""What a comparison costs at most is known before it runs, and what is not known is said."""

from __future__ import annotations

import pytest

from core.comparison.estimate import estimate
from core.comparison.example import load_example
from core.engine.limits import Limits
from core.records.catalogue import Price
from core.records.comparisons import Candidate, ComparedInput
from core.records.prompts import Parameters, Part, PromptSpec, Turn
from core.records.runs import Request

PRICE = Price(input=1.0, output=10.0)
ROWS = [ComparedInput("1", "one", {"x": "a"}), ComparedInput("2", "two", {"x": "b" * 1_000})]


def column(model: str, most: int | None = 100) -> Candidate:
    spec = PromptSpec(turns=(Turn("user", (Part("Say {x}"),)),),
                      parameters=Parameters(max_output_tokens=most))  # fmt: skip
    return Candidate("a", "A", spec, model)


def priced(request: Request) -> Price | None:
    return None if request.model == "unknown" else PRICE


def test_calls_are_columns_times_rows_times_repeats() -> None:
    found = estimate([column("sandbox:x"), column("sandbox:y")], ROWS, 3, priced)
    assert (found.calls, found.unready, found.unpriced) == (12, 0, ())


def test_the_answer_counts_up_to_its_limit() -> None:
    short = estimate([column("sandbox:x", 100)], ROWS, 1, priced)
    long = estimate([column("sandbox:x", 1_100)], ROWS, 1, priced)
    assert long.most_usd - short.most_usd == pytest.approx(2 * 1_000 * 10 / 1e6)
    without = estimate([column("sandbox:x", None)], ROWS, 1, priced, Limits(output_tokens=1_100))
    assert without.most_usd == pytest.approx(long.most_usd)


def test_a_longer_input_costs_more() -> None:
    first, second = (estimate([column("sandbox:x")], [row], 1, priced) for row in ROWS)
    assert second.most_usd > first.most_usd


def test_a_model_without_a_price_is_named_and_not_free() -> None:
    found = estimate([column("sandbox:unknown"), column("sandbox:x")], ROWS, 1, priced)
    assert found.unpriced == ("sandbox:unknown",)
    assert found.calls == 4
    assert found.most_usd == estimate([column("sandbox:x")], ROWS, 1, priced).most_usd


def test_a_cell_that_cannot_be_sent_is_no_call() -> None:
    found = estimate([column("sandbox:x")], [*ROWS, ComparedInput("3", "none")], 2, priced)
    assert (found.calls, found.unready) == (4, 1)


def test_the_example_is_three_models_on_five_inputs_in_each_language() -> None:
    example = load_example()
    japanese = [row for row in example.inputs if not row.values["inquiry"].isascii()]
    assert (len(example.models), len(example.inputs), len(japanese)) == (3, 10, 5)
    columns = [Candidate(m, m, example.spec, m) for m in example.models]
    assert estimate(columns, example.inputs, 1, priced).unready == 0
    assert example.title("ja") != example.title("en")
