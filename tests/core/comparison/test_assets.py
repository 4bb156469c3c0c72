from __future__ import annotations

import re
from collections import Counter

from core.comparison.assets import SCRIPTS, STYLES, VIEW, script, style

_NAME = re.compile(r"^(?:export )?(?:function|const|let|class) (\w+)", re.MULTILINE)


def test_the_modules_join_into_one_script() -> None:
    joined = script()
    assert not re.search(r"^\s*(import|export)\b", joined, re.MULTILINE)
    names = Counter(_NAME.findall(joined))
    assert [name for name, times in names.items() if times > 1] == []
    assert "mountComparison" in names


def test_every_file_of_the_view_is_used() -> None:
    assert {path.name for path in VIEW.iterdir()} == {*SCRIPTS, *STYLES}


def test_each_module_imports_what_it_takes_from_the_others() -> None:
    sources = {name: (VIEW / name).read_text("utf-8") for name in SCRIPTS}
    homes = {
        one: name
        for name, text in sources.items()
        for one in re.findall(r"^export (?:function|class|const) (\w+)", text, re.MULTILINE)
    }
    for name, text in sources.items():
        imported = {
            one.strip(): source
            for names, source in re.findall(
                r"^import \{([^}]*)\} from '\./([\w.]+)'", text, re.MULTILINE
            )
            for one in names.split(",")
        }
        assert {one: homes[one] for one in imported} == imported
        body = re.sub(r"^import .*$", "", text, flags=re.MULTILINE)
        used = {one for one in homes if re.search(rf"(?<![.\w']){one}\(|new {one}\b", body)} - set(
            _NAME.findall(text)
        )
        assert used <= set(imported), name


def test_nothing_in_it_can_become_markup_or_leave_the_page() -> None:
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "fetch(", "XMLHttp",
                 "WebSocket", "eval(", "new Function", "import(", "localStorage"):  # fmt: skip
        assert word not in script(), word
    assert not re.search(r"url\(|@import|expression", style())
    assert "</" not in script() + style()
