from __future__ import annotations

import pytest

from core.errors import InvalidInput
from core.store import Store
from tests.core.store.conftest import Clock

RUN = "018f0000-0000-7000-8000-000000000001"
OTHER = "018f0000-0000-7000-8000-000000000002"


def test_an_edited_memo_keeps_its_earlier_text(store: Store, clock: Clock) -> None:
    store.memos.write("run", RUN, "one", actor="ada")
    clock.forward(minutes=1)
    second = store.memos.write("run", RUN, "two", actor="bob")
    assert store.memos.current("run", RUN) == second
    history = store.memos.history("run", RUN)
    assert [(memo.text, memo.created_by) for memo in history] == [("two", "bob"), ("one", "ada")]
    assert history[0].created_at == clock()


def test_a_memo_belongs_to_its_kind_of_subject(store: Store) -> None:
    store.memos.write("run", RUN, "on the run", actor="ada")
    assert store.memos.current("version", RUN) is None
    assert store.memos.current("run", OTHER) is None
    assert store.memos.current("run", "no id") is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("ａbc", ["ABC 案"], id="width and case do not matter"),
        pytest.param("案", ["ABC 案"], id="Japanese"),
        pytest.param("first", [], id="an overwritten text is not found"),
        pytest.param("gone", [], id="nor one that was taken off"),
    ],
)
def test_memos_are_found_by_what_they_say_now(store: Store, text: str, found: list[str]) -> None:
    store.memos.write("run", RUN, "first", actor="ada")
    store.memos.write("run", RUN, "ABC 案", actor="ada")
    store.memos.write("prompt", OTHER, "gone", actor="ada")
    store.memos.write("prompt", OTHER, "", actor="ada")
    assert [memo.text for memo in store.memos.search(text)] == found


def test_a_memo_needs_a_real_subject_and_real_text(store: Store) -> None:
    with pytest.raises(InvalidInput):
        store.memos.write("run", "no id", "text", actor="ada")
    with pytest.raises(InvalidInput):
        store.memos.write("run", RUN, "half \ud800", actor="ada")
    assert store.memos.current("run", RUN) is None
