"""Facts in a text: dates, amounts, numbers of orders, addresses, names."""

from __future__ import annotations

import re

from core.sandbox.text.language import sentences
from core.sandbox.text.ngrams import coverage, similarity

PATTERNS: dict[str, re.Pattern[str]] = {
    "email": re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}"),
    "url": re.compile(r"https?://[^\s「」<>\"']{1,300}"),
    "phone": re.compile(r"(?<!\d)0\d{1,4}[-(（ ]?\d{1,4}[-)） ]?\d{3,4}(?!\d)"),
    "date": re.compile(
        r"\d{4}[-/年]\d{1,2}[-/月]\d{1,2}日?|\d{1,2}月\d{1,2}日|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|"
        r"Sep|Oct|Nov|Dec)[a-z]{0,6}\.? \d{1,2}(?:, \d{4})?"
    ),
    "time": re.compile(r"(?:午前|午後)?\d{1,2}時(?:\d{1,2}分)?|\d{1,2}:\d{2}(?: ?[AP]M)?"),
    "amount": re.compile(r"[¥￥$€]\s?\d[\d,]*(?:\.\d+)?|\d[\d,]*(?:\.\d+)?\s?(?:円|ドル|USD|yen|JPY)"),
    "order": re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z0-9-]*\d)[A-Z]{1,5}-?\d{2,12}(?:-\d{1,8})*|#\d{3,12}"),
    "name": re.compile(
        r"[一-龥ぁ-んァ-ヶー]{2,8}(?=(?:様|さん|氏)(?![一-龥]))|[一-龥ァ-ヶー]{1,8}(?=と申します)|"
        r"(?:Mr|Ms|Mrs|Dr)\.? [A-Z][a-z]+|(?<=[Mm]y name is )[A-Z][a-z]+(?: [A-Z][a-z]+)?"
    ),
    "percent": re.compile(r"\d+(?:\.\d+)?\s?[%％]"),
    "number": re.compile(r"(?<![\d.])-?\d[\d,]*(?:\.\d+)?"),
}  # fmt: skip

# Words in a field's name or description -> the kind of fact it asks for.
KINDS: tuple[tuple[str, str], ...] = (
    (r"e-?mail|メール", "email"), (r"url|link|リンク", "url"), (r"phone|tel|電話", "phone"),
    (r"deadline|due|date|day|日付|期限|期日|日時|発生日|購入日|締切", "date"),
    (r"time|時刻|時間", "time"), (r"amount|price|cost|fee|total|金額|価格|料金|合計", "amount"),
    (r"order|ticket|number|_id|\bid\b|sku|注文|受付|番号|型番", "order"),
    (r"name|person|assignee|owner|customer|氏名|名前|担当|顧客", "name"),
    (r"percent|rate|割合|率", "percent"), (r"count|quantity|数量|件数|個数|人数", "number"),
)  # fmt: skip


def kind_of(name: str, description: str = "") -> str | None:
    """Which kind of fact a field asks for, or None for free text."""
    for text in (name, description):
        for pattern, kind in KINDS:
            if re.search(pattern, text, re.IGNORECASE):
                return kind
    return None


def facts(kind: str, text: str) -> list[str]:
    """All facts of a kind, in order, once each."""
    return list(dict.fromkeys(m.group(0).strip() for m in PATTERNS[kind].finditer(text[:20_000])))


def all_facts(text: str) -> dict[str, list[str]]:
    """Facts by kind, without plain numbers."""
    found = {kind: facts(kind, text) for kind in PATTERNS if kind != "number"}
    return {kind: values for kind, values in found.items() if values}


def relevant(question: str, text: str, how_many: int = 1) -> list[str]:
    """The sentences that answer a question best, in their order."""
    pieces = sentences(text)[:300]
    ranked = sorted(
        range(len(pieces)),
        key=lambda i: (coverage(question, pieces[i]) + similarity(question, pieces[i]), -i),
        reverse=True,
    )
    return [pieces[i] for i in sorted(ranked[:how_many])]
