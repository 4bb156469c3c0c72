"""Extractive summaries that keep the limits stated in the prompt."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from core.sandbox.models import Profile
from core.sandbox.text.language import is_japanese, normal, plain_style, polite_style, sentences
from core.sandbox.text.ngrams import similarity

_NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "single": 1,
    "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6,
}  # fmt: skip
_N = r"(\d{1,5}|one|two|three|four|five|six|single|[一二三四五六])"


@dataclass(frozen=True, slots=True)
class Limits:
    """What the prompt asks of the form; None where it says nothing."""

    sentences: int | None = None
    characters: int | None = None
    words: int | None = None
    bullets: int | None = None
    as_bullets: bool = False
    style: str = ""


def limits(instruction: str) -> Limits:
    """Read the limits stated in an instruction."""
    text = normal(instruction)

    def number(pattern: str) -> int | None:
        match = re.search(pattern, text, re.IGNORECASE)
        if not match:
            return None
        word = match[1].lower()
        return _NUMBERS.get(word) or int(word)

    bulleted = bool(re.search(r"箇条書き|bullet|リスト形式", text, re.IGNORECASE))
    return Limits(
        sentences=number(_N + r"\s*(?:文(?!字)|sentences?)"),
        characters=number(_N + r"\s*(?:文字|字|characters?|chars?)"),
        words=number(_N + r"\s*(?:words?|単語)"),
        bullets=number(_N + r"\s*(?:つ|点|個|項目|bullets?|points?)") if bulleted else None,
        as_bullets=bulleted,
        style="polite" if re.search(r"です・ます|ですます|丁寧", text)
        else "plain" if re.search(r"である調|だ・である|常体", text) else "",
    )  # fmt: skip


def summarize(
    subject: str, instruction: str, profile: Profile, chance: random.Random, temperature: float
) -> str:
    """The most central sentences in their order, within the limits."""
    wanted = limits(instruction)
    pieces = sentences(subject)
    if not pieces:
        return ""
    how_many = wanted.bullets or wanted.sentences or min(3, max(1, len(pieces) // 2))
    chosen = central(pieces, how_many, profile, chance, temperature)
    if wanted.style == "polite":
        chosen = [polite_style(piece) for piece in chosen]
    elif wanted.style == "plain":
        chosen = [plain_style(piece) for piece in chosen]
    if wanted.as_bullets:
        mark = "・" if is_japanese(subject) else "- "
        return "\n".join(mark + _short(piece, wanted, profile) for piece in chosen)
    joint = "" if is_japanese(subject) else " "
    return _short(joint.join(chosen), wanted, profile)


def headline(subject: str, instruction: str, profile: Profile) -> str:
    """The most central clause, as a title."""
    pieces = sentences(subject)
    if not pieces:
        return ""
    best = central(pieces, 1, profile, random.Random(0), 0.0)[0]
    clause = max(re.split(r"[、,。.]", best), key=len).strip()
    return _short(clause, limits(instruction), profile) or clause


def central(
    pieces: list[str], how_many: int, profile: Profile, chance: random.Random, temperature: float
) -> list[str]:
    """The sentences most like all others, in their order; earlier ones count a little more."""
    considered = pieces[:200]
    whole = " ".join(considered)
    scored = [
        (
            similarity(piece, whole, profile.ngrams) * (1.15 - 0.15 * place / len(considered))
            + temperature * 0.1 * chance.random(),
            place,
        )
        for place, piece in enumerate(considered)
    ]
    best = sorted(scored, reverse=True)[:how_many]
    return [considered[place] for place in sorted(place for _, place in best)]


def _short(text: str, wanted: Limits, profile: Profile) -> str:
    """Cut to the stated characters or words, at a clause where there is one."""
    if not profile.obeys_lengths:
        return text
    if wanted.words and len(text.split()) > wanted.words:
        text = " ".join(text.split()[: wanted.words]).rstrip(",;") + "."
    if wanted.characters and len(text) > wanted.characters:
        cut = text[: wanted.characters]
        ends = [cut.rfind(mark) for mark in "。．.!！?？"]
        if max(ends) >= wanted.characters // 2:
            return cut[: max(ends) + 1]
        return cut[:-1].rstrip("、,") + "…" if wanted.characters > 1 else cut
    return text
