"""Questions about an answer: made from what a prompt states, and checked against the answer.

Only what can be measured is asked: lengths, language, terms in quotes, numbers of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from core.sandbox.text.extract import facts
from core.sandbox.text.language import is_japanese, sentences
from core.sandbox.text.ngrams import coverage
from core.sandbox.text.summarize import Limits, limits

_QUOTED = re.compile(r"「([^「」]{1,40})」|\"([^\"]{1,40})\"")
_OWN_NUMBERS = re.compile(r"(?i)numbers? (?:of its own|that the prompt lacks)|にない数値")
_GUIDELINES = re.compile(r"(?ms)^# (?:Guidelines|指針)\n(.*?)(?:\n\n|\Z)")
_IN = {"ja": re.compile(r"(?i)in Japanese|日本語で"), "en": re.compile(r"(?i)in English|英語で")}
_KINDS = ("order", "date", "amount", "percent")


def questions(graded: Mapping[str, str], instruction: str, japanese: bool) -> list[str]:
    """Questions from the prompt, after those that the instruction's guidelines ask."""
    source = f"{graded.get('instruction', '')}\n{graded.get('prompt', '')}"
    wanted = limits(source)
    wishes = _GUIDELINES.search(instruction)
    made = [line.strip() for line in wishes[1].splitlines() if line.strip()] if wishes else []
    made += _form(wanted, japanese)
    language = "ja" if _IN["ja"].search(source) or is_japanese(source) else "en"
    language = "en" if _IN["en"].search(source) else language
    made.append(_LANGUAGE[japanese, language])
    for kind in _KINDS:
        made += [
            f"「{one}」に触れていますか。" if japanese else f'Does the response mention "{one}"?'
            for one in facts(kind, source)[:2]
        ]
    made.append(
        "プロンプトにない数値を述べていませんか。"
        if japanese
        else "Does the response state no numbers that the prompt lacks?"
    )
    return list(dict.fromkeys(made))


_LANGUAGE = {
    (True, "ja"): "回答は日本語で書かれていますか。",
    (True, "en"): "回答は英語で書かれていますか。",
    (False, "ja"): "Is the response written in Japanese?",
    (False, "en"): "Is the response written in English?",
}


def _form(wanted: Limits, japanese: bool) -> list[str]:
    made = []
    if wanted.characters:
        made.append(
            f"回答は{wanted.characters}文字以内ですか。"
            if japanese
            else f"Is the response at most {wanted.characters} characters long?"
        )
    if wanted.sentences:
        made.append(
            f"回答は{wanted.sentences}文以内ですか。"
            if japanese
            else f"Is the response at most {wanted.sentences} sentences long?"
        )
    return made


def met(question: str, response: str, source: str) -> bool | None:
    """Whether the response fulfils the question; None when it asks for nothing measurable."""
    wanted = limits(question)
    if wanted.characters is not None:
        return len(response.strip()) <= wanted.characters
    if wanted.sentences is not None:
        return len(sentences(response)) <= wanted.sentences
    if wanted.words is not None:
        return len(response.split()) <= wanted.words
    if _OWN_NUMBERS.search(question):
        return all(number in source for number in facts("number", response))
    terms = [one or other for one, other in _QUOTED.findall(question)]
    if terms:
        return all(term in response or coverage(term, response) > 0.8 for term in terms)
    for language, words in _IN.items():
        if words.search(question):
            return is_japanese(response) == (language == "ja")
    return None
