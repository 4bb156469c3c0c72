from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.comparison.facts import (
    Fact,
    facts_of,
    json_state,
    language_of,
    missing,
    politeness_of,
)
from core.comparison.numbers import kanji_number


def keys(found: tuple[Fact, ...]) -> list[str]:
    return [fact.key for fact in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("料金は１，０００円です。", ["1000円"], id="full width, thousands"),
        pytest.param("￥1,000 と ¥1000 と 千円", ["1000円"], id="one amount written three ways"),
        pytest.param("3万5千円、35,000円", ["35000円"], id="man and sen"),
        pytest.param("1.5億円", ["150000000円"], id="a fraction of a scale"),
        pytest.param("三千五百円と二十人", ["3500円", "20人"], id="kanji with a counter"),
        pytest.param("十分ご注意ください。一般に一番よい。", [], id="kanji that do not count"),
        pytest.param("12.5% と 12.5パーセント", ["12.5%"], id="percent in both scripts"),
        pytest.param("It rose 20 percent, i.e. 20%.", ["20%"], id="percent as a word"),
        pytest.param("$3.5 million, 3,500,000 dollars", ["3500000$"], id="a scale as a word"),
        pytest.param("1 day and 2 days", ["1day", "2day"], id="plural"),
        pytest.param("午後3時、14:30開始、3か月、３ヶ月", ["3時", "14:30", "3か月"], id="times"),
        pytest.param("10-20人、-5℃", ["10", "20人", "-5℃"], id="range and sign"),
        pytest.param(
            "1. はじめに\n2) 次に\n(3) 最後に100円", ["100円"], id="list numbers are none"
        ),
        pytest.param("GPT4o, v2, gemini-3.8", ["3.8"], id="digits within a word are no number"),
        pytest.param("007", ["007"], id="leading zeros are a name"),
        pytest.param("9" * 5000, [], id="thousands of digits"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_numbers(text: str, expected: list[str]) -> None:
    assert keys(facts_of(text).numbers) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("2026-11-25 2026/11/25 2026.11.25", ["2026-11-25"], id="ISO and friends"),
        pytest.param(
            "2026年11月25日、令和8年11月25日、２０２６年１１月２５日", ["2026-11-25"], id="Japanese"
        ),
        pytest.param(
            "Nov 25, 2026; November 25th 2026; 25 November 2026", ["2026-11-25"], id="English"
        ),
        pytest.param("平成元年5月1日", ["1989-05-01"], id="the first year of an era"),
        pytest.param("昭和64年1月7日", ["1989-01-07"], id="Showa"),
        pytest.param("11月25日と11月", ["--11-25"], id="without a year"),
        pytest.param("2026年11月", ["2026-11"], id="without a day"),
        pytest.param("2026年", ["2026"], id="a year"),
        pytest.param("May 5 and may 5 times", ["--05-05"], id="may is not May"),
        pytest.param("2026-13-45, 13月40日", [], id="no dates"),
        pytest.param("10年間で3日間", [], id="durations are no dates"),
    ],
)
def test_dates(text: str, expected: list[str]) -> None:
    assert keys(facts_of(text).dates) == expected


def test_a_date_is_not_also_numbers() -> None:
    assert facts_of("2026年11月25日に3件").numbers == (Fact("3件", "3件"),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("田中様、鈴木さん、佐藤部長", ["田中", "鈴木", "佐藤"], id="honoured"),
        pytest.param("田中さんと田中様", ["田中"], id="whatever the honour"),
        pytest.param("お客様、皆さん、仕様、多様性、同様に、模様", [], id="nobody"),
        pytest.param("サポートセンターとメール", ["サポートセンター", "メール"], id="katakana"),
        pytest.param("ｻｰﾊﾞｰとサーバー", ["サーバー"], id="half-width katakana"),
        pytest.param("Please ask the Tokyo Office.", ["tokyo office"], id="a run of capitals"),
        pytest.param("Please wait. Orders are late.", [], id="the start of a sentence"),
        pytest.param("Call Mr. Smith of Acme.", ["smith of acme"], id="after a title"),
        pytest.param("Geminiを使う。APIは不要。", ["gemini", "api"], id="Latin in Japanese"),
        pytest.param("Thank You", [], id="ordinary words"),
    ],
)
def test_names(text: str, expected: list[str]) -> None:
    assert keys(facts_of(text).names) == expected


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("返品できます。", "ja"),
        ("API の Key を設定", "ja"),
        ("東京都", "ja"),
        ("You can return it.", "en"),
        ("Positive", "en"),
        ("Vous pouvez renvoyer cet article sans frais chez nous", "other"),
        ("您可以在收到商品后的三十天内将其退回给我们并获得全额退款", "other"),
        ("반품할 수 있습니다", "other"),
        ("123 %", "none"),
        ("", "none"),
    ],
)
def test_language(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ('{"order_id": "", "customer_name": "", "amount": "", "summary": "too late"}', "en"),
        ('{"order_id": "A1", "customer_name": "", "items": [{"summary": "遅れています"}]}', "ja"),
        ('{"order_id": 1, "customer_name": null, "amount": 2, "shipping_address": ""}', "none"),
        ("{not JSON but a sentence in braces}", "en"),
    ],
)
def test_json_has_the_language_of_its_texts(text: str, language: str) -> None:
    assert facts_of(text).language == language


@pytest.mark.parametrize(
    ("text", "style"),
    [
        pytest.param("返品できます。ご連絡ください。", "polite", id="desu and masu"),
        pytest.param("返品できる。連絡が必要である。", "plain", id="da and dearu"),
        pytest.param("返品できます。連絡が必要である。", "mixed", id="both"),
        pytest.param(
            "手順は次のとおりです。\n- 箱に入れる\n- 送る", "polite", id="bullets do not count"
        ),
        pytest.param("- 箱に入れる。\n- 宛先を書いて送る。", "plain", id="only bullets"),
        pytest.param("優先度: 高", "none", id="a label"),
        pytest.param("「承知しました。」と伝えます。", "polite", id="quoted"),
        pytest.param("いつでもどうぞお越しくださいませ", "polite", id="no full stop"),
        pytest.param("You can return it.", "none", id="English has none"),
    ],
)
def test_politeness(text: str, style: str) -> None:
    assert facts_of(text).politeness == style
    assert style in (politeness_of(text), "none")


@pytest.mark.parametrize(
    ("text", "expected", "state"),
    [
        ('{"a": 1}', False, "valid"),
        ("[1, 2]", False, "valid"),
        ('```json\n{"a": 1}\n```', False, "fenced"),
        ('{"a": }', False, "invalid"),
        ("[注意] お読みください", False, "none"),
        ("{name}様", False, "none"),
        ("Sure: {}", False, "none"),
        ("Sure: {}", True, "invalid"),
        ("NaN", True, "invalid"),
        ("3", True, "valid"),
    ],
)
def test_json(text: str, expected: bool, state: str) -> None:
    assert json_state(text, expected) == state


def test_missing_says_what_one_has_and_the_other_lacks() -> None:
    full = facts_of("2026年11月25日までに田中様が１，０００円を払う。")
    short = facts_of("Nov 25, 2026までに払う。")
    found = missing(full, short)
    assert found.numbers == (Fact("１，０００円", "1000円"),)
    assert found.dates == ()
    assert keys(found.names) == ["田中"]
    assert missing(short, full).numbers == ()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("二千五百", 2500),
        ("十", 10),
        ("二〇二六", 2026),
        ("一億二千万", 120_000_000),
        ("三二十", None),
        ("万", None),
    ],
)
def test_kanji_numbers(text: str, value: int | None) -> None:
    assert kanji_number(text) == value


PIECES = st.sampled_from(
    [
        *"0１,.%円¥-:年月日 \n三十万様",
        "令和",
        "Nov 25",
        "サーバー",
        "Mr. Smith",
        "です。",
        "する。",
        '{"a"',
        "```json\n",
    ]
)


@given(st.lists(PIECES, max_size=40).map("".join) | st.text())
def test_any_text_has_facts_that_stand_in_it(text: str) -> None:
    facts, normal = facts_of(text), unicodedata.normalize("NFKC", text)
    assert facts.length == len(text)
    for found in (facts.numbers, facts.dates, facts.names):
        assert len(set(keys(found))) == len(found)
        # Full-width letters and digits are shown in ordinary ones.
        assert all(fact.shown in text or fact.shown in normal for fact in found)
        assert all(fact.key for fact in found)
    assert missing(facts, facts) == missing(facts_of(""), facts_of(""))
