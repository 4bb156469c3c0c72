"""Reviewers at full speed until the process is killed; prints what was acknowledged."""

from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from core.access import Access, Person, local_person
from core.config import AccessSection
from core.datasets.datasets import Datasets
from core.records.datasets import Case
from core.records.review import Handed, Judgement, ReviewRound, RoundSettings
from core.review import wiring
from core.review.reviews import Reviews
from core.store import Store

OWNER = local_person("owner")
# More than a hundred short lives can get through.
ITEMS, REVIEWERS = 8_000, 3


def now() -> datetime:
    return datetime.now(UTC)


def no_evaluations() -> NoReturn:
    raise AssertionError


def opened(store: Store) -> Reviews:
    """Human review on this store."""
    access = Access(AccessSection, now, sign_in=False)
    return wiring.reviews(store, Datasets(store), no_evaluations, access, now)


def the_round(store: Store, reviews: Reviews) -> ReviewRound:
    """The only one; made by the first process."""
    for round_ in store.review.list():
        return round_
    cases = [Case(f"c{n}", {"old": f"old {n}", "new": f"new {n}"}) for n in range(ITEMS)]
    version = Datasets(store).create("tickets", cases, actor="owner", source="test")
    asked = RoundSettings("t", "pair", reviewers=REVIEWERS, repeats=0.05)
    return reviews.create_round(reviews.from_dataset(version.id, asked, ["old", "new"]), OWNER)


def work(reviews: Reviews, round_: ReviewRound, person: Person, printing: threading.Lock) -> None:
    """Judge, and now and then take back; say what was acknowledged."""
    done = 0
    while isinstance(found := reviews.next_item(round_.id, person), Handed):
        reviews.verdict(round_.id, found.lease_id, Judgement(choice="left"), person)
        done += 1
        with printing:
            sys.stdout.write(f"said {found.lease_id} {person.name.replace(' ', '-')}\n")
            sys.stdout.flush()
        if done % 10 == 0:
            # Told before, as nobody knows what a kill in between leaves.
            with printing:
                sys.stdout.write(f"undo {found.lease_id} {person.name.replace(' ', '-')}\n")
                sys.stdout.flush()
            reviews.undo(round_.id, person)


if __name__ == "__main__":
    store = Store.open(Path(sys.argv[1]))
    reviews = opened(store)
    round_ = the_round(store, reviews)
    sys.stdout.write("open\n")
    sys.stdout.flush()
    lock = threading.Lock()
    for number in range(int(sys.argv[2])):
        person = local_person(f"person {number}")
        threading.Thread(target=work, args=(reviews, round_, person, lock), daemon=True).start()
    threading.Event().wait()
