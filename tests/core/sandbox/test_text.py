"""Summaries keep their limits; rubrics are scored from what can be measured; rewriting learns."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.sandbox import tokens
from core.sandbox.models import PROFILES
from core.sandbox.text.answer import Prompt, answer
from core.sandbox.text.extract import facts
from core.sandbox.text.language import plain_style, polite_style, sentences
from core.sandbox.text.reading import Message

PRO, OLD = PROFILES["sandbox-pro-2"], PROFILES["sandbox-flash-1"]
MINUTES = (
    "本日の会議では新しい料金について話し合いました。発売日は12月10日に決まりました。"
    "担当は田中さんです。資料は金曜までに作成します。次回は来週です。"
)


def ask(text: str, profile: Any = PRO, system: str = "", temperature: float = 0.0) -> str:
    prompt = Prompt(system, [Message("user", text)])
    return answer(prompt, profile, 1, temperature).text


@pytest.mark.parametrize("limit", [20, 50, 80])
def test_a_summary_keeps_its_limit_of_characters(limit: int) -> None:
    assert len(ask(f"{limit}文字以内で要約してください。\n\n{MINUTES}")) <= limit


@pytest.mark.parametrize(
    ("asked", "count"), [("1文", 1), ("２文", 2), ("三文", 3), ("2 sentences", 2)]
)
def test_a_summary_keeps_its_number_of_sentences(asked: str, count: int) -> None:
    assert len(sentences(ask(f"{asked}で要約 summarize\n\n{MINUTES}"))) == count


def test_a_summary_comes_as_bullets_when_asked() -> None:
    lines = ask(f"3点の箇条書きで要約してください。\n\n{MINUTES}").splitlines()
    assert len(lines) == 3 and all(line.startswith("・") for line in lines)


def test_the_older_model_does_not_keep_limits_of_characters() -> None:
    assert len(ask(f"20文字以内で要約してください。\n\n{MINUTES}", OLD)) > 20


def test_a_summary_says_nothing_that_is_not_there() -> None:
    for sentence in sentences(ask(f"2文で要約してください。\n\n{MINUTES}")):
        assert sentence in MINUTES


@pytest.mark.parametrize(
    ("polite", "plain"),
    [("決まりました。", "決まった。"), ("担当です。", "担当である。"), ("できます。", "できる。")],
)
def test_registers(polite: str, plain: str) -> None:
    assert plain_style(polite) in (plain, polite.replace("ました", "た"))
    assert polite_style(plain_style(polite)) == polite


def rubric(response: str) -> str:
    return ask(
        "Criteria: covers the reference, invents nothing. Rating scale: 1-5. Give the score.\n"
        "Reference: The shop opens at 9 and closes at 17 every day.\n"
        f"Response: {response}"
    )


def test_a_better_response_gets_a_better_score() -> None:
    good = int(rubric("The shop opens at 9 and closes at 17 every day.").splitlines()[0])
    fair = int(rubric("The shop opens at 9.").splitlines()[0])
    bad = int(rubric("Bananas cost 300 dollars.").splitlines()[0])
    assert good > fair >= bad
    assert good == 5


def test_a_pair_is_judged_the_same_in_both_orders() -> None:
    def judge(a: str, b: str) -> str:
        return ask(
            "Evaluate by these criteria which response is better.\n"
            "Reference: The shop opens at 9 and closes at 17.\n"
            f"Response A: {a}\nResponse B: {b}"
        ).splitlines()[0]

    right, wrong = "The shop opens at 9 and closes at 17.", "I like trains."
    assert (judge(right, wrong), judge(wrong, right)) == ("A", "B")


def test_an_instruction_is_rewritten_from_its_failures() -> None:
    text = ask(
        "Improve the instruction.\n\nInstruction:\nClassify the ticket.\n\nFailures:\n"
        "Input: The site is down\nOutput: low\nExpected: urgent\n\n"
        "Input: Nice colours\nOutput: urgent\nExpected: low\n"
        "Feedback: answer with one word only\n"
    )
    assert text.startswith("Classify the ticket.")
    assert "Input: The site is down\nOutput: urgent" in text
    assert "answer with one word only" in text


def asked_to_summarize(instruction: str) -> str:
    failures = "\n\n".join(
        f"入力: {text}\n回答: …\n正解: {answer}"
        for text, answer in (
            ("駅に近く便利でした。朝食もおいしかったです。部屋は少し狭く、音も気になりました。",
             "駅に近い点と朝食を評価している。"
             "部屋が狭い点は不満。"),
            ("荷物が多く入り、とても軽いかばんです。色も気に入っています。ただ、ひもが切れました。",
             "軽くてよく入る点を評価している。ひもが弱い点は不満。"),
        )
    )  # fmt: skip
    return ask(
        f"指示を書き直してください。\n\n現在の指示:\n{instruction}\n\n失敗した例:\n\n{failures}\n"
    )


def test_from_expected_summaries_their_length_is_learned() -> None:
    text = asked_to_summarize("タスク:\n以下のレビューを簡単にいうと?")
    rule = "- 2文、30文字以内で要約してください。"
    assert text == f"タスク:\n以下のレビューを簡単にいうと?\n\n守ること:\n{rule}"
    # A rule of the kind that is there already makes room, and one that is the same stays alone.
    assert asked_to_summarize(f"レビュー\n{rule.replace('30', '90')}") == f"レビュー\n{rule}"
    assert asked_to_summarize(f"レビュー\n{rule}") == f"レビュー\n{rule}"


def test_translation_is_honestly_refused() -> None:
    assert "cannot translate" in ask("Translate into French:\n\nGood morning to all of you")


SCHEMAS = st.recursive(
    st.sampled_from(
        [
            {"type": "string"},
            {"type": "string", "enum": ["a", "b"]},
            {"type": "integer", "minimum": 1, "maximum": 5},
            {"type": "number"},
            {"type": "boolean"},
            {"type": "string", "minLength": 3, "maxLength": 5},
        ]
    ),
    lambda inner: st.one_of(
        st.dictionaries(
            st.sampled_from(["name", "date", "score", "tags", "理由"]), inner, max_size=4
        ).map(lambda p: {"type": "object", "properties": p, "required": list(p)}),
        inner.map(lambda i: {"type": "array", "items": i, "minItems": 1, "maxItems": 3}),
        inner.map(lambda i: {"anyOf": [i, {"type": "null"}]}),
    ),
    max_leaves=8,
)


@settings(max_examples=80, deadline=None)
@given(SCHEMAS, st.text(max_size=200))
def test_any_schema_is_filled_with_valid_data(schema: dict[str, Any], text: str) -> None:
    prompt = Prompt("", [Message("user", text)], schema=schema)
    jsonschema.validate(answer(prompt, PRO, 1, 0.0).data, schema)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=400), st.sampled_from(sorted(PROFILES)), st.sampled_from([0.0, 1.0]))
def test_no_text_is_a_crash_and_the_answer_repeats(
    text: str, name: str, temperature: float
) -> None:
    prompt = Prompt("", [Message("user", text)])
    first = answer(prompt, PROFILES[name], 3, temperature)
    assert answer(prompt, PROFILES[name], 3, temperature) == first


@given(st.text(max_size=300), st.integers(0, 50))
def test_cutting_keeps_the_limit_of_tokens_and_the_beginning(text: str, most: int) -> None:
    short = tokens.cut(text, most)
    assert tokens.count(short) <= most
    assert text.startswith(short)


@pytest.mark.parametrize(
    "sentence",
    [
        "料金について話し合いました。",
        "12月10日に決まりました。",
        "要望がありました。",
        "確認してください。",
        "どうですか。",
    ],
)
def test_what_is_polite_already_stays(sentence: str) -> None:
    assert polite_style(sentence) == sentence


def test_who_introduces_themselves_is_a_name() -> None:
    assert facts("name", "鈴木と申します。交換できますか。") == ["鈴木"]
