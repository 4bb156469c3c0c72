"""Adaptive rubrics: questions made for each case before any answer is seen, then frozen.

A set of questions is named by what it was made from (rubric, language, wishes and the case's
texts), so the same case is asked the same in every evaluation, and a changed one is asked anew.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from core.errors import InvalidInput
from core.evaluation import rubrics
from core.evaluation.asking import Asking, Caller, Sheet, Trail
from core.evaluation.metrics import reasons
from core.evaluation.model_metric import ModelMetric
from core.evaluation.rubrics import Answered, UnreadableVerdict
from core.records.rubrics import Question, QuestionSet

MOST_QUESTIONS = 12
LONGEST_QUESTION = 400
GROUPS = "rubric_groups"
"""Column that brings a case's own questions, named as the evaluation service names it."""


class QuestionStore(Protocol):
    """Where questions are kept (`core.store.rubrics`)."""

    def questions(self, key: str) -> QuestionSet | None:
        """The set as it is now."""

    def put_questions(self, asked: QuestionSet, *, actor: str) -> QuestionSet:
        """Keep the set and return what holds: a frozen one stays as it is."""


def question_language(metric: ModelMetric, fields: Mapping[str, str]) -> str:
    """The language of the questions: the judge's, or that of the case."""
    chosen = metric.settings.language
    if chosen == "same":
        texts = "".join(text for _, text in rubrics.material(metric.rubric, fields))
        chosen = "ja" if rubrics.is_japanese(texts) else "en"
    return metric.rubric.in_language(chosen).language


def question_key(metric: ModelMetric, fields: Mapping[str, str]) -> str:
    """Names what the questions of a case are made from."""
    content = [
        metric.rubric.sha256,
        question_language(metric, fields),
        metric.settings.guidelines,
        rubrics.material(metric.rubric, fields),
        [one.text for one in given_questions(fields.get(GROUPS, ""))],
    ]
    return hashlib.sha256(json.dumps(content).encode("ascii")).hexdigest()


def read_questions(text: str) -> tuple[Question, ...]:
    """The questions a judge made, each once. Raises UnreadableVerdict when there is none."""
    data = rubrics.read_object(text)
    listed = data.get("questions")
    texts = [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
    found = unique_questions(texts)[:MOST_QUESTIONS]
    if not found:
        raise UnreadableVerdict(reasons.NO_QUESTIONS)
    return found


def given_questions(text: str) -> tuple[Question, ...]:
    """The questions that a case brings along: JSON with texts, or rubrics of the service.

    Rubrics are `{"content": {"property": {"description": ...}}}`, in lists or named groups. None
    when it is no such JSON.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    return unique_questions(list(_texts(data, 0))) if isinstance(data, list | dict) else ()


def _texts(data: object, depth: int) -> Iterator[str]:
    if depth > 6:
        return
    if isinstance(data, str):
        yield data
    elif isinstance(data, list):
        for one in data:
            yield from _texts(one, depth + 1)
    elif isinstance(data, dict) and isinstance(data.get("description"), str):
        yield data["description"]
    elif isinstance(data, dict):
        # Of a rubric only its content says what to check; of a group every member does.
        inner = [data["content"]] if "content" in data else list(data.values())
        for one in inner:
            if not isinstance(one, str):
                yield from _texts(one, depth + 1)


def unique_questions(texts: Sequence[str]) -> tuple[Question, ...]:
    """Questions in their order; empty ones and repetitions are left out, long ones are cut."""
    made = (rubrics.question(text[:LONGEST_QUESTION]) for text in texts)
    return tuple({one.id: one for one in made if one.text}.values())


def share_passed(answers: Sequence[Answered]) -> float | None:
    """Share of the questions that are fulfilled. None when there are none."""
    return sum(one.passed for one in answers) / len(answers) if answers else None


class Questions:
    """The questions of cases: made, reviewed, frozen. Works on the engine's loop."""

    def __init__(self, asking: Asking, store: QuestionStore) -> None:
        self._asking = asking
        self._store = store
        self._making: dict[str, asyncio.Task[QuestionSet]] = {}

    async def prepare(
        self,
        metric: ModelMetric,
        case_id: str,
        fields: Mapping[str, str],
        caller: Caller,
        trail: Trail | None = None,
    ) -> QuestionSet:
        """The set of the case, made now if there is none yet; not frozen, so it can be edited.

        Raises what `Asking.ask` raises.
        """
        key = question_key(metric, fields)
        found = await asyncio.to_thread(self._store.questions, key)
        if found is not None:
            return found
        given = given_questions(fields.get(GROUPS, ""))
        if given:
            # Whoever made the dataset wrote them: they are as good as reviewed.
            own = QuestionSet(key, case_id, given, frozen=True)
            return await asyncio.to_thread(
                self._store.put_questions, own, actor=caller.context.actor
            )
        if key not in self._making:
            # Several answers to one case are scored at a time; the questions are made once.
            task = asyncio.ensure_future(
                self._make(key, metric, case_id, fields, caller, trail or Trail())
            )
            self._making[key] = task
            task.add_done_callback(lambda _: self._making.pop(key, None))
        return await asyncio.shield(self._making[key])

    async def frozen(
        self,
        metric: ModelMetric,
        case_id: str,
        fields: Mapping[str, str],
        caller: Caller,
        trail: Trail,
    ) -> QuestionSet:
        """The set that answers are scored with; scoring freezes what was not reviewed."""
        found = await self.prepare(metric, case_id, fields, caller, trail)
        if found.frozen:
            return found
        return await asyncio.to_thread(
            self.freeze, found, [one.text for one in found.questions], actor=caller.context.actor
        )

    def freeze(self, reviewed: QuestionSet, texts: Sequence[str], *, actor: str) -> QuestionSet:
        """Keep the texts as the case's questions for good. InvalidInput when none is left."""
        return self._put(reviewed, texts, frozen=True, actor=actor)

    def edit(self, reviewed: QuestionSet, texts: Sequence[str], *, actor: str) -> QuestionSet:
        """Keep the texts, open to more editing. A frozen set stays as it is."""
        return self._put(reviewed, texts, frozen=False, actor=actor)

    def _put(
        self, reviewed: QuestionSet, texts: Sequence[str], *, frozen: bool, actor: str
    ) -> QuestionSet:
        questions = unique_questions(texts)
        if not questions:
            raise InvalidInput("A case needs a question at least. Write one, or leave those made.")
        kept = QuestionSet(reviewed.key, reviewed.case_id, questions, frozen)
        return self._store.put_questions(kept, actor=actor)

    async def _make(
        self,
        key: str,
        metric: ModelMetric,
        case_id: str,
        fields: Mapping[str, str],
        caller: Caller,
        trail: Trail,
    ) -> QuestionSet:
        template = metric.rubric.in_language(question_language(metric, fields))
        sheet = Sheet(
            template.language,
            rubrics.question_instructions(template, metric.settings.guidelines),
            tuple(rubrics.material(metric.rubric, fields)),
            rubrics.questions_schema(MOST_QUESTIONS),
        )
        made = await self._asking.ask(metric.settings, sheet, read_questions, caller, trail)
        return await asyncio.to_thread(
            self._store.put_questions, QuestionSet(key, case_id, made), actor=caller.context.actor
        )
