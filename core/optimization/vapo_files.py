"""The result files of the managed optimizer, written and read.

`templates.json` (step, prompt, metrics), `eval_results.json` (a table of rows per template),
`optimized_results.json` (the best one) and, when it went wrong, `error.json`. A file that is being
written is read as nothing, not as an error. Pure: texts in, texts out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from core.errors import InvalidInput
from core.optimization.ledger import Ledger
from core.optimization.parts import unmasked
from core.records.datasets import REFERENCE, Case
from core.records.optimizations import Measurement, Optimization, Template

TEMPLATES = "templates.json"
EVAL_RESULTS = "eval_results.json"
OPTIMIZED = "optimized_results.json"
ERROR = "error.json"
CONFIG = "config.json"
VERDICT = "verdict.json"
COMPOSITE = "composite_metric"
STORED_CALL = "store('answer', llm())"


class ReadTemplate(NamedTuple):
    """A line of `templates.json`. `metrics` are means, by name without `/mean`."""

    step: int
    prompt: str
    metrics: Mapping[str, float]
    demonstrations: str = ""


class Run(NamedTuple):
    """What a folder of result files says. `empty` is a run that ended and left nothing."""

    templates: tuple[ReadTemplate, ...]
    rows: tuple[Sequence[Mapping[str, Any]], ...]
    optimized: Mapping[str, Any] | None
    error: str

    @property
    def empty(self) -> bool:
        """Whether there is no template at all."""
        return not self.templates and self.optimized is None


# -- writing --


def scored_templates(ledger: Ledger, origin: str | None = None) -> list[Template]:
    """Templates with a score; of one phase (`examples` or not) or of all."""
    found = [one for one in ledger.templates if one.score is not None]
    if origin is None:
        return found
    return [one for one in found if (one.origin == "examples") == (origin == "examples")]


def template_data(template: Template, frozen: Mapping[str, str]) -> dict[str, Any]:
    """A line of `templates.json`."""
    metrics = {f"{name}/mean": value for name, value in template.metrics.items()}
    if len(metrics) != 1 and template.score is not None:
        metrics = {f"{COMPOSITE}/mean": template.score, **metrics}
    data: dict[str, Any] = {
        "step": template.step,
        "prompt": unmasked(template.instruction, frozen),
        "metrics": metrics,
    }
    if template.demonstrations:
        data["demonstrations"] = [
            {"input": one.input, "output": one.output} for one in template.demonstrations
        ]
    return data


def table_of(
    cases: Mapping[str, Case], measured: Sequence[Measurement], metrics: Sequence[str]
) -> dict[str, Any]:
    """A line of `eval_results.json`: the rows as pandas writes a frame."""
    table: dict[str, dict[str, Any]] = {}
    first = [one for one in measured if one.repeat == 0]
    for number, one in enumerate(first):
        fields = dict(cases[one.case_id].fields)
        reference = fields.pop(REFERENCE, None)
        row: dict[str, Any] = {**fields, "response": one.response, "reference": reference}
        for name in metrics:
            row[f"{name}/score"] = one.metrics.get(name)
            row[f"{name}/explanation"] = one.explanation or one.error
        row["case_id"] = one.case_id
        for column, value in row.items():
            table.setdefault(column, {})[str(number)] = value
    return {"metrics_table": json.dumps(table, ensure_ascii=False)}


def result_files(
    optimization: Optimization,
    ledger: Ledger,
    cases: Mapping[str, Case],
    measured: Mapping[int, Sequence[Measurement]],
    origin: str | None = None,
) -> dict[str, Any]:
    """The three files as JSON data, by name."""
    draft = optimization.draft
    templates = scored_templates(ledger, origin)
    names = list(dict.fromkeys(one.metric.name for one in draft.metrics))
    best = next((one for one in templates if one.number == ledger.best), None) or max(
        templates, key=lambda one: one.score or 0.0, default=None
    )
    return {
        TEMPLATES: [template_data(one, draft.frozen) for one in templates],
        EVAL_RESULTS: [table_of(cases, measured.get(one.number, ()), names) for one in templates],
        OPTIMIZED: {} if best is None else template_data(best, draft.frozen),
    }


def verdict_data(optimization: Optimization, ledger: Ledger, prompt: str) -> dict[str, Any]:
    """`verdict.json`, which the managed service does not have: whether it is true."""
    found, best = ledger.verdict, ledger.best_template
    return {
        "verdict": found.verdict if found else None,
        "difference": found.difference if found else None,
        "low": found.low if found else None,
        "high": found.high if found else None,
        "test_cases": found.n if found else 0,
        "tuning_score": best.score if best else None,
        "calls": ledger.calls,
        "cost_usd": ledger.cost_usd,
        "stop_reason": ledger.stop,
        "prompt": prompt,
        "reason": found.reason if found else "",
        "needed": found.needed if found else None,
        "wins": found.wins if found else 0,
        "losses": found.losses if found else 0,
        "start_score": found.start_score if found else None,
        "best_score": found.best_score if found else None,
        "optimization_id": optimization.id,
        "simulated": optimization.draft.target_model.startswith("sandbox:"),
    }


def error_data(message: str, trace: str = "") -> dict[str, str]:
    """`error.json`."""
    return {"Error": message, "Stack trace": trace}


# -- reading --


def read_run(files: Mapping[str, bytes | str]) -> Run:
    """What the files of a folder say; each may be missing or half-written."""
    templates = _read_templates(_parsed(files.get(TEMPLATES)))
    rows = _read_tables(_parsed(files.get(EVAL_RESULTS)))
    if len(templates) == len(rows) + 1:
        # The managed service has no rows for the first template.
        rows = ((), *rows)
    optimized = _parsed(files.get(OPTIMIZED))
    error = _parsed(files.get(ERROR))
    return Run(
        templates,
        rows,
        optimized if isinstance(optimized, dict) and optimized else None,
        str(error.get("Error", "")) if isinstance(error, dict) else "",
    )


def shown_prompt(prompt: str) -> str:
    """The prompt as people read it."""
    return prompt.replace(f"{{{{{STORED_CALL}}}}}", "{{llm()}}").replace(STORED_CALL, "llm()")


def _parsed(data: bytes | str | None) -> Any:
    if data is None:
        return None
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _read_templates(data: Any) -> tuple[ReadTemplate, ...]:
    found = []
    for place, one in enumerate(data if isinstance(data, list) else ()):
        if not isinstance(one, dict):
            continue
        metrics = one.get("metrics")
        means = {
            name.removesuffix("/mean"): float(value)
            for name, value in (metrics.items() if isinstance(metrics, dict) else ())
            if isinstance(value, int | float) and not isinstance(value, bool)
        }
        shown = one.get("demonstrations", one.get("demo_set", ""))
        found.append(
            ReadTemplate(
                int(one.get("step", place)),
                shown_prompt(str(one.get("prompt", ""))),
                means,
                shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False),
            )
        )
    return tuple(found)


def _read_tables(data: Any) -> tuple[Sequence[Mapping[str, Any]], ...]:
    return tuple(
        _rows(_parsed(one.get("metrics_table")) if isinstance(one, dict) else None)
        for one in (data if isinstance(data, list) else ())
    )


def _rows(table: Any) -> list[dict[str, Any]]:
    if not isinstance(table, dict):
        return []
    numbers = dict.fromkeys(number for column in table.values() for number in column)
    return [{name: column.get(number) for name, column in table.items()} for number in numbers]


def best_of(templates: Sequence[ReadTemplate]) -> ReadTemplate:
    """The template with the highest score. InvalidInput when there is none."""
    if not templates:
        raise InvalidInput("The folder holds no template.")

    def score(one: ReadTemplate) -> float:
        return one.metrics.get(COMPOSITE, next(iter(one.metrics.values()), float("-inf")))

    return max(templates, key=score)
