"""The leaderboard: every evaluation of a dataset version, under one metric, on a slice of cases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.errors import InvalidInput, NotFound
from core.evaluation.board import Board, battle_board, case_table, clusters_of, score_board
from core.evaluation.results import marked
from core.evaluation.served import Comparability, Served, comparability, everyone
from core.prompts.fingerprint import fingerprint
from core.records.comparisons import Candidate
from core.records.datasets import ALL_CASES, Case, CaseSlice
from core.records.evaluations import AnswerKey, Battle, Evaluation
from core.records.leaderboard import Answered, BoardChoice, Entry, MetricChoice
from core.records.metrics import MetricInfo, MetricSpec, Scale
from core.records.prompts import PromptSpec, Version
from core.store.scores import case_hash

if TYPE_CHECKING:
    from core.datasets.datasets import Datasets
    from core.evaluation.materials import Materials
    from core.store import Store
    from core.store.scores import Series, SeriesRow

SEED = 20_261_125
"""Of every bootstrap: the same battles give the same places."""
PRODUCTION = "production"
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Boards:
    """What was asked for: one board per signature and judging model, the newest first."""

    boards: Sequence[Board]
    entries: Sequence[Entry]
    baseline: Entry | None


@dataclass(frozen=True, slots=True)
class _Field:
    """Who takes part: evaluations, entries, and which candidate of which evaluation is whom."""

    evaluations: Sequence[Evaluation]
    entries: Sequence[Entry]
    whom: Mapping[tuple[str, str], int]
    served: Mapping[str, Served]
    comparability: Comparability
    apart: Mapping[tuple[str, AnswerKey], str]
    """Answers that another model gave than the entry's others: no line counts them."""


class Leaderboard:
    """Reads; it keeps nothing. Thread-safe."""

    def __init__(
        self,
        store: Store,
        datasets: Datasets,
        materials: Materials,
        verdicts: Callable[[str], Sequence[Battle]] = lambda version_id: (),
    ) -> None:
        """`verdicts` are people's on the cases of a dataset version, `a` and `b` by `entry_key`."""
        self._store = store
        self._datasets = datasets
        self._materials = materials
        self._verdicts = verdicts

    def choices(self) -> Sequence[BoardChoice]:
        """Dataset versions with results, the last evaluated first."""
        by_version: dict[str, list[MetricChoice]] = defaultdict(list)
        for version_id, metric in self._store.standings.metrics():
            by_version[version_id].append(metric)
        for version_id, metrics in by_version.items():
            if self._verdicts(version_id):
                metrics.append(MetricChoice("verdicts", ""))
        return [self._choice(version_id, metrics) for version_id, metrics in by_version.items()]

    def _choice(self, version_id: str, metrics: Sequence[MetricChoice]) -> BoardChoice:
        version = self._datasets.version(version_id)
        dataset = self._datasets.get(version.dataset_id)
        return BoardChoice(dataset.id, dataset.name, version_id, version.number, metrics)

    def boards(
        self,
        version_id: str,
        choice: MetricChoice,
        which: CaseSlice = ALL_CASES,
        baseline: str | None = None,
        cluster: str = "",
    ) -> Boards:
        """The boards of a metric; `baseline` is an entry's key, unless given the version in
        production. Cases with the same value in the column `cluster` belong together.
        """
        field = self._field(version_id)
        base = next((one for one in field.entries if one.key == baseline), None)
        base = base or _in_production(field.entries)
        chosen = None
        if which != ALL_CASES or cluster:
            chosen = self._datasets.cases(version_id, which)
        cases = None if which == ALL_CASES or chosen is None else [case.id for case in chosen]
        together = values_of(chosen or (), cluster)
        if choice.kind == "scores":
            found = self._score_boards(field, choice.metric, cases, base, together)
        else:
            found = self._battle_boards(version_id, field, choice, cases, base, together)
        told = [
            replace(_with_served(board, field), cluster=cluster) for board in found if board.lines
        ]
        return Boards(told, field.entries, base)

    # -- who takes part --

    def _field(self, version_id: str) -> _Field:
        evaluations = self._store.evaluations.of_dataset_versions([version_id])
        candidates = [(one.id, it) for one in evaluations for it in one.candidates]
        ids = {it.version_id for _, it in candidates if it.version_id is not None}
        saved = {
            version.id: (name, version)
            for name, version in self._store.prompts.named_versions(sorted(ids))
        }
        entries: dict[str, Entry] = {}
        whom: dict[tuple[str, str], int] = {}
        numbers: dict[str, int] = {}
        for evaluation_id, candidate in candidates:
            key = entry_key(candidate)
            if key not in entries:
                numbers[key] = len(entries)
                entries[key] = _entry(key, candidate, saved.get(candidate.version_id or ""))
            whom[evaluation_id, candidate.key] = numbers[key]
        served, apart = self._served(whom, entries)
        comparable = comparability(list(served.values()))
        return _Field(evaluations, list(entries.values()), whom, served, comparable, apart)

    def _served(
        self, whom: Mapping[tuple[str, str], int], entries: Mapping[str, Entry]
    ) -> tuple[Mapping[str, Served], Mapping[tuple[str, AnswerKey], str]]:
        """Over all evaluations of an entry: also a change between two of them is one."""
        keys = list(entries)
        counts = [
            one
            for one in self._store.model_use.served_counts(sorted({id_ for id_, _ in whom}))
            if (one.evaluation_id, one.candidate) in whom
        ]
        found = {
            one.key: one
            for one in everyone(counts, lambda one: keys[whom[one.evaluation_id, one.candidate]])
        }
        apart = [
            (one.evaluation_id, one.candidate, one.served)
            for one in counts
            if (entry := found.get(keys[whom[one.evaluation_id, one.candidate]])) is not None
            and one.served in entry.apart
        ]
        return found, self._store.model_use.answers_by(apart)

    # -- scores --

    def _score_boards(
        self,
        field: _Field,
        metric: str,
        cases: Sequence[str] | None,
        baseline: Entry | None,
        together: Mapping[str, str],
    ) -> list[Board]:
        by_hash = {case_hash(case): value for case, value in together.items()}
        rows = self._store.scores.series([one.id for one in field.evaluations])
        infos = self._infos(field.evaluations, metric)
        answered = self._answered(field)
        boards = []
        for (signature, judge, served), found in _alike(rows, metric).items():
            info = infos.get(signature) or infos.get("")
            groups = [
                (row.number, field.whom[row.series.evaluation_id, row.series.candidate])
                for row in found
                if (row.series.evaluation_id, row.series.candidate) in field.whom
            ]
            sums = self._store.scores.case_sums(groups, cases, _apart(found, field.apart))
            table = case_table(len(field.entries), sums)
            if info is None:
                info = MetricInfo(metric, signature, scale=_scale_of(table.values))
            info = replace(info, signature=signature)
            clusters = clusters_of(table, by_hash) if together else None
            boards.append(
                score_board(
                    field.entries, table, info, baseline, answered, judge, served,
                    field.comparability.others, clusters,
                )
            )  # fmt: skip
        return boards

    def _infos(self, evaluations: Sequence[Evaluation], metric: str) -> Mapping[str, MetricInfo]:
        """What is known of a metric by signature, with a general one under no signature.

        Scores stay when their evaluation is scored by others later; then the general one tells
        which direction is better.
        """
        infos: dict[str, MetricInfo] = {}
        asked: set[str] = set()
        for evaluation in evaluations:
            for spec in (*evaluation.metrics, MetricSpec(metric)):
                name = f"{spec} {evaluation.judge} {evaluation.language}"
                if spec.name == metric and name not in asked:
                    asked.add(name)
                    infos |= self._made(replace(evaluation, metrics=(spec,)))
        return {"": next(iter(infos.values())), **infos} if infos else {}

    def _made(self, evaluation: Evaluation) -> Mapping[str, MetricInfo]:
        try:
            return self._materials.metrics(evaluation).infos
        except (InvalidInput, NotFound):
            return {}

    def _answered(self, field: _Field) -> dict[str, Answered]:
        groups = [(evaluation, candidate, n) for (evaluation, candidate), n in field.whom.items()]
        found = self._store.standings.answered(groups)
        return {field.entries[number].key: figures for number, figures in found.items()}

    # -- battles --

    def _battle_boards(
        self,
        version_id: str,
        field: _Field,
        choice: MetricChoice,
        cases: Sequence[str] | None,
        baseline: Entry | None,
        together: Mapping[str, str],
    ) -> list[Board]:
        alike: dict[tuple[str, str], list[Battle]] = defaultdict(list)
        if choice.kind == "verdicts":
            alike["", ""] = list(self._verdicts(version_id))
        else:
            for evaluation in field.evaluations:
                for one in self._store.evaluations.battles(evaluation.id):
                    if one.metric == choice.metric and not _is_apart(one, evaluation.id, field):
                        alike[one.signature, one.judge_served].append(
                            _between_entries(one, evaluation.id, field)
                        )
        wanted = None if cases is None else set(cases)
        answered = self._answered(field)
        return [
            battle_board(
                choice.kind,
                field.entries,
                [one for one in battles if wanted is None or one.case_id in wanted],
                MetricInfo(choice.metric, signature),
                baseline,
                answered,
                SEED,
                field.comparability.others,
                together,
            )
            for (signature, _served), battles in _with_failed(alike).items()
        ]


def values_of(cases: Sequence[Case], column: str) -> Mapping[str, str]:
    """The value that each case has in a column, by its id, where it has one."""
    return {case.id: case.fields[column] for case in cases if column and case.fields.get(column)}


def _with_served(board: Board, field: _Field) -> Board:
    """Who really answered; a comparison that this makes worthless says so."""
    found = []
    for line in board.lines:
        [contrast] = marked([line.contrast], field.comparability) if line.contrast else [None]
        served = field.served.get(line.entry.key)
        telling = served if served is not None and (served.apart or served.is_other) else None
        found.append(replace(line, served=telling, contrast=contrast))
    return replace(board, lines=found)


def _apart(
    rows: Sequence[SeriesRow], answers: Mapping[tuple[str, AnswerKey], str]
) -> Sequence[tuple[int, int, int]]:
    """The scores of answers that stand apart: series, hash of the case, repeat."""
    by_whom: dict[tuple[str, str], list[AnswerKey]] = defaultdict(list)
    for evaluation_id, key in answers:
        by_whom[evaluation_id, key.candidate].append(key)
    return [
        (row.number, case_hash(key.case_id), key.repeat)
        for row in rows
        for key in by_whom.get((row.series.evaluation_id, row.series.candidate), ())
    ]


def _is_apart(battle: Battle, evaluation_id: str, field: _Field) -> bool:
    return any(
        (evaluation_id, AnswerKey(battle.case_id, side, battle.repeat)) in field.apart
        for side in (battle.a, battle.b)
    )


def entry_key(candidate: Candidate) -> str:
    """Names prompt and model by their content."""
    return f"{_content(candidate.spec)}:{candidate.model}"


def _content(spec: PromptSpec) -> str:
    # The model is the candidate's; what the draft had chosen does not matter.
    return fingerprint(replace(spec, model=""))


def _entry(key: str, candidate: Candidate, saved: tuple[str, Version] | None) -> Entry:
    # A prompt that was edited after its version was loaded is not that version.
    if saved is None or _content(saved[1].spec) != _content(candidate.spec):
        return Entry(key, candidate.title, candidate.model)
    name, version = saved
    return Entry(
        key,
        f"{name} v{version.number}",
        candidate.model,
        version.prompt_id,
        version.id,
        version.number,
        PRODUCTION in version.labels,
    )


def _in_production(entries: Sequence[Entry]) -> Entry | None:
    return next((one for one in entries if one.production), None)


def _alike(
    rows: Sequence[SeriesRow], metric: str
) -> Mapping[tuple[str, str, str], Sequence[SeriesRow]]:
    """Series of a metric by signature, judge and the model that really judged; newest first.

    A judge that failed served nobody: its errors go with the newest board of its signature.
    """
    found: dict[tuple[str, str, str], list[SeriesRow]] = {}
    failed = []
    for row in reversed([row for row in rows if row.series.metric == metric]):
        one: Series = row.series
        if one.judge_requested and not one.judge_served:
            failed.append(row)
        else:
            found.setdefault((one.signature, one.judge_requested, one.judge_served), []).append(row)
    for row in failed:
        one = row.series
        home = next((key for key in found if key[:2] == (one.signature, one.judge_requested)),
                    (one.signature, one.judge_requested, ""))  # fmt: skip
        found.setdefault(home, []).append(row)
    return found


def _with_failed(
    alike: Mapping[tuple[str, str], Sequence[Battle]],
) -> Mapping[tuple[str, str], Sequence[Battle]]:
    """Battles without a model that judged go with the first of their signature that has one."""
    found = {key: list(battles) for key, battles in alike.items() if key[1]}
    for (signature, served), battles in alike.items():
        if not served:
            home = next((key for key in found if key[0] == signature), (signature, ""))
            found.setdefault(home, []).extend(battles)
    return found


def _between_entries(battle: Battle, evaluation_id: str, field: _Field) -> Battle:
    """The battle with keys of entries for the candidates of its evaluation."""

    def key(candidate: str) -> str:
        place = field.whom.get((evaluation_id, candidate))
        return candidate if place is None else field.entries[place].key

    return replace(battle, a=key(battle.a), b=key(battle.b))


def _scale_of(values: Floats) -> Scale:
    """Of a metric that is no longer there: shares stay within 0 and 1."""
    known = values[~np.isnan(values)]
    return "share" if bool(((known >= 0) & (known <= 1)).all()) else "number"
