from __future__ import annotations

import sys

import pytest

from core.errors import InvalidInput
from core.evaluation.metrics import registry
from core.evaluation.metrics.language import language_of
from core.evaluation.metrics.metric import Language
from core.evaluation.metrics.tokens import corpus_language, mecab, mixed, mixed_and_marks
from core.records.metrics import MetricSpec


@pytest.mark.parametrize(
    ("texts", "language"),
    [
        (["明日です", "はい"], "ja"),
        (["明日です", "Yes"], "ja"),
        (["明日です", "Yes", "No"], "auto"),
        (["Yes", "It's naïve — “quoted”"], "en"),
        (["Да, конечно"], "auto"),
        (["네", "예"], "auto"),
        ([], "auto"),
        (["", " "], "auto"),
    ],
)
def test_the_language_of_a_set_of_cases(texts: list[str], language: Language) -> None:
    assert corpus_language(texts) == language


def test_mixed_tokens_are_words_and_single_characters() -> None:
    assert mixed("gemini 3.5で返品を") == ["gemini", "3", "5", "で", "返", "品", "を"]
    assert mixed("да, конечно") == ["да", "конечно"]
    assert mixed_and_marks("API、返品。Yes!") == ["API", "、", "返", "品", "。", "Yes", "!"]


def test_without_mecab_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "MeCab", None)
    mecab.cache_clear()
    with pytest.raises(InvalidInput, match="choose the tokenizer char"):
        registry.make(MetricSpec("bleu", {"tokenizer": "mecab"}))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("承知しました。", "ja"),
        ("緊急", "ja"),
        ("Gemini APIで確認します", "ja"),
        ("Your order ships tomorrow.", "en"),
        ("OK", "en"),
        ("Die Bestellung wird morgen an Ihre Adresse geliefert, danke schön.", "other"),
        ("您的订单将在明天送达请您耐心等待谢谢", "zh"),
        ("주문이 내일 도착합니다", "ko"),
        ("Заказ прибудет завтра", "other"),
        ("12,000 / 3", None),
        ("", None),
    ],
)
def test_the_language_of_one_answer(text: str, language: str | None) -> None:
    assert language_of(text) == language
