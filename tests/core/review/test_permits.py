from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import timedelta

import pytest

from core.access import Person, Role
from core.config import AccessSection
from core.errors import InvalidInput, NotAllowed, WorkbenchError
from core.records.review import Handed, Judgement, ReviewRound, RoundSettings
from core.review.reviews import Reviews
from tests.core.review.conftest import OWNER, SAME, Clock, Scene

Act = Callable[[Scene, ReviewRound, Person], object]
PEOPLE: dict[Role, str] = {
    "viewer": "vic@example.com",
    "reviewer": "ann@example.com",
    "editor": "ed@example.com",
    "admin": "ada@example.com",
}
ROLES = AccessSection(
    admins=[PEOPLE["admin"]], editors=[PEOPLE["editor"]], reviewers=[PEOPLE["reviewer"]]
)


@pytest.fixture
def signed(scene: Scene) -> tuple[Scene, ReviewRound]:
    """A round of the time before people had to sign in; now they do."""
    round_ = scene.round()
    return after_sign_in(scene), round_


def after_sign_in(scene: Scene, roles: AccessSection = ROLES) -> Scene:
    return Scene(scene.store, scene.clock, sign_in=True, roles=roles)


def create(scene: Scene, round_: ReviewRound, person: Person) -> object:
    asked = RoundSettings("new", "pair")
    draft = scene.reviews.from_dataset(scene.dataset(3), asked, ["old", "new"])
    return scene.reviews.create_round(draft, person)


def judge(scene: Scene, round_: ReviewRound, person: Person) -> object:
    found = scene.reviews.next_item(round_.id, person)
    assert isinstance(found, Handed)
    scene.reviews.verdict(round_.id, found.lease_id, SAME, person)
    return scene.reviews.undo(round_.id, person)


ACTIONS: dict[str, tuple[Act, set[Role]]] = {
    "create": (create, {"editor", "admin"}),
    "close": (lambda s, r, p: s.reviews.close(r.id, p), {"editor", "admin"}),
    "reopen": (lambda s, r, p: s.reviews.reopen(r.id, p), {"editor", "admin"}),
    "delete": (lambda s, r, p: s.reviews.delete(r.id, p), {"admin"}),
    "invite": (lambda s, r, p: s.reviews.invite(r.id, p), {"editor", "admin"}),
    "invites": (lambda s, r, p: s.reviews.invites(r.id, p), {"editor", "admin"}),
    "judge": (judge, {"reviewer", "editor", "admin"}),
    "progress": (
        lambda s, r, p: s.reviews.progress(r.id, p), {"viewer", "reviewer", "editor", "admin"},
    ),
    "results": (lambda s, r, p: s.reviews.results(r.id, p), {"editor", "admin"}),
    "calibration": (lambda s, r, p: s.reviews.calibration(r.id, p), {"editor", "admin"}),
    "estimates": (lambda s, r, p: s.reviews.estimates(r.id, p), {"editor", "admin"}),
    "feedback": (lambda s, r, p: s.reviews.feedback(r.id, p), {"editor", "admin"}),
    "reasons": (lambda s, r, p: s.reviews.reasons(r.id, p), {"editor", "admin"}),
    "adjudicate": (
        lambda s, r, p: s.reviews.adjudicate(r.id, 0, Judgement(choice="left"), p),
        {"editor", "admin"},
    ),
    "export": (lambda s, r, p: s.reviews.export(r.id, "csv", p), {"editor", "admin"}),
    "audit": (lambda s, r, p: s.reviews.audit(p), {"admin"}),
    "export audit": (lambda s, r, p: s.reviews.export_audit("csv", p), {"admin"}),
}  # fmt: skip


@pytest.mark.parametrize("role", PEOPLE)
@pytest.mark.parametrize("action", ACTIONS)
def test_every_role_may_do_what_it_is_for(
    signed: tuple[Scene, ReviewRound], action: str, role: Role
) -> None:
    scene, round_ = signed
    act, allowed = ACTIONS[action]
    person = scene.access.person(PEOPLE[role])
    if role in allowed:
        act(scene, round_, person)
        return
    with pytest.raises(NotAllowed):
        act(scene, round_, person)
    (entry,) = scene.store.audit.page(1)
    assert (entry.who, entry.allowed) == (PEOPLE[role], False)


TAKES_A_PERSON = sorted(
    name
    for name, method in inspect.getmembers(Reviews, inspect.isfunction)
    if not name.startswith("_") and "person" in inspect.signature(method).parameters
)


@pytest.mark.parametrize("name", TAKES_A_PERSON)
def test_a_role_that_is_not_known_may_do_nothing(
    signed: tuple[Scene, ReviewRound], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every action there is, taken from the code; before anything else of it is looked at."""
    scene, round_ = signed
    monkeypatch.setattr(scene.access, "role", lambda email: "owner")
    method = getattr(scene.reviews, name)
    given = {"person": scene.access.person("who@example.com"), "round_id": round_.id}
    wanted = [p.name for p in inspect.signature(method).parameters.values() if p.default is p.empty]
    with pytest.raises(NotAllowed):
        method(**{one: given.get(one, "") for one in wanted})


@pytest.mark.parametrize("action", sorted(set(ACTIONS) - {"judge", "progress"}))
def test_a_guest_reviews_and_does_nothing_else(scene: Scene, action: str) -> None:
    round_ = scene.round()
    guest = scene.guest(round_, "Ann")
    judge(scene, round_, guest)
    with pytest.raises(NotAllowed):
        ACTIONS[action][0](scene, round_, guest)


def test_a_viewer_reads_what_a_closed_round_found(signed: tuple[Scene, ReviewRound]) -> None:
    scene, round_ = signed
    scene.reviews.close(round_.id, scene.access.person(PEOPLE["admin"]))
    viewer = scene.access.person(PEOPLE["viewer"])
    assert scene.reviews.results(round_.id, viewer).pair is not None
    with pytest.raises(NotAllowed):
        scene.reviews.results(round_.id, scene.access.person(PEOPLE["reviewer"]))


def test_who_reviews_sees_results_once_the_round_is_closed(scene: Scene) -> None:
    round_ = scene.round()
    scene.judge(round_, OWNER, SAME)
    with pytest.raises(NotAllowed, match="closed"):
        scene.reviews.results(round_.id, OWNER)
    with pytest.raises(NotAllowed, match="closed"):
        scene.reviews.export(round_.id, "jsonl", OWNER)
    scene.reviews.close(round_.id, OWNER)
    assert scene.reviews.results(round_.id, OWNER).agreement.verdicts == 1


def test_a_role_lost_in_the_middle_of_a_round_ends_at_the_next_action(scene: Scene) -> None:
    round_ = scene.round()
    reviewers = [PEOPLE["reviewer"]]
    signed = after_sign_in(scene, AccessSection(reviewers=reviewers))
    tabs = [signed.access.person(PEOPLE["reviewer"]) for _ in range(2)]
    found = signed.handed(round_, tabs[0])
    reviewers.clear()
    for person in tabs:
        with pytest.raises(NotAllowed):
            signed.reviews.verdict(round_.id, found.lease_id, SAME, person)
    assert signed.store.review.written(round_.id) == 0


# -- links --


def test_a_link_leads_to_its_round_only(scene: Scene) -> None:
    mine, other = scene.round(), scene.round()
    guest = scene.guest(mine, "Ann")
    assert [line.round.id for line in scene.reviews.rounds(guest)] == [mine.id]
    with pytest.raises(NotAllowed, match="another round"):
        scene.reviews.next_item(other.id, guest)


def test_a_token_is_long_and_only_its_hash_is_kept(scene: Scene) -> None:
    round_ = scene.round()
    _, token = scene.reviews.invite(round_.id, OWNER)
    _, other = scene.reviews.invite(round_.id, OWNER)
    assert token != other and len(token) >= 43
    kept = scene.store._handle.rows("select * from review_invites")
    assert token not in repr(kept)


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "' or 1=1 --", "\ud800"])
def test_a_guessed_link_leads_nowhere(scene: Scene, token: str) -> None:
    scene.round()
    with pytest.raises(NotAllowed, match="nowhere"):
        scene.reviews.join(token, "Eve")


def test_a_revoked_link_ends_for_those_who_came_by_it(scene: Scene) -> None:
    round_ = scene.round()
    invite, token = scene.reviews.invite(round_.id, OWNER)
    guest = scene.reviews.join(token, "Ann")
    found = scene.handed(round_, guest)
    scene.reviews.revoke(round_.id, invite.id, OWNER)
    with pytest.raises(NotAllowed, match="no longer valid"):
        scene.reviews.verdict(round_.id, found.lease_id, SAME, guest)
    with pytest.raises(NotAllowed, match="no longer valid"):
        scene.reviews.join(token, "Ben")


def test_a_link_ends_when_its_time_is_over(scene: Scene, clock: Clock) -> None:
    round_ = scene.round()
    _, token = scene.reviews.invite(round_.id, OWNER, "team", clock() + timedelta(days=7))
    guest = scene.reviews.join(token, "Ann")
    scene.handed(round_, guest)
    clock.forward(days=7)
    with pytest.raises(NotAllowed, match="no longer valid"):
        scene.reviews.next_item(round_.id, guest)


def test_the_same_name_again_is_the_same_person_and_two_are_told_apart(scene: Scene) -> None:
    round_ = scene.round()
    _, token = scene.reviews.invite(round_.id, OWNER)
    _, other = scene.reviews.invite(round_.id, OWNER)
    ann = scene.reviews.join(token, "  Ann  Lee ")
    assert scene.reviews.join(token, "Ann Lee") == ann
    for taken in ("Ann Lee", "owner"):
        with pytest.raises(InvalidInput, match="already"):
            scene.reviews.join(other, taken)
    (_, first) = scene.reviews.invites(round_.id, OWNER)
    assert first.joined == ("Ann Lee",)


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "ada@example.com", "a\u0000b", "\u202e"])
def test_a_name_that_will_not_do_is_refused(scene: Scene, name: str) -> None:
    _, token = scene.reviews.invite(scene.round().id, OWNER)
    with pytest.raises(InvalidInput, match="name"):
        scene.reviews.join(token, name)


def test_a_guest_who_is_not_assigned_gets_nothing(scene: Scene) -> None:
    round_ = scene.round(assigned=("Ann", "Ben"))
    scene.handed(round_, scene.guest(round_, "Ann"))
    with pytest.raises(NotAllowed, match="other reviewers"):
        scene.reviews.next_item(round_.id, scene.guest(round_, "Cat"))


def test_a_deleted_round_is_gone_and_its_maker_may_delete_it(scene: Scene) -> None:
    round_ = scene.round()
    guest = scene.guest(round_, "Ann")
    scene.reviews.delete(round_.id, OWNER)
    assert scene.reviews.rounds(OWNER) == []
    with pytest.raises(WorkbenchError, match="deleted"):
        scene.reviews.next_item(round_.id, guest)


def test_what_is_done_with_a_round_is_in_the_audit_log(scene: Scene) -> None:
    round_ = scene.round()
    scene.guest(round_, "Ann")
    scene.reviews.close(round_.id, OWNER)
    scene.reviews.export(round_.id, "csv", OWNER)
    entries = scene.reviews.audit(OWNER)
    assert [(one.who, one.action) for one in reversed(entries)] == [
        ("owner", "review.create"), ("owner", "review.invite"), ("Ann", "review.join"),
        ("owner", "review.closed"), ("owner", "review.export"),
    ]  # fmt: skip
    assert {one.subject for one in entries} == {round_.id}
    lines = scene.reviews.export_audit("jsonl", OWNER).decode().splitlines()
    assert len(lines) == 5
