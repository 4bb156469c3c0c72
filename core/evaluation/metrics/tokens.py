"""How texts are cut into tokens, and what language a set of cases is in.

A metric has one tokenizer for all its cases. It comes from its option, or else from the language
of the whole set, and its name is in the signature: scores made with different tokens never meet.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from typing import NamedTuple

from core.errors import InvalidInput
from core.evaluation.metrics.metric import Language, Option
from core.evaluation.metrics.text import encodable
from core.records.messages import N_

Tokenize = Callable[[str], list[str]]

# Scripts without spaces between words: Thai, Lao, Myanmar, Khmer, kana and Han.
_UNSPACED = (
    "\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
_JAPANESE = re.compile("[\u3005-\u3007\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uff66-\uff9f]")
_WORDS = re.compile("[a-z0-9]+")
_TO_WORDS = bytes(code if _WORDS.match(chr(code)) else ord(" ") for code in range(256))
_MIXED = re.compile(f"[{_UNSPACED}]|[^\\W_{_UNSPACED}]+")
_APART = re.compile(f"([{_UNSPACED}\u3001-\u3004\u3008-\u303f])")
_ORDINARY_LATIN = re.compile("[\u0000-\u024f\u2000-\u206f\u20a0-\u20cf]")
_NEARLY_ALL = 0.95

_13A = (
    (re.compile(r"([\{-\~\[-\` -\&\(-\+\:-\@\/])"), r" \1 "),
    (re.compile(r"([^0-9])([\.,])"), r"\1 \2 "),
    (re.compile(r"([\.,])([^0-9])"), r" \1 \2"),
    (re.compile(r"([0-9])(-)"), r"\1 \2 "),
)


class Tokenizer(NamedTuple):
    """A tokenizer with the name that goes into the signature."""

    name: str
    tokenize: Tokenize


def corpus_language(texts: Iterable[str]) -> Language:
    """The language of a set of cases, by all of its texts (the expected answers, say).

    `ja` when at least half of the texts have Japanese characters, `en` when nearly all is
    written in Latin letters, and `auto`, which suits every script, between.
    """
    total = japanese = latin = characters = 0
    for text in texts:
        if not text.strip():
            continue
        total += 1
        japanese += bool(_JAPANESE.search(text))
        characters += len(text)
        latin += len(text) if text.isascii() else len(_ORDINARY_LATIN.findall(text))
    if not total:
        return "auto"
    if japanese * 2 >= total:
        return "ja"
    return "en" if latin >= _NEARLY_ALL * characters else "auto"


def words(text: str) -> list[str]:
    """Runs of a-z and 0-9, as rouge-score cuts them. The text must be in lower case."""
    if text.isascii():
        return text.encode().translate(_TO_WORDS).decode().split()
    return _WORDS.findall(text)


def characters(text: str) -> list[str]:
    """Every character but white space."""
    return list("".join(text.split()))


def mixed(text: str) -> list[str]:
    """Words, and single characters of scripts without spaces; no punctuation."""
    return _MIXED.findall(text)


def words_and_marks(text: str) -> list[str]:
    """WMT's 13a, as sacrebleu does it, without its cache of all texts ever seen."""
    line = text.rstrip().replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    if "&" in line:
        for entity, character in (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")):
            line = line.replace(entity, character)
    tokens: list[str] = []
    # A space ends every rule's reach, so each part between spaces is cut alone, and seldom.
    for part in line.split(" "):
        if part.isalnum():
            tokens.append(part)
        elif part:
            tokens += _marks_apart(part)
    return tokens


@lru_cache(maxsize=4096)
def _marks_apart(part: str) -> list[str]:
    part = f" {part} "
    for pattern, replacement in _13A:
        part = pattern.sub(replacement, part)
    return part.split()


def mixed_and_marks(text: str) -> list[str]:
    """13a, with every character of scripts without spaces a token."""
    return words_and_marks(_APART.sub(r" \1 ", text))


@cache
def mecab() -> Tokenizer:
    """MeCab with the IPA dictionary. InvalidInput says what to install when it is not there."""
    try:
        tagger_module = importlib.import_module("MeCab")
        dictionary = importlib.import_module("ipadic")
    except ImportError as error:
        raise InvalidInput(
            "The tokenizer mecab is not installed: pip install 'sacrebleu[ja]', "
            "or choose the tokenizer char."
        ) from error
    tagger = tagger_module.Tagger(dictionary.MECAB_ARGS + " -Owakati")

    def tokenize(text: str) -> list[str]:
        parsed: str = tagger.parse(encodable(text).strip())
        return parsed.split()

    return Tokenizer(f"ja-mecab-{tagger.version()}-IPA", tokenize)


ROUGE_TOKENIZERS = {
    "words": Tokenizer("words", words),
    "char": Tokenizer("char", characters),
    "mixed": Tokenizer("mixed", mixed),
}
BLEU_TOKENIZERS = {
    "13a": Tokenizer("13a", words_and_marks),
    "char": Tokenizer("char", characters),
    "mixed": Tokenizer("13a-mixed", mixed_and_marks),
}


def tokenizer_option(known: dict[str, Tokenizer]) -> Option:
    """Which tokens; `auto` goes by the language of the cases."""
    return Option(
        "tokenizer",
        "choice",
        "auto",
        N_("What is compared: words or characters. auto goes by the language of the cases."),
        ("auto", *known, "mecab"),
    )


def tokenizer_of(choice: str, language: Language, known: dict[str, Tokenizer]) -> Tokenizer:
    """The chosen tokenizer, or the one for the language of the cases.

    Japanese is cut into characters: that needs no dictionary and knows every new product name.
    """
    if choice == "auto":
        spaced = next(iter(known))
        choice = {"ja": "char", "en": spaced, "auto": "mixed"}[language]
    return mecab() if choice == "mecab" else known[choice]
