"""Rated answers as examples: which are taken, in which order, and what an optimizer reads."""

from __future__ import annotations

from core.optimization.examples import MOST_EXAMPLES, rated
from core.optimization.meta_prompts import Brief, improvement_request, proposal_request
from core.optimization.search import Shown, Wish
from core.records.comparisons import Candidate
from core.records.datasets import Case
from core.records.evaluations import CaseDetail, Response, ScoredResponse
from core.records.metrics import Score
from core.records.optimizations import Feedback
from core.records.prompts import Part, PromptSpec, Turn

ONE = Candidate("c1", "v1", PromptSpec("Sort.", (Turn("user", (Part("{ticket}"),)),)), "m")


def detail(
    name: str, text: str, reference: str = "", verdicts: dict[str, bool | None] | None = None
) -> CaseDetail:
    """An answer of the candidate, one of another and a repeat, with a judge's verdicts."""
    fields = {"ticket": f"ticket {name}", **({"reference": reference} if reference else {})}
    answers = [Response(name, key, repeat, None, said) for key, repeat, said in
               (("c2", 0, "another"), ("c1", 1, "a repeat"), ("c1", 0, text))]  # fmt: skip
    asked = [{"text": question, "verdict": met} for question, met in (verdicts or {}).items()]
    score = Score(0.5, details={"questions": asked} if asked else {})
    return CaseDetail(Case(name, fields), answers,
                      [ScoredResponse("e", name, "c1", 0, "m", "s", score)], ())  # fmt: skip


def test_wrong_answers_come_first_and_only_allowed_cases_are_taken() -> None:
    details = [
        detail("a", "low", "low"),
        detail("b", "low", "high"),
        detail("secret", "low", "high"),
        detail("c", "low", verdicts={"One word?": True, "Right?": False, "Unread?": None}),
    ]
    found = rated(details, ONE, {"a", "b", "c"})
    assert found["expected"] == [
        Feedback(input="ticket b", response="low", expected="high"),
        Feedback(input="ticket a", response="low", expected="low"),
    ]
    assert found["rubrics"] == [
        Feedback(input="ticket c", response="low", rubrics=(("One word?", True), ("Right?", False)))
    ]


def test_what_nothing_rates_is_no_example() -> None:
    assert rated([detail("a", "low")], ONE, {"a"}) == {}
    many = [detail(str(number), "low", "high") for number in range(99)]
    assert len(rated(many, ONE, {str(n) for n in range(99)})["expected"]) == MOST_EXAMPLES


RATED = (
    Feedback(input="fine ticket", response="low", expected="low"),
    Feedback(input="wrong ticket", response="low", expected="high"),
    Feedback(input="long ticket", response="It is low", rubrics=(("One word?", False),
                                                                 ("English?", True))),
)  # fmt: skip


def asked(request: object) -> str:
    return str(request.turns[0].text)  # type: ignore[attr-defined]


def test_an_optimizer_reads_what_was_wrong_and_why() -> None:
    brief = Brief("s:m", "", 400, {}, RATED)
    said = asked(improvement_request("Sort {ticket}.", brief))
    assert "wrong ticket" in said and "Expected: high" in said
    assert "Why it is wrong: One word?" in said and "English?" not in said
    assert "fine ticket" not in said


def test_a_job_shows_them_beside_its_first_failures_only() -> None:
    brief = Brief("s:m", "", 400, {}, RATED)
    measured = Shown("measured ticket", "low", "urgent", "", 0.0)
    first, later = (
        asked(proposal_request(Wish("Sort {ticket}.", (measured,), "repair", step, 0), brief))
        for step in (1, 2)
    )
    assert "measured ticket" in first and "wrong ticket" in first
    assert "measured ticket" in later and "wrong ticket" not in later
