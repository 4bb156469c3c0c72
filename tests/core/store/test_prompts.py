from __future__ import annotations

import threading

import pytest

from core.errors import InvalidInput, NotFound
from core.records.prompts import Parameters, PromptSpec, ValueSet
from core.store import Store
from tests.core.store.conftest import Clock, settle, text_spec

NOWHERE = "018f0000-0000-7000-8000-000000000000"


def test_a_prompt_begins_with_version_one(store: Store) -> None:
    spec = text_spec(
        "{名前}さんへ",
        system="短く",
        parameters=Parameters(temperature=0.2, stop_sequences=("。",)),
        value_sets=(ValueSet("a", {"名前": "花"}),),
        model="sandbox:sandbox-flash-2",
    )
    version = store.prompts.create("手紙", spec, actor="ada", message="first")
    assert (version.number, version.spec, version.message) == (1, spec, "first")
    assert store.prompts.get(version.prompt_id).name == "手紙"
    assert store.prompts.version(version.id) == version


def test_versions_count_up_within_their_prompt(store: Store, clock: Clock) -> None:
    one = store.prompts.create("one", text_spec(), actor="ada")
    two = store.prompts.create("two", text_spec(), actor="ada")
    clock.forward(minutes=1)
    again = store.prompts.save_version(
        one.prompt_id, text_spec(), actor="bob", parent_id=one.id, fingerprint="f"
    )
    assert (again.number, again.parent_id, again.fingerprint) == (2, one.id, "f")
    assert [v.number for v in store.prompts.versions(one.prompt_id)] == [2, 1]
    assert [v.number for v in store.prompts.versions(two.prompt_id)] == [1]
    assert store.prompts.version_by_number(one.prompt_id, 2) == again


def test_versions_saved_at_once_get_different_numbers(store: Store) -> None:
    prompt_id = store.prompts.create("busy", text_spec(), actor="ada").prompt_id

    def save() -> None:
        for _ in range(5):
            store.prompts.save_version(prompt_id, text_spec(), actor="ada")

    threads = [threading.Thread(target=save) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = [version.number for version in store.prompts.versions(prompt_id)]
    assert numbers == list(range(21, 0, -1))


def test_a_name_is_taken_while_its_prompt_is_visible(store: Store) -> None:
    first = store.prompts.create("mail", text_spec(), actor="ada")
    with pytest.raises(InvalidInput) as refused:
        store.prompts.create("mail", text_spec(), actor="bob")
    assert "mail" in str(refused.value)
    other = store.prompts.create("letter", text_spec(), actor="ada")
    with pytest.raises(InvalidInput):
        store.prompts.rename(other.prompt_id, "mail", actor="ada")
    store.prompts.delete(first.prompt_id, actor="ada")
    store.prompts.rename(other.prompt_id, "mail", actor="ada")
    with pytest.raises(InvalidInput):
        store.prompts.restore(first.prompt_id, actor="ada")


def test_deleting_hides_and_restoring_shows(store: Store, clock: Clock) -> None:
    version = store.prompts.create("bin", text_spec(), actor="ada")
    store.prompts.delete(version.prompt_id, actor="ada")
    assert store.prompts.find("bin") is None
    assert store.prompts.get(version.prompt_id).deleted_at == clock()
    assert list(store.prompts.list()) == []
    assert [line.prompt.name for line in store.prompts.list(deleted=True)] == ["bin"]
    store.prompts.restore(version.prompt_id, actor="ada")
    assert store.prompts.get(version.prompt_id).deleted_at is None
    assert [line.prompt.name for line in store.prompts.list()] == ["bin"]


def test_a_hidden_version_keeps_its_number_and_can_come_back(store: Store) -> None:
    first = store.prompts.create("p", text_spec(), actor="ada")
    second = store.prompts.save_version(first.prompt_id, text_spec(), actor="ada")
    store.prompts.delete_version(second.id, actor="ada")
    assert [v.number for v in store.prompts.versions(first.prompt_id)] == [1]
    assert [v.number for v in store.prompts.versions(first.prompt_id, deleted=True)] == [2, 1]
    assert store.prompts.save_version(first.prompt_id, text_spec(), actor="ada").number == 3
    assert store.prompts.version(second.id).deleted_at is not None
    store.prompts.undelete_version(second.id, actor="ada")
    assert [v.number for v in store.prompts.versions(first.prompt_id)] == [3, 2, 1]


def test_a_label_is_on_one_version_of_a_prompt_and_remembers_its_moves(store: Store) -> None:
    first = store.prompts.create("p", text_spec(), actor="ada")
    second = store.prompts.save_version(first.prompt_id, text_spec(), actor="ada")
    other = store.prompts.create("q", text_spec(), actor="ada")
    for version in (first, other, second):
        store.prompts.set_label(version.id, "production", actor="bob")
    store.prompts.set_label(second.id, "先行", actor="bob")
    labelled = store.prompts.labelled(first.prompt_id, "production")
    assert labelled is not None
    assert (labelled.id, set(labelled.labels)) == (second.id, {"production", "先行"})
    assert store.prompts.version(first.id).labels == ()
    assert store.prompts.version(other.id).labels == ("production",)
    store.prompts.remove_label(first.prompt_id, "production", actor="ada")
    assert store.prompts.labelled(first.prompt_id, "production") is None
    moves = store.prompts.label_moves(first.prompt_id)
    assert [(m.label, m.version_id, m.created_by) for m in moves] == [
        ("production", None, "ada"),
        ("先行", second.id, "bob"),
        ("production", second.id, "bob"),
        ("production", first.id, "bob"),
    ]


def test_a_hidden_version_is_not_found_by_its_label(store: Store) -> None:
    version = store.prompts.create("p", text_spec(), actor="ada")
    store.prompts.set_label(version.id, "production", actor="ada")
    store.prompts.delete_version(version.id, actor="ada")
    assert store.prompts.labelled(version.prompt_id, "production") is None


def test_the_list_says_what_there_is(store: Store, clock: Clock) -> None:
    old = store.prompts.create("old", text_spec(), actor="ada")
    clock.forward(minutes=1)
    new = store.prompts.create("ＮＥＷ", text_spec(), actor="ada")
    settle(store, prompt_id=new.prompt_id, version_id=new.id)
    store.prompts.set_label(new.id, "staging", actor="ada")
    store.memos.write("prompt", old.prompt_id, "請求書の要約", actor="ada")
    lines = store.prompts.list()
    assert [(x.prompt.name, x.versions, x.labels, x.memo, x.runs) for x in lines] == [
        ("ＮＥＷ", 1, ("staging",), "", 1),
        ("old", 1, (), "請求書の要約", 0),
    ]
    assert [x.latest and x.latest.id for x in lines] == [new.id, old.id]
    clock.forward(minutes=1)
    store.prompts.save_version(old.prompt_id, text_spec(), actor="ada")
    assert [line.prompt.name for line in store.prompts.list()] == ["old", "ＮＥＷ"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        pytest.param("new", ["ＮＥＷ mail"], id="width and case do not matter"),
        pytest.param("請求", ["old"], id="the memo counts"),
        pytest.param("", ["ＮＥＷ mail", "old"], id="nothing asked, everything found"),
        pytest.param("absent", [], id="nothing found"),
        pytest.param("%", [], id="no wildcards"),
    ],
)
def test_the_list_can_be_searched(
    store: Store, clock: Clock, search: str, found: list[str]
) -> None:
    old = store.prompts.create("old", text_spec(), actor="ada")
    clock.forward(minutes=1)
    store.prompts.create("ＮＥＷ mail", text_spec(), actor="ada")
    store.memos.write("prompt", old.prompt_id, "請求書", actor="ada")
    assert [line.prompt.name for line in store.prompts.list(search=search)] == found


@pytest.mark.parametrize("bad", [NOWHERE, "no id", "", "'; drop table prompts; --"])
def test_what_is_not_there_is_not_found(store: Store, bad: str) -> None:
    with pytest.raises(NotFound):
        store.prompts.get(bad)
    with pytest.raises(NotFound):
        store.prompts.version(bad)
    with pytest.raises(NotFound):
        store.prompts.version_by_number(bad, 1)
    with pytest.raises(NotFound):
        store.prompts.save_version(bad, text_spec(), actor="ada")
    with pytest.raises(NotFound):
        store.prompts.set_label(bad, "production", actor="ada")
    assert list(store.prompts.versions(bad)) == []
    assert list(store.prompts.label_moves(bad)) == []


@pytest.mark.parametrize(
    ("name", "spec"),
    [
        pytest.param("half \ud800", PromptSpec(), id="in the name"),
        pytest.param("p", text_spec("half \udfff"), id="in the text"),
    ],
)
def test_a_lone_surrogate_is_refused_and_nothing_is_saved(
    store: Store, name: str, spec: PromptSpec
) -> None:
    with pytest.raises(InvalidInput):
        store.prompts.create(name, spec, actor="ada")
    assert list(store.prompts.list()) == []


def test_nul_and_very_long_text_come_back_unchanged(store: Store) -> None:
    spec = text_spec("a\x00b" + "長い文章" * 1_000_000)
    version = store.prompts.create("big", spec, actor="ada")
    assert store.prompts.version(version.id).spec == spec
