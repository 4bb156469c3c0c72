from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from core.evaluation.agreement import (
    base_rates,
    cohen_kappa,
    confusion,
    krippendorff_alpha,
    weighted_kappa,
)


def test_confusion_counts_every_pair_and_keeps_the_given_order() -> None:
    found = confusion(["high", "low", "low"], ["high", "high", "none"], ["low", "high"])
    assert found is not None
    assert found.labels == ("low", "high", "none")
    assert found.counts == ((0, 1, 1), (0, 1, 0), (0, 0, 0))


def test_base_rates_begin_with_the_most_frequent() -> None:
    assert list(base_rates(["b", "a", "a", "a"]).items()) == [("a", 0.75), ("b", 0.25)]


@pytest.mark.parametrize("seed", range(4))
def test_kappa_agrees_with_sklearn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first = rng.integers(1, 6, 80)
    second = np.where(rng.random(80) < 0.6, first, rng.integers(1, 6, 80))
    plain = cohen_kappa([str(i) for i in first], [str(i) for i in second])
    weighted = weighted_kappa(first.tolist(), second.tolist())
    assert plain is not None and weighted is not None
    assert plain.value == pytest.approx(cohen_kappa_score(first, second))
    assert plain.observed == pytest.approx(np.mean(first == second))
    assert weighted.value == pytest.approx(
        cohen_kappa_score(first, second, weights="quadratic", labels=range(1, 6))
    )


def test_kappa_of_a_label_that_is_always_given_says_nothing() -> None:
    found = cohen_kappa(["pass"] * 5, ["pass"] * 5)
    assert found is not None and found.value is None and found.observed == 1.0


def test_no_items_have_no_agreement() -> None:
    assert confusion([], []) is None
    assert cohen_kappa([], []) is None
    assert weighted_kappa([], []) is None
    assert krippendorff_alpha([], "nominal", seed=1) is None
    assert krippendorff_alpha([[1, None], [None, 2]], "nominal", seed=1) is None
    assert krippendorff_alpha([[1, 1], [1, 1]], "nominal", seed=1) is None


# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", example D: 4 raters, 12 items.
RATERS = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3),
    (None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None),
)


@pytest.mark.parametrize(
    ("level", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_alpha_is_the_published_one(level, published: float) -> None:  # type: ignore[no-untyped-def]
    found = krippendorff_alpha(list(zip(*RATERS, strict=True)), level, seed=1)
    assert found is not None
    assert found.value == pytest.approx(published, abs=5e-4)
    assert found.low < found.value < found.high
    assert found.n == 11


def test_the_same_seed_gives_the_same_interval() -> None:
    items = [["a", "b"], ["a", "a"], ["b", "b"], ["b", "a"], ["a", "a"], ["b", "b"]]
    assert krippendorff_alpha(items, "nominal", 3) == krippendorff_alpha(items, "nominal", 3)
