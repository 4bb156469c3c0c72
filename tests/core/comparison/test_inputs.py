"""Rows from one text, from value sets, and from table files of every sort that offices make."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.comparison.inputs import of_text, of_value_sets, read_table, short
from core.errors import InvalidInput
from core.records.comparisons import MOST_INPUTS, ComparedInput
from core.records.prompts import PromptSpec, ValueSet

TABLE = "質問,reference\n返品は何日まで？,30日\n配送料は？,\n"


def values(data: bytes | str, name: str = "") -> list[dict[str, str]]:
    raw = data.encode() if isinstance(data, str) else data
    return [dict(row.values) for row in read_table(raw, name)]


def test_columns_are_variables_and_reference_is_the_expected_answer() -> None:
    assert read_table(TABLE.encode()) == [
        ComparedInput("", "返品は何日まで？", {"質問": "返品は何日まで？"}, reference="30日"),
        ComparedInput("", "配送料は？", {"質問": "配送料は？"}, reference=""),
    ]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_encodings_are_told_apart(encoding: str) -> None:
    assert values(TABLE.encode(encoding)) == values(TABLE)
    marked = b"\xfe\xff" + TABLE.encode("utf-16-be")
    assert values(marked) == values(TABLE)


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("a\tb\n1,5\t2\n", "", {"a": "1,5", "b": "2"}),
        ("a\tb\n1,5\t2\n", "x.TSV", {"a": "1,5", "b": "2"}),
        ("a;b\n1,5;2\n", "", {"a": "1,5", "b": "2"}),
        ("a,b\r\n1;5,2\r\n", "", {"a": "1;5", "b": "2"}),
        ('a,b\n"x\ny","""q"", ok"\n', "", {"a": "x\ny", "b": '"q", ok'}),
        ("only\nvalue\n", "", {"only": "value"}),
        ("\n a , b\n1,2\n\n,\n", "", {"a": "1", "b": "2"}),
        (
            '{"a": "1", "b": 2.5, "c": null, "d": ["あ"]}\n',
            "",
            {"a": "1", "b": "2.5", "d": '["あ"]'},
        ),
        ('{"a": "x\u2028y"}\n\n', "rows.jsonl", {"a": "x\u2028y"}),
        ("ａ\n1\n", "", {"a": "1"}),
    ],
)
def test_shapes_of_tables(text: str, name: str, expected: dict[str, str]) -> None:
    assert values(text, name) == [expected]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"a,b\n", "no rows"),
        (b"a,b\n1,2\n3\n", "Row 2 has 1 columns; the header has 2"),
        (b"a,b\n1,2\n\n3,4,5\n", "Row 2 has 3 columns"),
        (b"a,\n1,2\n", "Column 2 of the header has no name"),
        (b"a,b,a\n1,2,3\n", "The column a is there twice"),
        ("name,ｎａｍｅ\n1,2\n".encode(), "twice"),
        (b'a,b\n1,2\n"x,3\n', "Row 2 cannot be read"),
        (b'a,b\n1,"2"x\n', "Row 1 cannot be read"),
        (b'{"a": "1"}\n{"a": \n', "Row 2 cannot be read as JSON"),
        (b'{"a": "1"}\n[1]\n', "Row 2 is no JSON object"),
        (b"\xff\xff\xff\x81\n\x81", "cannot be read as text"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), "cannot be read as text"),
        (b"x\n" * (MOST_INPUTS + 2), f"more than {MOST_INPUTS} rows"),
        (b"x\n" + b"y" * 20_000_000, "the limit is 20 MB"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(data: bytes, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        read_table(data)


def test_a_thousand_rows_and_a_long_document_are_taken() -> None:
    assert len(read_table(b"x\n" + b"y\n" * MOST_INPUTS)) == MOST_INPUTS
    long = "長" * 200_000
    assert values(f"a\n{long}\n") == [{"a": long}]


cell = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@given(st.lists(st.tuples(cell, cell), min_size=1, max_size=5), st.sampled_from([",", "\t", ";"]))
def test_what_a_spreadsheet_writes_is_read_back(
    rows: list[tuple[str, str]], delimiter: str
) -> None:
    text = io.StringIO(newline="")
    written = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    written.writerows([("first", "second"), *rows])
    kept = [list(row) for row in rows if any(one.strip() for one in row)]
    data = text.getvalue().encode("utf-8-sig")
    if kept:
        assert [list(row.values()) for row in values(data)] == kept


@given(st.lists(st.dictionaries(st.sampled_from("abc"), cell, min_size=1), min_size=1, max_size=5))
def test_json_lines_are_read_back(rows: list[dict[str, str]]) -> None:
    data = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    assert values(data, "x.jsonl") == rows


@given(st.binary(max_size=200))
def test_any_bytes_are_rows_or_a_message(data: bytes) -> None:
    try:
        assert read_table(data)
    except InvalidInput as error:
        assert str(error)


def test_value_sets_are_joined_by_name() -> None:
    first = PromptSpec(value_sets=(ValueSet("A", {"x": "1"}), ValueSet("B", {"x": "2"})))
    second = PromptSpec(value_sets=(ValueSet("A", {"x": "other", "y": "3"}), ValueSet("C")))
    rows = of_value_sets([first, second])
    assert [(row.title, dict(row.values)) for row in rows] == [
        ("A", {"x": "1", "y": "3"}), ("B", {"x": "2"}), ("C", {}),
    ]  # fmt: skip
    assert of_value_sets([PromptSpec()]) == [ComparedInput("", "")]


def test_titles_are_short_and_on_one_line() -> None:
    assert of_text("  a\nb  ").title == "a b"
    assert of_text("  a\nb  ").message == "  a\nb  "
    assert short("長" * 100) == "長" * 59 + "…"
