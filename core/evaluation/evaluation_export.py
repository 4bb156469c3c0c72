"""An evaluation as a file: an answer a line, with its case and all its scores."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal, NamedTuple

from core.evaluation.results import Results
from core.prompts.run_export import defused
from core.records.evaluations import (
    AnswerKey,
    Battle,
    CaseDetail,
    Evaluation,
    Response,
    ScoredResponse,
)

EvaluationExport = Literal["csv", "jsonl"]
Chunks = Iterator[bytes]
Cell = str | int | float | None
TOGETHER = 500
SCORE_COLUMNS = ("status", "reason", "signature", "judge_requested", "judge_served")
"""What stands beside each value, under its name."""
NOT_SCORED = (None, *("" for _column in SCORE_COLUMNS))


class Line(NamedTuple):
    """One answer with the scores of its own; `names` tells the metrics' columns by signature."""

    evaluation: Evaluation
    detail: CaseDetail
    answer: Response
    scores: Mapping[str, ScoredResponse]


def lines(evaluation: Evaluation, details: Iterable[CaseDetail]) -> Iterator[Line]:
    """Every answer: by case, repeat and candidate, so that equal results make equal files."""
    place = {candidate.key: number for number, candidate in enumerate(evaluation.candidates)}
    for detail in details:
        scores: dict[tuple[str, int], dict[str, ScoredResponse]] = {}
        for one in detail.scores:
            scores.setdefault((one.candidate, one.repeat), {})[one.signature] = one
        order = sorted(detail.answers, key=lambda one: (one.repeat, place.get(one.candidate, 0)))
        for answer in order:
            mine = scores.get((answer.candidate, answer.repeat), {})
            yield Line(evaluation, detail, answer, mine)


class Marks(NamedTuple):
    """What a file needs beside the rows: `metrics` and `paired` are names by signature, `apart`
    the answers that another model gave than the rest, which no figure counts."""

    metrics: Mapping[str, str]
    paired: Mapping[str, str]
    apart: Mapping[AnswerKey, str]


def export_csv(
    evaluation: Evaluation, details: Iterable[CaseDetail], columns: Sequence[str], marks: Marks
) -> Chunks:
    """UTF-8 with a byte order mark, as Excel needs it; texts that look like formulas defused.

    `columns` are those of the dataset.
    """
    models = {candidate.key: candidate.model for candidate in evaluation.candidates}
    titles, pairs = _column_names(marks.metrics), _column_names(marks.paired)
    head = ["case_id", "candidate", "model", "served_model", "not_comparable", "repeat", "answer",
            "error", "problem"]  # fmt: skip
    for title in [*titles.values(), *pairs.values()]:
        head += [title, *(f"{title}.{name}" for name in SCORE_COLUMNS)]
    head += ["total_ms", "cost_usd", "output_tokens", "run_id"]
    head += [f"case.{column}" for column in columns]
    yield b"\xef\xbb\xbf" + _csv_lines([head])
    waiting: list[list[Cell]] = []
    for line in lines(evaluation, details):
        answer = line.answer
        row: list[Cell] = [answer.case_id, answer.candidate, models.get(answer.candidate, ""),
                           answer.served_model, marks.apart.get(answer.key, ""),
                           answer.repeat, answer.text, answer.error, answer.problem]  # fmt: skip
        for signature in titles:
            row += _score_cells(line.scores.get(signature))
        for signature in pairs:
            row += _battle_cells(line, signature)
        row += [answer.total_ms, answer.cost_usd, answer.output_tokens, answer.run_id]
        row += [line.detail.case.fields.get(column) for column in columns]
        waiting.append(row)
        if len(waiting) == TOGETHER:
            yield _csv_lines(waiting)
            waiting = []
    yield _csv_lines(waiting)


def _score_cells(scored: ScoredResponse | None) -> Sequence[Cell]:
    """A value with all that it was made by; nothing where nobody scored."""
    if scored is None:
        return NOT_SCORED
    score = scored.score
    return [score.value, score.status, score.reason, scored.signature, scored.judge_requested,
            scored.judge_served]  # fmt: skip


def _battle_cells(line: Line, signature: str) -> Sequence[Cell]:
    """The answer's pairs as "win c2; tie c3"; an error is a third outcome."""
    mine = [
        one
        for one in line.detail.battles
        if one.signature == signature
        and one.repeat == line.answer.repeat
        and line.answer.candidate in (one.a, one.b)
    ]
    if not mine:
        return NOT_SCORED
    said = [_seen_by(one, line.answer.candidate) for one in mine]
    return [
        "; ".join(said),
        "error" if any(one.result is None for one in mine) else "ok",
        "; ".join(one.reason for one in mine if one.reason),
        signature,
        "; ".join(sorted({one.judged_by for one in mine})),
        "; ".join(sorted({one.judge_served for one in mine if one.judge_served})),
    ]


def _seen_by(battle: Battle, candidate: str) -> str:
    other = battle.b if battle.a == candidate else battle.a
    if battle.result in (None, "tie"):
        return f"{battle.result or 'error'} {other}"
    won = (battle.result == "a") is (battle.a == candidate)
    return f"{'win' if won else 'loss'} {other}"


def _column_names(metrics: Mapping[str, str]) -> dict[str, str]:
    """A column's name for each signature: the metric's, or all of it when two share that."""
    names = list(metrics.values())
    return {
        signature: name if names.count(name) == 1 else signature
        for signature, name in metrics.items()
    }


def _csv_lines(rows: Iterable[Sequence[Cell]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(
        [defused(cell) if isinstance(cell, str) else cell for cell in row] for row in rows
    )
    return text.getvalue().encode("utf-8", "replace")


def export_jsonl(
    evaluation: Evaluation, details: Iterable[CaseDetail], apart: Mapping[AnswerKey, str]
) -> Chunks:
    """One answer a line with everything that is known of it, then the judged pairs."""
    models = {candidate.key: candidate.model for candidate in evaluation.candidates}
    for detail in details:
        of_case = [
            {
                **_answer_data(line),
                "requested_model": models.get(line.answer.candidate, ""),
                "not_comparable": line.answer.key in apart,
            }
            for line in lines(evaluation, [detail])
        ]
        of_case += [_battle_data(battle) for battle in detail.battles]
        text = "".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in of_case)
        yield text.encode("utf-8", "replace")


def _answer_data(line: Line) -> dict[str, Any]:
    data = asdict(line.answer)
    del data["request_sha256"], data["sample_sha256"]
    data["case"] = dict(line.detail.case.fields)
    data["scores"] = [
        {
            "metric": one.metric,
            "signature": one.signature,
            "judge_requested": one.judge_requested,
            "judge_served": one.judge_served,
            **asdict(one.score),
        }
        for one in line.scores.values()
    ]
    return data


def _battle_data(battle: Battle) -> dict[str, Any]:
    return {"battle": asdict(battle)}


def results_data(found: Results, sentences: Callable[[Any], str] | None = None) -> dict[str, Any]:
    """The stable JSON of `python -m core evaluate`."""
    candidates = []
    for candidate in found.evaluation.candidates:
        metrics: dict[str, Any] = {}
        for one in found.figures:
            if one.candidate == candidate.key:
                interval = one.interval
                metrics[one.metric] = {
                    "value": interval.value if interval else None,
                    "low": finite(interval.low) if interval else None,
                    "high": finite(interval.high) if interval else None,
                    "n": interval.n if interval else 0,
                    "errors": one.errors,
                    "signature": one.signature,
                }
        told = next((one for one in found.served if one.key == candidate.key), None)
        candidates.append({"candidate": candidate.title, "model": candidate.model,
                           "metrics": metrics, "served_model": told.main if told else None,
                           "comparable": told is None or not told.is_other,
                           "not_comparable": told.left_out if told else 0})  # fmt: skip
    titles = {one.key: one.title for one in found.evaluation.candidates}
    comparisons = [
        {
            "a": titles[one.a],
            "b": titles[one.b],
            "metric": one.metric,
            "difference": one.difference,
            "low": one.low,
            "high": one.high,
            "confidence": one.confidence,
            "verdict": one.verdict,
            "better": one.better,
            "worse": one.worse,
            "n": one.n,
            "errors": one.errors,
            "p_value": one.p_value,
            "p_adjusted": one.p_adjusted,
            "needed": one.needed,
            **({"sentence": sentences(one)} if sentences else {}),
        }
        for one in found.contrasts
    ]
    return {
        "evaluation_id": found.evaluation.id,
        "status": found.status,
        "cluster": found.cluster,
        "candidates": candidates,
        "comparisons": comparisons,
    }


def finite(value: float) -> float | None:
    """The bound, or None where an interval has no end: JSON knows no infinity."""
    return value if abs(value) != float("inf") else None
