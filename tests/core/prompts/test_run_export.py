from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pyarrow.parquet as pq
import pytest

from core.prompts.run_export import COLUMNS, defused, export_csv, export_jsonl, export_parquet
from core.prompts.run_record import run_from_dict, run_row
from core.records.prompts import Media, Parameters, Part, Turn
from core.records.runs import CallContext, Failure, Reply, Request, Run, Usage

FULL = Run(
    id="0190-1",
    created_at=datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC),
    request=Request(
        "sandbox",
        "sandbox-flash-2",
        (Turn("user", (Part('一行目\n"二"'), Part(media=Media("image/png", "a" * 64, "x", 3)))),),
        system="=SUM(A1)",
        parameters=Parameters(temperature=-0.5, stop_sequences=("a",)),
    ),
    context=CallContext(actor="ada", values={"名": "@x"}, group_id="g", repeat=2),
    reply=Reply(
        "ok",
        text="+1",
        served_model="sandbox-flash-2",
        finish_reason="STOP",
        extras={"sources": [{"title": "t", "uri": "u"}]},
        safety=({"category": "c"},),
        usage=Usage(1, 2, None, 0),
        first_token_ms=1.5,
        chunks=((1, 2), (3, 4)),
        failure=Failure("x", "m", 429, 1.0),
    ),
    cost_usd=-0.25,
    price={"input": 1.0},
    starred=True,
    memo="－memo",
)
EMPTY = Run("0190-2", FULL.created_at, FULL.request, CallContext("bob"), Reply("unknown"))


def csv_rows(data: bytes) -> list[dict[str, str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_csv_defuses_texts_and_leaves_numbers() -> None:
    full, empty = csv_rows(b"".join(export_csv([[FULL], [EMPTY]])))
    assert full["system"] == "'=SUM(A1)"
    assert full["output"] == "'+1"
    assert full["memo"] == "'－memo"
    assert full["cost_usd"] == "-0.25"
    assert full["input"] == '一行目\n"二"'
    assert full["created_at"] == "2026-11-24T01:02:03+00:00"
    assert json.loads(full["parameters"]) == {
        "temperature": -0.5, "stop_sequences": ["a"], "include_thoughts": False,
    }  # fmt: skip
    assert empty["cost_usd"] == ""


@pytest.mark.parametrize(
    "text",
    [
        "=1",
        "+1",
        "-1",
        "@a",
        "\t=1",
        "\r=1",
        "  =1",
        "\n=1",
        "＝1",
        "＋1",
        "－1",
        "＠a",
        "\tx",
        "\u3000=1",
    ],
)
def test_formulas_are_defused(text: str) -> None:
    assert defused(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=1", "1-1", "'=1", "日本", "(=1)", " a"])
def test_harmless_text_stays(text: str) -> None:
    assert defused(text) == text


def test_a_thousand_payloads_never_begin_a_formula() -> None:
    chance = random.Random(1)
    pieces = [
        "=",
        "+",
        "-",
        "@",
        "＝",
        "＠",
        "\t",
        "\r",
        "\n",
        " ",
        '"',
        ",",
        "cmd|' /C calc'!A0",
        "a",
    ]
    for _ in range(1_000):
        text = "".join(chance.choices(pieces, k=chance.randint(1, 6)))
        run = Run("i", FULL.created_at, FULL.request, CallContext("a"), Reply("ok", text=text))
        (row,) = csv_rows(b"".join(export_csv([[run]])))
        assert row["output"].lstrip()[:1] not in set("=+-@＝＋－＠")
        assert row["output"] in (text, f"'{text}")


def test_jsonl_loses_nothing() -> None:
    lines = b"".join(export_jsonl([[FULL], [EMPTY]])).decode("utf-8").splitlines()
    assert [run_from_dict(json.loads(line)) for line in lines] == [FULL, EMPTY]


def test_parquet_has_types() -> None:
    table = pq.read_table(io.BytesIO(b"".join(export_parquet([[FULL], [EMPTY]]))))
    assert table.column_names == list(COLUMNS)
    full, empty = table.to_pylist()
    assert full["cost_usd"] == -0.25
    assert full["created_at"] == FULL.created_at
    assert full["output"] == "+1"
    assert full["starred"] is True
    assert empty["input_tokens"] is None


def test_an_empty_set_is_a_readable_file() -> None:
    assert csv_rows(b"".join(export_csv([]))) == []
    assert b"".join(export_jsonl([])) == b""
    assert pq.read_table(io.BytesIO(b"".join(export_parquet([])))).num_rows == 0


@pytest.mark.parametrize("export", [export_csv, export_jsonl, export_parquet])
def test_batches_go_out_one_by_one(export: Any) -> None:
    taken: list[int] = []

    def batches() -> Iterator[list[Run]]:
        for number in range(3):
            taken.append(number)
            yield [FULL] * 10

    pieces = export(batches())
    while not taken:
        next(pieces)
    assert taken == [0]
    assert next(pieces) is not None
    assert len(taken) <= 2


def test_columns_and_rows_agree() -> None:
    assert list(run_row(FULL)) == list(COLUMNS)
