from __future__ import annotations

from typing import Any

import pytest

from core.errors import InvalidInput
from core.evaluation.metrics import registry
from core.evaluation.metrics.metric import Language
from core.records.metrics import MetricSpec, Sample

JAPANESE = {"reference": "明日届きます"}
ENGLISH = {"reference": "It arrives tomorrow"}


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("blue", {}, "There is no metric blue. There are: exact_match, "),
        ("bleu", {"tok": "char"}, "bleu has no option tok. It has: tokenizer, "),
        ("json_valid", {"x": 1}, "json_valid has no option x. It has: fence."),
        ("bleu", {"tokenizer": "intl"}, "tokenizer must be auto, 13a, char, mixed, mecab, not"),
        ("exact_match", {"nfkc": "perhaps"}, "nfkc must be true or false, not 'perhaps'"),
        ("max_characters", {}, "max_characters needs the option limit."),
        ("max_characters", {"limit": "many"}, "limit must be a number, not 'many'"),
        ("max_characters", {"limit": float("nan")}, "limit must be a number, not nan"),
        ("max_characters", {"limit": True}, "limit must be a number, not True"),
        ("max_characters", {"limit": -1}, "limit must be 0 or more, not -1"),
        ("label_accuracy", {"labels": [1]}, "labels must be a list of texts, not [1]"),
        ("regex", {"pattern": ""}, "pattern must be a text, not ''"),
        ("regex", {"pattern": "(a"}, "The pattern (a cannot be used: error: unclosed group."),
        ("regex", {"pattern": r"(a)\1"}, "back-references"),
        ("json_schema", {"schema": "{"}, "not valid JSON: line 1, column 2"),
        ("json_schema", {"schema": " "}, "json_schema needs the option schema."),
        ("json_schema", {"schema": '{"$ref": "http://x"}'}, "outside of it"),
    ],
)
def test_a_wrong_choice_is_named(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        registry.make(MetricSpec(name, options))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "option", "text", "typed"),
    [
        ("exact_match", "ignore_case", "yes", True),
        ("max_characters", "limit", "120", 120.0),
        ("label_accuracy", "labels", "低、中, 高", ("低", "中", "高")),
        ("rouge_l", "measure", "recall", "recall"),
    ],
)
def test_the_command_line_gives_texts_for_every_type(
    name: str, option: str, text: str, typed: object
) -> None:
    chosen = registry.definition(name)
    assert registry.option_values(chosen, {option: text})[option] == typed


@pytest.mark.parametrize(
    ("name", "options", "language", "signature"),
    [
        ("rouge_l", {}, "ja", "rouge_l|v1|nfkc|lower|tok:char|f"),
        ("rouge_l", {}, "en", "rouge_l|v1|nfkc|lower|tok:words|f"),
        ("rouge_l", {}, "auto", "rouge_l|v1|nfkc|lower|tok:mixed|f"),
        ("rouge_l", {"nfkc": False, "measure": "recall"}, "ja", "rouge_l|v1|lower|tok:char|r"),
        ("exact_match", {"ignore_case": True}, "ja", "exact_match|v1|nfkc|casefold|trim"),
        ("exact_match", {"nfkc": False, "trim": False}, "ja", "exact_match|v1|raw"),
        ("exact_match", {"reference": "priority"}, "ja", "exact_match|v1|nfkc|trim|ref:priority"),
    ],
)
def test_what_changes_a_value_is_in_the_signature(
    name: str, options: dict[str, Any], language: Language, signature: str
) -> None:
    assert registry.make(MetricSpec(name, options), language=language).info.signature == signature


# A value for each option that is not its default; what the metric needs besides.
OTHER: dict[str, Any] = {
    "tokenizer": "mecab", "measure": "precision", "split": "newline", "whitespace": True,
    "nfkc": False, "ignore_case": True, "ignore_space": True, "ignore_punctuation": True,
    "trim": False, "reference": "priority", "texts": ["a", "b"], "match": "any", "pattern": "b",
    "labels": ["a", "b"], "field": "label", "tolerance": 0.1, "year": True, "fence": True,
    "schema": "{}", "limit": 5, "language": "ko", "use_strict_string_match": True,
    "tool_name": "b",
}  # fmt: skip
NEEDED: dict[str, dict[str, Any]] = {
    "regex": {"pattern": "a"},
    "json_schema": {"schema": '{"type": "null"}'},
    "trajectory_single_tool_use": {"tool_name": "a"},
    "match": {"texts": ["a", "b"]},
    "max_characters": {"limit": 3},
    "min_characters": {"limit": 3},
    "max_sentences": {"limit": 3},
    "min_sentences": {"limit": 3},
}
OPTIONS = [
    (name, option.name) for name in registry.names() for option in registry.definition(name).options
]


@pytest.mark.parametrize(("name", "option"), OPTIONS)
def test_every_option_is_in_the_signature(name: str, option: str) -> None:
    usual = NEEDED.get(name, {}) | NEEDED.get(option, {})
    one = registry.make(MetricSpec(name, usual)).info.signature
    other = registry.make(MetricSpec(name, usual | {option: OTHER[option]})).info.signature
    assert one != other


def test_the_language_is_that_of_all_cases_and_not_of_one() -> None:
    spec = MetricSpec("rouge_l")
    cases = [JAPANESE, JAPANESE, ENGLISH]
    metric = registry.make_for_cases(spec, cases)
    assert "tok:char" in metric.info.signature
    # The English case is scored with the same tokens as the Japanese ones.
    partial = metric.score(Sample("1", "It arrives tomorrox", ENGLISH)).value
    assert partial is not None and partial > 0.9
    assert "tok:words" in registry.make_for_cases(spec, [ENGLISH]).info.signature
    assert "tok:mixed" in registry.make_for_cases(spec, [JAPANESE, ENGLISH, ENGLISH]).info.signature
    asked = registry.make_for_cases(spec, [ENGLISH], language="ja")
    assert "tok:char" in asked.info.signature


def test_labels_are_those_that_the_cases_expect() -> None:
    cases = [{"reference": label} for label in ("high", "low", "High ")]
    metric = registry.make_for_cases(MetricSpec("label_accuracy"), cases)
    found = metric.score(Sample("1", "I think this is high.", {"reference": "high"}))
    assert (found.value, found.details["how"]) == (1.0, "mention")
    named = registry.make(MetricSpec("label_accuracy", {"labels": ["high", "low"]}))
    assert metric.info.signature == named.info.signature


def test_what_a_metric_needs_follows_its_options() -> None:
    assert registry.make(MetricSpec("exact_match")).info.needs == {"reference"}
    priority = registry.make(MetricSpec("exact_match", {"reference": "priority"}))
    assert priority.info.needs == {"priority"}
    assert registry.make(MetricSpec("contains", {"texts": ["a"]})).info.needs == frozenset()


def test_what_it_took_is_lower_better_and_null_when_unknown() -> None:
    metric = registry.make(MetricSpec("cost_usd"))
    assert (metric.info.direction, metric.info.high) == ("lower", None)
    assert metric.score(Sample("1", "a", cost_usd=0.002)).value == 0.002
    assert metric.score(Sample("1", "a")).value is None


def test_function_calls_count_before_the_text() -> None:
    reference = {
        "reference": '{"tool_calls": [{"name": "weather", "arguments": {"city": "東京"}}]}'
    }
    sample = Sample("1", "", reference, ({"name": "weather", "args": {"city": "東京"}},))
    assert registry.make(MetricSpec("tool_parameter_kv_match")).score(sample).value == 1


def test_arguments_nested_without_end_are_not_equal_and_do_no_harm() -> None:
    deep = "[" * 700 + "]" * 700
    call = f'{{"tool_calls": [{{"name": "a", "arguments": {{"x": {deep}}}}}]}}'
    sample = Sample("1", call, {"reference": call})
    assert registry.make(MetricSpec("tool_parameter_kv_match")).score(sample).value == 0


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("1" + ",234" * 30_000 + "5", id="groups of digits without end"),
        pytest.param("9" * 300_000, id="digits without end"),
        pytest.param("十" * 300_000, id="kanji without end"),
        pytest.param(" ".join(map(str, range(20_000))), id="many numbers"),
        pytest.param("2026-11-" * 30_000, id="dates that do not end"),
        pytest.param("高い。" * 50_000, id="a label again and again"),
        pytest.param("[" * 100_000, id="brackets"),
        pytest.param("```json\n" * 20_000, id="fences"),
        pytest.param("a.b. " * 50_000, id="sentences"),
    ],
)
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("number_agreement", {}),
        ("date_agreement", {}),
        ("label_accuracy", {"labels": ["高", "高い"]}),
        ("json_valid", {"fence": True}),
        ("answer_language", {}),
        ("max_sentences", {"limit": 3}),
        ("regex", {"pattern": r"(a+)+b\s*$"}),
        ("chrf", {}),
        ("rouge_l", {}),
        ("rouge_lsum", {}),
    ],
)
def test_no_text_takes_forever(name: str, options: dict[str, Any], text: str) -> None:
    # Minutes, if any part took quadratic time; the test's own limit would end it.
    metric = registry.make(MetricSpec(name, options))
    score = metric.score(Sample("1", text[:-1] + "x", {"reference": text}))
    assert score.status in ("ok", "not_applicable", "error")


@pytest.mark.parametrize("name", ["chrf", "rouge_l", "bleu"])
def test_texts_longer_than_any_answer_are_an_error_and_not_a_zero(name: str) -> None:
    sample = Sample("1", "a" * 500_001, {"reference": "a"})
    score = registry.make(MetricSpec(name)).score(sample)
    assert (score.value, score.status) == (None, "error")
    assert "more than 500,000 characters" in score.reason
