"""Rewriting in one call, as people use it: from wishes, or from rated answers of an evaluation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from core.errors import InvalidInput, NotFound
from core.optimization.examples import ExampleKind, rated
from core.optimization.improve import (
    MANAGED,
    Improvement,
    Service,
    improve_by_service,
    improve_once,
)
from core.optimization.materials import brief_of
from core.records.comparisons import Candidate
from core.records.optimizations import Feedback, OptimizationDraft
from core.records.prompts import PromptSpec, Version

if TYPE_CHECKING:
    from core.engine import Engine
    from core.evaluation.evaluations import Evaluations
    from core.optimization.drafts import Drafts
    from core.prompts.authoring import Authoring
    from core.records.budget import Cap

IMPROVE_S = 300.0


class Rewriting:
    """What pages do with one-shot optimizers. Nothing is measured. Thread-safe."""

    def __init__(
        self,
        *,
        drafts: Drafts,
        evaluations: Callable[[], Evaluations],
        authoring: Authoring,
        engine: Engine,
        caps: Callable[[str], tuple[Cap, ...]],
        service: Callable[[], Service],
    ) -> None:
        self._drafts = drafts
        self._evaluations = evaluations
        self._authoring = authoring
        self._engine = engine
        self._caps = caps
        self._service = service

    def once(
        self,
        spec: PromptSpec,
        feedback: Sequence[Feedback] = (),
        *,
        model: str,
        actor: str,
        language: str = "",
        frozen: Mapping[str, str] | None = None,
        max_characters: int = 8_000,
    ) -> Improvement:
        """A better instruction from one call, with the list of changes. Nothing is saved.

        `model` may be MANAGED: the service's few-shot optimizer when the feedback has rated
        answers, else its zero-shot one. Blocks until it is there. Raises WorkbenchError.
        """
        target = "" if model == MANAGED else self._drafts.model(model)
        draft = OptimizationDraft(
            "", spec, "", target, (), language=language, frozen=frozen or {},
            feedback=tuple(feedback), max_characters=max_characters,
        )  # fmt: skip
        if model == MANAGED:
            return improve_by_service(spec, feedback, brief_of(draft), self._service())
        asking = improve_once(
            spec, feedback, brief_of(draft), self._engine, actor=actor, caps=self._caps(actor)
        )
        return self._engine.run(asking, IMPROVE_S)

    # -- from an evaluation --

    def examples(
        self, evaluation_id: str, candidate: str
    ) -> Mapping[ExampleKind, Sequence[Feedback]]:
        """Rated answers of a candidate by what rates them; none to a case that a verdict of an
        optimization will rest on."""
        evaluations = self._evaluations()
        allowed = self._drafts.tuning_ids(evaluations.get(evaluation_id).dataset_version_id)
        return rated(
            evaluations.everything(evaluation_id), self.candidate(evaluation_id, candidate), allowed
        )

    def candidate(self, evaluation_id: str, key: str) -> Candidate:
        """The candidate of that key. NotFound when there is none."""
        for one in self._evaluations().get(evaluation_id).candidates:
            if one.key == key:
                return one
        raise NotFound("The evaluation has no candidate {key}.", key=key)

    def save(
        self, evaluation_id: str, key: str, found: Improvement, count: int, *, actor: str
    ) -> Version:
        """Keep a proposal as a version after the candidate's own; as a new prompt when that one
        was never saved. `count` is how many examples it was made from."""
        if found.rejected is not None:
            raise InvalidInput("A proposal that was rejected cannot be saved.")
        one = self.candidate(evaluation_id, key)
        title = self._evaluations().get(evaluation_id).title
        message = f"Rewritten from {count} rated answers: {title} [evaluation {evaluation_id}]"
        if one.prompt_id is not None:
            return self._authoring.save_version(
                one.prompt_id, found.spec, actor=actor, message=message, parent_id=one.version_id
            ).version
        name = self._authoring.free_name(one.title)
        return self._authoring.save_new(name, found.spec, actor=actor, message=message).version
