"""Answers in sentences. All of them say no more than what the rules found."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from core.sandbox.models import Profile
from core.sandbox.text.extract import all_facts, relevant
from core.sandbox.text.language import sentences
from core.sandbox.text.reading import Asked
from core.sandbox.text.summarize import limits

_NAMES = {
    "email": "メール", "url": "URL", "phone": "電話", "date": "日付", "time": "時刻",
    "amount": "金額", "order": "番号", "name": "氏名", "percent": "割合",
}  # fmt: skip


def from_results(results: Sequence[Mapping[str, Any]], language: str) -> str:
    """Says what the functions returned."""
    told = "; ".join(json.dumps(one, ensure_ascii=False, default=str) for one in results)
    return (
        f"関数の結果は次のとおりです: {told}"
        if language == "ja"
        else f"The functions returned: {told}"
    )


def about_media(media: Sequence[str], language: str) -> str:
    """Says what can be measured of the attached files."""
    told = "\n".join(f"- {one}" for one in media)
    if language == "ja":
        return f"シミュレーション用エンジンは画像の内容を読めません。測れるのは次の点だけです。\n{told}"
    return f"The simulated engine cannot see; it can only measure the files:\n{told}"


def with_reason(label: str, asked: Asked, language: str) -> str:
    """The label, and the sentence that speaks for it."""
    piece = relevant(f"{label} {asked.definitions.get(label, '')}", asked.subject)
    because = piece[0] if piece else asked.subject[:80]
    return f"{label}\n理由: {because}" if language == "ja" else f"{label}\nReason: {because}"


def cannot_translate(language: str) -> str:
    """Says that translating is beyond the rules."""
    if language == "ja":
        return "これはシミュレーション用エンジンの応答です。翻訳はできません。実際のモデルに接続してください。"
    return "This is the simulated engine: it cannot translate. Connect a real model for that."


def listed(found: Mapping[str, Sequence[str]], language: str) -> str:
    """Facts by kind, a line each."""
    if not found:
        return "見つかりませんでした。" if language == "ja" else "Nothing was found."
    japanese = language == "ja"
    return "\n".join(
        f"- {_NAMES.get(kind, kind)}: {'、'.join(values)}"
        if japanese
        else f"- {kind}: {', '.join(values)}"
        for kind, values in found.items()
    )


_GREETING = re.compile(
    r"と申します|お世話に|はじめまして|こんにちは|^(?:my name is|hello|hi|dear)\b", re.IGNORECASE
)


def draft(asked: Asked, profile: Profile, language: str) -> str:
    """A reply from a fixed frame and the facts of the message."""
    facts = all_facts(asked.subject)
    name = facts.get("name", [""])[0]
    said = sentences(asked.subject) or [""]
    topic = next((one for one in said if not _GREETING.search(one)), said[0]).rstrip("。.!！")
    known = [value for kind in ("order", "date", "amount") for value in facts.get(kind, ())]
    if language == "ja":
        details = f"（{'、'.join(known)}）" if known else ""
        text = (
            f"{name + '様' if name else 'お客様'}\n\nお問い合わせいただきありがとうございます。"
            f"「{topic}」の件{details}、承りました。ご不便をおかけし申し訳ございません。"
            "担当者が確認のうえ、あらためてご連絡いたします。"
        )
    else:
        details = f" ({', '.join(known)})" if known else ""
        text = (
            f"Dear {name or 'customer'},\n\nThank you for writing to us about “{topic}”{details}. "
            "We are sorry for the trouble. We are looking into it and will come back to you."
        )
    most = limits(asked.instruction).characters
    return text[:most] if most and profile.obeys_lengths else text


def talk(asked: Asked, profile: Profile, language: str) -> str:
    """The most relevant sentences of a given text, or a plain word on what this is."""
    question = asked.instruction.strip()
    if asked.subject.strip() and asked.subject.strip() != question:
        pieces = sentences(asked.subject)
        found = relevant(question if len(pieces) > 1 else asked.subject, asked.subject, 2)
        joint = "" if language == "ja" else " "
        told = joint.join(found)
    else:
        told = question[:400]
    if language == "ja":
        return f"（シミュレーション応答）お尋ねの内容から関係する部分を抜き出しました: {told}"
    return f"(Simulated answer) The part of your text that matters most: {told}"
