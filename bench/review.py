"""Human review: a round of 10,000 items for three reviewers each, and twenty people at once.

    python -m bench.review [--json FILE] [--quick]

At the service, on a file: how long the queue takes to pick, how long results take to work out,
and how long a verdict takes until the next item is in hand while twenty reviewers work at full
speed. What a browser adds is measured elsewhere.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NoReturn

from bench.report import Report, Row, arguments, median, percentile, publish
from core.access import Access, Person, local_person
from core.config import AccessSection
from core.datasets.datasets import Datasets
from core.records.comparisons import CHOICES
from core.records.datasets import Case
from core.records.review import Handed, Judgement, Lease, ReviewRecord, ReviewRound, RoundSettings
from core.review import wiring
from core.review.planning import chance, is_swapped
from core.review.reviews import Reviews
from core.store import Store

OWNER = local_person("owner")
PICK_MS, RESULTS_MS, MEDIAN_MS, P95_MS = 20, 1_000, 250, 500


def now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


def no_evaluations() -> NoReturn:
    """No evaluation takes part."""
    raise AssertionError


def opened(store: Store) -> Reviews:
    """What a process that has just started works with."""
    access = Access(AccessSection, now, sign_in=False)
    return wiring.reviews(store, Datasets(store), no_evaluations, access, now)


def made(store: Store, items: int, reviewers: int) -> ReviewRound:
    """A round over pairs of answers."""
    cases = [
        Case(
            f"c{n}",
            {"ticket": f"ticket {n} " * 20, "old": f"old {n} " * 40, "new": f"new {n} " * 40},
        )
        for n in range(items)
    ]
    version = Datasets(store).create(store.new_id(), cases, actor="owner", source="made")
    reviews = opened(store)
    settings = RoundSettings("bench", "pair", reviewers=reviewers)
    return reviews.create_round(reviews.from_dataset(version.id, settings, ["old", "new"]), OWNER)


def fill(store: Store, round_: ReviewRound, people: int, verdicts: int) -> None:
    """Verdicts on every item as if so many people had worked on it in turn."""
    began = now() - timedelta(days=1)
    futures = []
    for position in range(round_.items):
        for turn in range(verdicts):
            name = f"reviewer {(position + turn) % people}"
            choice = CHOICES[int(chance(7, position, turn // 2) * len(CHOICES))]
            swapped = is_swapped(round_.seed, name, position, repeat=False)
            lease = Lease(store.new_id(), round_.id, position, name, False, swapped, began,
                          began + timedelta(minutes=10))  # fmt: skip
            store.review.lease(lease)
            futures.append(
                store.review.record(
                    ReviewRecord(store.new_id(), round_.id, position, name, "verdict",
                                 Judgement(choice=choice), lease.id, False, swapped, 9.0, began)
                )
            )  # fmt: skip
    for future in futures:
        future.result()


def timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


def at_once(
    reviews: Reviews, round_: ReviewRound, people: int, each: int
) -> tuple[list[float], list[float]]:
    """Milliseconds from verdict to next item, and of picking alone, of all people together."""
    turns: list[float] = []
    picks: list[float] = []

    def work(person: Person) -> None:
        found = reviews.next_item(round_.id, person)
        for _ in range(each):
            if not isinstance(found, Handed):
                return
            began = time.perf_counter()
            reviews.verdict(round_.id, found.lease_id, Judgement(choice="left"), person)
            said = time.perf_counter()
            found = reviews.next_item(round_.id, person)
            reviews.progress(round_.id, person)
            turns.append(1000 * (time.perf_counter() - began))
            picks.append(1000 * (time.perf_counter() - said))

    _, token = reviews.invite(round_.id, OWNER)
    names = [reviews.join(token, f"person {n}") for n in range(people)]
    threads = [threading.Thread(target=work, args=(person,)) for person in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return turns, picks


def looking(store: Store, round_: ReviewRound, rounds: int) -> list[Row]:
    """At a whole round: opening it, its results, and the pick of somebody who has done most."""
    fresh: list[float] = []
    results: list[float] = []
    busy: list[float] = []
    for _ in range(rounds):
        reviews = opened(store)
        fresh.append(timed(partial(reviews.progress, round_.id, OWNER)))
        began = time.process_time()
        results.append(timed(partial(reviews.results, round_.id, OWNER)))
        busy.append(1000 * (time.process_time() - began))
    words = f"{round_.items:,} items x 3 verdicts"
    return [
        Row.at_most(f"agreement and figures: {words}", median(results), RESULTS_MS,
                    note=f"slowest {max(results):.0f}; CPU {median(busy):.0f}"),
        Row("reading the round after a restart", median(fresh), note=words),
    ]  # fmt: skip


def working(store: Store, round_: ReviewRound, people: int, each: int) -> list[Row]:
    """Everybody at full speed, in a round that is half done."""
    reviews = opened(store)
    before = store.review.written(round_.id)
    began = time.perf_counter()
    turns, picks = at_once(reviews, round_, people, each)
    seconds = time.perf_counter() - began
    written = store.review.written(round_.id) - before
    alone = lone_picks(reviews, round_)
    words = f"{people} people at full speed, {round_.items:,} items"
    return [
        Row.at_most("queue pick, one person", median(alone), PICK_MS,
                    note=f"slowest {max(alone):.1f}"),
        Row.at_most(f"verdict to next item, median: {words}", median(turns), MEDIAN_MS,
                    note=f"{len(turns) / seconds:.0f} verdicts a second"),
        Row.at_most("verdict to next item, p95", percentile(turns, 0.95), P95_MS),
        Row("next item and progress alone, p95, among them", percentile(picks, 0.95)),
        Row("verdicts acknowledged but not in the file, or twice in it",
            abs(len(turns) - written), "", 0, written == len(turns)),
    ]  # fmt: skip


def rush(store: Store, items: int, people: int, each: int) -> list[Row]:
    """Everybody at full speed in a fresh round; what the file holds afterwards."""
    round_ = made(store, items, 1)
    turns, _ = at_once(opened(store), round_, people, each)
    records = store.review.records(round_.id)
    once = {(one.position, one.reviewer, one.repeat) for one in records}
    wrong = abs(len(turns) - store.review.written(round_.id)) + len(records) - len(once)
    words = f"{people} people x {each} verdicts at full speed"
    return [
        Row(f"verdicts lost or twice in the file: {words}", wrong, "", 0, wrong == 0,
            f"{len(turns):,} acknowledged"),
        Row("verdict to next item among them, p95", percentile(turns, 0.95)),
    ]  # fmt: skip


def lone_picks(reviews: Reviews, round_: ReviewRound) -> list[float]:
    """Milliseconds to hand out an item, text included, to somebody who goes on and on."""
    picks = []
    for _ in range(50):
        began = time.perf_counter()
        found = reviews.next_item(round_.id, OWNER)
        picks.append(1000 * (time.perf_counter() - began))
        if isinstance(found, Handed):
            reviews.verdict(round_.id, found.lease_id, Judgement(choice="same"), OWNER)
    return picks


def main() -> int:
    """Measure and report."""
    options = arguments(__doc__ or "").parse_args()
    items = 1_000 if options.quick else 10_000
    with tempfile.TemporaryDirectory() as directory:
        store = Store.open(Path(directory) / "w.duckdb")
        try:
            whole, half = made(store, items, 3), made(store, items, 3)
            fill(store, whole, 20, 3)
            fill(store, half, 20, 2)
            rows = working(store, half, 20, 20 if options.quick else 100)
            rows += rush(store, items, 50, 10 if options.quick else 200)
            rows += looking(store, whole, 2 if options.quick else 5)
        finally:
            store.close()
    return publish(Report("review", "python -m bench.review", rows), options.json)


if __name__ == "__main__":
    raise SystemExit(main())
