from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from core.errors import StoreTooNew
from core.records.runs import RunFilter
from core.store import Store
from core.store.database import Database
from core.store.migrations import STEPS, Step, applied, migrate
from tests.core.store.conftest import settle, text_spec

ONE = Step("001_one", ("create table one (x integer)", "insert into one values (1)"))
TWO = Step("002_two", ("alter table one add column y integer", "update one set y = x + 1"))
BROKEN = Step("002_two", ("alter table one add column y integer", "insert into nowhere values (1)"))


def no_backup(path: Path) -> None:
    raise AssertionError(f"no backup was to be made, not at {path}")


@pytest.fixture
def database() -> Database:
    return Database(None)


def test_an_empty_file_gets_every_step_in_order(database: Database) -> None:
    assert applied(database) == []
    assert migrate(database, no_backup, (ONE, TWO)) == ["001_one", "002_two"]
    assert applied(database) == ["001_one", "002_two"]
    assert database.rows("select * from one") == [(1, 2)]


def test_an_applied_step_is_not_applied_again(database: Database) -> None:
    migrate(database, no_backup, (ONE,))
    assert migrate(database, no_backup, (ONE,)) == []
    assert migrate(database, no_backup, (ONE, TWO)) == ["002_two"]
    assert database.rows("select * from one") == [(1, 2)]


def test_a_failing_step_is_rolled_back_whole_and_can_be_repeated(database: Database) -> None:
    migrate(database, no_backup, (ONE,))
    with pytest.raises(duckdb.Error):
        migrate(database, no_backup, (ONE, BROKEN))
    assert applied(database) == ["001_one"]
    assert database.rows("select * from one") == [(1,)]
    assert migrate(database, no_backup, (ONE, TWO)) == ["002_two"]
    assert database.rows("select * from one") == [(1, 2)]


def test_a_file_with_an_unknown_step_is_refused_and_untouched(database: Database) -> None:
    migrate(database, no_backup, (ONE, TWO))
    with pytest.raises(StoreTooNew) as refused:
        migrate(database, no_backup, (ONE,))
    assert "002_two" in str(refused.value)
    assert applied(database) == ["001_one", "002_two"]


def test_data_is_copied_aside_before_it_is_changed(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    with_data = Store.open(path)
    with_data.prompts.create("kept", text_spec(), actor="ada")
    with_data.close()
    database = Database(path)
    made: list[Path] = []
    later = Step("999_later", ("alter table prompts add column later integer",))
    migrate(database, made.append, (*STEPS, later))
    database.close()
    assert [file.name.startswith("before-999_later-") for file in made] == [True]
    assert made[0].parent == tmp_path / "backups"


def test_a_new_file_needs_no_backup(tmp_path: Path) -> None:
    Store.open(tmp_path / "a.duckdb").close()
    assert not (tmp_path / "backups").exists()


def test_a_store_with_a_step_from_the_future_does_not_open(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    Store.open(path).close()
    connection = duckdb.connect(str(path))
    connection.execute("insert into migrations values ('002_from_the_future', now()::timestamp)")
    connection.close()
    with pytest.raises(StoreTooNew):
        Store.open(path)


def test_the_oldest_schema_with_data_opens_in_this_release(tmp_path: Path) -> None:
    """Today the first schema is the newest; this keeps it readable when steps are added."""
    path = tmp_path / "a.duckdb"
    database = Database(path)
    migrate(database, no_backup, STEPS[:1])
    database.rows(
        "insert into prompts values ('018f0000-0000-7000-8000-000000000001', 'old', "
        "timestamp '2026-01-01', 'ada')"
    )
    database.rows(
        "insert into versions values ('018f0000-0000-7000-8000-000000000002', "
        "'018f0000-0000-7000-8000-000000000001', 1, '{}', 'first', '', null, "
        "timestamp '2026-01-01', 'ada')"
    )
    database.close()
    store = Store.open(path)
    prompt = store.prompts.find("old")
    assert prompt is not None
    assert [version.number for version in store.prompts.versions(prompt.id)] == [1]
    settle(store)
    assert store.runs.count(RunFilter()) == 1
    store.close()


def test_steps_are_numbered_without_gaps_and_never_call_todays_code() -> None:
    assert [step.name[:3] for step in STEPS] == [f"{n:03}" for n in range(1, len(STEPS) + 1)]
    assert all(isinstance(text, str) for step in STEPS for text in step.statements)
