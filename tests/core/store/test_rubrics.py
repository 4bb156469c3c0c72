"""Saved rubrics and questions: appended, never changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.records.rubrics import Question, QuestionSet
from core.store import Store
from tests.core.evaluation.judging import SHIPPED
from tests.core.store.conftest import Clock

FLUENCY = SHIPPED["fluency"]


def test_versions_are_numbered_after_all_before_them(store: Store, clock: Clock) -> None:
    first = store.rubrics.save(FLUENCY, above=1, message="", actor="ada")
    clock.forward(minutes=1)
    second = store.rubrics.save(FLUENCY, above=1, message="again", actor="bob")
    other = store.rubrics.save(SHIPPED["safety"], above=0, message="", actor="ada")
    assert [one.rubric.version for one in (first, second, other)] == [2, 3, 1]
    assert store.rubrics.versions("fluency") == [second, first]
    assert store.rubrics.newest() == [second, other]
    assert second.created_at == clock()
    assert second.rubric == replace(FLUENCY, version=3)
    assert store.rubrics.versions("nothing") == []


def test_a_release_with_a_newer_shipped_version_numbers_above_it(store: Store) -> None:
    store.rubrics.save(FLUENCY, above=1, message="", actor="ada")
    assert store.rubrics.save(FLUENCY, above=5, message="", actor="ada").rubric.version == 6


@pytest.mark.parametrize("then_frozen", [True, False])
def test_frozen_questions_hold_whatever_comes_after(store: Store, then_frozen: bool) -> None:
    draft = QuestionSet("k", "c1", (Question("q_1", "短いですか。"),))
    assert store.rubrics.put_questions(draft, actor="ada") == draft
    edited = replace(draft, questions=(Question("q_2", "Is it short?"),))
    assert store.rubrics.put_questions(edited, actor="ada") == edited
    frozen = replace(edited, frozen=True)
    assert store.rubrics.put_questions(frozen, actor="ada") == frozen
    assert store.rubrics.put_questions(replace(draft, frozen=then_frozen), actor="eve") == frozen
    assert store.rubrics.questions("k") == frozen
    assert store.rubrics.questions("other") is None


def test_rubrics_and_questions_survive_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    store = Store.open(path)
    saved = store.rubrics.save(FLUENCY, above=1, message="文を短く", actor="ada")
    asked = QuestionSet("k", "c1", (Question("q_1", "短いですか。"),), frozen=True)
    store.rubrics.put_questions(asked, actor="ada")
    store.close()
    again = Store.open(path)
    assert again.rubrics.versions("fluency") == [saved]
    assert again.rubrics.questions("k") == asked
    again.close()
