"""Which items a round has, in which order, for how many reviewers; and which side is left. Pure.

All chance comes from hashes of the round's seed, so that anybody can work it out again.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

from core.errors import InvalidInput
from core.records.review import (
    KINDS,
    MOST_REVIEWERS,
    ORDERS,
    SCALES,
    ItemDraft,
    ReviewItem,
    RoundDraft,
    RoundSettings,
    Slot,
)

RANDOM_SHARE = 0.2
"""Share of a round that is a random sample even when the most telling items come first."""
MOST_CHARACTERS = 2_000
"""Of an answer, when it is looked at how far two differ."""
MOST_ITEMS = 100_000


def chance(seed: int, *parts: object) -> float:
    """A number in 0..1 that the seed and the parts decide."""
    text = "\0".join(map(str, (seed, *parts)))
    digest = hashlib.sha256(text.encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def check(draft: RoundDraft) -> None:
    """InvalidInput when a round like that will not do."""
    settings = draft.settings
    if not settings.title.strip() or len(settings.title) > 200:
        raise InvalidInput("Give the round a title of 1 to 200 characters.")
    if settings.kind not in KINDS or settings.scale not in SCALES or settings.order not in ORDERS:
        raise InvalidInput("A round like that is not known. Choose from the lists.")
    if not 1 <= settings.reviewers <= MOST_REVIEWERS:
        raise InvalidInput("Choose 1 to {most} reviewers per item, not {number}.",
                           most=MOST_REVIEWERS, number=settings.reviewers)  # fmt: skip
    if not (0 <= settings.overlap <= 1 and 0 <= settings.repeats <= 0.5):
        raise InvalidInput("A share is a number from 0 to 1; of hidden repeats, up to a half.")
    if settings.assigned and len(set(settings.assigned)) < settings.reviewers:
        raise InvalidInput("Name {number} reviewers at least, or ask for fewer per item.",
                           number=settings.reviewers)  # fmt: skip
    if settings.kind == "single" and settings.scale == "rubric" and not settings.rubric:
        raise InvalidInput("Write a line of the rubric at least.")
    if settings.kind == "single" and settings.order == "outputs_differ":
        raise InvalidInput("Only pairs can be put in the order in which their answers differ.")
    if settings.lease_s < 10:
        raise InvalidInput("Let a reviewer have an item for 10 seconds at least.")
    if not draft.items:
        raise InvalidInput(
            "There is nothing to review: no case has the answers that are asked for."
        )
    if len(draft.items) > MOST_ITEMS:
        raise InvalidInput("A round has up to {most} items, not {number}. Take a sample.",
                           most=f"{MOST_ITEMS:,}", number=f"{len(draft.items):,}")  # fmt: skip
    wanted = 2 if settings.kind == "pair" else 1
    if any(len(item.answers) != wanted for item in draft.items):
        raise InvalidInput("Each item of this round needs {number} answers.", number=wanted)


def planned(drafts: Sequence[ItemDraft], settings: RoundSettings, seed: int) -> list[ReviewItem]:
    """The items in the order in which they are handed out."""
    shuffled = sorted(range(len(drafts)), key=lambda n: chance(seed, "draw", n, drafts[n].case_id))
    size = min(len(drafts), settings.most or len(drafts))
    if settings.order in ("random", "reviewers_split"):
        chosen, at_random = shuffled[:size], set(shuffled[:size])
    else:
        share = min(size, max(1, math.ceil(RANDOM_SHARE * size)))
        drawn, rest = shuffled[:share], shuffled[share:]
        telling = sorted(rest, key=lambda n: -_telling(drafts[n], settings))
        chosen, at_random = _interleaved(drawn, telling[: size - share]), set(drawn)
    shared = _sharing(len(chosen), settings, seed)
    items = []
    for position, number in enumerate(chosen):
        draft = drafts[number]
        same = settings.kind == "pair" and identical(draft)
        wanted = 0 if same else settings.reviewers if position in shared else 1
        whose = tuple(answer.competitor for answer in draft.answers)
        slot = Slot(position, draft.case_id, wanted, number in at_random, same, whose)
        items.append(ReviewItem(slot, draft))
    return items


def identical(draft: ItemDraft) -> bool:
    """Whether nobody needs to look: the answers of the pair are the same text."""
    first, second = draft.answers
    return first.text.strip() == second.text.strip()


def _telling(draft: ItemDraft, settings: RoundSettings) -> float:
    """How much a verdict on the item is wanted, in 0..1; -1 when nothing tells."""
    if settings.order == "judges_disagree":
        return -1.0 if draft.disagreement is None else draft.disagreement
    # A tenth of a second to import, and only this order needs it.
    from rapidfuzz.distance import Indel

    first, second = (one.text[:MOST_CHARACTERS] for one in draft.answers)
    return float(Indel.normalized_distance(first, second))


def _interleaved(drawn: Sequence[int], telling: Sequence[int]) -> list[int]:
    """The random sample spread evenly among the others, so that stopping early keeps both."""
    placed = [((n + 0.5) / len(drawn), 0, one) for n, one in enumerate(drawn)]
    placed += [((n + 0.5) / len(telling), 1, one) for n, one in enumerate(telling)]
    return [one for _, _, one in sorted(placed)]


def _sharing(size: int, settings: RoundSettings, seed: int) -> set[int]:
    """Positions that get all reviewers: a random share of exactly the size asked for."""
    if settings.overlap >= 1:
        return set(range(size))
    ranked = sorted(range(size), key=lambda position: chance(seed, "overlap", position))
    return set(ranked[: math.ceil(settings.overlap * size)])


def assigned_to(slot: Slot, settings: RoundSettings, seed: int) -> tuple[str, ...]:
    """Who reviews an item of a round with assigned reviewers; everybody gets as many as others."""
    names = sorted(dict.fromkeys(settings.assigned))
    # Each run of as many items as there are names begins in an order of its own, so that over
    # it everybody is first once, second once, and meets changing others.
    block, place = divmod(slot.position, len(names))
    ranked = sorted(names, key=lambda name: chance(seed, "assigned", block, name))
    return tuple(ranked[(place + turn) % len(names)] for turn in range(slot.wanted))


def is_swapped(seed: int, reviewer: str, position: int, *, repeat: bool) -> bool:
    """Whether the second answer stands left for this reviewer.

    Of each two neighbouring positions one is swapped, which one by hash: balanced for every
    reviewer, and nobody can tell. The hidden second time shows the sides the other way round.
    """
    block, place = divmod(position, 2)
    return (chance(seed, "side", reviewer, block) < 0.5) ^ bool(place) ^ repeat


def is_repeated(seed: int, reviewer: str, position: int, share: float) -> bool:
    """Whether this reviewer will see the item a second time."""
    return chance(seed, "repeat", reviewer, position) < share
