"""VAPO configurations, data and result files: what is read, what is reported, what comes back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from core.errors import InvalidInput
from core.optimization.ledger import read_ledger
from core.optimization.vapo_config import (
    KEYS,
    config_of,
    draft_of,
    local_problems,
    managed_config,
    read_config,
)
from core.optimization.vapo_data import check_rows, columns_of, read_rows
from core.optimization.vapo_files import (
    EVAL_RESULTS,
    OPTIMIZED,
    TEMPLATES,
    best_of,
    read_run,
    result_files,
    verdict_data,
)
from core.records.datasets import Case
from core.records.optimizations import Measurement, Optimization, OptimizationEvent

NOW = datetime(2026, 11, 25, tzinfo=UTC)
WHOLE: dict[str, Any] = {
    "project": "p", "system_instruction": "分類してください: {{rules}}",
    "prompt_template": "Question: {{question}}\nAnswer: {{target}}",
    "target_model": "gemini-2.5-flash", "target_model_location": "us-central1",
    "target_model_qps": 3.0, "thinking_budget": 0, "optimization_mode": "instruction_and_demo",
    "eval_metrics_types": ["rouge_l_sum", "coherence"], "eval_metrics_weights": [0.7, 0.3],
    "aggregation_type": "weighted_average", "custom_metric_name": "",
    "custom_metric_cloud_function_name": "", "input_data_path": "gs://b/data.jsonl",
    "output_path": "gs://b/out", "num_steps": 12, "num_template_eval_per_step": 4,
    "num_demo_set_candidates": 11, "demo_set_size": 4, "data_limit": 60, "source_model": "",
    "source_model_location": "us-central1", "source_model_qps": "",
    "optimizer_model": "gemini-2.5-pro", "optimizer_model_location": "us-central1",
    "optimizer_model_qps": 1, "eval_model": "gemini-2.5-pro", "eval_model_location": "global",
    "eval_qps": 3.0, "response_mime_type": "application/json",
    "response_schema": '{"type": "string"}', "language": "Japanese",
    "placeholder_to_content": {"rules": "緊急 or 低"}, "translation_source_field_name": "",
    "has_multimodal_inputs": False,
    "tools": '{"tools": [{"function_declarations": [{"name": "f", "description": "d"}]}]}',
    "tool_config": "",
}  # fmt: skip


def read(**changes: Any) -> Any:
    return read_config(json.dumps({**WHOLE, **changes}))


def test_a_whole_configuration_has_no_problem_and_becomes_a_draft() -> None:
    config = read()
    assert config.problems == () and config.unknown == ()
    draft = draft_of(config, title="t", dataset_version_id="v", default_surface="platform")
    assert draft.spec.system == "分類してください: {rules}"
    assert draft.spec.turns[0].text == "Question: {question}\nAnswer:"
    assert draft.target_model == "platform:gemini-2.5-flash"
    assert [(one.metric.name, one.weight) for one in draft.metrics] == [
        ("rouge_lsum", 0.7), ("coherence", 0.3),
    ]  # fmt: skip
    assert (draft.mode, draft.steps, draft.candidates_per_step) == ("instruction_and_demo", 12, 4)
    assert (draft.demo_candidates, draft.demo_set_size, draft.data_limit) == (11, 4, 60)
    assert draft.frozen == {"rules": "緊急 or 低"}
    assert draft.spec.parameters.thinking_budget == 0
    assert json.loads(draft.spec.functions) == [{"name": "f", "description": "d"}]
    assert draft.spec.response_schema == '{"type": "string"}'


def test_every_key_comes_back_in_an_export() -> None:
    draft = draft_of(read(), title="t", dataset_version_id="v", default_surface="platform")
    exported = config_of(draft)
    assert set(WHOLE) <= set(exported)
    assert {k: v for k, v in exported.items() if k in WHOLE} == {
        **WHOLE, "system_instruction": "分類してください: {rules}",
    }  # fmt: skip
    again = read_config(json.dumps(exported))
    assert again.problems == ()
    assert draft_of(again, title="t", dataset_version_id="v", default_surface="platform") == (
        replace(draft, vapo=again.values)
    )
    assert "max_calls" in exported and "max_calls" not in managed_config(draft)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"num_step": 3}, "num_step", id="a typo is not dropped"),
        pytest.param({"num_steps": "ten"}, "num_steps", id="a text for a number"),
        pytest.param({"num_steps": 1.5}, "num_steps", id="half a step"),
        pytest.param({"has_multimodal_inputs": "no"}, "true or false", id="a text for a toggle"),
        pytest.param({"eval_metrics_types": "bleu"}, "a list of texts", id="a text for a list"),
        pytest.param({"eval_metrics_weights": [1]}, "2 metrics and 1 weights", id="weights"),
        pytest.param({"placeholder_to_content": {"a": 1}}, "an object of texts", id="object"),
        pytest.param({"target_model": ""}, "target_model", id="nothing to optimize for"),
        pytest.param({"optimization_mode": "both"}, "instruction_and_demo", id="a strange mode"),
        pytest.param({"language": "ja"}, "Japanese", id="a language by its code"),
        pytest.param({"eval_metrics_types": ["custom_metric"] * 2}, "At most one", id="custom"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], words: str) -> None:
    problems = read(**changes).problems
    assert any(words in str(problem) for problem in problems)


def test_all_problems_are_named_at_once() -> None:
    problems = read(num_steps="x", strange=1, target_model="").problems
    assert len(problems) == 3


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '"x"'])
def test_what_is_no_configuration_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="The configuration"):
        read_config(text)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"eval_metrics_types": ["comet", "bleu"]}, id="a metric of the service"),
        pytest.param({"has_multimodal_inputs": True}, id="files"),
        pytest.param({"prompt_template": "{image} @@@image/jpeg"}, id="an image"),
        pytest.param({"eval_metrics_types": ["custom_metric", "bleu"]}, id="a custom metric"),
    ],
)
def test_what_the_local_engine_cannot_do_is_said(changes: dict[str, Any]) -> None:
    config = read(**changes)
    assert config.problems == ()
    assert len(local_problems(config)) == 1


def test_keys_are_those_of_the_service_and_ours() -> None:
    assert set(WHOLE) <= set(KEYS)


# -- data --


def test_the_ground_truth_is_the_target_column() -> None:
    [case] = read_rows(b'{"question": "q", "target": "a", "more": "m"}\n', "d.jsonl")
    assert case.fields == {"question": "q", "reference": "a", "more": "m"}
    assert columns_of([case]) == ("question", "reference", "more")


def test_an_empty_target_is_named_by_its_row() -> None:
    with pytest.raises(InvalidInput, match="row 3"):
        read_rows(b"question,target\nq1,a\nq2,\n", "d.csv")


def test_a_missing_column_is_named() -> None:
    cases = read_rows(b"frage,target\nq1,a\n", "d.csv")
    with pytest.raises(InvalidInput, match=r"\{question\}.*frage"):
        check_rows(read(), cases, columns_of(cases))


def test_a_row_without_a_value_is_named() -> None:
    cases = [Case("a", {"question": "x"}), Case("b", {"other": "x"})]
    with pytest.raises(InvalidInput, match="Row 2"):
        check_rows(read(), cases, columns_of(cases))


# -- files --


def event(number: int, kind: Any, **data: Any) -> OptimizationEvent:
    return OptimizationEvent(number, kind, {**data, "calls": number, "cost_usd": 0.0}, NOW)


def candidate(number: int, text: str, **more: Any) -> dict[str, Any]:
    return {"template": number, "step": number, "instruction": text, "demonstrations": [],
            "parent": None, "origin": "start", "quoted": 0, **more}  # fmt: skip


def raced(number: int, state: str, score: float) -> dict[str, Any]:
    return {"template": number, "state": state, "score": score, "low": None, "high": None,
            "scored": 2, "step": 1, "metrics": {"coherence": 1 + 4 * score}}  # fmt: skip


EVENTS = [
    event(0, "candidate", **candidate(0, "Say {rules}")),
    event(1, "headroom", noise=0.0, at_ceiling=False, **raced(0, "best", 0.5)),
    event(2, "candidate", **candidate(1, "Tell {rules}", parent=0, origin="reflection")),
    event(3, "candidate", **candidate(2, "never scored", parent=0, origin="reflection")),
    event(4, "race", **raced(1, "accepted", 0.75)),
    event(5, "race", **raced(1, "best", 0.75)),
    event(6, "step", step=1, best=1, of="instruction"),
    event(7, "stop", reason="steps", best=1),
    event(8, "verdict", verdict="better", difference=0.2, low=0.1, high=0.3, n=30, wins=9, ties=20,
          losses=1, needed=None, start_score=0.5, best_score=0.7, errors=0, reason="", looks=1),
]  # fmt: skip


def optimization() -> Optimization:
    draft = draft_of(
        read(eval_metrics_types=["coherence"], eval_metrics_weights=[1.0]),
        title="t", dataset_version_id="v", default_surface="platform",
    )  # fmt: skip
    return Optimization("o1", draft, NOW, "ada", title="t")


def files() -> dict[str, Any]:
    cases = {"a": Case("a", {"question": "q?", "reference": "r"})}
    rows = {
        number: [Measurement(number, "a", 0, f"answer {number}", 0.5, {"coherence": 3.0}, "why")]
        for number in (0, 1)
    }
    return result_files(optimization(), read_ledger(EVENTS), cases, rows)


def test_the_result_files_have_the_services_form() -> None:
    made = files()
    assert made[TEMPLATES] == [
        {"step": 0, "prompt": "Say 緊急 or 低", "metrics": {"coherence/mean": 3.0}},
        {"step": 1, "prompt": "Tell 緊急 or 低", "metrics": {"coherence/mean": 4.0}},
    ]
    assert made[OPTIMIZED] == made[TEMPLATES][1]
    assert json.loads(made[EVAL_RESULTS][1]["metrics_table"]) == {
        "question": {"0": "q?"}, "response": {"0": "answer 1"}, "reference": {"0": "r"},
        "coherence/score": {"0": 3.0}, "coherence/explanation": {"0": "why"},
        "case_id": {"0": "a"},
    }  # fmt: skip


def test_what_is_written_is_read_back() -> None:
    run = read_run({name: json.dumps(data) for name, data in files().items()})
    assert [one.prompt for one in run.templates] == ["Say 緊急 or 低", "Tell 緊急 or 低"]
    assert best_of(run.templates).step == 1
    assert run.rows[0] == [
        {"question": "q?", "response": "answer 0", "reference": "r", "coherence/score": 3.0,
         "coherence/explanation": "why", "case_id": "a"}
    ]  # fmt: skip
    assert not run.empty and run.error == ""


def test_a_half_written_file_is_nothing_yet() -> None:
    text = json.dumps(files()[TEMPLATES])
    for cut in range(len(text)):
        run = read_run({TEMPLATES: text[:cut]})
        assert run.templates == () and run.empty


def test_the_service_may_have_no_rows_for_the_first_template() -> None:
    made = files()
    run = read_run({TEMPLATES: json.dumps(made[TEMPLATES]),
                    EVAL_RESULTS: json.dumps(made[EVAL_RESULTS][1:])})  # fmt: skip
    assert [len(rows) for rows in run.rows] == [0, 1]


def test_stored_calls_and_demonstrations_are_shown_as_people_read_them() -> None:
    run = read_run(
        {TEMPLATES: json.dumps([
            {"step": 0, "prompt": "Answer: {{store('answer', llm())}}", "metrics": {},
             "demo_set": [{"input": "x"}]},
            "noise", {"step": 1, "prompt": "store('answer', llm())", "metrics": {"m/mean": True}},
        ])}
    )  # fmt: skip
    assert [one.prompt for one in run.templates] == ["Answer: {{llm()}}", "llm()"]
    assert run.templates[0].demonstrations == '[{"input": "x"}]'
    assert run.templates[1].metrics == {}


def test_an_error_file_is_told() -> None:
    run = read_run({"error.json": '{"Error": "no such model", "Stack trace": "..."}'})
    assert run.error == "no such model" and run.empty


def test_the_verdict_file_stands_beside_the_tuning_score() -> None:
    data = verdict_data(optimization(), read_ledger(EVENTS), "Tell it")
    assert {
        name: data[name] for name in ("verdict", "difference", "low", "high", "test_cases",
                                      "tuning_score", "stop_reason", "prompt")
    } == {"verdict": "better", "difference": 0.2, "low": 0.1, "high": 0.3, "test_cases": 30,
          "tuning_score": 0.75, "stop_reason": "steps", "prompt": "Tell it"}  # fmt: skip


def test_an_unfinished_ledger_reads_as_far_as_it_goes() -> None:
    for count in range(len(EVENTS) + 1):
        ledger = read_ledger(EVENTS[:count])
        assert (ledger.verdict is None) == (count < len(EVENTS))
    whole = read_ledger(EVENTS)
    assert [(point.template, point.score) for point in whole.points] == [(0, 0.5), (1, 0.75)]
    assert [one.state for one in whole.templates] == ["racing", "accepted", "racing"]
    assert [(one.mode, one.done, one.total) for one in whole.modes(10, 5, "instruction_and_demo")] \
        == [("instruction", 1, 10), ("demonstration", 0, 5)]  # fmt: skip


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "9" * 40])
def test_a_cap_that_is_no_number_is_named(number: str) -> None:
    config = read_config(f'{{"max_usd": {number}}}')
    assert any("max_usd" in str(problem) for problem in config.problems)


def test_a_cap_of_nothing_is_not_the_usual_one() -> None:
    config = read(max_usd=0)
    draft = draft_of(config, title="t", dataset_version_id="v", default_surface="platform")
    assert draft.max_usd == 0
