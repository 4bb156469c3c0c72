"""The support desk's inbox of eight months, with the priority that its definitions give."""

from __future__ import annotations

import random
from collections.abc import Iterator

from data.samples.making import triage_ja as ja
from data.samples.making.phrases import spoken
from data.samples.making.triage_en import (
    ENGLISH,
    ENGLISH_AMBIGUOUS,
    ENGLISH_CLOSINGS,
    ENGLISH_OPENINGS,
)

MONTHS = tuple(f"2026-{month:02}" for month in range(1, 9))
PER_MONTH = 45
# Product -> name in English, features in Japanese and English, the month it was sold first.
PRODUCTS = {
    "レジカナ": ("Regikana", (("売上集計", "sales report"), ("会計画面", "checkout screen"), ("クーポン管理", "coupon list")), "2026-01"),
    "シフトリ": ("Shiftri", (("シフト表", "shift table"), ("勤怠打刻", "time clock"), ("休暇申請", "leave requests")), "2026-01"),
    "ザイコメ": ("Zaikome", (("在庫一覧", "stock list"), ("発注書", "order form"), ("棚卸し", "stocktaking screen")), "2026-01"),
    "デンピョAI": ("DenpyoAI", (("伝票の読み取り", "slip reader"), ("仕訳の提案", "booking suggestions"), ("確認待ち一覧", "review list")), "2026-06"),
    "レジカナGo": ("Regikana Go", (("タップ決済", "tap to pay"), ("スマホ会計", "phone checkout"), ("入金予定", "payout calendar")), "2026-07"),
}  # fmt: skip
PRIORITIES = {"緊急": ja.URGENT, "高": ja.HIGH, "中": ja.MIDDLE, "低": ja.LOW}
SHARES = (14, 27, 36, 23)
STORES = (
    "渋谷店",
    "梅田店",
    "名古屋駅前店",
    "札幌南店",
    "博多店",
    "仙台店",
    "横浜店",
    "本部経理",
    "京都四条店",
    "那覇店",
)
STORES_EN = (
    "the Shibuya store",
    "the Umeda store",
    "the Yokohama store",
    "head office",
    "the Kyoto store",
)
NAMES = ("佐々木", "中村", "加藤", "吉田", "松本", "井上", "木村", "林", "清水", "森")
NAMES_EN = ("Emma", "Daniel", "Priya", "Tom", "Mei", "Lucas")
CHANNELS = ("メール", "フォーム", "チャット")


def rows() -> Iterator[dict[str, str]]:
    """Each inquiry once, month after month."""
    chance = random.Random(20260101)
    seen: set[str] = set()
    for month in MONTHS:
        made = 0
        while made < PER_MONTH:
            row = _row(month, chance)
            if row["問い合わせ"] not in seen:
                seen.add(row["問い合わせ"])
                made += 1
                yield {"id": f"T-{month[2:4]}{month[5:]}-{made:03}", **row}


def _row(month: str, chance: random.Random) -> dict[str, str]:
    # New products are new: most of what is asked after their release is about them.
    sold = [name for name, (_, _, since) in PRODUCTS.items() if since <= month]
    weights = [3 if PRODUCTS[name][2] != "2026-01" else 2 for name in sold]
    product = chance.choices(sold, weights)[0]
    channel = chance.choice(CHANNELS)
    english = chance.random() < 0.2
    priority, phrase = _phrase(product, english, chance)
    name, features, _ = PRODUCTS[product]
    feature = chance.choice(features)
    values = {
        "p": name if english else product,
        "f": f"the {feature[1]}" if english else feature[0],
        "store": chance.choice(STORES_EN if english else STORES),
        "name": chance.choice(NAMES_EN if english else NAMES),
        "n": str(chance.randint(3, 12)),
        "amt": f"{chance.randint(12, 480) * 100:,}",
        "date": _date(month, english, chance),
    }
    text = _letter(spoken(phrase, chance, values), priority, english, channel, chance, values)
    return {
        "month": month,
        "product": product,
        "channel": channel,
        "language": "en" if english else "ja",
        "問い合わせ": text,
        "reference": priority,
    }


def _phrase(product: str, english: bool, chance: random.Random) -> tuple[str, str]:
    if chance.random() < 0.12:
        return chance.choice(ENGLISH_AMBIGUOUS if english else ja.AMBIGUOUS)
    if product in ja.NEW and not english and chance.random() < 0.4:
        return chance.choice(ja.NEW[product])
    priority = chance.choices(list(PRIORITIES), SHARES)[0]
    return priority, chance.choice((ENGLISH if english else PRIORITIES)[priority])


def _letter(
    body: str,
    priority: str,
    english: bool,
    channel: str,
    chance: random.Random,
    values: dict[str, str],
) -> str:
    """Letters greet and close; chats mostly do neither."""
    openings = ENGLISH_OPENINGS if english else ja.OPENINGS
    closings = (ENGLISH_CLOSINGS if english else ja.CLOSINGS)[priority]
    polite = {"メール": 0.75, "フォーム": 0.35, "チャット": 0.1}[channel]
    parts = [body[0].upper() + body[1:]]
    if chance.random() < polite:
        parts.insert(0, spoken(chance.choice(openings), chance, values))
    if chance.random() < polite + 0.15:
        parts.append(spoken(chance.choice(closings), chance, values))
    return ("\n" if english else "").join(parts)


def _date(month: str, english: bool, chance: random.Random) -> str:
    number, day = int(month[5:]), chance.randint(5, 28)
    if english:
        names = ("January", "February", "March", "April", "May", "June", "July", "August")
        return f"{names[number - 1]} {day}"
    return f"{number}月{day}日"
