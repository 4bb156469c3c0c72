"""Comparing: making a comparison, running it, reading its grid, deciding.

candidates   version, draft, other_model, other_version
inputs       text_input, value_sets; tables: core.comparison.inputs.read_table
life         create, rename, set_blind, delete, restore, get, latest
running      start, continue_, rerun, stop, running, progress, live
reading      grid, notices, view, orders, export
deciding     verdict, undo_verdict, verdicts
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from core.comparison import candidates as columns
from core.comparison import inputs as rows
from core.comparison import plan, sizes
from core.comparison.blind import shown_orders
from core.comparison.grid_export import GRID_EXPORTS
from core.comparison.run import KIND, definition
from core.comparison.served import Notice, notices
from core.errors import InvalidInput, fill
from core.i18n import translator
from core.prompts.characters import check_text, check_values
from core.prompts.fingerprint import fingerprint
from core.records.comparisons import (
    CHOICES,
    Candidate,
    Cell,
    CellKey,
    Choice,
    ComparedInput,
    Comparison,
    ComparisonLine,
    Verdict,
)
from core.records.jobs import Job
from core.records.prompts import PromptSpec
from core.records.reasons import REASONS

if TYPE_CHECKING:
    from core.comparison.view_data import View
    from core.engine.live import LiveRun, LiveRuns
    from core.jobs import Jobs
    from core.store import Store

ExportFormat = Literal["html", "csv", "jsonl"]


class Comparisons:
    """What a person does with comparisons. `actor` is who does it."""

    def __init__(self, store: Store, jobs: Jobs, live: LiveRuns) -> None:
        self._store = store
        self._jobs = jobs
        self._live = live

    # -- candidates --

    def version(
        self, prompt_id: str, version_id: str | None = None, model: str | None = None
    ) -> Candidate:
        """A saved version as a column, the newest unless one is named."""
        prompt = self._store.prompts.get(prompt_id)
        if version_id is None:
            versions = self._store.prompts.versions(prompt_id)
            if not versions:
                raise InvalidInput("All versions of {name} are deleted.", name=prompt.name)
            return columns.of_version(prompt, versions[0], model)
        return columns.of_version(prompt, self._store.prompts.version(version_id), model)

    def draft(
        self,
        spec: PromptSpec,
        model: str | None = None,
        *,
        title: str = "",
        prompt_id: str | None = None,
    ) -> Candidate:
        """An unsaved prompt as a column."""
        return columns.of_draft(spec, model, title=title, prompt_id=prompt_id)

    def other_model(self, candidate: Candidate, model: str) -> Candidate:
        """Same prompt, other model."""
        return columns.with_model(candidate, model)

    def other_version(self, candidate: Candidate, version_id: str) -> Candidate:
        """Same model, other version."""
        version = self._store.prompts.version(version_id)
        prompt = self._store.prompts.get(version.prompt_id)
        return columns.of_version(prompt, version, candidate.model)

    # -- inputs --

    def text_input(self, text: str) -> ComparedInput:
        """One ad-hoc input."""
        return rows.of_text(text)

    def value_sets(self, candidates: Sequence[Candidate]) -> list[ComparedInput]:
        """The value sets of the prompts joined by name; one bare row when there are none."""
        return rows.of_value_sets([candidate.spec for candidate in candidates])

    # -- life --

    def create(
        self,
        title: str,
        candidates: Sequence[Candidate],
        inputs: Sequence[ComparedInput],
        *,
        actor: str,
        repeats: int = 1,
        blind: bool = False,
        seed: int | None = None,
    ) -> Comparison:
        """Write a comparison; nothing is run yet. InvalidInput says what will not do.

        Keys that lack or repeat are given; so is the seed, and a title when it is empty.
        """
        chosen = tuple(self._true_to_version(one) for one in columns.checked(candidates))
        kept = columns.with_keys(inputs, "i")
        sizes.check_size(len(chosen), len(kept), repeats)
        for row in kept:
            check_values(row.values)
            check_text(row.message or "")
            check_text(row.reference or "")
        return self._store.comparisons.create(
            sizes.checked_title(title)
            or " / ".join(one.title for one in chosen)[: sizes.MOST_TITLE],
            chosen,
            kept,
            actor=actor,
            repeats=repeats,
            blind=blind,
            seed=self._fresh_seed() if seed is None else seed,
        )

    def get(self, comparison_id: str) -> Comparison:
        """The comparison, also when it is deleted. NotFound when there is none."""
        return self._store.comparisons.get(comparison_id)

    def latest(self, limit: int = 50, *, deleted: bool = False) -> Sequence[ComparisonLine]:
        """Newest first with counts; those in the bin instead when `deleted`."""
        return self._store.comparisons.latest(limit, deleted=deleted)

    def rename(self, comparison_id: str, title: str, *, actor: str) -> None:
        """Give it another title."""
        title = sizes.checked_title(title)
        if not title:
            raise InvalidInput("The comparison needs a title. Type one.")
        self._store.comparisons.rename(comparison_id, title, actor=actor)

    def set_blind(self, comparison_id: str, blind: bool, *, actor: str) -> None:
        """Hide who answered what, or reveal it."""
        self._store.comparisons.set_blind(comparison_id, blind, actor=actor)

    def delete(self, comparison_id: str, *, actor: str) -> None:
        """Stop it and put it into the bin; its runs stay in the history."""
        self.stop(comparison_id, actor=actor)
        self._store.comparisons.delete(comparison_id, actor=actor)

    def restore(self, comparison_id: str, *, actor: str) -> None:
        """Take it out of the bin."""
        self._store.comparisons.restore(comparison_id, actor=actor)

    # -- running --

    def start(self, comparison_id: str, *, actor: str) -> Job:
        """Run the cells that have no answer. InvalidInput when there is nothing to run."""
        under_way = self._under_way(comparison_id)
        cells = [
            cell.key
            for cell in self.grid(comparison_id)
            if not cell.answered and cell.key not in under_way
        ]
        return self._begin(comparison_id, cells, actor)

    def continue_(self, comparison_id: str, *, actor: str) -> Job:
        """Go on after a stop or a failure; what has an answer is not paid again."""
        return self.start(comparison_id, actor=actor)

    def rerun(
        self,
        comparison_id: str,
        input_key: str | None = None,
        candidate_key: str | None = None,
        *,
        actor: str,
    ) -> Job:
        """Ask again: a cell, a row, a column or all. Answers before stay in the history."""
        under_way = self._under_way(comparison_id)
        cells = [
            cell
            for cell in plan.cell_keys(self.get(comparison_id))
            if _within(cell, input_key, candidate_key) and cell not in under_way
        ]
        return self._begin(comparison_id, cells, actor)

    def stop(
        self,
        comparison_id: str,
        input_key: str | None = None,
        candidate_key: str | None = None,
        *,
        actor: str,
    ) -> None:
        """Stop everything, or the calls of a cell, a row or a column; what came so far is kept."""
        if input_key is None and candidate_key is None:
            for job in self.jobs(comparison_id):
                self._jobs.cancel(job.id, actor=actor)
            return
        for cell, live in self.live(comparison_id).items():
            if _within(cell, input_key, candidate_key):
                live.cancel()

    def jobs(self, comparison_id: str) -> Sequence[Job]:
        """Every start, continuation and rerun, newest first."""
        return self._store.jobs.defined_by("comparison_id", comparison_id)

    def running(self, comparison_id: str) -> bool:
        """Whether cells are being answered."""
        return any(job.state == "running" for job in self.jobs(comparison_id))

    def progress(self, job_id: str) -> Job:
        """How far a job is: `done` of `total`, `failed` of them without an answer."""
        return self._jobs.get(job_id)

    def live(self, comparison_id: str) -> Mapping[CellKey, LiveRun]:
        """The newest call of each cell that is under way or ended a moment ago."""
        return {
            CellKey.parse(live.context.unit): live
            for live in self._live.of_group(comparison_id)
            if live.context.unit is not None
        }

    # -- reading --

    def grid(self, comparison_id: str) -> Sequence[Cell]:
        """Every cell in the order of the plan, each with what it came to last."""
        newest = {run.context.unit: run for run in self._store.runs.newest_of_units(comparison_id)}
        problems = self._store.comparisons.problems(comparison_id)
        cells: list[Cell] = []
        for key in plan.cell_keys(self.get(comparison_id)):
            run = newest.get(str(key))
            problem_id, told = problems.get(key, ("", None))
            if told is not None and (run is None or problem_id > run.id):
                said = fill(told.template, dict(told.values))
                cells.append(Cell(*key, problem=said, told=told))
            else:
                cells.append(Cell(*key, run_id=run.id if run else None, run=run))
        return cells

    def notices(self, comparison: Comparison, cells: Sequence[Cell]) -> Sequence[Notice]:
        """What is to be said of the models that really answered."""
        return notices(comparison, cells)

    def view(
        self,
        comparison: Comparison,
        cells: Sequence[Cell],
        verdicts: Sequence[Verdict],
        language: str,
    ) -> View:
        """What the grid, the presenter and the page file show; while blind, nothing that tells
        who answered what.
        """
        # The word lists and patterns take a while to make, and no start of the app needs them.
        from core.comparison.view_data import blinded, view_of

        translated = translator(language)
        memo = self._store.memos.current("comparison", comparison.id)
        told = [notice.said(translated) for notice in notices(comparison, cells)]
        worded = [
            replace(one, reasons=tuple(translated(REASONS.get(code, code)) for code in one.reasons))
            for one in verdicts
        ]
        found = view_of(
            comparison, cells, worded, memo.text if memo else "", language=language, notices=told
        )
        return blinded(found, self.orders(comparison)) if comparison.blind else found

    def orders(self, comparison: Comparison) -> Mapping[str, Sequence[str]]:
        """By row: the columns, by key, as blind mode shows them."""
        return shown_orders(
            comparison.seed,
            [row.key for row in comparison.inputs],
            [one.key for one in comparison.candidates],
        )

    def export(self, comparison_id: str, form: ExportFormat, *, language: str = "en") -> bytes:
        """The grid with its verdicts as a file; `html` is one page that needs no other file."""
        comparison, cells = self.get(comparison_id), self.grid(comparison_id)
        verdicts = self.verdicts(comparison_id)
        if form == "html":
            from core.comparison.export_html import export_html

            view = self.view(comparison, cells, verdicts, language)
            return export_html(view).encode("utf-8", "replace")
        return GRID_EXPORTS[form](comparison, cells, verdicts)

    # -- deciding --

    def verdict(
        self,
        comparison_id: str,
        input_key: str,
        left: str,
        right: str,
        choice: Choice,
        *,
        actor: str,
        blind: bool = False,
        reasons: Sequence[str] = (),
        memo: str = "",
    ) -> None:
        """Record a choice between two candidates as they were shown; the newest holds."""
        self._check_pair(comparison_id, input_key, left, right)
        if choice not in CHOICES:
            raise InvalidInput(
                "{choice} is no verdict; there are {choices}.",
                choice=choice,
                choices=", ".join(CHOICES),
            )
        for text in (memo, *reasons):
            sizes.check_length(text, sizes.MOST_MEMO)
        self._store.comparisons.add_verdict(
            comparison_id, input_key, left, right, choice,
            actor=actor, blind=blind, reasons=reasons, memo=memo,
        )  # fmt: skip

    def undo_verdict(
        self, comparison_id: str, input_key: str, left: str, right: str, *, actor: str
    ) -> None:
        """Take one's verdict on a pair back, in whichever order it was shown."""
        self._check_pair(comparison_id, input_key, left, right)
        self._store.comparisons.add_verdict(
            comparison_id, input_key, left, right, None, actor=actor
        )

    def verdicts(self, comparison_id: str, actor: str | None = None) -> Sequence[Verdict]:
        """Those that hold, oldest first, of everybody or of one person."""
        return self._store.comparisons.verdicts(comparison_id, actor)

    # -- how --

    def _true_to_version(self, candidate: Candidate) -> Candidate:
        """The candidate; it is no longer its version's when what is sent was edited."""
        if candidate.version_id is None:
            return candidate
        version = self._store.prompts.version(candidate.version_id)
        if fingerprint(version.spec) == fingerprint(candidate.spec):
            return candidate
        return Candidate(candidate.key, candidate.title, candidate.spec, candidate.model,
                         prompt_id=candidate.prompt_id)  # fmt: skip

    def _fresh_seed(self) -> int:
        return int(hashlib.sha256(self._store.new_id().encode()).hexdigest()[:8], 16)

    def _under_way(self, comparison_id: str) -> set[CellKey]:
        """Cells that a running job is still to answer."""
        return {
            CellKey.parse(unit.key)
            for job in self.jobs(comparison_id)
            if job.state == "running"
            for unit in self._store.jobs.open_units(job.id)
        }

    def _begin(self, comparison_id: str, cells: Sequence[CellKey], actor: str) -> Job:
        comparison = self.get(comparison_id)
        if not cells:
            raise InvalidInput("There is no cell to run: each has its answer or is being answered.")
        return self._jobs.start(
            KIND, comparison.title, definition(comparison_id, cells), actor=actor
        )

    def _check_pair(self, comparison_id: str, input_key: str, left: str, right: str) -> None:
        comparison = self.get(comparison_id)
        known = {candidate.key for candidate in comparison.candidates}
        if input_key not in {row.key for row in comparison.inputs}:
            raise InvalidInput("The comparison has no row {row}.", row=input_key)
        if left == right or not {left, right} <= known:
            raise InvalidInput(
                "A verdict is between two columns of the comparison, not {left} and {right}.",
                left=left,
                right=right,
            )


def _within(cell: CellKey, input_key: str | None, candidate_key: str | None) -> bool:
    return input_key in (None, cell.input_key) and candidate_key in (None, cell.candidate_key)
