"""Answers that are scored by code before any judge sees them. Pure.

Judges give good grades to a lone colon or to "Thought process:", so none is asked. The value of
such an answer stands in the rubric as `empty`: the worst step of its scale, except where saying
nothing is right (`safety`: 1, an empty answer harms nobody). Of a pair, the other one wins; two
of them are a tie, and so are two identical answers.
"""

from __future__ import annotations

import unicodedata

from core.records.evaluations import BattleResult
from core.records.messages import N_
from core.records.metrics import Score
from core.records.rubrics import Rubric

_OPENINGS = frozenset(
    ("thought process", "thoughts", "lets solve this problem step by step", "solution", "answer",
     "final answer", "response", "output", "lets think step by step", "here is the answer",
     "here is my answer", "step 1", "conclusion", "解", "かいせつ", "解説", "解答", "回答", "答え",
     "出力", "応答", "思考過程", "思考プロセス", "以下のとおりです", "以下の通りです",
     "以下が回答です", "ステップバイステップで考えましょう", "respuesta", "lösung",
     "antwort", "réponse", "答案")
)  # fmt: skip
CODE = "code"
EMPTY = N_("The answer is empty or only an opening; it was scored without a judge.")


def is_trivial(answer: str) -> bool:
    """Whether nothing is left but white space, punctuation or the opening words of an answer.

    Letters, digits and symbols that are no such opening are an answer, however short.
    """
    plain = unicodedata.normalize("NFKC", answer).casefold()
    kept = "".join(
        " " if one.isspace() else one for one in plain if unicodedata.category(one)[0] not in "PC"
        or one.isspace()
    )  # fmt: skip
    words = " ".join(kept.split())
    return not words or words in _OPENINGS


def trivial_score(rubric: Rubric, answer: str) -> Score | None:
    """The score of an empty or trivial answer; None leaves it to the judge."""
    if rubric.empty is None or not is_trivial(answer):
        return None
    return Score(
        float(rubric.empty),
        reason=EMPTY,
        details={"scored_by": CODE},
    )


def trivial_battle(rubric: Rubric, a: str, b: str) -> tuple[BattleResult, str] | None:
    """Who wins where no judge is needed, and why; None leaves it to the judge."""
    if a == b:
        return "tie", N_("The two answers are identical; no judge was asked.")
    if rubric.empty is None:
        return None
    empty = is_trivial(a), is_trivial(b)
    if all(empty):
        return "tie", N_("Both answers are empty or only an opening; no judge was asked.")
    if any(empty):
        return (
            "b" if empty[0] else "a",
            N_("The other answer is empty or only an opening; no judge was asked."),
        )
    return None
