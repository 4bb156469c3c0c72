"""Rubrics that people saved, and the questions of adaptive ones; both append-only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from core.records.rubrics import Question, QuestionSet, Rubric, RubricVersion, rubric_from
from core.store.database import to_aware
from core.store.handle import Handle
from core.store.writer import Cursor

_VERSIONS = "select id, body, message, created_at, created_by from rubric_versions"
_NEWEST = """
    select key, case_id, questions, frozen from question_sets where key = ?
    order by frozen desc, id desc limit 1
"""


class StoredRubrics:
    """Edited rubrics and custom metrics, and the questions of cases."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    # -- rubrics --

    def save(self, rubric: Rubric, *, above: int, message: str, actor: str) -> RubricVersion:
        """Number it after the newest version of its name, and above `above`, and keep it."""
        version_id, now = self._handle.new_id(), self._handle.now()

        def work(cursor: Cursor) -> Rubric:
            row = cursor.execute(
                "select max(number) from rubric_versions where name = ?", [rubric.name]
            ).fetchone()
            newest = row[0] if row and row[0] is not None else 0
            numbered = replace(rubric, version=max(newest, above) + 1)
            body = json.dumps(numbered.to_dict(), ensure_ascii=False)
            cursor.execute(
                "insert into rubric_versions values (?, ?, ?, ?, ?, ?, ?, ?)",
                [version_id, rubric.name, numbered.version, body, rubric.sha256, message, now,
                 actor],
            )  # fmt: skip
            return numbered

        numbered = self._handle.write(work)
        return RubricVersion(numbered, version_id, message, to_aware(now), actor)

    def versions(self, name: str) -> Sequence[RubricVersion]:
        """What was saved under the name, newest first."""
        rows = self._handle.rows(f"{_VERSIONS} where name = ? order by number desc", [name])
        return [_version(row) for row in rows]

    def newest(self) -> Sequence[RubricVersion]:
        """The newest saved version of each name, by name."""
        rows = self._handle.rows(
            f"{_VERSIONS} qualify row_number() over (partition by name order by number desc) = 1 "
            "order by name"
        )
        return [_version(row) for row in rows]

    # -- questions --

    def questions(self, key: str) -> QuestionSet | None:
        """The set as it is now."""
        row = self._handle.row(_NEWEST, [key])
        return _question_set(row) if row else None

    def put_questions(self, asked: QuestionSet, *, actor: str) -> QuestionSet:
        """Keep the set and return what holds: a frozen one stays as it is."""
        row_id, now = self._handle.new_id(), self._handle.now()
        body = json.dumps([asdict(one) for one in asked.questions], ensure_ascii=False)

        def work(cursor: Cursor) -> QuestionSet:
            row = cursor.execute(_NEWEST, [asked.key]).fetchone()
            held = _question_set(row) if row else None
            if held is not None and held.frozen:
                return held
            cursor.execute(
                "insert into question_sets values (?, ?, ?, ?, ?, ?, ?)",
                [row_id, asked.key, asked.case_id, body, asked.frozen, now, actor],
            )
            return asked

        return self._handle.write(work)


def _version(row: tuple[Any, ...]) -> RubricVersion:
    id_, body, message, created_at, created_by = row
    rubric = rubric_from(json.loads(body))
    return RubricVersion(rubric, str(id_), message, to_aware(created_at), created_by)


def _question_set(row: tuple[Any, ...]) -> QuestionSet:
    key, case_id, questions, frozen = row
    return QuestionSet(
        key, case_id, tuple(Question(**one) for one in json.loads(questions)), bool(frozen)
    )
