from __future__ import annotations

import struct
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pytest

from core.errors import InvalidInput, StoreDamaged, StoreError, StoreLocked, StoreTooNew
from core.store import Store
from core.store.database import Database, storable, to_aware, to_naive

HOLD = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("select * from read_csv('/etc/passwd')", id="read a file"),
        pytest.param("copy (select 1) to '/tmp/outside.csv'", id="write a file"),
        pytest.param("attach '/tmp/outside.duckdb'", id="attach another database"),
        pytest.param("install httpfs", id="install an extension"),
        pytest.param("load httpfs", id="load an extension"),
        pytest.param("set enable_external_access = true", id="unlock"),
        pytest.param("set memory_limit = '100GB'", id="take more memory"),
    ],
)
def test_sql_cannot_leave_the_database(tmp_path: Path, sql: str) -> None:
    database = Database(tmp_path / "a.duckdb")
    with pytest.raises(StoreError):
        database.rows(sql)
    database.close()


def test_a_python_variable_is_not_a_table(tmp_path: Path) -> None:
    database = Database(None)
    secret = [1, 2]
    with pytest.raises(StoreError):
        database.rows("select * from secret")
    assert secret == [1, 2]
    database.close()


def test_a_file_held_by_another_process_is_locked(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    Store.open(path).close()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdin and holder.stdout
    try:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(StoreLocked) as refused:
            Store.open(path)
        assert str(path) in str(refused.value)
        assert "WORKBENCH_DB" in str(refused.value)
    finally:
        holder.stdin.close()
        holder.wait(10)
        holder.stdout.close()
    Store.open(path).close()


def test_a_file_held_by_this_process_is_locked_too(tmp_path: Path) -> None:
    first = Store.open(tmp_path / "a.duckdb")
    with pytest.raises(StoreLocked):
        Store.open(tmp_path / "a.duckdb")
    first.settings.put("still", "open")
    assert first.settings.get("still") == "open"
    first.close()


def checksum(header: bytes) -> int:
    """DuckDB's own, over whole words of eight bytes."""
    result = 5381
    for (word,) in struct.iter_unpack("<Q", header):
        result ^= word * 0xBF58476D1CE4E5B9 % 2**64
    return result


def test_a_file_of_a_newer_duckdb_is_too_new(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    Store.open(path).close()
    content = bytearray(path.read_bytes())
    assert content[:8] == checksum(content[8:4096]).to_bytes(8, "little")
    assert content[8:12] == b"DUCK"
    content[12:20] = (9999).to_bytes(8, "little")
    content[:8] = checksum(content[8:4096]).to_bytes(8, "little")
    path.write_bytes(content)
    with pytest.raises(StoreTooNew) as refused:
        Store.open(path)
    assert str(path) in str(refused.value)


def test_a_file_with_a_broken_block_is_damaged_and_not_locked(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    Store.open(path).close()
    content = bytearray(path.read_bytes())
    content[100] ^= 255
    path.write_bytes(content)
    with pytest.raises(StoreDamaged):
        Store.open(path)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"SQLite format 3\0" * 4096, id="another format"),
        pytest.param(b"\0" * 100_000, id="zeros"),
        pytest.param(b"short", id="a few bytes"),
    ],
)
def test_a_file_that_is_no_database_is_damaged(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.duckdb"
    path.write_bytes(content)
    with pytest.raises(StoreDamaged) as refused:
        Store.open(path)
    assert "backup" in str(refused.value)
    assert path.read_bytes() == content


def test_a_folder_is_not_a_database(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        Store.open(tmp_path)


def test_every_thread_reads_on_a_cursor_of_its_own(tmp_path: Path) -> None:
    database = Database(None)
    cursors = {id(database.cursor())}
    keep = [database.cursor()]

    def read() -> None:
        keep.append(database.cursor())
        assert database.rows("select 1") == [(1,)]

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cursors |= {id(cursor) for cursor in keep}
    assert len(cursors) == 5
    assert database.cursor() is keep[0]
    database.close()


def test_rows_that_cannot_be_appended_do_not_come_with_the_next_ones() -> None:
    database = Database(None)
    database.rows("create table t (id uuid)")
    good = "018f0000-0000-7000-8000-000000000001"
    with pytest.raises(duckdb.Error):
        database.append("t", [(good,), ("bad",)])
    database.append("t", [(good,)])
    assert database.row("select count(*) from t") == (1,)
    database.close()


def test_a_lone_surrogate_in_a_value_is_the_users_to_correct() -> None:
    database = Database(None)
    with pytest.raises(InvalidInput):
        database.rows("select ?", ["\ud800"])
    assert database.rows("select ?", ["a\x00b"]) == [("a\x00b",)]
    database.close()


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("plain", "plain"),
        ("日本語", "日本語"),
        ("a\x00b", "a\x00b"),
        ("a\ud800b\udfff", "a\ufffdb\ufffd"),
        ("😀", "😀"),
    ],
)
def test_storable_replaces_only_what_has_no_utf8_form(text: str, stored: str) -> None:
    assert storable(text) == stored


def test_moments_are_stored_as_utc() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert to_naive(datetime(2026, 11, 24, 9, 0, tzinfo=tokyo)) == datetime(2026, 11, 24, 0, 0)
    assert to_aware(datetime(2026, 11, 24)) == datetime(2026, 11, 24, tzinfo=UTC)
