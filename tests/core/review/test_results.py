from __future__ import annotations

import csv
import io
import json
import random
from itertools import combinations

import pyarrow.parquet as pq
import pytest
from sklearn.metrics import cohen_kappa_score

from core.errors import InvalidInput
from core.records.comparisons import CHOICES
from core.records.review import Handed, Highlight, Judgement, ReviewRound, RubricLine
from core.review.judging import LABELS
from core.review.outcome import Feedback, ReasonTold
from tests.core.review.conftest import OWNER, SAME, Scene


def judged_at_random(scene: Scene, round_: ReviewRound, names: tuple[str, ...]) -> None:
    """Everybody says something of everything; people agree more often than not."""
    rng = random.Random(11)
    truth: dict[str, str] = {}
    for name in names:
        person = scene.guest(round_, name)
        while isinstance(found := scene.reviews.next_item(round_.id, person), Handed):
            ticket = found.fields["ticket"]
            choice = truth.setdefault(ticket, rng.choice(CHOICES))
            if rng.random() < 0.4:
                choice = rng.choice(CHOICES)
            scene.reviews.verdict(
                round_.id, found.lease_id, Judgement(choice=choice), person  # type: ignore[arg-type]
            )  # fmt: skip


def test_agreement_is_that_of_an_independent_implementation(scene: Scene) -> None:
    round_ = scene.round(60, reviewers=3)
    names = ("Ann", "Ben", "Cat")
    judged_at_random(scene, round_, names)
    found = scene.reviews.results(round_.id, OWNER).agreement
    said = {name: {} for name in names}
    for record in scene.store.review.records(round_.id):
        assert record.judgement.choice is not None
        said[record.reviewer][record.position] = LABELS[record.judgement.choice]
    first, second = [], []
    for one, other in combinations(names, 2):
        mine = [said[one][p] for p in range(60)]
        theirs = [said[other][p] for p in range(60)]
        pair = next(p for p in found.pairs if (p.first, p.second) == (one, other))
        assert pair.kappa.value == pytest.approx(cohen_kappa_score(mine, theirs))
        assert pair.raw == sum(a == b for a, b in zip(mine, theirs, strict=True)) / 60
        first += mine
        second += theirs
    assert found.raw == sum(a == b for a, b in zip(first, second, strict=True)) / 180
    assert found.kappa is not None
    assert found.kappa.value == pytest.approx(cohen_kappa_score(first + second, second + first))
    assert (found.items, found.reviewers, found.verdicts) == (60, 3, 180)
    assert found.alpha is not None and found.alpha.low < found.alpha.value < found.alpha.high
    assert sum(found.base_rates.values()) == pytest.approx(1)


def test_ratings_agree_by_steps(scene: Scene) -> None:
    round_ = scene.round(40, kind="single", scale="rating", reviewers=2)
    rng = random.Random(5)
    said: dict[str, list[int]] = {}
    for name in ("Ann", "Ben"):
        person = scene.guest(round_, name)
        by_ticket = {}
        while isinstance(found := scene.reviews.next_item(round_.id, person), Handed):
            number = int(found.fields["ticket"].split()[1])
            value = min(5, max(1, number % 5 + 1 + rng.choice((-1, 0, 0, 1))))
            by_ticket[number] = value
            scene.reviews.verdict(round_.id, found.lease_id, Judgement(value=value), person)
        said[name] = [by_ticket[n] for n in range(40)]
    results = scene.reviews.results(round_.id, OWNER)
    (pair,) = results.agreement.pairs
    expected = cohen_kappa_score(said["Ann"], said["Ben"], weights="quadratic")
    assert results.agreement.weighted and pair.kappa.value == pytest.approx(expected)
    (figure,) = results.singles
    mean = sum(said["Ann"] + said["Ben"]) / 80
    assert figure.interval is not None and figure.interval.value == pytest.approx(mean)


def test_a_rubric_counts_its_lines(scene: Scene) -> None:
    lines = (RubricLine("polite", "Is it polite?"), RubricLine("right", "Is it right?"))
    round_ = scene.round(4, kind="single", scale="rubric", rubric=lines)
    for right in (1, 1, 0, 0):
        scene.judge(round_, OWNER, Judgement(lines={"polite": 1, "right": right}))
    scene.reviews.close(round_.id, OWNER)
    (figure,) = scene.reviews.results(round_.id, OWNER).singles
    assert figure.interval is not None and figure.interval.value == pytest.approx(0.75)


@pytest.mark.parametrize(
    "judgement",
    [
        Judgement(value=1),
        Judgement(lines={"polite": 2, "right": 0}),
        Judgement(lines={"polite": 1}),
    ],
)
def test_every_line_of_a_rubric_wants_a_yes_or_no(scene: Scene, judgement: Judgement) -> None:
    lines = (RubricLine("polite", "Is it polite?"), RubricLine("right", "Is it right?"))
    round_ = scene.round(4, kind="single", scale="rubric", rubric=lines)
    with pytest.raises(InvalidInput):
        scene.judge(round_, OWNER, judgement)


def test_nothing_said_is_no_figure(scene: Scene) -> None:
    results = scene.reviews.results(scene.round().id, OWNER)
    assert results.pair is not None and results.pair.share is None
    agreement = results.agreement
    assert (agreement.raw, agreement.kappa, agreement.alpha) == (None, None, None)
    assert (results.reviewers, results.splits) == ([], [])


def test_a_split_is_listed_and_an_adjudication_settles_it(scene: Scene) -> None:
    round_ = scene.round(3, reviewers=2)
    ann, ben = scene.guest(round_, "Ann"), scene.guest(round_, "Ben")
    scene.prefer_new(round_, ann, 3)
    for _ in range(3):
        found = scene.handed(round_, ben)
        is_split = found.fields["ticket"] == "ticket 1"
        new_left = found.answers[0].startswith("new")
        choice = "left" if new_left != is_split else "right"
        said = Judgement(choice=choice, comment="!" * is_split)
        scene.reviews.verdict(round_.id, found.lease_id, said, ben)
    before = scene.reviews.results(round_.id, OWNER)
    (split,) = before.splits
    assert split.item.slot.case_id == "t0001" and split.adjudication is None
    assert before.pair is not None
    assert (before.pair.second_won, before.pair.undecided) == (2, 1)
    assert before.pair.share is not None and before.pair.share.value == pytest.approx(2.5 / 3)
    position = split.item.slot.position
    scene.reviews.adjudicate(round_.id, position, Judgement(choice="left"), OWNER)
    scene.reviews.adjudicate(round_.id, position, Judgement(choice="slightly_right"), OWNER)
    after = scene.reviews.results(round_.id, OWNER)
    assert after.pair is not None and (after.pair.second_won, after.pair.undecided) == (3, 0)
    assert after.splits[0].adjudication is not None
    assert after.agreement.verdicts == 6
    again = scene.opened().results(round_.id, OWNER)
    assert again.pair == after.pair


def test_speed_sides_and_skips_are_told_by_reviewer(scene: Scene) -> None:
    round_ = scene.round(10)
    ann = scene.guest(round_, "Ann")
    for seconds in (4, 6, 20):
        found = scene.handed(round_, ann)
        scene.clock.forward(seconds=seconds)
        scene.reviews.verdict(round_.id, found.lease_id, Judgement(choice="left"), ann)
    found = scene.handed(round_, ann)
    scene.reviews.skip(round_.id, found.lease_id, "unclear", ann)
    (figure,) = scene.reviews.results(round_.id, OWNER).reviewers
    assert (figure.verdicts, figure.skipped, figure.median_s) == (3, 1, 6.0)
    assert (figure.left_share, figure.consistency) == (1.0, None)


# -- what goes on to others --


def said_more(scene: Scene) -> ReviewRound:
    round_ = scene.round(3)
    for _ in range(3):
        found = scene.handed(round_, OWNER)
        number = found.fields["ticket"].split()[1]
        left = found.answers[0].startswith("new")
        said = Judgement(choice="left" if left else "right")
        if number == "1":
            said = Judgement(said.choice, reasons=("tone", "=cmd"), comment="too curt",
                             correction="a corrected answer")  # fmt: skip
        scene.reviews.verdict(round_.id, found.lease_id, said, OWNER)
    scene.reviews.close(round_.id, OWNER)
    return round_


def test_feedback_holds_what_was_said_beside_verdicts(scene: Scene) -> None:
    found = scene.reviews.feedback(said_more(scene).id, OWNER)
    assert found == [
        Feedback("t0001", {"ticket": "ticket 1"}, whose, f"{whose} answer 1", label,
                 ("tone", "=cmd"), ("too curt",), ("a corrected answer",))
        for whose, label in (("old", "worse"), ("new", "better"))
    ]  # fmt: skip


def test_marked_passages_are_told_of_their_answer(scene: Scene) -> None:
    round_ = scene.round(2)
    found = scene.handed(round_, OWNER)
    marks = (Highlight(0, 0, 3), Highlight(0, 0, 3))  # marked twice, told once
    scene.reviews.verdict(round_.id, found.lease_id, Judgement("left", highlights=marks), OWNER)
    scene.reviews.close(round_.id, OWNER)
    told = {one.answer: one.passages for one in scene.reviews.feedback(round_.id, OWNER)}
    left, right = found.answers
    assert told == {left: (left[:3],), right: ()}


def test_reasons_are_counted(scene: Scene) -> None:
    results = scene.reviews.results(said_more(scene).id, OWNER)
    assert results.reasons == {"": {"tone": 1, "=cmd": 1}}
    assert (results.comments, results.corrections) == (1, 1)


def test_reasons_are_told_with_the_comments_beside_them(scene: Scene) -> None:
    round_ = scene.round(4, reviewers=2)
    for name in ("Ann", "Ben"):
        guest = scene.guest(round_, name)
        scene.judge(round_, guest, Judgement("left", reasons=("tone",), comment="too\n curt"))
        scene.judge(round_, guest, Judgement("left", reasons=("tone", "length")))
        scene.judge(round_, guest, Judgement("same", comment="no idea"))
    assert scene.reviews.reasons(round_.id, OWNER) == [
        ReasonTold("tone", 4, ("too curt",)),
        ReasonTold("length", 2, ()),
        ReasonTold("", 2, ("no idea",)),
    ]


def test_corrections_become_references_of_a_new_version(scene: Scene) -> None:
    round_ = said_more(scene)
    made = scene.reviews.keep_corrections(round_.id, OWNER)
    cases = {case.id: case.fields["reference"] for case in scene.datasets.cases(made.id)}
    assert made.number == 2
    assert cases == {
        "t0000": "reference 0", "t0001": "a corrected answer", "t0002": "reference 2",
    }  # fmt: skip


def test_without_corrections_there_is_no_new_version(scene: Scene) -> None:
    round_ = scene.round(3)
    with pytest.raises(InvalidInput, match="corrected"):
        scene.reviews.keep_corrections(round_.id, OWNER)


def test_exports_say_the_same_in_three_forms(scene: Scene) -> None:
    round_ = said_more(scene)
    raw = scene.reviews.export(round_.id, "csv", OWNER)
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    lines = [json.loads(one) for one in
             scene.reviews.export(round_.id, "jsonl", OWNER).decode().splitlines()]  # fmt: skip
    table = pq.read_table(io.BytesIO(scene.reviews.export(round_.id, "parquet", OWNER)))
    assert len(rows) == len(lines) == table.num_rows == 3
    assert table.to_pylist() == lines
    assert {row["label"] for row in rows} == {"second"}
    told = next(one for one in lines if one["case_id"] == "t0001")
    assert (told["comment"], told["reasons"]) == ("too curt", "tone, =cmd")
    assert (told["first"], told["second"]) == ("old", "new")


def test_a_round_that_cannot_be_is_refused(scene: Scene) -> None:
    for wrong in (
        {"title": " "}, {"reviewers": 0}, {"reviewers": 11}, {"overlap": 1.5}, {"repeats": 0.9},
        {"kind": "single", "scale": "rubric"}, {"assigned": ("Ann",), "reviewers": 2},
        {"kind": "single", "order": "outputs_differ"}, {"lease_s": 1.0},
    ):  # fmt: skip
        with pytest.raises(InvalidInput):
            scene.round(3, **wrong)
    with pytest.raises(InvalidInput, match="nothing to review"):
        scene.round(version_id=scene.dataset(3, old=""))


def test_settings_come_back_as_they_were(scene: Scene) -> None:
    due = scene.clock.time
    round_ = scene.round(3, instructions="読みやすい方", due_at=due, reasons=("tone",), most=2)
    again = scene.store.review.get(round_.id)
    assert again == round_ and again.settings.due_at == due and again.items == 2


def test_a_verdict_same_for_all_is_full_agreement_and_no_kappa(scene: Scene) -> None:
    round_ = scene.round(4, reviewers=2)
    for name in ("Ann", "Ben"):
        person = scene.guest(round_, name)
        for _ in range(4):
            scene.judge(round_, person, SAME)
    found = scene.reviews.results(round_.id, OWNER).agreement
    assert found.raw == 1.0
    assert found.kappa is not None and found.kappa.value is None


def test_the_list_counts_what_holds(scene: Scene) -> None:
    empty, round_ = scene.round(2), scene.round(10, reviewers=2, repeats=0.5)
    ann, ben = scene.guest(round_, "Ann"), scene.guest(round_, "Ben")
    scene.prefer_new(round_, ann, 10)
    scene.prefer_new(round_, ben, 3)
    scene.reviews.undo(round_.id, ben)
    found = scene.handed(round_, ben)
    scene.reviews.skip(round_.id, found.lease_id, "", ben)
    lines = {line.round.id: line for line in scene.reviews.rounds(OWNER)}
    counted = lines[round_.id]
    progress = scene.reviews.progress(round_.id, OWNER)
    assert (counted.verdicts, counted.wanted, counted.reviewers) == (
        progress.verdicts, progress.wanted, 2,
    )  # fmt: skip
    assert (lines[empty.id].verdicts, lines[empty.id].wanted, lines[empty.id].reviewers) == (
        0, 2, 0,
    )  # fmt: skip
