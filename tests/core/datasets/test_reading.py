"""Uploads: what is understood, what is noted, what is refused with the row named."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.datasets.encodings import ENCODINGS, decode, sniff
from core.datasets.reading import Preview, ReadAs, read_file
from core.datasets.table import LONGEST_CELL, MOST_BYTES, MOST_COLUMNS, MOST_ROWS, Collector
from core.errors import InvalidInput
from tests.core.datasets.files import TRIAGE, parquet, repeated, with_part, with_sheet, xlsx

ROWS = [
    {"id": "1", "問い合わせ": "ログイン, できない", "ラベル": "高"},
    {"id": "2", "問い合わせ": "ありがとう", "ラベル": "低"},
]


def read(data: bytes | str, **how: str) -> Preview:
    # The clock stands: how busy the machine is must not decide what is refused.
    whole = data.encode() if isinstance(data, str) else data
    return read_file(whole, "upload", ReadAs(**how), clock=lambda: 0.0)


def rows(data: bytes | str, **how: str) -> list[dict[str, str]]:
    return [dict(row) for row in read(data, **how).table.rows]


def refused(data: bytes | str, **how: str) -> str:
    with pytest.raises(InvalidInput) as caught:
        read(data, **how)
    return str(caught.value)


# -- text --


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("cp932", "cp932"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_encodings_are_sniffed(written: str, found: str) -> None:
    preview = read(TRIAGE.encode(written))
    assert (preview.encoding, preview.kind, preview.delimiter) == (found, "csv", ",")
    assert preview.table.columns == ("id", "問い合わせ", "ラベル")
    assert preview.table.rows == ROWS
    assert preview.table.numbers == [2, 3]


@given(st.text("あいうえおのはを件名日本語問合請求緊急、。・ＡＢ１２ｱｲｳ～①"))
def test_any_japanese_text_in_cp932_is_told_from_utf_8(text: str) -> None:
    data = ("題名,本文\n" + text).encode("cp932")
    assert sniff(data) == "cp932"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_wrong_choice_of_encoding_names_the_row_or_reads_it(encoding: str) -> None:
    data = "a,b\nx,y\nz,日本語\n".encode("cp932")
    try:
        text = decode(data, encoding)
    except InvalidInput as error:
        assert "Row" in str(error)
    else:
        assert encoding in ("cp932", "utf-16-le", "utf-16-be"), text


def test_the_row_that_is_not_in_the_encoding_is_named() -> None:
    assert refused(b"a,b\nx,y\n" + b"z,\xff\xfe\xfd\n").startswith("Row 3 cannot be read")
    assert refused(b"a,b\n\xe9\xe8\n", encoding="utf-8").startswith("Row 2")
    assert "not known" in refused(b"a,b\nc,d\n", encoding="rot13")


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a\tb\n1,5\t2,5\n", "\t"),
        ("a;b\n1,5;2,5\n1;2\n", ";"),
        ("a|b\n1|2\n", "|"),
        ("text\nHello, you\nbye\n", ""),
        ('"a,1";b\n"c,2";d\n', ";"),
        ("a,b\r1,2\r", ","),
    ],
)
def test_delimiters_are_sniffed(text: str, delimiter: str) -> None:
    preview = read(text)
    assert preview.delimiter == delimiter
    assert len(preview.table.columns) == (2 if delimiter else 1)


def test_what_the_user_says_counts() -> None:
    assert read(TRIAGE, delimiter="\t").table.columns == ("id,問い合わせ,ラベル",)
    assert rows('{"a";b\n1;2\n', delimiter=";") == [{'{"a"': "1", "b": "2"}]


def test_ragged_rows_are_kept_and_noted() -> None:
    preview = read("a,b\n1\n1,2,3\n,\n4,5,\n")
    assert preview.table.rows == [{"a": "1"}, {"a": "1", "b": "2"}, {"a": "4", "b": "5"}]
    assert [str(note)[:5] for note in preview.table.notes] == ["Row 2", "Row 3"]


def test_columns_get_names_of_their_own() -> None:
    preview = read("a,,a,a_2\n1,2,3,4\n")
    assert preview.table.columns == ("a", "column_2", "a_2", "a_2_2")
    assert preview.table.notes_in_all == 2


def test_a_quotation_mark_that_is_never_closed_is_noted() -> None:
    preview = read('a,b\n1,"x\n2,y\n')
    assert "quotation marks" in str(preview.table.notes[0])


def test_line_breaks_in_cells_stay() -> None:
    assert rows('a,b\n"x\r\ny",2\n') == [{"a": "x\r\ny", "b": "2"}]


# -- JSON --


def test_json_lines_keep_texts_and_write_the_rest_as_json() -> None:
    preview = read(
        '{"a": "x", "n": 1.50, "b": true, "o": {"k": [null, "日本"]}, "none": null}\n'
        '\n{"a": NaN, "later": "\\ud800"}\n'
    )
    assert preview.kind == "jsonl"
    assert preview.table.columns == ("a", "n", "b", "o", "later")
    assert preview.table.rows == [
        {"a": "x", "n": "1.5", "b": "true", "o": '{"k": [null, "日本"]}'},
        {"later": "\ufffd"},
    ]


@pytest.mark.parametrize(
    "line", ["nope", "[1]", "1", "[" * 100_000, '{"a":' * 100_000, '{"a": ' + "9" * 5_000 + "}"]
)
def test_a_line_that_is_no_object_is_noted_and_left_out(line: str) -> None:
    preview = read('{"a": "1"}\n' + line + '\n{"a": "2"}\n')
    assert preview.table.rows == [{"a": "1"}, {"a": "2"}]
    assert str(preview.table.notes[0]).startswith("Row 2 is not")


def test_a_json_list_is_read_too_and_names_the_broken_element() -> None:
    assert rows('[{"a": 1}, {"b": "x"}]') == [{"a": "1"}, {"b": "x"}]
    assert refused('[{"a": 1}, 5]').startswith("Row 2 is not a JSON object")
    assert refused('[{"a": 1} {"a": 2}]').startswith("Row 1 is not followed")
    assert refused('[{"a": 1}, {"a": ').startswith("Row 2 is not JSON")


# -- workbooks and Parquet --


def test_a_workbook_becomes_text() -> None:
    data = xlsx(
        ["id", "text", "when", "n"],
        [1, "日本", datetime(2026, 5, 1), 2.5],
        [2, None, date(2026, 5, 2), None],
        [None, None, None, None],
        [3, "=1+1", datetime(2026, 5, 1, 9, 30), True],
        other="second",
    )
    preview = read(data)
    assert (preview.kind, preview.sheet, preview.sheets) == ("xlsx", "Sheet", ("Sheet", "second"))
    assert preview.table.rows == [
        {"id": "1", "text": "日本", "when": "2026-05-01", "n": "2.5"},
        {"id": "2", "when": "2026-05-02"},
        {"id": "3", "when": "2026-05-01 09:30:00", "n": "true"},
    ]
    assert not preview.table.notes
    assert rows(data, sheet="second") == [{"second": "x"}]


def test_parquet_becomes_text() -> None:
    data = parquet(
        a=[1, None], t=["x", "日本"], n=[{"k": [1]}, None], f=[math.nan, 1.5],
        when=pa.array([datetime(2026, 5, 1, 9, 30), None]), raw=[b"\xe6\x97\xa5", None],
    )  # fmt: skip
    preview = read(data)
    assert preview.kind == "parquet"
    assert preview.table.rows == [
        {"a": "1", "t": "x", "n": '{"k": [1]}', "when": "2026-05-01 09:30:00", "raw": "日"},
        {"t": "日本", "f": "1.5"},
    ]


# -- limits --


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b" \n ", "is empty"),
        (b"a,b\n", "no row of data"),
        (b"," * 100, "no row of data"),
        (b"x" * (MOST_BYTES + 1), "25.0 MB"),
        (b"a\n" + b"1\n" * (MOST_ROWS + 1), f"Row {MOST_ROWS + 2}"),
        (b"c" + b",c" * MOST_COLUMNS + b"\n1", "Row 1 brings the number of columns to 1001"),
        (b"a,b\n1,2\n3," + b"x" * (LONGEST_CELL + 1), "Row 3 has a cell of more than"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "bytes that are no text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel"),
        (b"a,b\n" + b"x,\n" * 10 + b"y" * 300 + b"," + b"z" * 2**20 + b"z\n", "Row 12"),
        (b"n" * 201 + b",b\n1,2", "Is the first row a header"),
        (b'{"a": "' + b"x" * (LONGEST_CELL + 1) + b'"}', "Row 1, column a"),
        (b'{"' + b"n" * 201 + b'": 1}', "cannot be named"),
        (b'{"": 1}', "cannot be named"),
        (b'{"a": 1}\n{"b": [' + b"[]," * 800_000 + b"[]]}", "Row 2 has"),
        (b"PK\x03\x04 and nothing more", "no XLSX workbook"),
        (b"PAR1 and nothing more PAR1", "Parquet file is damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_over_a_limit_is_refused_by_name(data: bytes, message: str) -> None:
    assert message in refused(data)


def test_many_cells_in_few_bytes_are_refused() -> None:
    text = ",".join(f"c{n}" for n in range(1_000)) + "\n" + ("x" + ",x" * 999 + "\n") * 2_100
    assert refused(text).startswith("Row 2002: up to here there are 2001000 cells")


def test_slow_reading_is_given_up() -> None:
    time = iter(range(0, 100, 3))
    collector = Collector(lambda: next(time))
    collector.fields(2, {"a": "1"})
    with pytest.raises(InvalidInput, match="Row 258: reading took longer"):
        for number in range(3, 1_000):
            collector.fields(number, {"a": "1"})


BIG_TEXT = b"<sst xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'>" + b" " * (
    41 * 2**20
)
LAUGHS = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><sst>&b;</sst>'


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (with_part(xlsx(["a"], ["b"]), "xl/sharedStrings.xml", BIG_TEXT), "unpacks to more"),
        (with_part(xlsx(["a"], ["b"]), "xl/sharedStrings.xml", LAUGHS), "DOCTYPE"),
        (with_part(xlsx(["a"], ["b"]), "xl/workbook.xml", b"<nonsense"), "damaged"),
        (with_sheet(b'<row r="1"><c r="XFD1" t="str"><v>x</v></c></row>'), "number of columns to"),
        (
            with_sheet(
                b'<row r="1"><c r="A1" t="str"><v>a</v></c></row>'
                + b'<row><c t="str"><v>b</v></c></row>' * (MOST_ROWS + 1)
            ),
            "row ",
        ),
        (repeated("x" * 900_000, 100_000), "Row 35: up to here"),
        (repeated("x", MOST_ROWS + 1), f"Row {MOST_ROWS + 1}: the Parquet file says"),
        (parquet(**{f"c{n}": [1] for n in range(MOST_COLUMNS + 1)}), "1001 columns"),
        (parquet(a=["x" * (LONGEST_CELL + 1)]), "Row 2, column a"),
    ],
)  # fmt: skip
def test_bombs_are_refused(data: bytes, message: str) -> None:
    assert len(data) < 2**20
    assert message.lower() in refused(data).lower()


def test_a_row_far_below_is_reached_and_a_lie_about_the_size_ignored() -> None:
    data = with_sheet(
        b'<row r="1"><c r="A1" t="str"><v>a</v></c></row>'
        b'<row r="1048576"><c r="A1048576" t="str"><v>far</v></c></row>'
    )
    preview = read(data)
    assert (preview.table.rows, preview.table.numbers) == ([{"a": "far"}], [1_048_576])


# -- anything at all --


@pytest.fixture(scope="module")
def seeds() -> Iterator[list[bytes]]:
    yield [
        *(TRIAGE.encode(encoding) for encoding in ENCODINGS),
        b"".join(json.dumps(row).encode() + b"\n" for row in ROWS),
    ]


def survives(data: bytes) -> None:
    try:
        preview = read_file(data, "fuzz")
    except InvalidInput as error:
        assert str(error)
    else:
        assert preview.table.rows
        assert all(row.keys() <= set(preview.table.columns) for row in preview.table.rows)
        json.dumps([dict(row) for row in preview.table.rows], ensure_ascii=False).encode()


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    survives(data)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_files_are_read_or_refused(seeds: list[bytes], data: st.DataObject) -> None:
    survives(damaged(data.draw(st.sampled_from(seeds)), data))


@pytest.mark.parametrize("whole", [xlsx(["a", "b"], ["日本", 1]), parquet(a=["x", "日本"])])
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_damaged_workbooks_and_parquet_are_read_or_refused(whole: bytes, data: Any) -> None:
    survives(damaged(whole, data))


def damaged(whole: bytes, data: st.DataObject) -> bytes:
    """Some bytes changed, cut out or put in."""
    place = data.draw(st.integers(0, len(whole)))
    gone = data.draw(st.integers(0, 20))
    return whole[:place] + data.draw(st.binary(max_size=20)) + whole[place + gone :]


@given(
    st.lists(
        st.dictionaries(
            st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=40)
            .map(str.strip).filter(bool),
            st.text(st.characters(codec="utf-8", exclude_characters="\x00")),
            min_size=1,
        ),
        min_size=1,
    )
)  # fmt: skip
def test_json_lines_come_back_exactly(written: list[dict[str, str]]) -> None:
    data = "".join(json.dumps(row) + "\n" for row in written).encode()
    assert rows(data) == written


def test_parquet_in_many_row_groups_keeps_its_order() -> None:
    file = io.BytesIO()
    pq.write_table(pa.table({"n": [str(n) for n in range(5_000)]}), file, row_group_size=700)
    preview = read(file.getvalue())
    assert [row["n"] for row in preview.table.rows] == [str(n) for n in range(5_000)]
    assert preview.table.numbers[:2] == [2, 3]
