from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import asdict, fields

import pytest

from core.errors import InvalidInput, NotFound
from core.records.review import Handed, Highlight, Judgement, Nothing
from core.review.queue import REPEAT_AFTER
from tests.core.review.conftest import OWNER, SAME, Clock, Scene


def test_an_item_is_the_same_until_something_is_said_of_it(scene: Scene) -> None:
    round_ = scene.round()
    first = scene.handed(round_, OWNER)
    assert scene.handed(round_, OWNER) == first
    scene.reviews.verdict(round_.id, first.lease_id, SAME, OWNER)
    assert scene.handed(round_, OWNER).lease_id != first.lease_id


def test_two_people_never_have_one_item_in_hand(scene: Scene) -> None:
    round_ = scene.round(2, reviewers=2)
    ann, ben, cat = (scene.guest(round_, name) for name in ("Ann", "Ben", "Cat"))
    held = {scene.handed(round_, one).fields["ticket"] for one in (ann, ben)}
    assert len(held) == 2
    assert scene.reviews.next_item(round_.id, cat) == Nothing("others")


def test_all_done_is_said_only_when_it_is(scene: Scene) -> None:
    round_ = scene.round(1, reviewers=2)
    ann, ben = scene.guest(round_, "Ann"), scene.guest(round_, "Ben")
    scene.judge(round_, ann, SAME)
    assert scene.reviews.next_item(round_.id, ann) == Nothing("done")
    assert scene.reviews.progress(round_.id, ann).settled == 0
    scene.judge(round_, ben, SAME)
    assert scene.reviews.progress(round_.id, ann).settled == 1


def test_an_expired_lease_frees_the_item_and_a_late_verdict_is_kept(
    scene: Scene, clock: Clock
) -> None:
    round_ = scene.round(1)
    ann, ben = scene.guest(round_, "Ann"), scene.guest(round_, "Ben")
    late = scene.handed(round_, ann)
    clock.forward(seconds=601)
    scene.judge(round_, ben, SAME)
    scene.reviews.verdict(round_.id, late.lease_id, SAME, ann)
    assert scene.reviews.progress(round_.id, OWNER).verdicts == 2


def test_twenty_threads_never_lease_one_item_twice(scene: Scene) -> None:
    round_ = scene.round(200, reviewers=2)
    people = [scene.guest(round_, f"reviewer {n}") for n in range(20)]
    held: Counter[str] = Counter()
    collisions: list[str] = []
    lock = threading.Lock()

    def work(number: int) -> None:
        person = people[number]
        while isinstance(found := scene.reviews.next_item(round_.id, person), Handed):
            item = found.fields["ticket"]
            with lock:
                held[item] += 1
                if held[item] > 1:
                    collisions.append(item)
            time.sleep(0.001)
            with lock:
                held[item] -= 1
            scene.reviews.verdict(round_.id, found.lease_id, SAME, person)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    records = scene.store.review.records(round_.id)
    by_item = Counter(one.position for one in records)
    assert collisions == []
    assert set(by_item.values()) == {2} and len(by_item) == 200
    assert len({(one.position, one.reviewer) for one in records}) == len(records) == 400
    # As each lease was given before its verdict, both are in the file.
    assert len(scene.store.review.leases(round_.id)) == 400


def test_a_double_click_counts_once_and_a_change_of_mind_replaces(scene: Scene) -> None:
    round_ = scene.round()
    found = scene.handed(round_, OWNER)
    for _ in range(3):
        scene.reviews.verdict(round_.id, found.lease_id, SAME, OWNER)
    assert scene.store.review.written(round_.id) == 1
    scene.reviews.verdict(round_.id, found.lease_id, Judgement(choice="both_bad"), OWNER)
    (record,) = scene.store.review.records(round_.id)
    assert record.judgement.choice == "both_bad"
    assert scene.reviews.progress(round_.id, OWNER).verdicts == 1


def test_two_tabs_of_one_reviewer_show_one_item(scene: Scene) -> None:
    round_ = scene.round()
    one, other = scene.handed(round_, OWNER), scene.handed(round_, OWNER)
    scene.reviews.verdict(round_.id, one.lease_id, SAME, OWNER)
    scene.reviews.verdict(round_.id, other.lease_id, SAME, OWNER)
    assert len(scene.store.review.records(round_.id)) == 1


def test_nobody_judges_with_a_lease_of_somebody_else(scene: Scene) -> None:
    round_ = scene.round()
    ann, ben = scene.guest(round_, "Ann"), scene.guest(round_, "Ben")
    found = scene.handed(round_, ann)
    with pytest.raises(NotFound):
        scene.reviews.verdict(round_.id, found.lease_id, SAME, ben)


def test_a_skipped_item_goes_to_others_and_not_to_oneself(scene: Scene) -> None:
    round_ = scene.round(1)
    ann, ben = scene.guest(round_, "Ann"), scene.guest(round_, "Ben")
    found = scene.handed(round_, ann)
    scene.reviews.skip(round_.id, found.lease_id, "I do not know the product", ann)
    assert scene.reviews.next_item(round_.id, ann) == Nothing("done")
    assert scene.handed(round_, ben).fields == found.fields
    (record,) = scene.store.review.records(round_.id)
    assert (record.kind, record.judgement.comment) == ("skip", "I do not know the product")


def test_undo_restores_the_state_and_hands_the_item_out_again(scene: Scene) -> None:
    round_ = scene.round()
    scene.judge(round_, OWNER, SAME)
    before = scene.reviews.progress(round_.id, OWNER)
    found = scene.handed(round_, OWNER)
    said = Judgement(choice="slightly_left", comment="shorter", reasons=("length",))
    scene.reviews.verdict(round_.id, found.lease_id, said, OWNER)
    scene.handed(round_, OWNER)
    again = scene.reviews.undo(round_.id, OWNER)
    assert again is not None
    assert (again.answers, again.fields, again.before) == (found.answers, found.fields, said)
    after = scene.reviews.progress(round_.id, OWNER)
    assert (after.verdicts, after.mine, after.open_to_me) == (
        before.verdicts, before.mine, before.open_to_me,
    )  # fmt: skip
    assert scene.handed(round_, OWNER).answers == found.answers
    scene.reviews.undo(round_.id, OWNER)
    assert scene.reviews.undo(round_.id, OWNER) is None
    assert scene.store.review.records(round_.id) == []


def test_undo_lets_go_of_what_one_had_in_hand(scene: Scene) -> None:
    round_ = scene.round(2)
    scene.judge(round_, OWNER, SAME)
    scene.handed(round_, OWNER)
    scene.reviews.undo(round_.id, OWNER)
    ann = scene.guest(round_, "Ann")
    assert isinstance(scene.reviews.next_item(round_.id, ann), Handed)


def test_undo_after_a_change_of_mind_takes_all_of_it_back(scene: Scene) -> None:
    round_ = scene.round()
    found = scene.judge(round_, OWNER, SAME)
    scene.reviews.verdict(round_.id, found.lease_id, Judgement(choice="left"), OWNER)
    scene.reviews.undo(round_.id, OWNER)
    assert scene.store.review.records(round_.id) == []
    assert scene.opened().progress(round_.id, OWNER).verdicts == 0


def test_a_new_process_goes_on_where_the_last_one_stopped(scene: Scene) -> None:
    round_ = scene.round(30, reviewers=2)
    people = [scene.guest(round_, name) for name in ("Ann", "Ben")]
    for person in people:
        scene.prefer_new(round_, person, 7)
    held = [scene.handed(round_, person) for person in people]
    again = scene.opened()
    assert [again.next_item(round_.id, person) for person in people] == held
    for person in (*people, OWNER):
        assert again.progress(round_.id, person) == scene.reviews.progress(round_.id, person)


def test_sides_are_balanced_for_every_reviewer_and_kept(scene: Scene) -> None:
    round_ = scene.round(40, reviewers=3)
    for name in ("Ann", "Ben", "Cat"):
        person = scene.guest(round_, name)
        lefts = Counter(scene.judge(round_, person, SAME).answers[0].split()[0] for _ in range(40))
        assert lefts == {"old": 20, "new": 20}
    shown = {}
    for lease in scene.store.review.leases(round_.id):
        shown.setdefault(lease.position, []).append(lease.swapped)
    # The same item is not the same way round for everybody.
    assert sum(len(set(sides)) > 1 for sides in shown.values()) > 10


def test_a_verdict_is_kept_in_the_order_of_the_item(scene: Scene) -> None:
    round_ = scene.round(20)
    scene.prefer_new(round_, OWNER, 20)
    records = scene.store.review.records(round_.id)
    assert {one.judgement.choice for one in records} == {"right"}
    assert {one.swapped for one in records} == {True, False}


def test_a_marked_passage_follows_its_answer(scene: Scene) -> None:
    round_ = scene.round(2)
    for _ in range(2):
        found = scene.handed(round_, OWNER)
        place = 0 if found.answers[0].startswith("new") else 1
        marked = Judgement(choice="same", highlights=(Highlight(place, 0, 3),))
        scene.reviews.verdict(round_.id, found.lease_id, marked, OWNER)
    for record in scene.store.review.records(round_.id):
        assert [one.answer for one in record.judgement.highlights] == [1]


def test_what_is_handed_out_tells_nothing_that_would_unblind(scene: Scene) -> None:
    version = scene.dataset(6, baseline_model_response="baseline", response="response")
    round_ = scene.round(version_id=version)
    person = scene.guest(round_, "Ann")
    found = scene.handed(round_, person)
    assert {one.name for one in fields(found)} == {
        "lease_id", "round_id", "kind", "scale", "fields", "answers", "reference", "expires_at",
        "before",
    }  # fmt: skip
    assert found.fields.keys() == {"ticket"}
    assert found.reference is None
    seen = scene.reviews.round(round_.id, person)
    assert (seen.competitors, seen.source.id, seen.source.title) == ((), "", "")
    told = repr(asdict(seen)) + repr(asdict(scene.reviews.progress(round_.id, person)))
    assert version not in told and "tickets" not in told


def test_the_reference_is_shown_when_that_is_allowed(scene: Scene) -> None:
    round_ = scene.round(show_reference=True)
    assert (scene.handed(round_, OWNER).reference or "").startswith("reference")


def test_identical_answers_are_a_tie_that_nobody_has_to_judge(scene: Scene) -> None:
    round_ = scene.round(version_id=scene.dataset(5, old="equal", new="equal "))
    assert scene.reviews.next_item(round_.id, OWNER) == Nothing("done")
    assert scene.reviews.progress(round_.id, OWNER).settled == 5
    pair = scene.reviews.results(round_.id, OWNER).pair
    assert pair is not None and (pair.ties, pair.identical) == (5, 5)


def test_hidden_repeats_come_back_the_other_way_round_and_count_once(scene: Scene) -> None:
    round_ = scene.round(40, repeats=0.3)
    while isinstance(found := scene.reviews.next_item(round_.id, OWNER), Handed):
        left = found.answers[0].startswith("new")
        choice = Judgement(choice="left" if left else "right")
        scene.reviews.verdict(round_.id, found.lease_id, choice, OWNER)
    records = scene.store.review.records(round_.id)
    first = {one.position: one for one in records if not one.repeat}
    again = [one for one in records if one.repeat]
    assert len(first) == 40 and len(again) >= 4
    order = [one.id for one in records]
    for one in again:
        assert one.swapped != first[one.position].swapped
        assert order.index(one.id) - order.index(first[one.position].id) >= REPEAT_AFTER
    scene.reviews.close(round_.id, OWNER)
    (figure,) = scene.reviews.results(round_.id, OWNER).reviewers
    assert (figure.verdicts, figure.repeats, figure.consistency) == (40, len(again), 1.0)


def test_assigned_items_go_to_those_they_fell_to(scene: Scene) -> None:
    round_ = scene.round(30, reviewers=2, assigned=("Ann", "Ben", "Cat"))
    people = {name: scene.guest(round_, name) for name in ("Ann", "Ben", "Cat")}
    for person in people.values():
        while isinstance(found := scene.reviews.next_item(round_.id, person), Handed):
            scene.reviews.verdict(round_.id, found.lease_id, SAME, person)
    counts = Counter(one.reviewer for one in scene.store.review.records(round_.id))
    assert counts == {"Ann": 20, "Ben": 20, "Cat": 20}
    assert scene.reviews.progress(round_.id, OWNER).settled == 30


def test_a_random_share_gets_all_reviewers_and_the_rest_one(scene: Scene) -> None:
    round_ = scene.round(50, reviewers=3, overlap=0.2)
    wanted = Counter(one.wanted for one in scene.store.review.slots(round_.id))
    assert wanted == {3: 10, 1: 40}


def test_split_items_come_first_when_that_is_asked_for(scene: Scene) -> None:
    round_ = scene.round(20, reviewers=3, order="reviewers_split")
    ann, ben, cat = (scene.guest(round_, name) for name in ("Ann", "Ben", "Cat"))
    for number in range(10):
        scene.prefer_new(round_, ann, 1)
        found = scene.handed(round_, ben)
        new_left = found.answers[0].startswith("new")
        agrees = number != 7
        choice = "left" if new_left == agrees else "right"
        scene.reviews.verdict(round_.id, found.lease_id, Judgement(choice=choice), ben)
    (position,) = [
        one.position for one in scene.store.review.records(round_.id)
        if one.reviewer == "Ben" and one.judgement.choice == "left"
    ]  # fmt: skip
    scene.judge(round_, cat, SAME)
    last = scene.store.review.records(round_.id)[-1]
    assert (last.reviewer, last.position) == ("Cat", position)


def test_a_closed_round_takes_nothing_and_says_so(scene: Scene) -> None:
    round_ = scene.round()
    found = scene.handed(round_, OWNER)
    scene.reviews.close(round_.id, OWNER)
    assert scene.reviews.next_item(round_.id, OWNER) == Nothing("closed")
    with pytest.raises(InvalidInput, match="closed"):
        scene.reviews.verdict(round_.id, found.lease_id, SAME, OWNER)
    scene.reviews.reopen(round_.id, OWNER)
    scene.reviews.verdict(round_.id, found.lease_id, SAME, OWNER)


@pytest.mark.parametrize(
    "judgement",
    [
        pytest.param(Judgement(), id="nothing chosen"),
        pytest.param(Judgement(choice="best"), id="no such choice"),  # type: ignore[arg-type]
        pytest.param(Judgement(value=1), id="a value for a pair"),
        pytest.param(Judgement(choice="same", comment="x" * 20_001), id="too long"),
        pytest.param(
            Judgement(choice="same", highlights=(Highlight(0, 0, 999),)), id="beyond the answer"
        ),
        pytest.param(Judgement(choice="same", highlights=(Highlight(2, 0, 1),)), id="no answer"),
    ],
)
def test_a_judgement_that_will_not_do_is_refused_and_the_item_stays(
    scene: Scene, judgement: Judgement
) -> None:
    round_ = scene.round()
    found = scene.handed(round_, OWNER)
    with pytest.raises(InvalidInput):
        scene.reviews.verdict(round_.id, found.lease_id, judgement, OWNER)
    assert scene.handed(round_, OWNER) == found


def test_hostile_text_is_kept_as_it_is(scene: Scene) -> None:
    hostile = "<script>alert(1)</script> =1+1 \u202e \ud800"
    round_ = scene.round()
    scene.judge(round_, OWNER, Judgement(choice="same", comment=hostile, correction=hostile))
    (record,) = scene.opened()._desks.records(round_.id)
    assert record.judgement.comment == hostile.replace("\ud800", "\ufffd")
