"""What judges are told of a task."""

from __future__ import annotations

from core.evaluation.task import task_case
from core.records.comparisons import Candidate
from core.records.datasets import Case
from core.records.prompts import Part, PromptSpec, Turn


def candidate(*turns: str, system: str = "") -> Candidate:
    roles = ("user", "model")
    spoken = tuple(Turn(roles[n % 2], (Part(text),)) for n, text in enumerate(turns))
    return Candidate("a", "A", PromptSpec(system=system, turns=spoken), "sandbox:sandbox-flash-2")


def test_what_the_first_candidate_was_asked_is_the_task() -> None:
    case = Case("c1", {"ticket": "It burns", "reference": "high"}, "test")
    told = task_case(case, candidate("Classify: {ticket}", system="You triage."))
    assert told.fields == {
        "prompt": "Classify: It burns", "instruction": "You triage.", "ticket": "It burns",
        "reference": "high",
    }  # fmt: skip
    assert (told.id, told.split) == ("c1", "test")


def test_a_prompt_of_the_case_stays_as_it_is() -> None:
    case = Case("c1", {"prompt": "Why?"})
    assert task_case(case, candidate("Be brief. {prompt}")) is case


def test_the_columns_of_the_case_win_and_earlier_turns_come_along() -> None:
    case = Case("c1", {"x": "4", "instruction": "Count."})
    told = task_case(case, candidate("2", "two", "{x}", system="Say numbers."))
    assert told.fields["instruction"] == "Count."
    assert told.fields["conversation_history"] == "user: 2\n\nmodel: two"
    assert told.fields["prompt"] == "4"


def test_a_case_that_cannot_be_asked_is_told_as_it_is() -> None:
    case = Case("c1", {"other": "x"})
    assert task_case(case, candidate("Classify: {ticket}")) is case
