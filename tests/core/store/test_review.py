from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.errors import NotFound
from core.records.review import (
    Competitor,
    Highlight,
    ItemDraft,
    Judgement,
    Lease,
    ReviewAnswer,
    ReviewExample,
    ReviewItem,
    ReviewRecord,
    ReviewRound,
    RoundSettings,
    RoundSource,
    RubricLine,
    Slot,
)
from core.store import Store

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
SETTINGS = RoundSettings(
    "丁寧さ", "single", "rubric", "Read it aloud.", (ReviewExample("はい。", "yes", "polite"),),
    (RubricLine("polite", "Is it polite?"),), ("tone", "my own"), 2, 0.5, ("Ann", "Ben"), NOON,
    "outputs_differ", 10, True, 0.1, 300.0,
)  # fmt: skip
SOURCE = RoundSource("dataset", "", "tickets@1")


def item(position: int) -> ReviewItem:
    answer = ReviewAnswer("a", f"answer {position}")
    draft = ItemDraft(f"c{position}", {"q": "?"}, (answer,), "ref", 0.5)
    return ReviewItem(Slot(position, draft.case_id, 2, position == 0, False, ("a",)), draft)


@pytest.fixture
def round_(store: Store) -> ReviewRound:
    return store.review.create(
        SETTINGS, SOURCE, [Competitor("a", "A", "sandbox:m", "entry")], [item(0), item(1)], 7,
        actor="ada",
    )  # fmt: skip


def record(store: Store, round_: ReviewRound, **values: object) -> ReviewRecord:
    whole = ReviewRecord(
        store.new_id(), round_.id, 0, "Ann", "verdict", Judgement(choice="same"), store.new_id(),
        False, True, 4.5, NOON,
    )  # fmt: skip
    return replace(whole, **values)  # type: ignore[arg-type]


def test_a_round_comes_back_as_it_was_made(store: Store, round_: ReviewRound) -> None:
    assert store.review.get(round_.id) == round_
    assert (round_.settings, round_.source, round_.seed, round_.items) == (SETTINGS, SOURCE, 7, 2)
    assert list(store.review.items(round_.id)) == [item(0), item(1)]
    assert store.review.item(round_.id, 1) == item(1)
    assert store.review.slots(round_.id) == [item(0).slot, item(1).slot]


@pytest.mark.parametrize("round_id", ["", "nonsense", "0192f0c0-0000-7000-8000-000000000000"])
def test_what_is_not_there_is_not_found(store: Store, round_id: str) -> None:
    with pytest.raises(NotFound):
        store.review.get(round_id)
    assert store.review.records(round_id) == []
    assert store.review.invite_named(round_id) is None


def test_an_item_that_is_not_there_is_not_found(store: Store, round_: ReviewRound) -> None:
    with pytest.raises(NotFound, match="item 3"):
        store.review.item(round_.id, 2)


def test_the_newest_state_holds(store: Store, round_: ReviewRound) -> None:
    for state in ("closed", "open", "closed"):
        store.review.change(round_.id, state, actor="ada")  # type: ignore[arg-type]
        assert store.review.get(round_.id).state == state
    assert [one.id for one in store.review.list()] == [round_.id]
    store.review.change(round_.id, "deleted", actor="ada")
    assert store.review.list() == []


def test_a_record_comes_back_as_it_was(store: Store, round_: ReviewRound) -> None:
    said = Judgement(
        "slightly_left", 1, {"polite": 1}, ("tone", "自由"), "コメント\n二行", "直し",
        (Highlight(0, 1, 3, "ここ"),),
    )  # fmt: skip
    kept = record(store, round_, judgement=said, invite_id=store.new_id())
    store.review.record(kept).result()
    assert store.review.records(round_.id) == [kept]


def test_of_a_persons_records_on_an_item_the_newest_holds(
    store: Store, round_: ReviewRound
) -> None:
    first, other = record(store, round_), record(store, round_, reviewer="Ben")
    repeat = record(store, round_, repeat=True)
    settled = record(store, round_, kind="adjudication", reviewer="ada", lease_id=None)
    newest = record(store, round_, judgement=Judgement(choice="left"))
    for one in (first, other, repeat, settled, newest):
        store.review.record(one).result()
    assert store.review.records(round_.id) == [other, repeat, settled, newest]
    assert store.review.written(round_.id) == 5


def test_what_is_taken_back_is_gone_with_all_before_it_and_may_come_again(
    store: Store, round_: ReviewRound
) -> None:
    first, second = record(store, round_), record(store, round_)
    for one in (first, second):
        store.review.record(one).result()
    store.review.withdraw(store.new_id(), second).result()
    assert store.review.records(round_.id) == []
    again = record(store, round_)
    store.review.record(again).result()
    assert store.review.records(round_.id) == [again]
    # Nothing is ever taken out of the file.
    assert store.review.written(round_.id) == 4


def test_leases_come_back_in_the_order_they_were_given(store: Store, round_: ReviewRound) -> None:
    given = [
        Lease(store.new_id(), round_.id, n, "Ann", False, True, NOON + timedelta(seconds=n),
              NOON + timedelta(minutes=10))
        for n in range(3)
    ]  # fmt: skip
    for lease in given:
        store.review.lease(lease).result()
    assert store.review.leases(round_.id) == given


def test_a_link_is_found_by_its_hash_until_it_is_revoked(store: Store, round_: ReviewRound) -> None:
    made = store.review.invite(round_.id, "abc", "team", NOON, actor="ada")
    assert store.review.invite_with("abc") == made
    assert store.review.invite_with("abd") is None
    for name in ("Ben", "Ann", "Ben"):
        store.review.invite_event(made.id, "joined", name, actor=name)
    store.review.invite_event(made.id, "revoked", "", actor="ada")
    (found,) = store.review.invites(round_.id)
    assert found.joined == ("Ann", "Ben") and found.revoked_at is not None


# -- the audit log --


def test_entries_are_numbered_and_chained(store: Store) -> None:
    for number in range(3):
        store.audit.add("ada", "review.create", f"round {number}", "詳細").result()
    store.audit.add("eve", "refused: audit", allowed=False).result()
    page = store.audit.page(2)
    assert [(one.number, one.allowed) for one in page] == [(4, False), (3, True)]
    assert [one.number for one in store.audit.page(10, before=3)] == [2, 1]
    assert [one.number for one in store.audit.iterate()] == [1, 2, 3, 4]
    assert store.audit.broken() is None


@pytest.mark.parametrize(
    ("tampering", "number"),
    [
        ("update audit set who = 'bob' where number = 2", 2),
        ("delete from audit where number = 2", 2),
        ("update audit set allowed = false where number = 3", 3),
    ],
)
def test_an_entry_that_was_changed_is_noticed(store: Store, tampering: str, number: int) -> None:
    for one in range(4):
        store.audit.add("ada", "write", str(one)).result()
    store._handle.execute(tampering, [])
    assert store.audit.broken() == number


def test_entries_of_many_threads_make_one_chain(store: Store) -> None:
    for future in [store.audit.add(f"p{n}", "write") for n in range(200)]:
        future.result()
    assert store.audit.broken() is None and store.audit.page(1)[0].number == 200
