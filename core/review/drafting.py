"""Rounds before they are kept, made from what is in the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from core.evaluation.leaderboard import entry_key
from core.records.comparisons import Candidate, Cell, Comparison
from core.records.datasets import ALL_CASES, CaseSlice
from core.records.review import Competitor, RoundDraft, RoundSettings, RoundSource
from core.review import sources

if TYPE_CHECKING:
    from core.datasets.datasets import Datasets
    from core.evaluation.evaluations import Evaluations
    from core.store import Store


class RoundDrafting:
    """Reads answers; keeps nothing."""

    def __init__(
        self, store: Store, datasets: Datasets, evaluations: Callable[[], Evaluations]
    ) -> None:
        self._store = store
        self._datasets = datasets
        self._evaluations = evaluations

    def from_evaluation(
        self,
        evaluation_id: str,
        settings: RoundSettings,
        candidates: Sequence[str],
        which: CaseSlice,
    ) -> RoundDraft:
        """First answers of these candidates, on the cases that a slice selects."""
        sources.check_choice(settings.kind, candidates)
        table = self._evaluations().table(evaluation_id)
        evaluation, cases = table.evaluation, table.cases
        if which != ALL_CASES:
            wanted = {
                case.id for case in self._datasets.cases(evaluation.dataset_version_id, which)
            }
            cases = [case for case in cases if case.id in wanted]
        apart: dict[tuple[str, str], float] = {}
        if settings.order == "judges_disagree" and settings.kind == "pair":
            apart = sources.apart_on_pairs(table.battles, candidates)
        elif settings.order == "judges_disagree":
            scores = self._store.scores.of_cases(evaluation_id, [case.id for case in cases])
            apart = sources.apart_on_singles(scores, table.infos)
        answers = self._store.evaluations.answers(evaluation_id)
        return RoundDraft(
            settings,
            RoundSource("evaluation", evaluation_id, evaluation.title,
                        evaluation.dataset_version_id),
            competitors(evaluation.candidates, candidates),
            sources.of_answers(settings.kind, cases, answers, candidates, apart),
        )  # fmt: skip

    def from_comparison(
        self,
        comparison: Comparison,
        cells: Sequence[Cell],
        settings: RoundSettings,
        candidates: Sequence[str],
    ) -> RoundDraft:
        """First answers of these columns, row by row."""
        sources.check_choice(settings.kind, candidates)
        return RoundDraft(
            settings,
            RoundSource("comparison", comparison.id, comparison.title,
                        sources.dataset_version_of(comparison.inputs)),
            competitors(comparison.candidates, candidates),
            sources.of_cells(settings.kind, comparison.inputs, cells, candidates),
        )  # fmt: skip

    def from_dataset(
        self,
        version_id: str,
        settings: RoundSettings,
        columns: Sequence[str],
        which: CaseSlice,
    ) -> RoundDraft:
        """Answers that are in columns of a dataset."""
        sources.check_choice(settings.kind, columns)
        version = self._datasets.version(version_id)
        title = f"{self._datasets.get(version.dataset_id).name}@{version.number}"
        return RoundDraft(
            settings,
            RoundSource("dataset", version_id, title, version_id),
            tuple(Competitor(name, name) for name in dict.fromkeys(columns)),
            sources.of_columns(settings.kind, self._datasets.cases(version_id, which), columns),
        )

    def from_runs(self, run_ids: Sequence[str], settings: RoundSettings) -> RoundDraft:
        """Answers of the history."""
        runs = [self._store.runs.get(run_id) for run_id in run_ids]
        return RoundDraft(
            settings,
            RoundSource("history", ""),
            (Competitor(sources.INPUT, ", ".join(sorted({run.request.model for run in runs}))),),
            sources.of_runs(runs),
        )


def competitors(known: Sequence[Candidate], chosen: Sequence[str]) -> tuple[Competitor, ...]:
    """The chosen candidates, in the order chosen."""
    by_key = {one.key: one for one in known}
    return tuple(
        Competitor(key, by_key[key].title, by_key[key].model, entry_key(by_key[key]))
        for key in dict.fromkeys(chosen)
        if key in by_key
    )
