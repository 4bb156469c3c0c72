from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import StoreFull
from core.records.runs import CallContext, Reply, RunFilter
from core.store import Store
from core.store.call_journal import FOLD_AT
from core.store.writer import Cursor
from tests.core.store.conftest import Clock, settle, text_request


def journal_rows(store: Store) -> int:
    row = store._database.row("select count(*) from call_journal")
    return int(row[0]) if row else -1


def table_rows(store: Store) -> int:
    row = store._database.row("select count(*) from runs")
    return int(row[0]) if row else -1


def test_a_run_stays_in_the_journal_until_somebody_reads(store: Store) -> None:
    settle(store)
    assert (journal_rows(store), table_rows(store)) == (2, 0)
    assert store.runs.count(RunFilter()) == 1
    assert (journal_rows(store), table_rows(store)) == (0, 1)


def test_enough_runs_move_without_a_reader(store: Store) -> None:
    for _ in range(FOLD_AT + 10):
        settle(store)
    store.settings.put("wait", "for the writer")
    assert table_rows(store) >= FOLD_AT
    assert journal_rows(store) <= 20


def test_calls_in_flight_stay_when_the_others_move(store: Store) -> None:
    flying = store.new_id()
    store.ledger.reserve_and_send(flying, 1, text_request(), CallContext("ada"), 0.1).result()
    done = settle(store)
    assert [item.id for item in store.runs.page(RunFilter()).items] == [done]
    assert journal_rows(store) == 1
    store.ledger.settle_run(flying, 1, Reply("ok"), 0.1).result()
    assert store.runs.count(RunFilter()) == 2


def test_the_next_process_finds_what_was_left_in_the_journal(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "a.duckdb"
    store = Store.open(path, now=clock)
    run_id = settle(store, reply=Reply("ok", text="kept"))
    store._writer.close()
    store._database._connection.close()
    again = Store.open(path, now=clock)
    assert journal_rows(again) == 2
    assert again.runs.get(run_id).reply.text == "kept"
    assert journal_rows(again) == 0
    again.close()


def test_a_fold_that_fails_loses_nothing_and_is_tried_less_often(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = settle(store)
    journal = store.ledger._journal

    def full(cursor: Cursor) -> None:
        journal._folding = len(journal.ended)
        raise StoreFull("full")

    with monkeypatch.context() as patched:
        patched.setattr(journal, "_fold", full)
        assert store.runs.page(RunFilter()).items == ()
        assert journal.fold_at == 2
        settle(store)
    assert run_id in [item.id for item in store.runs.page(RunFilter()).items]
    assert store.runs.count(RunFilter()) == 2
    assert journal.fold_at == FOLD_AT
