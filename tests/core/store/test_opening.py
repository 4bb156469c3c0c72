from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import InvalidInput, StoreError
from core.records.runs import RunFilter
from core.store import Store
from tests.core.store.conftest import Clock, settle, text_spec


def test_what_was_written_is_there_when_the_file_opens_again(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "new.duckdb"
    store = Store.open(path, now=clock)
    assert store.path == path
    version = store.prompts.create("日報", text_spec("書いて"), actor="ada")
    run_id = settle(store, version_id=version.id, prompt_id=version.prompt_id)
    store.close()
    again = Store.open(path)
    assert again.prompts.version(version.id).spec == text_spec("書いて")
    assert again.runs.get(run_id).prompt_name == "日報"
    again.close()


def test_a_store_in_memory_has_no_path() -> None:
    store = Store.open(":memory:")
    assert store.path is None
    store.close()


def test_a_place_where_no_file_can_be_is_told_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot be made"):
        Store.open(tmp_path / "file" / "w.duckdb")
    with pytest.raises(StoreError, match="is a folder"):
        Store.open(tmp_path)


def test_ids_are_new_and_in_order(store: Store) -> None:
    ids = [store.new_id() for _ in range(1000)]
    assert ids == sorted(set(ids))


def test_a_closed_store_refuses_in_plain_words() -> None:
    store = Store.open(":memory:")
    store.close()
    with pytest.raises(StoreError):
        store.settings.put("a", 1)
    with pytest.raises(StoreError):
        store.settings.get("a")


# -- backups --


def test_a_backup_is_a_whole_store(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "a.duckdb")
    run_id = settle(store)
    copy = tmp_path / "backups" / "it's 日本語.duckdb"
    store.backup(copy)
    settle(store)
    store.close()
    assert [file.name for file in copy.parent.iterdir()] == [copy.name]
    opened = Store.open(copy)
    assert opened.runs.get(run_id).id == run_id
    assert opened.runs.count(RunFilter()) == 1
    opened.close()


@pytest.mark.parametrize(
    "place",
    [
        pytest.param("../outside.duckdb", id="outside of the folder"),
        pytest.param("a.duckdb", id="the store itself"),
    ],
)
def test_a_backup_goes_to_a_new_file_below_the_store(tmp_path: Path, place: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    store = Store.open(folder / "a.duckdb")
    with pytest.raises(InvalidInput):
        store.backup(folder / place)
    store.close()
    assert not (tmp_path / "outside.duckdb").exists()


def test_a_store_in_memory_has_nowhere_to_be_backed_up(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        store.backup(tmp_path / "b.duckdb")


def test_closing_twice_is_closing_once(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "a.duckdb")
    settle(store)
    store.close()
    store.close()
    again = Store.open(tmp_path / "a.duckdb")
    assert again.runs.count(RunFilter()) == 1
    again.close()
