"""What judges are told of a task: the same for every candidate, as all are held to it. Pure."""

from __future__ import annotations

from dataclasses import replace

from core.errors import WorkbenchError
from core.evaluation.plan import case_request
from core.records.comparisons import Candidate
from core.records.datasets import Case

PROMPT, INSTRUCTION, HISTORY = "prompt", "instruction", "conversation_history"


def task_case(case: Case, first: Candidate) -> Case:
    """The case with its `prompt`; without one, what the first candidate was asked stands for it.

    Its system instruction and earlier turns come along. So a prompt that was changed is judged by
    the task as it was stated before, and no judge sees which prompt an answer comes from.
    """
    if PROMPT in case.fields:
        return case
    try:
        request = case_request(first, case)
    except WorkbenchError:
        return case
    *earlier, last = request.turns
    asked = {PROMPT: last.text}
    if request.system:
        asked[INSTRUCTION] = request.system
    if earlier:
        asked[HISTORY] = "\n\n".join(f"{turn.role}: {turn.text}" for turn in earlier)
    return replace(case, fields={**asked, **case.fields})
