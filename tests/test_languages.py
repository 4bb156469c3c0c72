"""Both languages are complete, and nothing that a user reads slips past the catalogues."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from core.i18n.messages import problems

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*(ROOT / "pages").rglob("*.py"), ROOT / "app.py"])

# Calls whose first argument is read by a person.
SHOWN = {
    "title", "header", "subheader", "write", "markdown", "caption", "text", "button", "error",
    "warning", "info", "success", "toast", "text_input", "text_area", "selectbox", "multiselect",
    "toggle", "checkbox", "number_input", "date_input", "expander", "popover", "form_submit_button",
    "download_button", "file_uploader", "pills", "segmented_control", "radio", "badge", "spinner",
}  # fmt: skip
ICON = re.compile(r":material/\w+:")
KEYWORDS = {"help", "placeholder", "label"}
NAMES = {"Prompt Workbench", "CSV", "JSONL", "Parquet", "Python", "curl", "JSON", "production"}


def test_both_catalogues_are_complete() -> None:
    assert list(problems()) == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_text_of_a_page_goes_untranslated(path: Path) -> None:
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr not in SHOWN:
            continue
        shown = [*node.args[:1], *(k.value for k in node.keywords if k.arg in KEYWORDS)]
        found += [
            f"line {one.lineno}: {one.value!r}"
            for one in shown
            if isinstance(one, ast.Constant)
            and isinstance(one.value, str)
            and any(c.isalpha() for c in one.value)
            and one.value not in NAMES
            and not one.value.startswith(("{", "["))
            and not ICON.fullmatch(one.value)
        ]
    assert found == []
