"""Reviews on a store in memory, with a clock that a test sets; no model is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import pytest

from core.access import Access, Person, local_person
from core.config import AccessSection
from core.datasets.datasets import Datasets
from core.records.datasets import Case
from core.records.review import Handed, Judgement, ReviewRound, RoundSettings
from core.review import wiring
from core.review.reviews import Reviews
from core.store import Store

OWNER = local_person("owner")


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **step: float) -> None:
        self.time += timedelta(**step)


def no_evaluations() -> NoReturn:
    raise AssertionError("no evaluation takes part")


@dataclass
class Scene:
    """A store with reviews, and datasets that hold answers."""

    store: Store
    clock: Clock
    sign_in: bool = False
    roles: AccessSection = field(default_factory=AccessSection)

    def __post_init__(self) -> None:
        self.datasets = Datasets(self.store)
        self.access = Access(lambda: self.roles, self.clock, sign_in=self.sign_in)
        self.reviews = self.opened()

    def opened(self) -> Reviews:
        """What a process that starts now works with; leases are written, but not waited for."""
        self.store.settings.put("opened", "")
        return wiring.reviews(self.store, self.datasets, no_evaluations, self.access, self.clock)

    def cases(self, count: int, **fields: str) -> list[Case]:
        """Tickets with two answers each, marked so that a test knows which is which."""
        return [
            Case(
                f"t{n:04}",
                {
                    "ticket": f"ticket {n}",
                    "reference": f"reference {n}",
                    "old": f"old answer {n}",
                    "new": f"new answer {n}",
                    **fields,
                },
            )
            for n in range(count)
        ]

    def dataset(self, count: int = 20, **fields: str) -> str:
        """The id of a version with such cases."""
        name = f"tickets {self.store.new_id()}"
        return self.datasets.create(
            name, self.cases(count, **fields), actor="owner", source="test"
        ).id

    def round(self, count: int = 20, version_id: str = "", **settings: Any) -> ReviewRound:
        """A round over the two answers; pairs unless told otherwise."""
        values = {"title": "Tickets", "kind": "pair", "repeats": 0.0, **settings}
        asked = RoundSettings(**values)
        columns = ["old", "new"] if asked.kind == "pair" else ["new"]
        draft = self.reviews.from_dataset(version_id or self.dataset(count), asked, columns)
        return self.reviews.create_round(draft, OWNER)

    def guest(self, round_: ReviewRound, name: str) -> Person:
        """Somebody who came by a link."""
        _, token = self.reviews.invite(round_.id, OWNER)
        return self.reviews.join(token, name)

    def handed(self, round_: ReviewRound, person: Person) -> Handed:
        """The next item, which must be there."""
        found = self.reviews.next_item(round_.id, person)
        assert isinstance(found, Handed), found
        return found

    def judge(self, round_: ReviewRound, person: Person, judgement: Judgement) -> Handed:
        """Take the next item and say that of it."""
        found = self.handed(round_, person)
        self.reviews.verdict(round_.id, found.lease_id, judgement, person)
        return found

    def prefer_new(self, round_: ReviewRound, person: Person, times: int) -> None:
        """So many verdicts for the new answer, wherever it stands."""
        for _ in range(times):
            found = self.handed(round_, person)
            left = found.answers[0].startswith("new")
            judgement = Judgement(choice="left" if left else "right")
            self.reviews.verdict(round_.id, found.lease_id, judgement, person)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def scene(clock: Clock) -> Iterator[Scene]:
    store = Store.open(":memory:", now=clock)
    yield Scene(store, clock)
    store.close()


SAME = Judgement(choice="same")
