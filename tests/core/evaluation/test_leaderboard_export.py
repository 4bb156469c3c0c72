from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator

import pytest

from core.datasets.datasets import Datasets
from core.evaluation import leaderboard_export
from core.evaluation.wiring import leaderboard
from core.prompts.authoring import Authoring
from core.records.leaderboard import BoardChoice
from core.store import Store
from tests.core.evaluation.boards import Scene, passes

Rows = list[dict[str, object]]


@pytest.fixture
def found() -> Iterator[tuple[BoardChoice, object]]:
    store = Store.open(":memory:")
    scene = Scene(store, name="=2+3")
    old = scene.saved("old", "old", label="production")
    new = scene.saved("@new", "new")
    evaluation = scene.evaluation([old, new])
    scene.score(evaluation, {"old": passes((0.0, 50)), "@new": passes((1.0, 50))})
    service = leaderboard(store, Datasets(store), Authoring(store))
    (choice,) = service.choices()
    yield choice, service.boards(choice.version_id, choice.metrics[0]).boards
    store.close()


def test_the_csv_opens_in_a_spreadsheet_and_runs_nothing(found) -> None:  # type: ignore[no-untyped-def]
    choice, boards = found
    data = leaderboard_export.export_csv(leaderboard_export.rows(choice, "all", boards))
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert [row["candidate"] for row in rows] == ["'@new v1", "old v1"]
    assert {row["dataset"] for row in rows} == {"'=2+3"}
    assert (rows[0]["verdict"], rows[0]["better"], rows[0]["baseline"]) == (
        "better",
        "50",
        "old v1",
    )
    assert rows[1]["verdict"] == ""


def test_jsonl_keeps_what_is_unknown_as_null(found) -> None:  # type: ignore[no-untyped-def]
    choice, boards = found
    data = leaderboard_export.export_jsonl(leaderboard_export.rows(choice, "all", boards))
    rows: Rows = [json.loads(line) for line in data.decode().splitlines()]
    assert [row["place"] for row in rows] == [1, 2]
    assert list(rows[0]) == list(leaderboard_export.COLUMNS)
    assert rows[1]["difference"] is None
    assert rows[0]["cost_usd_per_1000"] == pytest.approx(1.0)
