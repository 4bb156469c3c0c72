"""From a prompt to an answer: which task it is, and the rule for that task."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.sandbox.models import Profile
from core.sandbox.text import judge, reply, rewrite
from core.sandbox.text.classify import classify
from core.sandbox.text.extract import all_facts
from core.sandbox.text.language import answer_language
from core.sandbox.text.ngrams import similarity
from core.sandbox.text.reading import Asked, Message, read
from core.sandbox.text.schema import Filler
from core.sandbox.text.summarize import headline, summarize

_CLASSIFY = re.compile(
    r"(?i)classif|categor|label|priorit|one of|sentiment|triage|分類|判定|ラベル|カテゴリ|優先度|いずれか|"
    r"選んで|選びなさい|選択|感情"
)
_SUMMARY = re.compile(r"(?i)summar|tl;?dr|key points|要約|まとめ|要点|サマリ")
_HEADLINE = re.compile(r"(?i)headline|\btitle\b|subject line|見出し|タイトル|件名")
_EXTRACT = re.compile(
    r"(?i)extract|find all|list all|抽出|抜き出|書き出|検出|personal data|PII|個人情報"
)
_TRANSLATE = re.compile(r"(?i)translat|翻訳|和訳|英訳|訳して")
_DRAFT = re.compile(r"(?i)reply|draft|respond to|返信|返答文|下書き|お詫び|メールを(?:書|作)")
_REASON = re.compile(r"(?i)\breason|explain why|理由|根拠")


@dataclass(frozen=True, slots=True)
class Function:
    """A declared function."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the engine answers. `schema` is a JSON Schema or Gemini's form of it."""

    system: str
    messages: Sequence[Message]
    schema: Mapping[str, Any] | None = None
    functions: Sequence[Function] = ()
    function_mode: str = "AUTO"
    function_results: Sequence[Mapping[str, Any]] = ()
    media: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """Text, data for a schema, or a call of a function."""

    text: str = ""
    data: Any = None
    call: tuple[str, dict[str, Any]] | None = None


def answer(prompt: Prompt, profile: Profile, seed: int, temperature: float) -> Answer:
    """The answer; the same for the same prompt, profile and seed."""
    chance = random.Random(seed)
    asked = read(prompt.system, prompt.messages)
    language = answer_language(asked.instruction, asked.subject)
    if prompt.function_results:
        return Answer(reply.from_results(prompt.function_results, language))
    if prompt.functions and prompt.function_mode != "NONE":
        chosen = choose_function(prompt, asked, profile, chance)
        if chosen is not None:
            return Answer(call=chosen)
    if prompt.schema is not None:
        definitions = prompt.schema.get("$defs") or prompt.schema.get("defs") or {}
        filler = Filler(asked, profile, chance, temperature, definitions)
        return Answer(data=filler.fill(prompt.schema))
    return Answer(_text(prompt, asked, profile, chance, temperature, language))


def _text(
    prompt: Prompt,
    asked: Asked,
    profile: Profile,
    chance: random.Random,
    temperature: float,
    language: str,
) -> str:
    wanted = asked.instruction
    if rewrite.is_asked(wanted):
        return rewrite.rewrite(asked, chance, temperature)
    if judge.is_rubric(asked):
        return judge.grade(asked)
    if prompt.media:
        return reply.about_media(prompt.media, language)
    if len(asked.labels) >= 2 and (_CLASSIFY.search(wanted) or asked.examples):
        label = classify(asked, profile, chance, temperature)
        return label if not _REASON.search(wanted) else reply.with_reason(label, asked, language)
    if _TRANSLATE.search(wanted):
        return reply.cannot_translate(language)
    if _HEADLINE.search(wanted) and not _SUMMARY.search(wanted):
        return headline(asked.subject, wanted, profile)
    if _SUMMARY.search(wanted):
        return summarize(asked.subject, wanted, profile, chance, temperature)
    if _EXTRACT.search(wanted):
        return reply.listed(all_facts(asked.subject), language)
    if _DRAFT.search(wanted):
        return reply.draft(asked, profile, language)
    return reply.talk(asked, profile, language)


def choose_function(
    prompt: Prompt, asked: Asked, profile: Profile, chance: random.Random
) -> tuple[str, dict[str, Any]] | None:
    """The declared function that the subject asks for, with arguments; None when none does."""
    texts = [f"{one.name.replace('_', ' ')} {one.description}" for one in prompt.functions]
    near = [similarity(asked.subject, text, profile.ngrams) for text in texts]
    best = max(range(len(near)), key=lambda index: near[index])
    if prompt.function_mode != "ANY" and near[best] < 0.08:
        return None
    function = prompt.functions[best]
    filled = Filler(asked, profile, chance, 0.0).fill(function.parameters or {"type": "object"})
    return function.name, filled if isinstance(filled, dict) else {}
