"""Evaluations before they are kept: checked, completed, and told what they will take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from core.engine.batch_wire import refuse_surface
from core.errors import InvalidInput
from core.evaluation import plan
from core.evaluation.chosen import frozen_specs
from core.evaluation.materials import Materials
from core.evaluation.metrics.tokens import corpus_language
from core.evaluation.plan import Called, Estimate
from core.records.datasets import REFERENCE
from core.records.evaluations import Evaluation
from core.records.models import ModelRef

if TYPE_CHECKING:
    from core.datasets.datasets import Datasets
    from core.lifecycle.catalogue import Catalogue
    from core.store import Store

MOST_CANDIDATES = 24
MOST_REPEATS = 20
MOST_ANSWERS = 500_000
TIMED = frozenset(("latency_ms", "first_token_ms"))
"""Metrics of single calls."""


class Drafting:
    """Checks and estimates drafts."""

    def __init__(
        self,
        *,
        store: Store,
        datasets: Datasets,
        materials: Materials,
        catalogue: Catalogue,
        at_once: Callable[[str], int],
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._datasets = datasets
        self._materials = materials
        self._catalogue = catalogue
        self._at_once = at_once
        self._now = now

    def checked(self, draft: Evaluation) -> Evaluation:
        """The draft with versions of rubrics and the language of its cases written down.

        InvalidInput says what cannot be evaluated, and how to mend it.
        """
        if not draft.candidates or len(draft.candidates) > MOST_CANDIDATES:
            raise InvalidInput("Choose 1 to {most} candidates.", most=MOST_CANDIDATES)
        twice = [key for key, n in Counter(c.key for c in draft.candidates).items() if n > 1]
        if twice:
            raise InvalidInput("Two candidates are named {key}. Take one away.", key=twice[0])
        if not draft.metrics:
            raise InvalidInput("Choose a metric at least.")
        if not 1 <= draft.repeats <= MOST_REPEATS:
            raise InvalidInput("Repeat 1 to {most} times, not {repeats}.",
                               most=MOST_REPEATS, repeats=draft.repeats)  # fmt: skip
        if draft.engine == "batch":
            refuse_for_batch(draft)
        version = self._datasets.version(draft.dataset_version_id)
        for candidate in draft.candidates:
            plan.check_columns(candidate, version.columns)
        count = self._datasets.count(version.id, draft.cases, final=draft.final)
        if not count:
            raise InvalidInput("No case is left. Choose another slice or split.")
        if count * draft.repeats * len(draft.candidates) > MOST_ANSWERS:
            raise InvalidInput(
                "That would be more than {most} answers. Choose fewer cases, candidates or "
                "repeats.", most=f"{MOST_ANSWERS:,}",
            )  # fmt: skip
        # All of the version, not the slice, so that a slice's scores can be set beside others.
        # A sealed split stays closed: what the rest tells holds for it too.
        page = self._datasets.page(version.id, limit=version.rows)
        expected = [case.fields[REFERENCE] for case in page.cases if REFERENCE in case.fields]
        texts = expected or [text for case in page.cases for text in case.fields.values()]
        rubrics = self._materials.rubrics
        whole = replace(
            draft,
            metrics=frozen_specs(draft.metrics, draft.judge, rubrics, expected),
            language=corpus_language(texts) if draft.language == "auto" else draft.language,
        )
        self._materials.metrics(whole)
        return whole

    def estimate(self, draft: Evaluation) -> Estimate:
        """What the draft will take, and what it can show. Raises as `checked` does."""
        whole = self.checked(draft)
        # The cases of a sealed split are not opened to be counted: others stand for them.
        count = self._datasets.count(whole.dataset_version_id, whole.cases, final=whole.final)
        some = self._datasets.page(
            whole.dataset_version_id,
            replace(whole.cases, split=None) if whole.final else whole.cases,
            limit=plan.LOOKED_AT,
        ).cases
        cases = [some[place % len(some)] for place in range(count)] if some else []
        judge_calls = self._judge_calls(whole, count)
        names = dict.fromkeys([*(one.model for one in whole.candidates), *judge_calls])
        models = {name: self._called(name) for name in names}
        return plan.estimate(
            cases, whole.candidates, whole.repeats, models, judge_calls,
            batched=whole.engine == "batch",
        )  # fmt: skip

    def _judge_calls(self, evaluation: Evaluation, cases: int) -> dict[str, int]:
        metrics = self._materials.metrics(evaluation)
        answers = cases * evaluation.repeats * len(evaluation.candidates)
        pairs = len(evaluation.candidates) * (len(evaluation.candidates) - 1) // 2
        calls: Counter[str] = Counter()
        for metric in metrics.judged.values():
            calls[metric.settings.judge] += answers * metric.settings.samples
            if metric.rubric.kind == "adaptive":
                calls[metric.settings.judge] += cases
        for metric in metrics.paired.values():
            both = 2 * cases * evaluation.repeats * pairs
            calls[metric.settings.judge] += both * metric.settings.samples
        return dict(calls)

    def _called(self, name: str) -> Called:
        ref = ModelRef.parse(name, "sandbox")
        typical = self._store.evaluations.typical(ref.surface, ref.model)
        return Called(
            name,
            self._catalogue.price(ref.surface, ref.model, self._now()),
            plan.OUTPUT_TOKENS if typical.output_tokens is None else typical.output_tokens,
            plan.CALL_MS if typical.total_ms is None else typical.total_ms,
            self._at_once(ref.surface),
        )


def refuse_for_batch(draft: Evaluation) -> None:
    """InvalidInput for what cannot be asked, or not be measured, in a batch."""
    for candidate in draft.candidates:
        refuse_surface(ModelRef.parse(candidate.model, "sandbox").surface)
        if any(part.media for turn in candidate.spec.turns for part in turn.parts):
            raise InvalidInput(
                "{candidate} has attached files, which are too large to be sent in a batch. "
                "Ask now.", candidate=candidate.title,
            )  # fmt: skip
    timed = [one.name for one in draft.metrics if one.name in TIMED]
    if timed:
        raise InvalidInput(
            "In a batch nobody measures how long an answer takes. Take {names} away, or ask now.",
            names=", ".join(timed),
        )
