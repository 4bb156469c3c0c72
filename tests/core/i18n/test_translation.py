from __future__ import annotations

import pytest

from core.errors import InvalidInput, MissingVariables
from core.i18n import best_language, explain, kept_message, messages, translator


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        ("ja-JP", "ja"),
        ("ja", "ja"),
        ("ja_JP.UTF-8", "ja"),
        ("en-US,en;q=0.9,ja;q=0.8", "en"),
        ("fr-FR,ja;q=0.8,en;q=0.7", "ja"),
        ("fr", "en"),
        ("", "en"),
        (None, "en"),
        ("ja;q=oops, en;q=0.1", "en"),
    ],
)
def test_the_browsers_language_is_chosen(wanted: str | None, language: str) -> None:
    assert best_language(wanted) == language


def test_messages_are_translated_and_unknown_ones_stay() -> None:
    assert translator("ja")("Save version") == "バージョンを保存"
    assert translator("en")("Save version") == "Save version"
    assert translator("ja")("not a message") == "not a message"
    assert translator("fr")("Save version") == "Save version"


def test_errors_are_explained_with_their_values() -> None:
    assert "{顧客名}" in explain(MissingVariables(["顧客名"]), "ja")
    assert explain(MissingVariables(["a"]), "ja") != explain(MissingVariables(["a"]), "en")


def test_values_of_an_error_are_never_read_as_a_template() -> None:
    hostile = "{0.__class__} {name} {"
    error = InvalidInput(
        "There is already a prompt named {name}. Choose another name.", name=hostile
    )
    assert hostile in str(error)
    assert hostile in explain(error, "ja")


@pytest.mark.parametrize(
    "source", ['_("Save")', "f'**{_(\"Save\")}** {1}'", 'N_("Sa" "ve")', 'errors.NotFound("Save")']
)
def test_a_message_is_found_wherever_it_stands(source: str) -> None:
    assert list(messages.marked(source, {"_", "N_", "NotFound"})) == [(1, "Save")]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("**まだありません。**保存してください。", True),
        ("**まだありません。** 保存してください。", False),
        ("**モデル**の料金", False),
        ("改善には、**学習**と**検証**を使う。", False),
    ],
)
def test_asterisks_that_markdown_would_show_are_told(text: str, shown: bool) -> None:
    assert messages.stuck(text) is shown


def test_a_kept_message_is_filled_in_its_language_and_one_filled_before_stays() -> None:
    template, values = "No price is known for {model}, so", {"model": "{x}"}
    assert kept_message(template, values) == "No price is known for {x}, so"
    assert kept_message("Done", {}, "ja") == "完了"
    assert kept_message('The service said {"code": 7}', {}) == 'The service said {"code": 7}'
