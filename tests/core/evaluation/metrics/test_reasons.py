from __future__ import annotations

import pytest

from core.evaluation.metrics import registry
from core.evaluation.metrics.reasons import TEMPLATES, reason_words
from core.i18n import translator
from core.records.metrics import MetricSpec, Sample

JAPANESE = translator("ja")


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_reason_has_japanese_words(template: str) -> None:
    assert JAPANESE(template) != template


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("", ""),
        ("There is no clear label.", "はっきりしたラベルがありません。"),
        ("low instead of high.", "high ではなく low でした。"),
        ("Datasets instead of Errors.", "Errors ではなく Datasets でした。"),
        ("Missing: 1, 2.", "足りないもの: 1, 2。"),
        ("Missing: 1. Not expected: {3}.", "足りないもの: 1。期待されていないもの: {3}。"),
        (
            "reference cannot be read as calls. A call has no name.",
            "reference を呼び出しとして読み取れません。呼び出しに名前がありません。",
        ),
        ("The judge found it rude.", "The judge found it rude."),
    ],
)
def test_a_reason_is_said_in_japanese(reason: str, words: str) -> None:
    assert reason_words(reason, JAPANESE) == words


@pytest.mark.parametrize(
    ("name", "options", "response", "reference"),
    [
        ("exact_match", {}, "a", "b"),
        ("contains", {}, "a", "b"),
        ("not_contains", {"texts": "a"}, "a", ""),
        ("label_accuracy", {"labels": "low, high"}, "low", "high"),
        ("label_accuracy", {"labels": "low, high"}, "low", "medium"),
        ("number_agreement", {"measure": "fmeasure"}, "1", "2"),
        ("date_agreement", {}, "", "2026-11-25"),
        ("json_valid", {}, "{", ""),
        ("max_characters", {"limit": 1}, "ab", ""),
        ("min_sentences", {"limit": 2}, "ab", ""),
        ("answer_language", {"language": "ja"}, "Hello there", ""),
        ("tool_name_match", {}, '{"tool_calls": []}', '{"tool_calls": [{"name": "a"}]}'),
        ("trajectory_single_tool_use", {"tool_name": "a"}, "[]", ""),
        ("latency_ms", {}, "a", ""),
        ("trajectory_recall", {}, "a", ""),
    ],
)
def test_what_metrics_say_is_recognised(
    name: str, options: dict[str, object], response: str, reference: str
) -> None:
    metric = registry.make(MetricSpec(name, options))
    score = metric.score(Sample("1", response, {"reference": reference}))
    assert score.reason
    assert score.reason.isascii()
    assert not reason_words(score.reason, JAPANESE).isascii()
