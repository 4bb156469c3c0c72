"""Metrics that an administrator wrote in Python: files in a configured folder, never an upload.

A file `politeness.py` makes the metric `politeness`. It has a function
`evaluate(instance: dict) -> float | dict`, as in the evaluation service: the instance holds
`response`, `reference` and all other fields of the case as text; the result is a number from 0
to 1, or a dict with `score` and, if you like, `explanation` and more. Optional: a docstring
(the summary), `RANGE = (low, high)` and `DIRECTION = "higher" | "lower" | "zero"`.
"""

from __future__ import annotations

import hashlib
import math
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, get_args

from core.errors import InvalidInput
from core.evaluation.metrics import reasons
from core.evaluation.metrics.metric import Definition, Language, Measured, Metric, OptionValues
from core.evaluation.metrics.reasons import because
from core.evaluation.metrics.registry import DEFINITIONS
from core.records.metrics import Direction, Sample, Score

TIME_LIMIT_S = 10.0
# A thread cannot be stopped; a function that hangs again and again is not called any more.
MOST_HANGING = 3

Evaluate = Callable[[dict[str, Any]], object]


def load(folder: Path, *, time_limit_s: float = TIME_LIMIT_S) -> tuple[Definition, ...]:
    """The metrics in a folder, by name. InvalidInput names the file that cannot be used.

    Runs the files: the folder is the administrator's, like this program itself.
    """
    if not folder.is_dir():
        raise InvalidInput(
            "The folder of custom metrics {folder} does not exist. Make it, or correct "
            "evaluation.custom_metrics in the administrator's file.",
            folder=folder,
        )
    files = sorted(path for path in folder.glob("*.py") if not path.name.startswith("_"))
    return tuple(_definition(path, time_limit_s) for path in files)


def _definition(path: Path, time_limit_s: float) -> Definition:
    name = path.stem
    if not name.isidentifier() or name in DEFINITIONS:
        raise InvalidInput(
            "The custom metric {file} must be named like a Python name, and like no metric "
            "that exists. Rename the file.",
            file=path.name,
        )
    source = path.read_bytes()
    content = _run(path, source)
    evaluate = content.get("evaluate")
    limits = content.get("RANGE", (0.0, 1.0))
    direction = content.get("DIRECTION", "higher")
    if not callable(evaluate) or direction not in get_args(Direction) or not _is_range(limits):
        raise InvalidInput(
            "The custom metric {file} needs a function evaluate(instance). If they are there, "
            "DIRECTION is higher, lower or zero, and RANGE is a pair of numbers or None.",
            file=path.name,
        )
    low, high = limits
    summary = str(content.get("__doc__") or "").strip().partition("\n")[0]
    digest = hashlib.sha256(source).hexdigest()[:12]
    return Definition(
        name,
        summary or name,
        partial(_build, evaluate, digest, time_limit_s),
        direction=direction,
        scale="share" if (low, high) == (0.0, 1.0) else "number",
        low=low,
        high=high,
    )


def _is_range(limits: object) -> bool:
    return (
        isinstance(limits, tuple)
        and len(limits) == 2
        and all(limit is None or isinstance(limit, int | float) for limit in limits)
    )


def _run(path: Path, source: bytes) -> dict[str, Any]:
    content: dict[str, Any] = {"__name__": path.stem, "__file__": str(path)}
    try:
        exec(compile(source, str(path), "exec"), content)
    except Exception as error:
        raise InvalidInput(
            "The custom metric {file} cannot be loaded: {problem}. Correct the file.",
            file=path.name,
            problem=f"{type(error).__name__}: {error}",
        ) from error
    return content


def _build(
    evaluate: Evaluate,
    digest: str,
    time_limit_s: float,
    definition: Definition,
    values: OptionValues,
    language: Language,
) -> Metric:
    call = _Limited(evaluate, time_limit_s)
    info = definition.info(f"sha256:{digest}")
    return Measured(info, lambda sample: _score(call(_instance(sample)), info.low, info.high))


def _instance(sample: Sample) -> dict[str, Any]:
    return {
        **sample.fields,
        "id": sample.case_id,
        "response": sample.response,
        "function_calls": [dict(call) for call in sample.function_calls],
        "total_ms": sample.total_ms,
        "cost_usd": sample.cost_usd,
    }


class _Limited:
    """Calls a function in a thread of its own, for a limited time."""

    def __init__(self, evaluate: Evaluate, time_limit_s: float) -> None:
        self._evaluate = evaluate
        self._time_limit_s = time_limit_s
        self._hanging = 0

    def __call__(self, instance: dict[str, Any]) -> object:
        """What the function returns, or a Score that says why there is nothing."""
        if self._hanging >= MOST_HANGING:
            return _failed(reasons.GIVEN_UP)
        result: list[object] = []
        thread = threading.Thread(target=self._run, args=(instance, result), daemon=True)
        thread.start()
        thread.join(self._time_limit_s)
        if thread.is_alive():
            self._hanging += 1
            return _failed(because(reasons.TOO_SLOW, seconds=f"{self._time_limit_s:g}"))
        return result[0]

    def _run(self, instance: dict[str, Any], result: list[object]) -> None:
        try:
            result.append(self._evaluate(instance))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the function is anybody's
            result.append(_failed(f"{type(error).__name__}: {error}"))


def _failed(reason: str) -> Score:
    return Score(None, "error", reason)


def _score(result: object, low: float | None, high: float | None) -> Score:
    if isinstance(result, Score):
        return result
    value, reason, details = result, "", {}
    if isinstance(result, Mapping):
        value = result.get("score")
        reason = str(result.get("explanation") or "")
        details = {
            str(key): item
            for key, item in result.items()
            if key not in ("score", "explanation") and isinstance(item, str | int | float | bool)
        }
    if not isinstance(value, int | float) or not math.isfinite(value):
        return _failed(because(reasons.NO_NUMBER, value=f"{result!r:.80}"))
    if not (low is None or low <= value) or not (high is None or value <= high):
        return _failed(because(reasons.OUT_OF_RANGE, value=f"{value:g}", low=low, high=high))
    return Score(float(value), reason=reason, details=details)
