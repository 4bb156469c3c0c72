"""Rounds for the tests of the review page, and what they do on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streamlit.testing.v1 import AppTest

from core.access import local_person
from core.records.datasets import Case
from core.records.review import Judgement, Nothing, ReviewRound, RoundSettings
from core.workbench import Workbench

PAGE = "improve/review"
ME = local_person("tester")
SECRETS = ("alpha-model", "beta-model")
PAIR = RoundSettings("Which reply is kinder?", "pair", reviewers=2, repeats=0.0)


def texts(at: AppTest) -> str:
    """Everything that is said on the page."""
    kinds: tuple[Any, ...] = (at.title, at.header, at.markdown, at.caption, at.success, at.warning,
                              at.info, at.error, at.button)  # fmt: skip
    return "\n".join(
        str(getattr(one, "value", None) or getattr(one, "label", ""))
        for kind in kinds
        for one in kind
    )


def dataset(bench: Workbench, count: int = 6, name: str = "replies") -> str:
    """A dataset with the answers of two models in columns that bear their names."""
    rows = [
        Case(
            f"t{n}",
            {
                "prompt": f"Customer {n} is angry.",
                "reference": f"We are sorry, customer {n}.",
                SECRETS[0]: f"Sorry, customer {n}. We will look at it today.",
                SECRETS[1]: f"Dear customer {n}, this is not our fault.",
            },
        )
        for n in range(count)
    ]
    return bench.datasets.create(name, rows, actor="ada", source="test").id


def made(bench: Workbench, settings: RoundSettings = PAIR, count: int = 6) -> ReviewRound:
    """A round over both columns, or over the first."""
    columns = SECRETS if settings.kind == "pair" else SECRETS[:1]
    version_id = dataset(bench, count, settings.title)
    draft = bench.reviews.from_dataset(version_id, settings, columns)
    return bench.reviews.create_round(draft, ME)


def invited(bench: Workbench, asked: ReviewRound) -> dict[str, str]:
    """The address that a reviewer gets."""
    _invite, token = bench.reviews.invite(asked.id, ME)
    return {"round": asked.id, "invite": token}


def press(at: AppTest, start: str) -> AppTest:
    """Press the button whose key begins so."""
    found = [one for one in at.button if str(one.key).startswith(start)]
    assert found, f"no button {start} among {[one.key for one in at.button]}"
    return found[0].click().run()


def judge_all(bench: Workbench, asked: ReviewRound, name: str, choices: Sequence[str]) -> None:
    """So many verdicts of somebody who came by a link."""
    reviews = bench.reviews
    _invite, token = reviews.invite(asked.id, ME)
    somebody = reviews.join(token, name)
    for choice in choices:
        handed = reviews.next_item(asked.id, somebody)
        assert not isinstance(handed, Nothing)
        reviews.verdict(
            asked.id, handed.lease_id,
            Judgement(choice=choice, reasons=("tone",), comment=f"{name} says so",  # type: ignore[arg-type]
                      correction="We are very sorry."), somebody,
        )  # fmt: skip
