from __future__ import annotations

import pytest

from core.errors import InvalidInput
from core.store import Store
from tests.core.store.conftest import Clock, text_spec


def test_a_draft_comes_back_as_it_was_left(store: Store, clock: Clock) -> None:
    saved = store.drafts.save("ada", "new", text_spec("{half"), memo="メモ")
    assert store.drafts.load("ada", "new") == saved
    assert (saved.updated_at, saved.memo, saved.base_version_id) == (clock(), "メモ", None)


def test_the_last_save_wins_in_a_slot(store: Store) -> None:
    version = store.prompts.create("p", text_spec(), actor="ada")
    store.drafts.save("ada", version.prompt_id, text_spec("one"))
    store.drafts.save("ada", version.prompt_id, text_spec("two"), base_version_id=version.id)
    draft = store.drafts.load("ada", version.prompt_id)
    assert draft is not None
    assert (draft.spec, draft.base_version_id) == (text_spec("two"), version.id)
    assert len(store.drafts.list("ada")) == 1


def test_drafts_belong_to_one_person_and_are_listed_newest_first(
    store: Store, clock: Clock
) -> None:
    store.drafts.save("ada", "new", text_spec("a"))
    clock.forward(seconds=1)
    store.drafts.save("ada", "other", text_spec("b"))
    store.drafts.save("bob", "new", text_spec("c"))
    assert [draft.slot for draft in store.drafts.list("ada")] == ["other", "new"]
    store.drafts.discard("ada", "new")
    store.drafts.discard("ada", "new")
    assert store.drafts.load("ada", "new") is None
    assert store.drafts.load("bob", "new") is not None


def test_a_draft_that_cannot_be_stored_leaves_the_one_before(store: Store) -> None:
    store.drafts.save("ada", "new", text_spec("kept"))
    with pytest.raises(InvalidInput):
        store.drafts.save("ada", "new", text_spec("\ud800"))
    draft = store.drafts.load("ada", "new")
    assert draft is not None and draft.spec == text_spec("kept")
