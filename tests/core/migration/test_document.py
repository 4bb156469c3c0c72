"""Tables of a document: what stays on its line, what is broken between words, what anywhere."""

from __future__ import annotations

import re

import pytest

from core.migration.document import Section, Table, as_html

LONG = "x" * 40


def kinds(*row: str) -> list[str]:
    """The classes of a row's cells; empty for a cell that is broken anywhere."""
    table = Table(tuple("h" for _ in row), (row,))
    html = as_html("t", "by", [Section("s", (table,))], "ja")
    cells = re.findall(r"<td(?: class=\"(\w+)\")?>", html)
    assert len(cells) == len(row)
    return cells


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("2026-12-24", "short"),
        ("≥ 2027-01-01", "short"),
        ("緊急 (1)", "short"),
        ("七文字の日本語です", "words"),
        ("sandbox:sandbox-flash-1", "words"),
        ("gemini-2.5-flash-lite-preview-09-2025 (720)", "words"),
        ("https://example.com/where/words/have/no/end", ""),
        (LONG, ""),
        (f"日本語{LONG}日本語", ""),
        ("", "short"),
    ],
)
def test_a_cell_is_broken_where_it_hurts_least(text: str, kind: str) -> None:
    assert kinds(text) == [kind]


def test_a_table_with_more_words_than_a_line_holds_breaks_them_before_it_is_cut() -> None:
    name = "abcdefghijklmnopqr"
    assert kinds(*[name] * 4) == ["words"] * 4
    assert kinds(*[name] * 5) == [""] * 5
    assert kinds(*[name] * 4, "2026-12-24") == [""] * 4 + ["short"]
    # What is broken anyway needs no room.
    assert kinds(*[name] * 3, LONG, LONG) == ["words"] * 3 + ["", ""]


def test_rows_of_unlike_length_are_drawn() -> None:
    table = Table(("a", "b"), (("1",), ("1", "2"), ()))
    html = as_html("t", "by", [Section("s", (table, Table((), (("name", "value"), ()))))], "en")
    assert html.count("<tr>") == 6
    assert '<th scope="row">name</th><td class="short">value</td>' in html
