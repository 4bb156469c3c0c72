from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import wait

import duckdb
import pytest

from core.errors import InvalidInput, StoreError
from core.store.database import Database
from core.store.writer import Cursor, Writer


@pytest.fixture
def database() -> Database:
    database = Database(None)
    database.rows("create table t (x integer not null)")
    return database


@pytest.fixture
def writer(database: Database) -> Iterator[Writer]:
    writer = Writer(database)
    yield writer
    writer.close()


def insert(value: int | None) -> object:
    def work(cursor: Cursor) -> int | None:
        cursor.execute("insert into t values (?)", [value])
        return value

    return work


def hold(writer: Writer) -> threading.Event:
    """Keep the writer busy, so that what follows becomes one group."""
    entered, release = threading.Event(), threading.Event()

    def work(cursor: Cursor) -> None:
        entered.set()
        release.wait(5)

    writer.submit(work)
    entered.wait(5)
    return release


def values(database: Database) -> list[int]:
    return [x for (x,) in database.rows("select x from t order by x")]


def test_a_write_is_visible_when_its_future_is_done(writer: Writer, database: Database) -> None:
    assert writer.run(insert(7)) == 7  # type: ignore[arg-type]
    assert values(database) == [7]


def test_one_bad_write_spoils_none_of_its_group(writer: Writer, database: Database) -> None:
    release = hold(writer)
    futures = [writer.submit(insert(x)) for x in (1, None, 2, 3)]  # type: ignore[arg-type,var-annotated]
    release.set()
    wait(futures)
    assert isinstance(futures[1].exception(), StoreError)
    assert [f.result() for f in (futures[0], futures[2], futures[3])] == [1, 2, 3]
    assert values(database) == [1, 2, 3]


def test_an_error_of_the_work_reaches_its_caller_and_undoes_its_write(
    writer: Writer, database: Database
) -> None:
    def work(cursor: Cursor) -> None:
        cursor.execute("insert into t values (1)")
        raise InvalidInput("No.")

    with pytest.raises(InvalidInput):
        writer.run(work)
    assert values(database) == []
    writer.run(insert(2))  # type: ignore[arg-type]
    assert values(database) == [2]


def test_a_group_is_one_transaction(writer: Writer, database: Database) -> None:
    seen: list[int] = []
    release = hold(writer)

    def look(cursor: Cursor) -> None:
        # Another cursor sees nothing of the group before its commit.
        other = database.cursor().cursor()
        row = other.execute("select count(*) from t").fetchone()
        seen.append(row[0] if row else -1)
        other.close()

    futures = [writer.submit(insert(1)), writer.submit(look), writer.submit(insert(2))]  # type: ignore[arg-type]
    release.set()
    wait(futures)
    assert seen == [0]
    assert values(database) == [1, 2]


def test_many_threads_write_without_a_conflict(writer: Writer, database: Database) -> None:
    def work(base: int) -> None:
        for step in range(25):
            writer.run(insert(base + step))  # type: ignore[arg-type]

    threads = [threading.Thread(target=work, args=(n * 100,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(values(database)) == 200


def test_closing_commits_what_is_queued_and_refuses_more(database: Database) -> None:
    writer = Writer(database)
    release = hold(writer)
    futures = [writer.submit(insert(x)) for x in range(5)]  # type: ignore[arg-type,var-annotated]
    release.set()
    writer.close()
    writer.close()
    assert all(future.done() for future in futures)
    assert values(database) == [0, 1, 2, 3, 4]
    with pytest.raises(StoreError):
        writer.run(insert(9))  # type: ignore[arg-type]


def test_duckdb_errors_arrive_in_plain_words(writer: Writer) -> None:
    with pytest.raises(StoreError) as refused:
        writer.run(lambda cursor: cursor.execute("insert into nowhere values (1)"))
    assert not isinstance(refused.value, duckdb.Error)
