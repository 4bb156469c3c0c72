"""Differences, exports, cases from runs."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime

import pyarrow.parquet as pq
import pytest

from core.datasets.datasets import Datasets
from core.datasets.difference import FieldChange, difference
from core.datasets.export import export_csv, export_jsonl, export_parquet
from core.datasets.from_runs import cases_of
from core.datasets.mapping import apply, proposed
from core.datasets.reading import read_file
from core.datasets.splits import rule_of
from core.records.datasets import Case
from core.records.prompts import Part, Turn
from core.records.runs import CallContext, Reply, Request, Run

CASES = [
    Case("1", {"q": "=1+1", "reference": ""}, "test"),
    Case("2", {"q": '改行\nと"引用"'}, "train"),
]


def test_the_difference_goes_by_id() -> None:
    before = [Case("a", {"x": "1", "y": "2"}), Case("b", {}), Case("c", {"x": "1"})]
    after = [Case("c", {"x": "1"}), Case("d", {}), Case("a", {"x": "1", "y": "3", "z": ""}, "test")]
    found = difference(before, after)
    assert [case.id for case in found.added] == ["d"]
    assert [case.id for case in found.removed] == ["b"]
    assert [(change.id, change.fields) for change in found.changed] == [
        (
            "a",
            [
                FieldChange("y", "2", "3"),
                FieldChange("z", None, ""),
                FieldChange("split", None, "test"),
            ],
        )
    ]
    assert found.unchanged == 1


def test_csv_is_for_spreadsheets() -> None:
    data = export_csv(CASES, ["q", "reference"])
    assert data.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert read == [
        ["id", "split", "q", "reference"], ["1", "test", "'=1+1", ""],
        ["2", "train", '改行\nと"引用"', ""],
    ]  # fmt: skip


@pytest.mark.parametrize("payload", ["=HYPERLINK(1)", "+1", "-1", "@x", "\t=1", " ＝1", "＠x"])
def test_formulas_are_defused_in_cells_ids_and_names(payload: str) -> None:
    data = export_csv([Case(payload, {payload: payload})], [payload]).decode("utf-8-sig")
    for row in csv.reader(io.StringIO(data, newline="")):
        assert all(cell[0] in "'i" for cell in row)


@pytest.mark.parametrize("export", [export_jsonl, export_parquet])
def test_what_is_exported_can_be_imported_again(export: object) -> None:
    data = (export_jsonl if export is export_jsonl else export_parquet)(CASES, ["q", "reference"])
    table = read_file(data, "again").table
    # A reference of no characters is none; so the import says.
    assert apply(table, proposed(table.columns)).cases == [
        Case("1", {"q": "=1+1"}, "test"), CASES[1],
    ]  # fmt: skip


def test_a_column_named_id_keeps_its_name() -> None:
    line = json.loads(export_jsonl([Case("1", {"id": "x"})], ["id"]))
    assert line == {"case_id": "1", "id": "x"}


def test_no_case_makes_an_empty_parquet_file() -> None:
    assert pq.read_table(io.BytesIO(export_parquet([], ["q"]))).column_names == ["id", "q"]


def test_exports_leave_a_sealed_test_split_out(datasets: Datasets) -> None:
    cases = [Case(str(n), {"q": f"{n}"}) for n in range(50)]
    version = datasets.create("d", cases, actor="a", source="s", split=rule_of((0.4, 0.2, 0.4)))
    whole = datasets.export(version.id, "jsonl")
    datasets.seal(version.dataset_id, actor="a")
    lines = [json.loads(line) for line in datasets.export(version.id, "jsonl").splitlines()]
    assert 0 < len(lines) < len(whole.splitlines()) == 50
    assert {line["split"] for line in lines} == {"train", "validation"}
    assert datasets.profile(version.id).cases == len(lines)
    assert datasets.difference(version.id, version.id).unchanged == len(lines)


def run(id_: str, values: dict[str, str], reply: Reply) -> Run:
    turns = (
        Turn("user", (Part("first"),)),
        Turn("model", (Part("x"),)),
        Turn("user", (Part("last"),)),
    )
    return Run(
        id_, datetime(2026, 11, 24, tzinfo=UTC), Request("sandbox", "m", turns),
        CallContext("ada", values=values), reply,
    )  # fmt: skip


def test_runs_become_cases_by_their_id() -> None:
    runs = [
        run("1", {"問い合わせ": "Hi"}, Reply("ok", text="低")),
        run("2", {}, Reply("ok", text="答え")),
        run("3", {"q": "x"}, Reply("blocked", text="half")),
    ]
    assert cases_of(runs, as_reference=True) == [
        Case("1", {"問い合わせ": "Hi", "reference": "低"}),
        Case("2", {"prompt": "last", "reference": "答え"}),
        Case("3", {"q": "x"}),
    ]
    assert cases_of(runs[:1], as_reference=False) == [
        Case("1", {"問い合わせ": "Hi", "response": "低"})
    ]
