"""The metrics of an evaluation, made from their specs: computed, judged, judged in pairs, and
those of the platform's service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, cast

from core.errors import InvalidInput
from core.evaluation.managed import VERSIONS, managed_metric, version_of
from core.evaluation.metrics import registry
from core.evaluation.metrics.labels import labels_of
from core.evaluation.metrics.metric import Definition, Language, Metric
from core.evaluation.model_metric import ModelMetric, model_metric, settings_from
from core.evaluation.plan import Wanted
from core.records.evaluations import Evaluation
from core.records.metrics import MetricInfo, MetricSpec
from core.records.rubrics import Rubric

VERSION = "version"
"""Option that holds a rubric at one version, so that editing it changes no evaluation."""
JUDGE = "judge"
LABELS = "labels"
FIRST_TOKEN = "first_token_ms"


class Rubrics(Protocol):
    """Rubrics by name (`core.evaluation.rubric_library`)."""

    def names(self) -> list[str]:
        """Every rubric."""

    def get(self, name: str, version: int | None = None) -> Rubric:
        """The newest version, or that number. NotFound when there is none."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Metrics by signature."""

    computed: Mapping[str, Metric]
    judged: Mapping[str, ModelMetric]
    paired: Mapping[str, ModelMetric]
    managed: Mapping[str, MetricInfo] = field(default_factory=dict)

    @property
    def wanted(self) -> Wanted:
        """The signatures, as the plan takes them."""
        return Wanted(
            tuple(self.computed), tuple(self.judged), tuple(self.paired), tuple(self.managed)
        )

    @property
    def streams(self) -> bool:
        """Whether a metric needs the time to the first token, so that answers must stream."""
        return any(FIRST_TOKEN in metric.info.needs for metric in self.computed.values())

    @property
    def infos(self) -> Mapping[str, MetricInfo]:
        """What is known of those that score single answers, by signature."""
        scored = {
            signature: metric.info
            for metrics in (self.computed, self.judged)
            for signature, metric in metrics.items()
        }
        return {**scored, **self.managed}


def chosen_metrics(
    evaluation: Evaluation, rubrics: Rubrics, more: Iterable[Definition] = ()
) -> Chosen:
    """Make them. InvalidInput or NotFound says which spec will not do."""
    custom = tuple(more)
    known = {*registry.names(), *(one.name for one in custom)}
    computed: dict[str, Metric] = {}
    judged: dict[str, ModelMetric] = {}
    paired: dict[str, ModelMetric] = {}
    managed: dict[str, MetricInfo] = {}
    for spec in evaluation.metrics:
        if spec.name in known:
            language = cast("Language", evaluation.language)
            metric = registry.make(spec, language=language, more=custom)
            computed[metric.info.signature] = metric
            continue
        if spec.name in VERSIONS:
            info = managed_metric(spec.name, spec.options.get(VERSION))
            managed[info.signature] = info
            continue
        model = _model_metric(spec, evaluation.judge, rubrics)
        place = paired if model.rubric.kind == "pairwise" else judged
        place[model.info.signature] = model
    return Chosen(computed, judged, paired, managed)


def frozen_specs(
    specs: Sequence[MetricSpec], judge: str, rubrics: Rubrics, expected: Sequence[str]
) -> tuple[MetricSpec, ...]:
    """The specs with all written down that could change later: versions of rubrics, their judge,
    and the labels that there are among the expected answers."""
    names = set(rubrics.names())
    frozen = []
    for spec in specs:
        if _takes_labels(spec) and not spec.options.get(LABELS):
            spec = replace(spec, options={**spec.options, LABELS: list(labels_of(expected))})
        if spec.name in VERSIONS:
            info = managed_metric(spec.name, spec.options.get(VERSION))
            spec = replace(spec, options={**spec.options, VERSION: version_of(info)})
        elif spec.name in names and spec.name not in registry.names():
            version = spec.options.get(VERSION)
            rubric = rubrics.get(spec.name, None if version is None else int(version))
            options = {JUDGE: judge, **spec.options, VERSION: rubric.version}
            spec = replace(spec, options=options)
        frozen.append(spec)
    return tuple(frozen)


def _takes_labels(spec: MetricSpec) -> bool:
    known = registry.DEFINITIONS.get(spec.name)
    return known is not None and any(option.name == LABELS for option in known.options)


def _model_metric(spec: MetricSpec, judge: str, rubrics: Rubrics) -> ModelMetric:
    if spec.name not in rubrics.names():
        raise InvalidInput(
            "There is no metric {name}. Computed: {computed}. Judged by a model: {judged}.",
            name=spec.name,
            computed=", ".join(registry.names()),
            judged=", ".join(rubrics.names()),
        )
    options = {JUDGE: judge, **spec.options}
    version = options.pop(VERSION, None)
    rubric = rubrics.get(spec.name, None if version is None else int(version))
    return model_metric(rubric, settings_from(options))
