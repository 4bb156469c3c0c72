"""Grading by measurable features: overlap with the reference or the input, lengths, language,
numbers that the source lacks. Pointwise, pairwise, and yes-or-no questions of a rubric."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from core.sandbox.text.aspects import aspect_of, excess, measured
from core.sandbox.text.checklist import met
from core.sandbox.text.extract import facts
from core.sandbox.text.language import is_japanese
from core.sandbox.text.ngrams import coverage, similarity
from core.sandbox.text.reading import Asked
from core.sandbox.text.summarize import limits

_RUBRIC = re.compile(
    r"(?i)rubric|criteria|grading|evaluat|\bscore\b|rating|judge|採点|評価(?:基準|して|し)|ルーブリック|評点"
)
_RESPONSE = r"(?:candidate|ai)?[ -]?(?:response|answer|output)|回答|応答|出力"
_SECTION = re.compile(
    r"(?im)^[#*\s\[【]*(?P<name>(?:baseline|reference|expected|ideal|正解|参照|模範)[^\n:：\]】]{0,24}|"
    rf"(?:{_RESPONSE})[ _-]*(?:A|B|1|2|Ａ|Ｂ)|(?:{_RESPONSE})(?:文)?|"
    r"(?:user )?(?:prompt|input|question|source|context)|入力|プロンプト|質問|原文)"
    r"[\]】*]*[ \t]*[:：\n][ \t]*"
)
_SCALE = re.compile(r"(\d)\s*(?:-|–|~|〜|から|to)\s*(\d{1,3})(?!\d)")


def is_rubric(asked: Asked) -> bool:
    """Whether the prompt asks to grade something."""
    return bool(material(asked)) and (bool(asked.graded) or bool(_RUBRIC.search(asked.whole)))


def material(asked: Asked) -> dict[str, str]:
    """The graded material by role: what is fenced, or else sections under headings."""
    if not asked.graded:
        return sections(asked.whole)
    given = asked.graded
    roles = {"response": "response", "first": "a", "second": "b", "reference": "reference"}
    found = {role: given[name] for name, role in roles.items() if name in given}
    about = [given[name] for name in ("instruction", "conversation_history", "context", "prompt")
             if name in given]  # fmt: skip
    return {**found, "prompt": "\n".join(about)} if {"response", "a", "b"} & set(found) else {}


def sections(text: str) -> dict[str, str]:
    """The graded material by role: prompt, reference, response, a, b."""
    marks = list(_SECTION.finditer(text))
    found: dict[str, str] = {}
    for mark, following in zip(marks, [*marks[1:], None], strict=False):
        body = text[mark.end() : following.start() if following else len(text)].strip()
        role = _role(mark["name"].strip().lower())
        if body and (role not in found or len(body) > len(found[role])):
            found[role] = body
    return found if {"response", "a", "b"} & set(found) else {}


def _role(name: str) -> str:
    if re.match(r"baseline|reference|expected|ideal|正解|参照|模範", name):
        return "reference"
    if re.search(r"(?:a|1|ａ)$", name) and re.match(_RESPONSE, name) and not name.endswith("data"):
        return "a"
    if re.search(r"(?:b|2|ｂ)$", name):
        return "b"
    return "response" if re.match(_RESPONSE, name) else "prompt"


def quality(response: str, found: Mapping[str, str], aspect: str = "") -> float:
    """How good a response is by what can be measured, from 0 to 1."""
    if aspect:
        return measured(aspect, response, found)
    if not response.strip():
        return 0.0
    source, reference = found.get("prompt", ""), found.get("reference", "")
    parts = [0.6 * similarity(response, reference) + 0.4 * coverage(reference, response)
             if reference else min(1.0, 1.4 * coverage(response, source)) if source else 0.5]  # fmt: skip
    if source:
        parts.append(1.0 if is_japanese(response) == is_japanese(source) else 0.3)
        parts.append(_within_limits(response, source))
        invented = [n for n in facts("number", response) if n not in f"{source}{reference}"]
        parts.append(1.0 / (1 + len(invented)))
    weights = [3.0, *[1.0] * (len(parts) - 1)]
    return sum(w * p for w, p in zip(weights, parts, strict=True)) / sum(weights)


def _within_limits(response: str, source: str) -> float:
    wanted = limits(source)
    if wanted.characters and len(response) > wanted.characters:
        return max(0.0, 1 - (len(response) - wanted.characters) / wanted.characters)
    return 1.0


def score(asked: Asked, low: float | None = None, high: float | None = None) -> float | None:
    """The grade on the scale the prompt or schema gives, 1 to 5 by default."""
    found = material(asked)
    response = found.get("response") or found.get("a")
    if response is None:
        return None
    aspect = _aspect(asked)
    if aspect == "verbosity" and low is not None and low < 0:
        return float(excess(response, found))
    scale = _SCALE.search(asked.instruction)
    bottom = low if low is not None else float(scale[1]) if scale else 1.0
    top = high if high is not None else float(scale[2]) if scale else 5.0
    return float(round(bottom + quality(response, found, aspect) * (top - bottom)))


def _aspect(asked: Asked) -> str:
    return aspect_of(asked.instruction) if asked.graded else ""


def verdict(asked: Asked, options: Sequence[str]) -> str | None:
    """Which option of a pairwise judgement holds, or None when it is not one."""
    found = material(asked)
    if "a" not in found or "b" not in found:
        return None
    aspect = _aspect(asked)
    margin = quality(found["a"], found, aspect) - quality(found["b"], found, aspect)
    wanted = r"tie|same|equal|同|引き分け" if abs(margin) < 0.02 else (
        r"(?:^|[^a-z])a(?:$|[^a-z])|baseline|first" if margin > 0
        else r"(?:^|[^a-z])b(?:$|[^a-z])|candidate|second"
    )  # fmt: skip
    for option in options:
        if re.search(wanted, option, re.IGNORECASE):
            return option
    return None


def holds(asked: Asked, question: str) -> bool | None:
    """Whether a rubric's question is met by the response, or None when nothing is graded."""
    found = material(asked)
    response = found.get("response")
    if response is None or not is_rubric(asked):
        return None
    checked = met(question, response, found.get("prompt", "")) if asked.graded else None
    if checked is not None:
        return checked
    return quality(response, found) >= 0.5 or coverage(question, response) > 0.6


def reason(asked: Asked) -> str:
    """What the grade rests on, in the language of the prompt; empty when nothing is graded."""
    found = material(asked)
    response = found.get("response") or found.get("a")
    if response is None or not is_rubric(asked):
        return ""
    against = found.get("reference") or found.get("prompt", "")
    shared = round(100 * coverage(response, against))
    if is_japanese(asked.instruction):
        return (
            f"参照との一致は文字n-gramで{shared}%、長さは{len(response)}文字です（機械的な採点）。"
        )
    return f"{shared}% of its character n-grams are in the source; {len(response)} characters long."


def grade(asked: Asked) -> str:
    """The grade as text: the number or the preferred response, then the reason."""
    pair = verdict(asked, ["A", "B", "tie"])
    if pair is not None:
        return f"{pair}\n{reason(asked)}"
    value = score(asked)
    return f"{value:.0f}\n{reason(asked)}" if value is not None else reason(asked)
