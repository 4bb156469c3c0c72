from __future__ import annotations

import pytest

from core.evaluation.results import Contrast
from core.evaluation.sentences import amount, cases_to_label, sentences
from core.evaluation.words import without_common_words


def contrast(verdict: str, **fields: object) -> Contrast:
    values = {"difference": 0.44, "low": 0.22, "high": 0.61, "n": 50, "better": 31, "worse": 9,
              "same": 10, **fields}  # fmt: skip
    return Contrast("a", "b", "exact_match", "sig", verdict, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(
            contrast("better"),
            "B is better than A in 31 of 50 cases, worse in 9; unlikely to be luck "
            "(95 %: +22 to +61 points).",
            id="won",
        ),
        pytest.param(
            contrast("worse", better=9, worse=31, low=-0.61, high=-0.22),
            "B is worse than A in 31 of 50 cases, better in 9; unlikely to be luck "
            "(95 %: -61 to -22 points).",
            id="lost",
        ),
        pytest.param(
            contrast("not_shown", low=-0.02, high=0.3, better=5, worse=3, needed=None),
            "B and A are not shown to be different: B is better in 5 of 50 cases, worse in 3 "
            "(95 %: -2 to +30 points).",
            id="not shown",
        ),
        pytest.param(
            contrast("not_shown", low=-0.004, high=0.3, better=5, worse=3, needed=180),
            "B and A are not shown to be different: B is better in 5 of 50 cases, worse in 3 "
            "(95 %: 0 to +30 points). Not enough data to tell a difference of this size from "
            "luck: label about 130 more cases.",
            id="label more",
        ),
        pytest.param(
            contrast("not_enough_data", low=None, high=None, n=1),
            "Not enough data to compare B with A: they share 1 scored cases.",
            id="too few",
        ),
        pytest.param(
            contrast("not_shown", difference=0.0, low=None, high=None, better=0, worse=0),
            "B and A have the same value in each of 50 cases. Nothing varies, so there is no "
            "interval.",
            id="all the same",
        ),
        pytest.param(
            contrast("not_shown", difference=0.25, low=None, high=None, better=50, worse=0),
            "B differs from A by +25 in each of 50 cases. Nothing varies, so there is no "
            "interval, and neither is called better.",
            id="all apart by the same",
        ),
        pytest.param(
            contrast("incomplete"),
            "Incomplete because of the service: 7 errors. B can neither win nor lose against A "
            "until the failed rows are asked again.",
            id="incomplete",
        ),
    ],
)
def test_what_a_comparison_says(found: Contrast, expected: str) -> None:
    said = sentences(found, "A", "B", "share", errors=7)
    assert " ".join(one.words(str) for one in said) == expected


def test_a_rating_is_told_in_its_own_unit() -> None:
    (said,) = sentences(contrast("better", low=0.125, high=1.5), "A", "B", "rating")
    assert said.words(str).endswith("(95 %: +0.12 to +1.50).")


@pytest.mark.parametrize(
    ("value", "scale", "expected"),
    [(0.004, "share", "0"), (-0.004, "share", "0"), (1.0, "share", "+100"),
     (-12.3456, "number", "-12.3"), (0.0, "number", "0"), (None, "share", "–")],
)  # fmt: skip
def test_amounts_keep_their_sign(value, scale, expected: str) -> None:  # type: ignore[no-untyped-def]
    assert amount(value, scale) == expected


@pytest.mark.parametrize(
    ("needed", "expected"),
    [pytest.param(60, 10, id="ten more"), pytest.param(50, None, id="enough, and still not shown"),
     pytest.param(5_000, None, id="nobody labels that many"), pytest.param(None, None, id="never")],
)  # fmt: skip
def test_how_many_more_cases_to_label(needed: int | None, expected: int | None) -> None:
    assert cases_to_label(contrast("not_shown", needed=needed)) == expected


@pytest.mark.parametrize(
    ("titles", "brief"),
    [
        (["Triage v3 · flash-2", "Triage v3 · flash-1"], ["flash-2", "flash-1"]),
        (["Triage v2 · flash-2", "Triage v3 · flash-2"], ["v2 · flash-2", "v3 · flash-2"]),
        (["one", "two"], ["one", "two"]),
        (["Triage", "Triage v2"], ["Triage", "Triage v2"]),
        (["alone v1 · flash"], ["alone v1 · flash"]),
        (["same", "same"], ["same", "same"]),
    ],
)
def test_candidates_are_called_by_what_tells_them_apart(
    titles: list[str], brief: list[str]
) -> None:
    assert without_common_words(titles) == brief
