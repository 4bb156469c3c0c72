"""Text that people and models wrote, in labels."""

from __future__ import annotations

import pytest

from pages.ui.text import code


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("order_id", "`order_id`"),
        ("問い合わせ", "`問い合わせ`"),
        ("a`b", "``a`b``"),
        ("`", "`` ` ``"),
        ("two\nlines", "`two lines`"),
        ("", "`  `"),
        ("x" * 90, f"`{'x' * 80}…`"),
    ],
)
def test_code_is_shown_as_it_is(text: str, shown: str) -> None:
    assert code(text) == shown
