from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.errors import InvalidInput
from core.prompts.starters import load_starters
from core.records.prompts import Part, PromptSpec, Turn

SPEC = PromptSpec(turns=(Turn("user", (Part("{本文}"),)),))
DATA = {
    "name": "summary",
    "language": "ja",
    "title_en": "Summary",
    "title_ja": "要約",
    "description_en": "Shortens a text.",
    "description_ja": "文を短くします。",
    "spec": SPEC.to_dict(),
    "memo": "m",
}


def test_starters_are_read_in_order_of_their_files(tmp_path: Path) -> None:
    (tmp_path / "02.json").write_text(json.dumps(DATA | {"name": "b"}), "utf-8")
    (tmp_path / "01.json").write_text(json.dumps(DATA), "utf-8")
    first, second = load_starters(tmp_path)
    assert (first.name, second.name) == ("summary", "b")
    assert first.spec == SPEC
    assert (first.title("ja"), first.title("en"), first.title("fr")) == (
        "要約",
        "Summary",
        "Summary",
    )
    assert first.description("ja") == "文を短くします。"
    assert first.memo == "m"


@pytest.mark.parametrize("text", ["{", "[]", "{}", json.dumps(DATA | {"spec": 3})])
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.json").write_text(text, "utf-8")
    with pytest.raises(InvalidInput, match=r"bad\.json"):
        load_starters(tmp_path)
