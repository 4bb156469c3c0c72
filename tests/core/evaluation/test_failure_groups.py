from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.evaluation.failure_groups import (
    Answered,
    FailureGroup,
    Feature,
    clusters,
    failure_groups,
    telling_columns,
)
from core.records.metrics import Score

WRONG, RIGHT = Score(0.0), Score(1.0)


def answered(number: int, answer: str, score: Score = WRONG, **fields: str) -> Answered:
    return Answered(f"c{number}", fields, answer, score)


def features(groups: list[FailureGroup]) -> list[Feature]:
    return [group.feature for group in groups]


def test_no_failures_are_no_groups() -> None:
    assert failure_groups([], [answered(1, "yes", RIGHT)]) == []


def test_a_column_explains_failures_only_where_they_are_more_frequent() -> None:
    failed = [answered(n, "x", product="new") for n in range(4)]
    failed += [answered(n, "x", product="old") for n in range(4, 6)]
    others = [answered(n, "x", RIGHT, product="old") for n in range(6, 20)]
    (group,) = (g for g in failure_groups(failed, others) if g.feature.kind == "column")
    assert group.feature == Feature("column", "product", "new")
    assert group.case_ids == ("c0", "c1", "c2", "c3")
    assert (group.of, group.share) == (4, 1.0)


@pytest.mark.parametrize(
    ("answer", "reference", "feature"),
    [
        ("Hello there, my friend", "やあ、お元気ですか。今日は", Feature("language", "", "en")),
        ("", "はい、そうです", Feature("length", "", "empty")),
        ("はい", "はい、そうです。明日お届けします。", Feature("length", "", "short")),
        ("はい、そうです。明日お届けします。", "はい", Feature("length", "", "long")),
        ("合計は高いです", "合計は1,200円です", Feature("missing_number", "", "")),
    ],
)
def test_what_an_answer_may_have(answer: str, reference: str, feature: Feature) -> None:
    failed = [answered(n, answer, reference=reference) for n in (1, 2)]
    others = [answered(n, reference, RIGHT, reference=reference) for n in (3, 4)]
    assert feature in features(failure_groups(failed, others))


def test_labels_mixed_up_and_errors_are_groups() -> None:
    mixed_up = Score(
        0.0, reason="low instead of high.", details={"expected": "high", "found": "low"}
    )
    unclear = Score(0.0, details={"expected": "high", "found": None})
    error = Score(None, "error", "timed_out")
    scores = [mixed_up, mixed_up, unclear, unclear, error, error]
    groups = failure_groups([answered(n, f"{n}", score) for n, score in enumerate(scores)])
    assert {
        Feature("label", "high", "low"),
        Feature("label", "high", ""),
        Feature("error", "", "timed_out"),
    } <= set(features(groups))


def test_answers_that_are_alike_have_the_first_as_their_example() -> None:
    same = "申し訳ございませんが、その質問にはお答えできません。"
    failed = [answered(1, same), answered(2, same + "！"), answered(3, "注文は明日届きます")]
    failed.append(answered(4, "a different thing"))
    groups = failure_groups(failed)
    assert FailureGroup(Feature("similar_answers", "", same), ("c1", "c2"), 2) in groups


def test_the_most_surprising_group_is_first_and_single_failures_are_none() -> None:
    failed = [answered(n, f"answer {n} is long enough", month=m) for n, m in enumerate("11123")]
    others = [answered(n, "other", RIGHT, month="123"[n % 3]) for n in range(5, 14)]
    groups = [group for group in failure_groups(failed, others) if group.feature.kind == "column"]
    assert features(groups) == [Feature("column", "month", "1")]


def test_a_case_that_failed_once_of_two_times_is_one_case() -> None:
    failed = [answered(n, "x", month="1") for n in (1, 2)]
    others = [answered(n, "x", RIGHT, month="1") for n in (1, 3)]
    others += [answered(n, "x", RIGHT, month="2") for n in (4, 5)]
    (group,) = (g for g in failure_groups(failed, others) if g.feature.kind == "column")
    assert (group.case_ids, group.of) == (("c1", "c2"), 3)


def test_columns_that_differ_in_each_case_tell_nothing() -> None:
    answers = [answered(n, "", id=str(n), month=str(n % 2), same="x") for n in range(10)]
    assert telling_columns(answers) == ["month"]


@given(
    st.lists(st.text(st.characters() | st.sampled_from("\ud800\0あa"), max_size=20), max_size=12)
)
@settings(deadline=None)
def test_every_text_with_letters_is_in_exactly_one_cluster(texts: list[str]) -> None:
    ids = [id for cluster in clusters(list(enumerate_texts(texts))) for id in cluster]
    assert sorted(ids) == sorted(str(n) for n, text in enumerate(texts) if "".join(text.split()))
    failed = [answered(n, text, reference=text[::-1], a=text[:1]) for n, text in enumerate(texts)]
    for group in failure_groups(failed):
        assert 2 <= len(group.case_ids) <= group.of


def enumerate_texts(texts: list[str]) -> list[tuple[str, str]]:
    return [(str(number), text) for number, text in enumerate(texts)]
