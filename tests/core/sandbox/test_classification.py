"""A better prompt really scores better, and an abler model too."""

from __future__ import annotations

import random

import pytest

from core.sandbox.models import PROFILES
from core.sandbox.text.classify import classify
from core.sandbox.text.reading import Message, read

LABELS = (
    "次の問い合わせを 緊急、高、中、低 のいずれかに分類してください。ラベルだけを答えてください。"
)
DEFINITIONS = """次の問い合わせの優先度を分類してください。
- 緊急: サービス全体が停止している、データが消えた、情報が漏えいした、全員がログインできない
- 高: 業務に支障が出ている、期限が迫っている、請求や支払いの金額に誤りがある、返金の依頼
- 中: 設定方法や使い方の質問、一部の機能が使いにくい、表示が崩れる
- 低: 感想、お礼、要望、あると嬉しい機能の提案"""
EXAMPLES = """
入力: 全店舗でシステムが止まっていて、注文を受けられません。
出力: 緊急
入力: 昨日までのデータがすべて消えてしまいました。
出力: 緊急
入力: 個人情報が他のお客様に見えてしまっています。
出力: 緊急
入力: 二重に請求されています。今週中に返金してください。
出力: 高
入力: 明日の提出期限に間に合わず、業務が進みません。
出力: 高
入力: パスワードの変更方法を教えてください。
出力: 中
入力: スマートフォンで見ると表示が崩れます。
出力: 中
入力: とても使いやすくなりました。ありがとうございます。
出力: 低
入力: 色を選べる機能があると嬉しいです。
出力: 低"""

TICKETS = [
    ("昨夜からサービス全体が停止しています。", "緊急"),
    ("全店舗でシステムが止まってしまい注文を受けられません。至急お願いします。", "緊急"),
    ("顧客データがすべて消えてしまいました。", "緊急"),
    ("誰もログインできません。全員が作業できない状態です。", "緊急"),
    ("他のお客様の個人情報が見えてしまっています。", "緊急"),
    ("管理画面が落ちていて、店舗がすべて止まっています。", "緊急"),
    ("バックアップも含めてデータが消えました。", "緊急"),
    ("請求書の金額に誤りがあります。", "高"),
    ("二重に請求されているので返金してください。", "高"),
    ("明日の期限までに支払い処理が終わらず業務が進みません。", "高"),
    ("今週中に返金の手続きをお願いします。", "高"),
    ("業務に支障が出ています。集計が終わりません。", "高"),
    ("提出期限に間に合わないので困っています。", "高"),
    ("支払いの金額が先月の2倍になっています。", "高"),
    ("通知メールの設定方法を教えてください。", "中"),
    ("パスワードの変更方法が分かりません。", "中"),
    ("スマートフォンで表示が崩れます。", "中"),
    ("検索機能の使い方を教えてください。", "中"),
    ("一部の画面が使いにくいです。", "中"),
    ("利用者を追加する方法を教えてください。", "中"),
    ("グラフの表示が少し崩れて見えます。", "中"),
    ("新しいデザインがとても気に入りました。ありがとうございます。", "低"),
    ("色を選べる機能があると嬉しいです。", "低"),
    ("とても使いやすくなりました。", "低"),
    ("いつも丁寧な対応をありがとうございます。お礼まで。", "低"),
    ("ダークモードの追加を要望します。", "低"),
    ("感想です。毎日楽しく使っています。", "低"),
    ("スタンプ機能があると嬉しいです。", "低"),
]


def accuracy(model: str, instruction: str) -> float:
    right = 0
    for text, label in TICKETS:
        asked = read(instruction, [Message("user", text)])
        right += classify(asked, PROFILES[model], random.Random(0), 0.0) == label
    return right / len(TICKETS)


@pytest.mark.parametrize("model", sorted(PROFILES))
def test_definitions_beat_bare_labels_and_examples_help_further(model: str) -> None:
    bare, defined = accuracy(model, LABELS), accuracy(model, DEFINITIONS)
    shown = accuracy(model, DEFINITIONS + EXAMPLES)
    assert bare + 0.1 <= defined <= shown
    assert bare + 0.2 <= shown


@pytest.mark.parametrize("instruction", [DEFINITIONS, DEFINITIONS + EXAMPLES])
def test_the_older_model_is_the_weaker_one(instruction: str) -> None:
    assert accuracy("sandbox-flash-1", instruction) <= accuracy("sandbox-flash-2", instruction)
    assert accuracy("sandbox-flash-2", instruction) <= accuracy("sandbox-pro-2", instruction)


def test_a_tuned_prompt_on_the_able_model_is_good_enough_to_show() -> None:
    assert accuracy("sandbox-pro-2", DEFINITIONS + EXAMPLES) >= 0.9


def test_the_same_prompt_gives_the_same_label() -> None:
    asked = read(DEFINITIONS, [Message("user", TICKETS[0][0])])
    labels = {
        classify(asked, PROFILES["sandbox-flash-2"], random.Random(seed), 0.0) for seed in range(20)
    }
    assert len(labels) == 1


def test_temperature_varies_a_close_call() -> None:
    asked = read(LABELS, [Message("user", "よろしくお願いします。")])
    labels = {
        classify(asked, PROFILES["sandbox-flash-2"], random.Random(seed), 2.0) for seed in range(40)
    }
    assert len(labels) > 1


@pytest.mark.parametrize(
    ("instruction", "labels"),
    [
        ("Answer with one of: urgent, high, low", ("urgent", "high", "low")),
        ("Classify into positive, negative or neutral.", ("positive", "negative", "neutral")),
        ("優先度は「高」「中」「低」のいずれかです。", ("高", "中", "低")),
        (
            "良い・悪い・どちらでもない のいずれかに分類してください。",
            ("良い", "悪い", "どちらでもない"),
        ),
        ("- bug: something broke\n- wish: a new feature", ("bug", "wish")),
    ],
)
def test_labels_are_found_in_the_prompt(instruction: str, labels: tuple[str, ...]) -> None:
    assert read(instruction, [Message("user", "x")]).labels == labels
