"""Reading a prompt: what is instruction, what is subject, which labels and examples it gives."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise

from core.sandbox.text.language import normal

_SUBJECT = re.compile(
    r"(?im)^[ \t#*【\[]*(?:input|text|inquiry|ticket|message|review|email|mail|article|document|"
    r"minutes|question|customer|content|入力|本文|問い合わせ(?:内容|文)?|テキスト|文章|メール(?:本文)?|"
    r"レビュー|議事録|記事|質問|内容|対象(?:文)?|発言)[\]】*]*[ \t]*[:：\]】][ \t]*"
)
_BLOCK = re.compile(r"```(?:\w*\n)?(.*?)```|\"\"\"(.*?)\"\"\"|<(\w+)>(.*?)</\3>", re.DOTALL)
_FENCE = re.compile(
    r'(?m)^<data name="(?P<name>\w{1,60})" id="(?P<id>[0-9a-f]{8,64})">\n(?P<text>"[^\n]*")\n'
    r'</data id="(?P=id)">$'
)
_DEFINITION = re.compile(
    r"(?m)^[ \t]*(?:[-*・•●]|\d+[.)．])?[ \t]*[「\"'`*]{0,2}([^\s「」\"'`*:：=。、,][^「」\"'`*:：=\n。]{0,23}?)"
    r"[」\"'`*]{0,2}[ \t]*(?:[:：=]|—|–| - |とは)[ \t]*(\S[^\n]*)$"
)
_ONE_OF = re.compile(
    r"(?i)(?:one of|choose from|labels?(?: are)?|categor(?:y|ies)(?: are)?|priorit(?:y|ies)(?: are)?)"
    r"[^:：\n]{0,40}[:：][ \t]*([^\n。]{3,200})"
    r"|\b(?:one of|as either|as one of|into)[ \t]+([^\n:：。.]{3,160})"
    r"|([^\n。:：]{3,160}?)(?:のいずれか|のどれか|のうち|の中から|から(?:1つ|一つ|ひとつ)?選)"
    r"|(?:ラベル|分類|カテゴリ|優先度)[^:：\n。]{0,12}[:：][ \t]*([^\n。]{3,200})"
)
_PAIR = re.compile(
    r"(?ims)^[ \t]*(?:[-*・]\s*)?(?:input|text|inquiry|ticket|q|入力|問い合わせ|例文|文)\s*\d*\s*[:：]"
    r"[ \t]*(?P<x>.{1,800}?)\n+[ \t]*(?:output|label|answer|a|priority|category|出力|ラベル|分類|答え|"
    r"優先度|回答)\s*\d*\s*[:：][ \t]*(?P<y>[^\n]{1,200})"
)
_ARROW = re.compile(
    r"(?m)^[ \t]*(?:[-*・]\s*)?[「\"]?(.{2,300}?)[」\"]?[ \t]*(?:→|->|=>)[ \t]*(\S[^\n]{0,80})$"
)
_NOT_LABELS = re.compile(
    r"(?i)^(?:input|output|text|example|examples|note|rules?|format|task|role|例|入力|出力|注意|"
    r"形式|役割|条件|ルール|制約|手順|目的|http|https|入力例|出力例|回答|answer|label|"
    r"labels|categories|理由|reason|本文|問い合わせ)$"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Message:
    """One turn as text."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A prompt taken apart. `examples` are pairs of an input and its answer.

    `graded` is what a judge is given between tags, by name; nothing in it is an instruction.
    """

    instruction: str
    subject: str
    labels: tuple[str, ...]
    definitions: dict[str, str]
    examples: tuple[tuple[str, str], ...]
    graded: Mapping[str, str] = field(default_factory=dict)

    @property
    def whole(self) -> str:
        """Instruction and subject."""
        return f"{self.instruction}\n{self.subject}"


def read(system: str, messages: Sequence[Message]) -> Asked:
    """Take a prompt apart."""
    last = messages[-1].text if messages else ""
    graded = fenced(last)
    if graded:
        return Asked(normal(system), normal(graded.get("response", "")), (), {}, (), graded)
    instruction, subject = split(system, last)
    shown = [
        (one.text.strip(), other.text.strip())
        for one, other in pairwise(messages)
        if one.role == "user" and other.role == "model"
    ]
    if shown and not system.strip() and messages:
        # In a few-shot conversation the instruction stands before the first example.
        first, example = split("", messages[0].text)
        instruction = f"{first}\n{instruction}"
        shown[0] = (example, shown[0][1])
    instruction = normal(instruction)
    examples = tuple(_examples(instruction)) + tuple(shown)
    bare = _PAIR.sub("", _ARROW.sub("", instruction))
    definitions = _definitions(bare)
    labels = _labels(bare, definitions, [answer for _, answer in examples])
    return Asked(
        instruction,
        normal(subject).strip(),
        labels,
        {label: definitions.get(label, "") for label in labels},
        tuple((normal(x), normal(y)) for x, y in examples),
    )


def fenced(text: str) -> dict[str, str]:
    """JSON strings between tags of one id, that of the first; what is not so fenced is not read."""
    found: dict[str, str] = {}
    marks = list(_FENCE.finditer(text))
    for mark in marks:
        if mark["id"] == marks[0]["id"]:
            with suppress(ValueError):
                found.setdefault(mark["name"], json.loads(mark["text"]))
    return found


def split(system: str, user: str) -> tuple[str, str]:
    """What is to be done, and to what."""
    marks = list(_SUBJECT.finditer(user))
    if marks:
        # The last mark that an answer does not follow opens the subject.
        mark = marks[-1]
        return f"{system}\n{user[: mark.start()]}", user[mark.end() :]
    block = _BLOCK.search(user)
    if block:
        inside = block[1] or block[2] or block[4] or ""
        return f"{system}\n{user[: block.start()]}\n{user[block.end() :]}", inside
    if system.strip():
        return system, user
    head, blank, tail = user.rpartition("\n\n")
    if blank and head.strip() and tail.strip():
        return head, tail
    head, line, tail = user.partition("\n")
    if line and tail.strip():
        return head, tail
    head, colon, tail = user.partition(":") if ":" in user else user.partition("：")
    if colon and len(head) < 200 and len(tail.strip()) > 10:
        return head, tail
    return user, user


def _examples(text: str) -> list[tuple[str, str]]:
    pairs = [(m["x"].strip(), m["y"].strip().strip("「」\"'`")) for m in _PAIR.finditer(text)]
    pairs += [(m[1].strip(), m[2].strip().strip("「」\"'`")) for m in _ARROW.finditer(text)]
    return pairs


def _definitions(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for match in _DEFINITION.finditer(text):
        label = match[1].strip()
        if not _NOT_LABELS.match(label) and len(label.split()) <= 4:
            found.setdefault(label, match[2].strip())
    return found


def _labels(text: str, definitions: dict[str, str], answers: list[str]) -> tuple[str, ...]:
    """Labels in the order of the prompt: listed ones, else defined ones, else those answered."""
    for match in _ONE_OF.finditer(text):
        listed = _list_items(next(group for group in match.groups() if group))
        if len(listed) >= 2:
            return tuple(listed)
    if len(definitions) >= 2:
        return tuple(definitions)
    distinct = list(dict.fromkeys(answers))
    if len(distinct) >= 2 and all(len(answer) <= 24 for answer in distinct):
        return tuple(distinct)
    return ()


def _list_items(text: str) -> list[str]:
    quoted = re.findall(r"[「\"'`]([^「」\"'`]{1,30})[」\"'`]", text)
    if len(quoted) >= 2:
        return list(dict.fromkeys(quoted))
    items = re.split(r"[,、/|・，;]|\s+or\s+|\s+and\s+|または|もしくは|か、|\s{2,}", text)
    # What leads up to the list stands before its first item, or is one by itself.
    if len(items) > 1 and re.search(r"[はをが]\s*$", items[0]):
        items = items[1:]
    items[0] = re.sub(r"(?i)^.*(?:は|を|が|次の|以下の|following|these)[ \t]*(?=\S)", "", items[0])
    cleaned = [re.sub(r"(?i)^(?:or|and|either)\s+|[.。\s]+$", "", item.strip()) for item in items]
    kept = [item.strip("()（）[]* ") for item in cleaned]
    kept = [item for item in kept if item and len(item) <= 24 and len(item.split()) <= 3]
    return list(dict.fromkeys(kept))
