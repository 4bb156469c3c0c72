"""Metrics that a model judges: a rubric with the settings of its judge. Pure.

The asynchronous variant of a metric: `core.evaluation.judge.Judge` scores with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from core.errors import InvalidInput
from core.evaluation.rubrics import scale_values
from core.records.metrics import MetricInfo
from core.records.rubrics import Rubric

JudgeLanguage = Literal["same", "ja", "en"]
JUDGE_LANGUAGES: tuple[JudgeLanguage, ...] = ("same", "ja", "en")
MOST_SAMPLES = 32


@dataclass(frozen=True, slots=True)
class JudgeSettings:
    """Who judges (`surface:model`), in which language, how often and how warm.

    `samples` asks so many times: ratings of three steps and more are averaged, two-step ratings
    and winners are put to the vote, where a draw goes to the worse step, or to the tie.
    `guidelines` are extra wishes for the questions of an adaptive rubric.
    """

    judge: str
    language: JudgeLanguage = "same"
    samples: int = 1
    temperature: float | None = 0.0
    guidelines: str = ""


@dataclass(frozen=True, slots=True)
class ModelMetric:
    """A metric whose values a judge makes."""

    info: MetricInfo
    rubric: Rubric
    settings: JudgeSettings


def settings_from(options: Mapping[str, Any]) -> JudgeSettings:
    """Read the options of a `MetricSpec`. InvalidInput says which one will not do."""
    judge = str(options.get("judge") or "")
    if not all(judge.partition(":")):
        raise InvalidInput("Choose a judge: a connection and a model, as in gemini:gemini-2.5-pro.")
    language = options.get("language", "same")
    if language not in JUDGE_LANGUAGES:
        raise InvalidInput(
            "A judge is addressed in one of {languages}, not in {language}.",
            languages=", ".join(JUDGE_LANGUAGES), language=language,
        )  # fmt: skip
    samples, temperature = options.get("samples", 1), options.get("temperature", 0.0)
    if type(samples) is not int or not 1 <= samples <= MOST_SAMPLES:
        raise InvalidInput(
            "A judge can be asked 1 to {most} times, not {samples}.",
            most=MOST_SAMPLES, samples=samples,
        )  # fmt: skip
    if temperature is not None:
        if isinstance(temperature, bool) or not isinstance(temperature, int | float) \
                or not 0 <= temperature <= 2:  # fmt: skip
            raise InvalidInput(
                "The temperature of a judge is a number from 0 to 2, not {temperature}.",
                temperature=temperature,
            )
        temperature = float(temperature)
    guidelines = str(options.get("guidelines") or "")
    return JudgeSettings(judge, language, samples, temperature, guidelines)


def model_metric(rubric: Rubric, settings: JudgeSettings) -> ModelMetric:
    """The metric; its signature names all that could change a value."""
    values = scale_values(rubric)
    adaptive = rubric.kind == "adaptive"
    share = adaptive or set(values) == {0, 1}
    info = MetricInfo(
        name=rubric.name,
        signature=signature(rubric, settings),
        direction=rubric.direction,
        scale="share" if share else "rating",
        low=0.0 if adaptive else float(min(values)),
        high=1.0 if adaptive else float(max(values)),
        needs=frozenset(rubric.inputs),
    )
    return ModelMetric(info, rubric, settings)


def signature(rubric: Rubric, settings: JudgeSettings) -> str:
    """As in `coherence|rubric:1.9f86d0818884|judge:sandbox:m|lang:same|k:1|temp:0.0`."""
    parts = [
        rubric.name,
        f"rubric:{rubric.version}.{rubric.sha256[:12]}",
        f"judge:{settings.judge}",
        f"lang:{settings.language}",
        f"k:{settings.samples}",
        f"temp:{'default' if settings.temperature is None else settings.temperature}",
    ]
    if settings.guidelines:
        digest = hashlib.sha256(settings.guidelines.encode("utf-8", "surrogatepass")).hexdigest()
        parts.append(f"guidelines:#{digest[:12]}")
    return "|".join(parts)


def self_preference(judge: str, candidates: Sequence[str]) -> tuple[str, ...]:
    """Candidates' models that are the judge itself: its verdicts on them need a warning.

    The connection does not matter, nor a trailing version such as `-001` or `-latest`.
    """
    return tuple(dict.fromkeys(one for one in candidates if _same_model(judge, one)))


def _same_model(judge: str, candidate: str) -> bool:
    return _bare(judge) == _bare(candidate) != ""


def _bare(model: str) -> str:
    name = model.rpartition(":")[2].rpartition("/")[2]
    head, dash, tail = name.rpartition("-")
    return head if dash and (tail == "latest" or (tail.isdigit() and len(tail) == 3)) else name
