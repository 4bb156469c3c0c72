"""Looking back: every run, saved prompt or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import WorkbenchError
from core.prompts.authoring import read_spec
from core.prompts.difference import Difference, difference
from core.prompts.rendering import render_request
from core.prompts.run_export import EXPORTS, Chunks, ExportFormat
from core.prompts.spec_difference import FieldDifference, spec_difference
from core.prompts.template import variables_of
from core.prompts.timeline import ModelFacts, TimelineEvent, timeline
from core.records.models import ModelRef
from core.records.prompts import PromptSpec
from core.records.runs import Request, Run, RunFilter, RunPage

if TYPE_CHECKING:
    from core.store import Store
    from core.store.runs import Totals


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Two runs side by side: what was sent, field by field, and what came back."""

    left: Run
    right: Run
    request: tuple[FieldDifference, ...]
    output: Difference


@dataclass(frozen=True, slots=True)
class Reopened:
    """What the editor needs to send the same request again.

    `base_version_id` is the version the run came from when the spec is still that version's.
    """

    spec: PromptSpec
    values: Mapping[str, str]
    model: ModelRef
    base_version_id: str | None = None


class History:
    """What a person does with runs. `models` gives dated facts on models to the timeline."""

    def __init__(self, store: Store, models: ModelFacts | None = None) -> None:
        self._store = store
        self._models = models

    def page(self, wanted: RunFilter, *, limit: int = 50, before: str | None = None) -> RunPage:
        """A page of runs, newest first; `before` is the last page's `next_before`."""
        return self._store.runs.page(wanted, limit=limit, before=before)

    def count(self, wanted: RunFilter, cap: int = 10_000) -> int:
        """How many runs there are, counting no further than `cap`."""
        return self._store.runs.count(wanted, cap)

    def totals(self, wanted: RunFilter) -> Totals:
        """Runs, cost and tokens of a filtered set."""
        return self._store.runs.totals(wanted)

    def people(self) -> Sequence[str]:
        """Everybody who ever made a run, for choosing."""
        return self._store.runs.actors()

    def models(self) -> Sequence[ModelRef]:
        """Every model that was ever called, for choosing."""
        return [ModelRef(surface, model) for surface, model in self._store.runs.models()]

    def get(self, run_id: str) -> Run:
        """One run with its whole text. NotFound when there is none."""
        return self._store.runs.get(run_id)

    def group(self, group_id: str) -> Sequence[Run]:
        """The runs of one click."""
        return self._store.runs.of_group(group_id)

    def compare(self, left_id: str, right_id: str) -> RunComparison:
        """Two runs and what differs between them."""
        left, right = self.get(left_id), self.get(right_id)
        sent = spec_difference(request_spec(left.request), request_spec(right.request))
        output = difference(left.reply.text, right.reply.text)
        return RunComparison(left, right, tuple(sent), output)

    def star(self, run_id: str, starred: bool, *, actor: str) -> None:
        """Mark a run, or take the mark off."""
        self._store.runs.star(run_id, starred, actor=actor)

    def delete(self, run_id: str, *, actor: str) -> None:
        """Hide a run from the history; what it cost still counts."""
        self._store.runs.delete(run_id, actor=actor)

    def undelete(self, run_id: str, *, actor: str) -> None:
        """Show a hidden run again."""
        self._store.runs.restore(run_id, actor=actor)

    def open_in_editor(self, run_id: str) -> Reopened:
        """The prompt, values and model of a run, so that running again sends the same request.

        The prompt as it was then is used when it still gives exactly what was sent. Otherwise
        the sent text itself is; a brace name in it stands for itself.
        """
        run = self.get(run_id)
        model = ModelRef(run.request.connection, run.request.model)
        for spec, version_id in self._sources(run):
            if _sends(spec, run.context.values, model, run.request):
                return Reopened(spec, run.context.values, model, version_id)
        spec = request_spec(run.request)
        return Reopened(spec, {name: f"{{{name}}}" for name in variables_of(spec)}, model)

    def _sources(self, run: Run) -> Iterator[tuple[PromptSpec, str | None]]:
        if run.context.version_id is not None:
            yield self._store.prompts.version(run.context.version_id).spec, run.context.version_id
        if run.context.spec_sha256 is not None:
            yield read_spec(self._store.blobs.get(run.context.spec_sha256)), None

    def timeline(self, prompt_id: str) -> list[TimelineEvent]:
        """Everything that happened around a prompt, newest first."""
        return timeline(self._store, prompt_id, self._models)

    def export(self, wanted: RunFilter, form: ExportFormat) -> Chunks:
        """The filtered runs as a file, in pieces: no more than one batch is held in memory."""
        return EXPORTS[form](self._store.runs.iterate(wanted))


def request_spec(request: Request) -> PromptSpec:
    """A sent request as a prompt without variables."""
    return PromptSpec(
        system=request.system,
        turns=request.turns,
        parameters=request.parameters,
        functions=request.functions,
        google_search=request.google_search,
        response_schema=request.response_schema,
        model=str(ModelRef(request.connection, request.model)),
    )


def _sends(spec: PromptSpec, values: Mapping[str, str], model: ModelRef, request: Request) -> bool:
    try:
        return render_request(spec, values, model) == request
    except WorkbenchError:
        return False
