"""Rewrites an instruction from failures: adds what the failures show to be missing."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Sequence

from core.sandbox.text.language import is_japanese, sentences
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
_SUMMARY_RULE = re.compile(
    r"(?m)^- (?:\d+文、\d+文字以内で要約してください。|"
    r"Summarize in \d+ sentences? and at most \d+ characters\.)$"
)
MOST_EXAMPLES = 12
SHORTEST_SUMMARY = 20
"""Characters of an expected answer below which it is rather a label."""
MOST_OF_INPUT = 0.75


def is_asked(text: str) -> bool:
    """Whether the prompt asks for a better instruction."""
    return bool(_ASKED.search(text))


def rewrite(asked: Asked, chance: random.Random, temperature: float) -> str:
    """The instruction with an example per failure and a rule per piece of feedback.

    Where summaries are expected, a rule of their length takes the place of the examples. With
    temperature it takes a seeded part of the failures, so that proposals differ.
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
    rules = [f"- {one.strip()}" for one in feedback if one.strip() not in old]
    rule = summary_rule(failures, japanese=japanese)
    if rule and rule not in old:
        # One rule of the kind: a later one takes the place of an earlier one.
        old, replaced = _SUMMARY_RULE.subn(rule, old, count=1)
        rules += [] if replaced else [rule]
    lines = [old]
    if rules:
        lines += ["", "守ること:" if japanese else "Rules:", *rules]
    new = [pair for pair in failures if pair[0] not in old and not rule][:MOST_EXAMPLES]
    for text, answer in new:
        first, second = ("入力", "出力") if japanese else ("Input", "Output")
        lines += ["", f"{first}: {text}", f"{second}: {answer}"]
    return "\n".join(lines).strip()


def summary_rule(failures: Sequence[tuple[str, str]], *, japanese: bool) -> str:
    """How long summaries are to be, where the expected answers are ones; empty elsewhere.

    Texts shorter than their inputs and each unlike the others say nothing as examples: what they
    have in common is their length.
    """
    expected = [answer for _text, answer in failures]
    if len(set(expected)) < max(2, len(expected)):
        return ""
    if not all(SHORTEST_SUMMARY <= len(y) <= MOST_OF_INPUT * len(x) for x, y in failures):
        return ""
    counts = sorted(len(sentences(one)) for one in expected)
    typical = counts[len(counts) // 2]
    longest = math.ceil(max(map(len, expected)) / 10) * 10
    if japanese:
        return f"- {typical}文、{longest}文字以内で要約してください。"
    plural = "s" if typical > 1 else ""
    return f"- Summarize in {typical} sentence{plural} and at most {longest} characters."
