"""What cells send, and in which order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.comparison import plan
from core.errors import InvalidInput, MissingVariables
from core.records.comparisons import Candidate, CellKey, ComparedInput
from core.records.prompts import Media, Part, PromptSpec, Turn
from core.records.runs import Request
from tests.core.comparison.making import comparison


def candidate(text: str = "", *, system: str = "", model: str = "sandbox:m") -> Candidate:
    return Candidate(
        "c1", "One", PromptSpec(system=system, turns=(Turn("user", (Part(text),)),)), model
    )


def sent(one: Candidate, row: ComparedInput) -> str:
    request = plan.request_of(one, row)
    return "|".join(part.text for part in request.turns[-1].parts)


def test_columns_advance_together_and_repeats_come_round_by_round() -> None:
    keys = [str(key) for key in plan.cell_keys(comparison(2, 2, 2))]
    assert keys == [
        "i1/c1/1", "i1/c2/1", "i2/c1/1", "i2/c2/1",
        "i1/c1/2", "i1/c2/2", "i2/c1/2", "i2/c2/2",
    ]  # fmt: skip
    assert [str(CellKey.parse(key)) for key in keys] == keys


def test_every_column_is_a_lane() -> None:
    units = plan.units(plan.cell_keys(comparison(3, 2)))
    assert [unit.number for unit in units] == [1, 2, 3, 4, 5, 6]
    assert [unit.payload["lane"] for unit in units] == ["c1", "c2", "c3"] * 2
    assert len({unit.key for unit in units}) == 6


@pytest.mark.parametrize(
    ("prompt", "values", "text"),
    [
        pytest.param("{input} !", {}, "{x} 全角 !", id="the variable input"),
        pytest.param("{質問} !", {}, "{x} 全角 !", id="the only variable"),
        pytest.param("{q} {t}!", {"t": "T"}, "{x} 全角 T!", id="the only open variable"),
        pytest.param("Sum up.", {}, "Sum up.|{x} 全角", id="no variable: at the end"),
        pytest.param("", {}, "{x} 全角", id="an empty prompt is the message"),
        pytest.param("{t}.", {"t": "T"}, "T.|{x} 全角", id="no open variable: at the end"),
    ],
)
def test_an_ad_hoc_input_finds_its_place_as_it_stands(
    prompt: str, values: dict[str, str], text: str
) -> None:
    row = ComparedInput("i1", "", values, message="{x} 全角")
    assert sent(candidate(prompt), row) == text


def test_an_ad_hoc_input_leaves_files_and_earlier_turns_alone() -> None:
    picture = Part(media=Media("image/png", "a" * 64))
    turns = (
        Turn("user", (Part("first"),)), Turn("model", (Part("answer"),)), Turn("user", (picture,)),
    )  # fmt: skip
    one = replace(candidate(), spec=PromptSpec(turns=turns))
    request = plan.request_of(one, ComparedInput("i1", "", message="What is it?"))
    assert request.turns[:2] == turns[:2]
    assert request.turns[2].parts == (picture, Part("What is it?"))


def test_a_cell_sends_all_that_its_prompt_says() -> None:
    spec = PromptSpec(
        system="In {lang}.", turns=(Turn("user", (Part("{q}"),)),), google_search=True,
        response_schema='{"type": "string"}',
    )  # fmt: skip
    request = plan.request_of(
        Candidate("c", "t", spec, "platform:m-1"),
        ComparedInput("i", "", {"lang": "日本語", "q": "{lang}?", "unused": "x"}),
    )
    assert request == Request(
        "platform", "m-1", (Turn("user", (Part("{lang}?"),)),), system="In 日本語.",
        google_search=True, response_schema='{"type": "string"}',
    )  # fmt: skip


@pytest.mark.parametrize(
    ("one", "row", "error"),
    [
        (candidate("{a} {b}"), ComparedInput("i", "", {"a": "1"}), MissingVariables),
        (candidate("{a} {b}"), ComparedInput("i", "", message="text"), MissingVariables),
        (candidate(" "), ComparedInput("i", ""), InvalidInput),
        (candidate("x", model=""), ComparedInput("i", ""), InvalidInput),
        (candidate("{a}"), ComparedInput("i", "", {"a": "1", "ａ": "2"}), InvalidInput),
    ],
)
def test_what_cannot_be_sent_is_told(
    one: Candidate, row: ComparedInput, error: type[InvalidInput]
) -> None:
    with pytest.raises(error):
        plan.request_of(one, row)


def test_lacking_names_the_variables_without_a_value_in_some_row() -> None:
    rows = [ComparedInput("i1", "", {"a": "1", "b": "2"}), ComparedInput("i2", "", {"a": "1"})]
    columns = [replace(candidate("{a} {b} {c}"), key="c1"), replace(candidate("{a}"), key="c2")]
    assert plan.lacking(columns, rows) == {"c1": ["c", "b"]}
    assert plan.lacking(columns, [ComparedInput("i1", "", message="m")]) == {"c1": ["a", "b", "c"]}
