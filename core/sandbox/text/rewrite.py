"""Rewrites an instruction from failures: adds what the failures show to be missing."""

from __future__ import annotations

import random
import re

from core.sandbox.text.language import is_japanese
from core.sandbox.text.reading import Asked

_ASKED = re.compile(
    r"(?i)(?:improve|rewrite|revise|optimi[sz]e|refine)[^\n]{0,60}(?:prompt|instruction)|"
    r"(?:プロンプト|指示)[^\n]{0,30}(?:改善|書き直|最適化)|(?:改善|書き直|最適化)[^\n]{0,30}(?:プロンプト|指示)"
)
_INSTRUCTION = re.compile(
    r"(?ims)^[#*\s\[]*(?:current |original |old )?(?:instruction|prompt|指示|現在の(?:指示|プロンプト)|"
    r"元の(?:指示|プロンプト))s?[\]*]*[ \t]*[:：\n](?P<text>.+?)"
    r"(?=^[#*\s\[]*(?:failures?|mistakes?|feedback|examples?|errors?|失敗|間違い|フィードバック|誤り)"
    r"[^\n:：]{0,20}[\]*]*[ \t]*[:：\n]|\Z)"
)
_FAILURE = re.compile(
    r"(?ims)(?:input|入力)\s*[:：][ \t]*(?P<x>[^\n]{1,600})\n.{0,900}?"
    r"(?:expected|correct|reference|target|正解|期待)[^:：\n]{0,12}[:：][ \t]*(?P<y>[^\n]{1,300})"
)
_FEEDBACK = re.compile(
    r"(?im)^[ \t]*(?:[-*・]\s*)?(?:feedback|comment|フィードバック|コメント|指摘)[^:：\n]{0,12}[:：][ \t]*(\S[^\n]{2,300})"
)
MOST_EXAMPLES = 12


def is_asked(text: str) -> bool:
    """Whether the prompt asks for a better instruction."""
    return bool(_ASKED.search(text))


def rewrite(asked: Asked, chance: random.Random, temperature: float) -> str:
    """The instruction with an example per failure and a rule per piece of feedback.

    With temperature it takes a seeded part of the failures, so that proposals differ.
    """
    whole = asked.whole
    found = _INSTRUCTION.search(whole)
    old = (found["text"] if found else asked.subject).strip().strip('`"')
    # Reading took the mark off the last input, to make a subject of what follows it.
    marked = f"{asked.instruction}\nInput: {asked.subject}"
    failures = list(
        dict.fromkeys((m["x"].strip(), m["y"].strip()) for m in _FAILURE.finditer(marked))
    )
    feedback = list(dict.fromkeys(_FEEDBACK.findall(whole)))
    if temperature > 0 and len(failures) > 2:
        failures = chance.sample(failures, max(2, round(len(failures) * chance.uniform(0.5, 1))))
    japanese = is_japanese(old or whole)
    lines = [old]
    if feedback:
        lines += ["", "守ること:" if japanese else "Rules:"]
        lines += [f"- {one.strip()}" for one in feedback if one.strip() not in old]
    new = [pair for pair in failures if pair[0] not in old][:MOST_EXAMPLES]
    for text, answer in new:
        first, second = ("入力", "出力") if japanese else ("Input", "Output")
        lines += ["", f"{first}: {text}", f"{second}: {answer}"]
    return "\n".join(lines).strip()
