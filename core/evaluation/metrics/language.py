"""In which language is the answer? By its script, and for English by its small words."""

from __future__ import annotations

import re

from core.evaluation.metrics import reasons
from core.evaluation.metrics.metric import (
    Definition,
    Language,
    Measured,
    Metric,
    Option,
    OptionValues,
    missing,
    not_applicable,
    passed,
)
from core.evaluation.metrics.reasons import because
from core.evaluation.metrics.text import nfkc
from core.records.datasets import REFERENCE
from core.records.messages import N_
from core.records.metrics import Sample, Score

_KANA = re.compile("[\u3041-\u30ff\u31f0-\u31ff]")
_HAN = re.compile("[\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_HANGUL = re.compile("[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_LETTER = re.compile(r"[^\W\d_]")
_LATIN_WORD = re.compile("[a-z\u00e0-\u024f']+")
_SMALL_WORDS = """
    the a an of and or to in is are was were be been it its this that these those i you he she we
    they my your our their for on with as at by from not no have has had do does did will would
    can could should may if but so than then there here what which who when where how please
    thank thanks all any more about into out up
"""
_ENGLISH = frozenset(_SMALL_WORDS.split())
# A Han or kana character says about as much as this many Latin letters.
_WEIGHT = 2.5
# Japanese without kana is a label or a headline, seldom longer.
_LONGEST_WITHOUT_KANA = 12
_WORDS_THAT_TELL = 8
_SHARE_OF_SMALL_WORDS = 0.2


def language_of(text: str) -> str | None:
    """`ja`, `en`, `zh`, `ko` or `other`; None for a text without letters.

    Deterministic and small: it separates the languages our users mix, not all there are. A few
    Han characters alone count as Japanese.
    """
    text = nfkc(text)
    kana, han = len(_KANA.findall(text)), len(_HAN.findall(text))
    hangul, latin = len(_HANGUL.findall(text)), len(_LATIN.findall(text))
    other = len(_LETTER.findall(text)) - kana - han - hangul - latin
    weights = {
        "han": _WEIGHT * (kana + han),
        "ko": _WEIGHT * hangul,
        "latin": float(latin),
        "other": float(max(other, 0)),
    }
    script = max(weights, key=lambda name: weights[name])
    if not weights[script]:
        return None
    if script == "han":
        return "ja" if kana or han <= _LONGEST_WITHOUT_KANA else "zh"
    if script == "latin":
        return "en" if _is_english(text) else "other"
    return script


def _is_english(text: str) -> bool:
    words = _LATIN_WORD.findall(text.lower())
    if len(words) < _WORDS_THAT_TELL:
        return all(word.isascii() for word in words)
    small = sum(word in _ENGLISH for word in words)
    return small >= _SHARE_OF_SMALL_WORDS * len(words)


def _answer_language(definition: Definition, values: OptionValues, language: Language) -> Metric:
    chosen = str(values["language"])
    if chosen == "auto":
        chosen = REFERENCE if language == "auto" else language

    def measure(sample: Sample) -> Score:
        wanted: str | None = chosen
        if chosen == REFERENCE:
            expected = sample.fields.get(REFERENCE)
            if expected is None:
                return missing(REFERENCE)
            wanted = language_of(expected)
            if wanted is None:
                return not_applicable(reasons.EXPECTED_WITHOUT_LETTERS)
        if not sample.response.strip():
            return passed(False, reasons.EMPTY, language=None)
        found = language_of(sample.response)
        if found is None:
            return not_applicable(reasons.WITHOUT_LETTERS)
        reason = because(reasons.OTHER_LANGUAGE, found=found, wanted=wanted)
        return passed(found == wanted, reason, language=found)

    needs = frozenset({REFERENCE}) if chosen == REFERENCE else frozenset[str]()
    return Measured(definition.info("nfkc", f"lang:{chosen}", needs=needs), measure)


DEFINITIONS = (
    Definition(
        "answer_language",
        N_("The answer is in the language it should be in."),
        _answer_language,
        (
            Option(
                "language",
                "choice",
                "auto",
                N_("Which one; reference is that of each expected answer, auto that of all cases."),
                ("auto", "ja", "en", "zh", "ko", REFERENCE),
            ),
        ),
    ),
)
