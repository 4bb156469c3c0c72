"""Evaluations with made-up scores, as if they had run: for the leaderboard and its page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from core.datasets.datasets import Datasets
from core.evaluation.chosen import chosen_metrics
from core.evaluation.rubric_library import RubricLibrary
from core.records.comparisons import Candidate
from core.records.datasets import Case, DatasetVersion
from core.records.evaluations import Battle, BattleResult, Evaluation, Response, ScoredResponse
from core.records.metrics import MetricSpec, Score
from core.records.prompts import Part, PromptSpec, Turn
from core.store import Store

FLASH = "sandbox:sandbox-flash-2"
PRO = "sandbox:sandbox-pro-2"
JUDGE = "sandbox:sandbox-pro-2"
NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def spec(text: str) -> PromptSpec:
    return PromptSpec(turns=(Turn("user", (Part(text + " {ticket}"),)),))


@dataclass
class Scene:
    """A store with a dataset, and what evaluations of it found."""

    store: Store
    cases: int = 50
    name: str = "Tickets"
    metric: MetricSpec = field(default_factory=lambda: MetricSpec("exact_match"))
    version: DatasetVersion = field(init=False)

    def __post_init__(self) -> None:
        rows = [
            Case(
                f"t{n:03}",
                {"ticket": f"text {n}", "reference": "high", "lang": "ja" if n % 2 else "en"},
            )
            for n in range(self.cases)
        ]
        self.version = Datasets(self.store).create(self.name, rows, actor="ada", source="test")

    def saved(self, name: str, text: str, *, label: str = "", model: str = FLASH) -> Candidate:
        """A candidate from a saved prompt."""
        version = self.store.prompts.create(name, spec(text), actor="ada", message="")
        if label:
            self.store.prompts.set_label(version.id, label, actor="ada")
        return Candidate(name, name, spec(text), model, version.prompt_id, version.id)

    def evaluation(
        self, candidates: Sequence[Candidate], *metrics: MetricSpec, repeats: int = 1
    ) -> Evaluation:
        """Kept, with no score yet."""
        return self.store.evaluations.create(
            Evaluation("", "Triage", self.version.id, tuple(candidates), metrics or (self.metric,),
                       repeats, NOON, "ada", judge=JUDGE, language="en")
        )  # fmt: skip

    def signature(self, evaluation: Evaluation, name: str = "") -> str:
        """Of its metric of that name, or of the only one."""
        chosen = chosen_metrics(evaluation, RubricLibrary(self.store.rubrics))
        every = {**chosen.infos, **{s: m.info for s, m in chosen.paired.items()}}
        return next(s for s, info in every.items() if name in ("", info.name))

    def score(
        self,
        evaluation: Evaluation,
        values: Mapping[str, Sequence[float | None]],
        *,
        name: str = "",
        repeat: int = 0,
        judge: str = "",
        served: str = "",
        cost: float = 0.001,
        ms: float = 400.0,
    ) -> None:
        """Values of each candidate, case by case; None is an error of the service."""
        signature = self.signature(evaluation, name)
        metric = name or evaluation.metrics[0].name
        scored = []
        for key, column in values.items():
            for n, value in enumerate(column):
                case = f"t{n:03}"
                score = Score(value) if value is not None else Score(None, "error", "503")
                scored.append(
                    ScoredResponse(evaluation.id, case, key, repeat, metric, signature, score,
                                   judge, served if value is not None else "")
                )  # fmt: skip
                self.store.evaluations.record(
                    evaluation.id,
                    Response(case, key, repeat, None, "", "" if value is not None else "unavailable",
                             total_ms=ms + n, cost_usd=cost),
                )  # fmt: skip
        self.store.scores.record(scored).result()

    def battle(
        self,
        evaluation: Evaluation,
        a: str,
        b: str,
        results: Sequence[BattleResult | None],
        *,
        name: str = "pairwise_text_quality",
        served: str = "sandbox-pro-2",
        inconsistent: int = 0,
    ) -> None:
        """Results of a pair, case by case; the last ones may be of two minds."""
        signature = self.signature(evaluation, name)
        self.store.evaluations.record_battles(
            evaluation.id,
            [
                Battle(f"t{n:03}", a, b, result, JUDGE, metric=name, signature=signature,
                       judge_served=served if result is not None else "",
                       consistent=n < len(results) - inconsistent if result else None)
                for n, result in enumerate(results)
            ],
        ).result()  # fmt: skip


def passes(*counts: tuple[float | None, int]) -> list[float | None]:
    """Values by how often each stands: `passes((1.0, 31), (0.0, 19))`."""
    return [value for value, times in counts for _ in range(times)]
