"""Cases as the SDK of the evaluation service takes them, and its results as scores by id."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from core.evaluation.metrics import reasons
from core.records.datasets import REFERENCE, Case
from core.records.evaluations import Response
from core.records.metrics import Score

if TYPE_CHECKING:
    from agentplatform import types


def eval_case(key: str, answer: Response, case: Case) -> types.EvalCase:
    """A case as the SDK takes it. It does not send a system instruction, so the prompt holds it."""
    from agentplatform import types
    from google.genai.types import Content, Part

    def content(text: str) -> Content:
        return Content(parts=[Part(text=text)])

    fields = case.fields
    asked = [fields[name] for name in ("instruction", "prompt") if fields.get(name)]
    values: dict[str, Any] = {
        "eval_case_id": key,
        "prompt": content("\n\n".join(asked)),
        "responses": [types.ResponseCandidate(response=content(answer.text))],
    }
    if fields.get(REFERENCE):
        values["reference"] = types.ResponseCandidate(response=content(fields[REFERENCE]))
    if fields.get("context"):
        values["context"] = content(fields["context"])
    return types.EvalCase(**values)


def scores_by_id(
    result: types.EvaluationResult, metric: str, sent: Iterable[str]
) -> dict[str, Score]:
    """The score of each id that was sent; one that did not come back is an error."""
    cases = [case for one in result.evaluation_dataset or () for case in one.eval_cases or ()]
    found: dict[str, Score] = {}
    for one in result.eval_case_results or ():
        place = one.eval_case_index
        key = cases[place].eval_case_id if place is not None and place < len(cases) else None
        for candidate in one.response_candidate_results or ():
            scored = (candidate.metric_results or {}).get(metric)
            if key is not None and scored is not None:
                found[key] = _score(scored)
    silent = Score(None, "error", reasons.SERVICE_SILENT)
    return {key: found.get(key, silent) for key in sent}


def _score(result: types.EvalCaseMetricResult) -> Score:
    verdicts = [_verdict(one) for one in result.rubric_verdicts or ()]
    details = {"questions": verdicts} if verdicts else {}
    reason = result.explanation or " / ".join(
        one["reason"] for one in verdicts if one["verdict"] is False and one["reason"]
    )
    if result.error_message or result.score is None or not math.isfinite(result.score):
        words = result.error_message or reasons.SERVICE_NO_NUMBER
        return Score(None, "error", words, details)
    return Score(float(result.score), "ok", reason, details)


def _verdict(verdict: Any) -> dict[str, Any]:
    rubric = verdict.evaluated_rubric
    content = rubric.content.property if rubric is not None and rubric.content else None
    return {
        "id": (rubric.rubric_id if rubric is not None else None) or "",
        "text": (content.description if content is not None else None) or "",
        "verdict": verdict.verdict,
        "reason": verdict.reasoning or "",
    }
