"""What holds for every text there is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.evaluation.metrics import registry
from core.evaluation.metrics.metric import LANGUAGES, Language
from core.records.metrics import MetricSpec, Sample

# What cannot be made with its defaults, or says little with them.
NEEDED: dict[str, dict[str, object]] = {
    "regex": {"pattern": r"\d+|あ"},
    "json_schema": {"schema": '{"type": "object"}'},
    "trajectory_single_tool_use": {"tool_name": "a"},
    "contains": {"texts": ["a", "あ"]},
    "label_accuracy": {"labels": ["a", "あ", "high"]},
    "max_characters": {"limit": 3},
    "min_characters": {"limit": 3},
    "max_sentences": {"limit": 3},
    "min_sentences": {"limit": 3},
}
SIMILARITIES = ("exact_match", "chrf", "rouge_1", "rouge_2", "rouge_l", "rouge_lsum", "bleu")

# Lone surrogates, NUL, digits of every script, JSON, dates, half and full width.
ANY = st.text(
    st.characters() | st.sampled_from("\ud800\udfff\0\n aA1.,。、あｱＡ１１年月日十万〇[]{}\"'-/")
)
TEXTS = ANY | st.from_regex(r"[0-9一-三年月日/.,:\-万億 ]{0,30}", fullmatch=True)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SIMILARITIES)
@given(text=ANY.filter(bool))
@settings(max_examples=60, deadline=None)
def test_identical_texts_are_one(name: str, language: Language, text: str) -> None:
    metric = registry.make(MetricSpec(name), language=language)
    assert metric.score(Sample("1", text, {"reference": text})).value == 1


@given(text=ANY.filter(bool))
@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("name", ["rouge_l", "bleu"])
def test_identical_texts_are_one_for_mecab_too(name: str, text: str) -> None:
    metric = registry.make(MetricSpec(name, {"tokenizer": "mecab"}))
    assert metric.score(Sample("1", text, {"reference": text})).value == 1


@pytest.mark.parametrize("name", registry.names())
@given(answer=TEXTS, expected=TEXTS)
@settings(max_examples=80, deadline=None)
def test_no_text_crashes_a_metric_or_leaves_its_range(
    name: str, answer: str, expected: str
) -> None:
    metric = registry.make(MetricSpec(name, NEEDED.get(name, {})))
    fields = {"reference": expected, "reference_trajectory": expected}
    sample = Sample("1", answer, fields, total_ms=1.0, first_token_ms=0.5, cost_usd=0.0)
    score = metric.score(sample)
    if score.status == "ok":
        assert score.value is not None
        assert metric.info.low is None or metric.info.low <= score.value
        assert metric.info.high is None or score.value <= metric.info.high
    else:
        assert score.value is None
        assert score.reason
    assert metric.score(sample) == score, "the same sample, another score"


@given(answer=TEXTS, expected=TEXTS)
@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("name", ["rouge_1", "rouge_2", "rouge_l", "rouge_lsum"])
def test_recall_is_precision_seen_from_the_other_side(
    name: str, answer: str, expected: str
) -> None:
    recall = registry.make(MetricSpec(name, {"measure": "recall"}))
    precision = registry.make(MetricSpec(name, {"measure": "precision"}))
    one = recall.score(Sample("1", answer, {"reference": expected})).value
    other = precision.score(Sample("1", expected, {"reference": answer})).value
    assert one is not None and other is not None
    # Unions of subsequences depend on which side is cut into them.
    if name != "rouge_lsum":
        assert one == pytest.approx(other)


@pytest.mark.parametrize("language", LANGUAGES)
@given(one=st.text("aｂ 。、あアｱ１\n", min_size=1), other=st.text("ab 。、あア1\n", min_size=1))
@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("name", ["chrf", "rouge_l", "bleu"])
def test_width_makes_no_difference(name: str, language: Language, one: str, other: str) -> None:
    metric = registry.make(MetricSpec(name), language=language)
    wide = one.translate({ord("a"): "ａ", ord("ア"): "ｱ"})
    first = metric.score(Sample("1", one, {"reference": other}))
    assert metric.score(Sample("1", wide, {"reference": other})) == first
