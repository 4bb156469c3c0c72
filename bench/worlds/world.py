"""A world: the target, the judge and the optimizer as pure functions of hashes of their inputs.

A prompt is lines of tokens. `R3` states hidden rule 3, `H2` is harmful text, `J5` is padding,
`M:c12` memorises a case. A case needs some rules; each is met with a chance that depends on what
the prompt says. The luck of a deterministic target is a hash of prompt and case: the same prompt
gets the same answers, a reworded one is lucky elsewhere. Since the chances are known, the exact
expected score of any prompt is too, without luck, over a large population of cases.

Everything here is simulated. It shows how well a search and its statistics use the calls they
get; it cannot show how well a real model writes prompts.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

RULES = 12
POPULATION = 400


@dataclass(frozen=True, slots=True)
class Kind:
    """What sets a kind of world apart.

    `without` and `with_rule` are the chances that a needed rule is met. `joint` means that all
    needed rules must be met for any credit. `noise` is the judge's, `restless` the share of the
    target's luck that is drawn anew with each call. `misled` is the share of explanations that
    name harmful text; `memory` how much a memorised case gains. `clusters` > 0: rules cannot be
    stated, and examples lift the cases of their cluster. `parts` > 1: a rule stated for one part
    of the cases hurts the others a little.
    """

    name: str
    without: float = 0.35
    with_rule: float = 0.93
    joint: bool = False
    noise: float = 0.0
    restless: float = 0.0
    misled: float = 0.0
    memory: float = 0.0
    clusters: int = 0
    parts: int = 1
    needs: tuple[int, int] = (1, 3)


KINDS = {
    kind.name: kind
    for kind in (
        Kind("single rules"),
        Kind("joint rules", without=0.5, joint=True, needs=(2, 3)),
        Kind("noisy judge", noise=0.25, restless=0.3),
        Kind("deceptive", misled=0.35, memory=0.6),
        Kind("parts", parts=3),
        Kind("examples", with_rule=0.45, clusters=5, needs=(1, 2)),
        Kind("null", with_rule=0.35, noise=0.15, restless=0.2, memory=0.5),
        Kind("harmful", with_rule=0.30, misled=0.6, noise=0.1, memory=0.6),
        # Kept for the last run: nothing was tuned on it.
        Kind("kept aside", without=0.45, with_rule=0.88, joint=True, noise=0.15, restless=0.15,
             misled=0.15, memory=0.3, parts=2),
    )
}  # fmt: skip
SIMULATED = "simulated"


def draw(*purpose: object) -> float:
    """A number from 0 to 1 made of what it is for."""
    text = "\0".join(map(str, purpose))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) / 2**64


def normal(*purpose: object) -> float:
    """A standard normal draw (Box and Muller)."""
    radius = math.sqrt(-2 * math.log(max(draw("n1", *purpose), 1e-300)))
    return radius * math.cos(2 * math.pi * draw("n2", *purpose))


@dataclass(frozen=True, slots=True)
class Said:
    """A prompt taken apart."""

    rules: frozenset[int]
    harm: int
    padding: int
    memorised: frozenset[str]


@lru_cache(maxsize=50_000)
def said(text: str) -> Said:
    """What a prompt says."""
    words = text.split()
    return Said(
        frozenset(int(word[1:]) for word in words if word[0] == "R" and word[1:].isdigit()),
        sum(word[0] == "H" and word[1:].isdigit() for word in set(words)),
        sum(word[0] == "J" and word[1:].isdigit() for word in words),
        frozenset(word[2:] for word in words if word.startswith("M:")),
    )


class World:
    """One seed of a kind."""

    def __init__(self, kind: Kind, seed: int) -> None:
        self.kind = kind
        self.seed = seed
        self._weights = [0.3 + draw(seed, "weight", rule) for rule in range(RULES)]

    @property
    def start(self) -> str:
        """The prompt to begin with: two rules of twelve, when rules are what helps."""
        return f"task R{int(draw(self.seed, 'start') * RULES)}"

    def cases(self, count: int, purpose: str = "dev") -> list[str]:
        """Ids of cases."""
        return [f"{purpose}{number}" for number in range(count)]

    @lru_cache(maxsize=5_000)  # noqa: B019 - a world lives as long as its runs
    def needs(self, case: str) -> tuple[int, ...]:
        """The rules that a case needs: heavy ones more often."""
        low, high = self.kind.needs
        count = low + int(draw(self.seed, case, "count") * (high - low + 1))
        ranked = sorted(
            range(RULES),
            key=lambda rule: (
                -math.log(max(draw(self.seed, case, rule), 1e-300)) / self._weights[rule]
            ),
        )
        return tuple(ranked[:count])

    def part(self, case: str) -> int:
        """Which part of the cases it belongs to."""
        return int(draw(self.seed, case, "part") * self.kind.parts)

    def cluster(self, case: str) -> int:
        """Which examples are like it."""
        return int(draw(self.seed, case, "cluster") * max(1, self.kind.clusters))

    # -- the target --

    def chances(self, text: str, case: str, shown: Sequence[str] = ()) -> list[float]:
        """The chance of each needed rule to be met."""
        told, kind = said(text), self.kind
        lost = 0.06 * told.harm + 0.01 * told.padding + 0.004 * len(told.memorised)
        if kind.parts > 1:
            other = sum(rule % kind.parts != self.part(case) for rule in told.rules)
            lost += 0.006 * other
        like = sum(self.cluster(one) == self.cluster(case) for one in shown)
        gained = 0.4 * (1 - 0.5**like) if kind.clusters else 0.0
        if case in told.memorised:
            gained += kind.memory
        return [
            min(0.99, max(0.01, (kind.with_rule if rule in told.rules else kind.without)
                          + gained - lost))
            for rule in self.needs(case)
        ]  # fmt: skip

    def true_score(self, text: str, shown: Sequence[str] = ()) -> float:
        """The exact expected score over the population."""
        total = 0.0
        for case in self.cases(POPULATION, "population"):
            total += self.expected(self.chances(text, case, shown))
        return total / POPULATION

    def expected(self, chances: Sequence[float]) -> float:
        """Of one case."""
        return math.prod(chances) if self.kind.joint else sum(chances) / len(chances)

    def answer(
        self, text: str, case: str, repeat: int, shown: Sequence[str] = ()
    ) -> tuple[float, list[int]]:
        """The quality of an answer, and the needed rules that it missed."""
        needed, prompt = self.needs(case), f"{text}|{'+'.join(shown)}"
        missed = []
        for rule, chance in zip(needed, self.chances(text, case, shown), strict=True):
            anew = draw(self.seed, "anew", prompt, case, rule, repeat) < self.kind.restless
            luck = draw(self.seed, "luck", prompt, case, rule, repeat if anew else -1)
            if luck >= chance:
                missed.append(rule)
        met = len(needed) - len(missed)
        quality = float(not missed) if self.kind.joint else met / len(needed)
        return quality, missed

    # -- the judge --

    def judged(
        self, text: str, case: str, repeat: int, shown: Sequence[str] = ()
    ) -> tuple[float, str]:
        """The score with the judge's noise, and its explanation."""
        quality, missed = self.answer(text, case, repeat, shown)
        noise = self.kind.noise * normal(self.seed, "judge", text, *shown, case, repeat)
        score = min(1.0, max(0.0, quality + noise)) if self.kind.noise else quality
        words = []
        for rule in missed:
            misled = draw(self.seed, "misled", case, rule) < self.kind.misled
            words.append(f"H{rule}" if misled else f"R{rule}")
        return score, " ".join(words)

    # -- the optimizer --

    def proposal(
        self, text: str, failures: Sequence[tuple[str, str]], other: str, *purpose: object
    ) -> str:
        """A new prompt from what failures (case, explanation) say; sometimes worse than before."""
        key = (self.seed, "propose", text, *purpose, *(case for case, _ in failures))
        lines = text.split()
        named = [word for _case, words in failures for word in words.split()]
        wanted = sorted(set(named), key=lambda word: (-named.count(word), draw(*key, word)))
        new = [word for word in wanted if word not in lines]
        count = 1 + int(draw(*key, "count") * 2.5)
        added = [word for word in new[:count] if draw(*key, "misses", word) > 0.2]
        if other:
            learned = [word for word in other.split() if word[0] == "R" and word not in lines]
            added += [word for word in learned if draw(*key, word) < 0.6]
        if draw(*key, "guess") < 0.25:
            added.append(f"R{int(draw(*key, 'which') * RULES)}")
        if draw(*key, "padding") < 0.3:
            added.append(f"J{int(draw(*key, 'pad') * 1000)}")
        if failures and draw(*key, "memorise") < 0.25:
            added.append(f"M:{failures[int(draw(*key, 'row') * len(failures))][0]}")
        kept = [word for word in lines if word == "task" or draw(*key, "drops", word) > 0.07]
        return " ".join(dict.fromkeys([*kept, *added]))
