"""The grid as CSV and JSONL: nothing lost, no formula left alive."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

from core.comparison.grid_export import COLUMNS, as_csv, as_jsonl
from core.prompts.run_record import run_from_dict
from core.records.comparisons import Cell, ComparedInput
from tests.core.comparison.making import answered, comparison, verdict

MADE = replace(
    comparison(2, 2, title="=cmd()"),
    inputs=(
        ComparedInput("i1", "t", {"q": "=1+1"}, reference="@x"),
        ComparedInput("i2", "short", message="-2\n長い message"),
    ),
)
CELLS = [
    answered("i1", "c1", "=HYPERLINK()"), answered("i1", "c2", "", outcome="blocked"),
    Cell("i2", "c1", 1, problem="+No value"), Cell("i2", "c2", 1),
]  # fmt: skip
VERDICTS = [verdict(1, "slightly_left"), verdict(2, "right", left="c2", right="c1", by="bob")]


def rows() -> list[dict[str, str]]:
    data = as_csv(MADE, CELLS, VERDICTS)
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_a_line_for_every_cell_with_texts_defused() -> None:
    first, blocked, problem, empty = rows()
    assert list(first) == list(COLUMNS)
    assert (first["output"], first["reference"], first["cost_usd"]) == (
        "'=HYPERLINK()",
        "'@x",
        "0.01",
    )
    assert json.loads(first["values"]) == {"q": "=1+1"}
    assert (blocked["outcome"], blocked["failure"]) == ("blocked", "said blocked")
    assert (problem["input"], problem["problem"]) == ("'-2\n長い message", "'+No value")
    assert (problem["outcome"], problem["cost_usd"]) == ("", "")
    assert (empty["problem"], empty["run_id"]) == ("", "")


def test_a_verdict_is_told_from_the_side_of_its_cell() -> None:
    left, right, *others = [json.loads(row["verdicts"]) for row in rows()]
    assert [(one["by"], one["verdict"], one["against"]) for one in left] == [
        ("p1", "slightly better", "Column 2"), ("bob", "better", "Column 2"),
    ]  # fmt: skip
    assert [one["verdict"] for one in right] == ["slightly worse", "worse"]
    assert others == [[], []]


def test_jsonl_loses_nothing() -> None:
    lines = [json.loads(line) for line in as_jsonl(MADE, CELLS, VERDICTS).decode().splitlines()]
    assert [line["type"] for line in lines] == ["comparison", *["cell"] * 4, *["verdict"] * 2]
    assert lines[0]["title"] == "=cmd()"
    assert lines[0]["inputs"][1]["message"] == "-2\n長い message"
    assert lines[0]["created_at"] == MADE.created_at.isoformat()
    assert run_from_dict(lines[1]["run"]) == CELLS[0].run
    assert (lines[3]["problem"], lines[3]["run"], lines[4]["problem"]) == ("+No value", None, None)
    assert (lines[6]["choice"], lines[6]["left"]) == ("right", "c2")
