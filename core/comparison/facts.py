"""What can be read off an answer without judging it: its facts strip. Pure.

These are patterns, not understanding: `names` are words that look like names or loanwords. They
serve to see at a glance what one answer says and another does not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from core.comparison.numbers import DIGITS, dates_of, numbers_of
from core.prompts.json_text import read_json

Language = Literal["ja", "en", "other", "none"]
Politeness = Literal["polite", "plain", "mixed", "none"]
JsonState = Literal["valid", "fenced", "invalid", "none"]

# Of the sentences that have a style, the share from which the rarer one makes the text mixed.
MIXED_FROM = 0.2
FEW_WORDS = 8
"""So many in Latin letters without an ordinary one among them are no English."""
MOST_FACTS = 200
"""Of a kind per answer; a table of thousands of figures is not a strip."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A number, date or name: as it was written, and as it is compared."""

    shown: str
    key: str


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of one answer, each once, in order of appearance."""

    length: int
    language: Language
    politeness: Politeness
    json: JsonState
    numbers: tuple[Fact, ...] = ()
    dates: tuple[Fact, ...] = ()
    names: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """Facts that one answer has and another lacks."""

    numbers: tuple[Fact, ...]
    dates: tuple[Fact, ...]
    names: tuple[Fact, ...]


@lru_cache(maxsize=8192)
def facts_of(text: str, expects_json: bool = False) -> Facts:
    """The facts of an answer. `expects_json`: anything that is not JSON counts as invalid."""
    plain = text.translate(DIGITS)
    spans, dates = dates_of(plain)
    without = _blanked(plain, spans)
    language = language_of(prose_of(text))
    return Facts(
        length=len(text),
        language=language,
        politeness=politeness_of(text) if language == "ja" else "none",
        json=json_state(text, expects_json),
        numbers=_facts((text[a:b], key) for a, b, key in numbers_of(without)),
        dates=_facts((text[a:b], key) for (a, b), key in zip(spans, dates, strict=True)),
        names=_facts(_names(without)),
    )


def missing(one: Facts, other: Facts) -> Missing:
    """What `one` has and `other` lacks."""
    return Missing(
        _lacking(one.numbers, other.numbers),
        _lacking(one.dates, other.dates),
        _lacking(one.names, other.names),
    )


def _lacking(has: tuple[Fact, ...], other: tuple[Fact, ...]) -> tuple[Fact, ...]:
    known = {fact.key for fact in other}
    return tuple(fact for fact in has if fact.key not in known)


def _facts(found: Iterable[tuple[str, str]]) -> tuple[Fact, ...]:
    first: dict[str, Fact] = {}
    for shown, key in found:
        first.setdefault(key, Fact(shown.strip(), key))
        if len(first) == MOST_FACTS:
            break
    return tuple(first.values())


def _blanked(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with spaces where the spans are, so that a date's parts are no numbers."""
    pieces: list[str] = []
    at = 0
    for start, end in spans:
        pieces += [text[at:start], " " * (end - start)]
        at = end
    return "".join([*pieces, text[at:]])


# -- names --------------------------------------------------------------------------------------

_KATAKANA = re.compile(r"[ァ-ヴｦ-ﾟ][ァ-ヴー・＝ｦ-ﾟ]{2,}")
_HONOURED = re.compile(
    r"([一-鿿々]{1,6}|[ァ-ヴー]{2,12}|[A-Z][a-z]+)\s?"
    r"(?:さん|さま|様|氏|先生|部長|課長|社長)(?![々子式態相])"
)
# 様 also ends common words: 同様, 多様, 仕様, 模様, 異様, 一様; 客様 and 皆様 are nobody's name.
_NOBODY = re.compile(
    r"(?:[同多仕模異一有両客皆者]|子供|各位|御中|担当)$|^[子神王何奥貴姫娘父母兄姉]$"
)
_CAPITALS = re.compile(
    r"(?=[A-Z])(?<![A-Za-z0-9])[A-Z][A-Za-z0-9.&'’-]*[A-Za-z0-9]"
    r"(?:[ \u00a0](?:(?:of|de|van|von|and|&)[ \u00a0])?[A-Z][A-Za-z0-9.&'’-]*[A-Za-z0-9])*"
)
_ORDINARY = frozenset(
    """a an the this that these those i we you he she it they my our your his her its their in
    on at by for from to of with as if when while after before because since so but and or yes no
    not please thank thanks dear hello hi sorry sincerely regards best here there what who where
    why how which all any each every some also however therefore finally first second third next
    then step note yours kind i'm we're you're it's we'll i'll let do does can could would should
    may might must will is are was were be have has had use using make sure mr mrs ms dr prof
    """.split()  # noqa: SIM905 - a hundred words in quotes are not easier to read
)
_SENTENCE_START = re.compile(r"(?:^|[.!?:。！？]|\n)[\s\"'“‘*#>\-•\d.)]*$")
_JAPANESE = re.compile(r"\s?[\u3041-\u9fff]")
_TITLE = re.compile(r"(?:Mr|Mrs|Ms|Dr|Prof)\.\s$")


def _names(text: str) -> Iterator[tuple[str, str]]:
    found = [
        *((m.start(), m[0].strip("・＝")) for m in _KATAKANA.finditer(text)),
        *((m.start(), m[1]) for m in _HONOURED.finditer(text) if not _NOBODY.search(m[1])),
        *_capitalised(text),
    ]
    for _, name in sorted(found):
        key = unicodedata.normalize("NFKC", name).casefold()
        if len(key) > 0:
            yield name, key


def _capitalised(text: str) -> Iterator[tuple[int, str]]:
    for match in _CAPITALS.finditer(text):
        words = match[0].split()
        while words and words[0].casefold() in _ORDINARY:
            words.pop(0)
        while words and words[-1].casefold() in _ORDINARY:
            words.pop()
        if not words:
            continue
        name = " ".join(words)
        plain_word = len(words) == 1 and name[1:].islower()
        before = text[max(match.start() - 12, 0) : match.start()]
        begins = _SENTENCE_START.search(before) and not _TITLE.search(before)
        # A single English word with a capital at the start of a sentence says nothing.
        japanese = bool(_JAPANESE.match(text, match.end()))
        if japanese or not (plain_word and begins and words[0] == match[0].split()[0]):
            yield match.start(), name


# -- language -----------------------------------------------------------------------------------

_KANA = re.compile(r"[\u3041-\u30ff\uff66-\uff9f]")
_KANJI = re.compile(r"[\u3400-\u9fff]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_WORD = re.compile(r"[A-Za-z']+")


def prose_of(text: str) -> str:
    """What of an answer is written in a language: of JSON its texts, not its keys."""
    if not text.lstrip().startswith(("{", "[")):
        return text
    value, problem = read_json(text)
    return text if problem else "\n".join(_texts(value))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


def language_of(text: str) -> Language:
    """Japanese or English as far as the characters tell; none when there is no letter."""
    letters = sum(map(str.isalpha, text))
    if not letters:
        return "none"
    if not text.isascii():
        kana, kanji = len(_KANA.findall(text)), len(_KANJI.findall(text))
        if kana + kanji >= letters / 5:
            # More than a few characters without any kana are more likely Chinese.
            return "ja" if kana or kanji < 20 else "other"
        if len(_LATIN.findall(text)) < letters * 0.8:
            return "other"
    if any(word[0].casefold() in _ORDINARY for word in _WORD.finditer(text)):
        return "en"
    return "en" if len(_WORD.findall(text)) < FEW_WORDS else "other"


# -- politeness ---------------------------------------------------------------------------------

_SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?]?")
_BULLET = re.compile(r"\s*(?:[-*・•●○■□▪◦※#>|]|\d+[.)．、）]|[（(]\d+[)）])")
_CLOSING = "。！？!?」』）)】]》〉\"'”’*_ \t…"
_POLITE = re.compile(
    r"(?:です|ます|ました|ません|でした|でしょう|ましょう|下さい|ください|くださいませ|ませ)"
    r"(?:か|ね|よ|わ|が|けど|けれど|ので|から|よね|かね)*$"
)
_NO_STYLE = re.compile(r"(?:ありがとう|おめでとう|よう|どう|こと|もの|ため)$")
_PLAIN = re.compile(r"(?:[るただうくすつむぶぐいぬん])(?:か|ね|よ|が|よね)?$")


def politeness_of(text: str) -> Politeness:
    """です・ます, だ・である, both, or neither, by how the sentences end.

    Bullets count only when there is nothing else: they are often plain in a polite text.
    """
    running: list[str] = []
    bullets: list[str] = []
    for line in text.splitlines():
        kind = bullets if _BULLET.match(line) else running
        kind += [_style(sentence) for sentence in _SENTENCE.findall(line)]
    styles = [style for style in running if style] or [style for style in bullets if style]
    if not styles:
        return "none"
    plain = styles.count("plain") / len(styles)
    if plain < MIXED_FROM:
        return "polite"
    return "plain" if plain > 1 - MIXED_FROM else "mixed"


def _style(sentence: str) -> str:
    body = sentence.rstrip(_CLOSING)
    if _POLITE.search(body):
        return "polite"
    # Short pieces are headings and labels.
    if len(body) < 4 or _NO_STYLE.search(body) or not _PLAIN.search(body):
        return ""
    return "plain"


# -- JSON ---------------------------------------------------------------------------------------

_FENCE = re.compile(r"\s*```(?:json|JSON)?[ \t]*\n(.*?)\n?```\s*", re.DOTALL)


def json_state(text: str, expected: bool = False) -> JsonState:
    """Whether an answer is JSON; none when it neither is nor should be."""
    fenced = _FENCE.fullmatch(text)
    body = (fenced[1] if fenced else text).strip()
    if not body.startswith(("{", "[")) and not expected:
        return "none"
    if read_json(body)[1] is None:
        return "fenced" if fenced else "valid"
    # Prose in brackets is no broken JSON.
    begins = re.match(r'\{\s*["}]|\[\s*["\[\]{\d\-tfn]', body)
    return "invalid" if expected or begins else "none"
