"""From columns to cases."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from core.datasets.chat import answer_of, unfold
from core.datasets.mapping import LEFT_OUT, ColumnMapping, Mapped, apply, proposed
from core.datasets.table import Table
from core.errors import InvalidInput
from core.records.datasets import Case


def table(*rows: Mapping[str, str]) -> Table:
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    return Table(columns, rows, range(2, len(rows) + 2))


def mapped(*rows: Mapping[str, str], **mapping: Any) -> Mapped:
    return apply(table(*rows), ColumnMapping(**mapping))


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        (["source", "history"], {"source": "prompt", "history": "conversation_history"}),
        (["Prompt", "Ground Truth"], {"Prompt": "prompt", "Ground Truth": "reference"}),
        (["問い合わせ", "正解"], {"問い合わせ": "問い合わせ", "正解": "reference"}),
        (["source", "prompt"], {"source": "source", "prompt": "prompt"}),
        (["label", "expected"], {"label": "reference", "expected": "expected"}),
        (["baseline_model_response"], {"baseline_model_response": "baseline_model_response"}),
    ],
)
def test_the_names_of_columns_suggest_what_they_are(
    columns: list[str], names: dict[str, str]
) -> None:
    assert proposed(columns) == ColumnMapping(names)


def test_id_and_split_columns_are_found() -> None:
    assert proposed(["No", "text", "Split"]) == ColumnMapping({"text": "text"}, "No", "Split")


def test_rows_become_cases_with_their_ids() -> None:
    found = mapped(
        {"key": "A-1", "q": "Hi", "label": "low", "secret": "x", "part": "test"},
        {"key": "A-2", "q": "", "label": "", "part": "検証"},
        names={"q": "question", "label": "reference", "secret": LEFT_OUT},
        id_column="key", split_column="part",
    )  # fmt: skip
    assert found.cases == [
        Case("A-1", {"question": "Hi", "reference": "low"}, "test"),
        Case("A-2", {"question": ""}, "validation"),
    ]
    assert found.columns == ("question", "reference")


def test_ids_from_content_stay_when_rows_move() -> None:
    rows = [{"q": "a"}, {"q": "b"}, {"q": "a"}]
    first = mapped(*rows, names={"q": "q"})
    again = mapped(*rows[::-1], names={"q": "q"})
    assert {case.id for case in first.cases} == {case.id for case in again.cases}
    assert len({case.id for case in first.cases}) == 3


def test_rows_with_the_same_id_are_named() -> None:
    with pytest.raises(InvalidInput, match=r"1 ids are in more than one row: A \(2, 4\)"):
        mapped(
            {"i": "A", "q": "1"}, {"i": "B", "q": "2"}, {"i": " A", "q": "3"},
            names={"q": "q"}, id_column="i",
        )  # fmt: skip


def test_what_is_odd_is_noted_with_its_row() -> None:
    found = mapped(
        {"i": "", "q": "1", "s": "???"}, names={"q": "q"}, id_column="i", split_column="s"
    )
    assert [str(note)[:6] for note in found.notes] == ["Row 2:", "Row 2 "]
    assert found.cases[0].split is None


@pytest.mark.parametrize(
    ("names", "message"),
    [({"a": "x", "b": "x"}, "More than one column is kept as x"), ({"a": LEFT_OUT}, "No column")],
)
def test_a_mapping_that_makes_no_sense_is_refused(names: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        mapped({"a": "1", "b": "2"}, names=names)


def test_an_id_that_is_too_long_names_its_row() -> None:
    with pytest.raises(InvalidInput, match="Row 2: the id has 300"):
        mapped({"i": "x" * 300, "q": "1"}, names={"q": "q"}, id_column="i")


# -- conversations --

GEMINI = {
    "systemInstruction": {"parts": [{"text": "Be brief."}]},
    "contents": [
        {"role": "user", "parts": [{"text": "Hi"}]},
        {"role": "model", "parts": [{"text": "Hello"}]},
        {"role": "user", "parts": [{"text": "Bye"}, {"inlineData": {}}, {"text": "now"}]},
        {"role": "model", "parts": [{"text": "Goodbye"}]},
    ],
}
OPENAI = {
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": [{"type": "text", "text": "Bye"}, {"text": "now"}]},
        {"role": "assistant", "content": "Goodbye"},
    ],
}


@pytest.mark.parametrize("value", [GEMINI, OPENAI, OPENAI["messages"]])
def test_a_conversation_is_unfolded(value: Any) -> None:
    fields = unfold(json.dumps(value))
    history = json.loads(fields.pop("conversation_history"))
    assert fields == {"prompt": "Bye\nnow", "reference": "Goodbye", "instruction": "Be brief."}
    assert [(turn["role"], turn["parts"][0]["text"]) for turn in history] == [
        ("user", "Hi"), ("model", "Hello"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["", "hello", "[]", "{}", "1", '{"contents": 5}', '{"contents": [1, null]}', '[{"role": "model"}]',
     '{"contents": [{"role": "model", "parts": 7}]}', "[" * 5_000],
)  # fmt: skip
def test_what_is_no_conversation_fills_nothing(text: str) -> None:
    assert unfold(text) in ({}, {"prompt": ""})


def test_a_request_in_a_row_keeps_what_the_row_says_itself() -> None:
    found = mapped(
        {"request": json.dumps(GEMINI), "reference": "Mine"},
        names={"request": "request", "reference": "reference"},
    )
    fields = found.cases[0].fields
    assert (fields["prompt"], fields["reference"], fields["request"]) == (
        "Bye\nnow", "Mine", json.dumps(GEMINI),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("plain", "plain"),
        ('{"candidates": [{"content": {"parts": [{"text": "x"}]}}]}', "x"),
        ('{"choices": [{"message": {"content": "x"}}]}', "x"),
        ('{"label": "x"}', '{"label": "x"}'),
        ("{nonsense", "{nonsense"),
    ],
)
def test_the_text_of_a_stored_response(text: str, answer: str) -> None:
    assert answer_of(text) == answer
