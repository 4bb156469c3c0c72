"""What the browser's script works out is what Python does, on texts of every kind."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from core.comparison.assets import SCRIPTS, VIEW
from core.comparison.facts import facts_of, missing
from core.comparison.view_data import view_facts
from core.prompts.difference import difference

NODE = shutil.which("node")
PIECES = (
    "本日は晴天です。", "明日は雨でしょう！", "料金は1,000円です。", "「はい」と言った。」", "The price is 10 yen. ",
    "Please call us.", "e.g. v1.2.3 (beta).", "\n", "\r\n", "- 項目\n", "👩‍👩‍👧", "🇯🇵🇫🇷", "か\u3099", "Ａ．Ｂ．", "  ", "\t",
    "한국어\u1161", "👍🏽", "\u200d", "!?", "...", "x\x85y.\x1cz", ".\ufeffa",
)  # fmt: skip
MARKS = {"equal": "=", "removed": "-", "added": "+"}


def pairs() -> list[tuple[str, str]]:
    chance = random.Random(7)
    found = [("", ""), ("a", ""), ("", "b"), ("x" * 600_000, "y\n" * 250_000)]
    for _ in range(1500):
        left = [chance.choice(PIECES) for _ in range(chance.randrange(12))]
        right = [
            chance.choice(PIECES) if chance.random() < 0.3 else piece
            for piece in left
            if chance.random() < 0.9
        ]
        one, other = "".join(left), "".join(right)
        if chance.random() < 0.5 and other:
            at = chance.randrange(len(other))
            other = other[:at] + chance.choice("あaです。.") + other[at + 1 :]
        found.append((one, other))
    return found


@pytest.fixture
def in_node(tmp_path: Path) -> Callable[[str, str, object], Any]:
    """Calls a function of a module of the view with each of the arguments in a list."""
    if NODE is None:
        pytest.skip("node is not installed; the browser's script needs it")

    def call(module: str, function: str, cases: object) -> Any:
        for source in SCRIPTS:
            shutil.copy(VIEW / source, tmp_path)
        (tmp_path / "package.json").write_text('{"type": "module"}', "utf-8")
        runner = tmp_path / "run.js"
        runner.write_text(
            f"import {{ {function} }} from './{module}'\n"
            "import { readFileSync } from 'node:fs'\n"
            "const cases = JSON.parse(readFileSync(0, 'utf8'))\n"
            f"process.stdout.write(JSON.stringify(cases.map((one) => {function}(...one))))\n",
            "utf-8",
        )
        done = subprocess.run(
            [str(NODE), str(runner)],
            input=json.dumps(cases),
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)

    return call


def test_differences_are_the_same_as_in_python(
    in_node: Callable[[str, str, object], Any],
) -> None:
    cases = pairs()
    for (left, right), spans in zip(
        cases, in_node("difference.js", "difference", cases), strict=True
    ):
        expected = [[MARKS[s.kind], s.text] for s in difference(left, right).spans]
        assert spans == expected, (left, right)


FACTS = (
    "料金は１，０００円です。", "料金は2,000円です。", "2026年11月25日まで。", "Nov 25, 2026. ", "田中様。", "サーバー。",
    "Call the Tokyo Office. ", "20 percent. ", "20%。",
)  # fmt: skip


def test_missing_facts_are_the_same_as_in_python(
    in_node: Callable[[str, str, object], Any],
) -> None:
    chance = random.Random(3)
    texts = ["".join(chance.sample(FACTS, chance.randrange(6))) for _ in range(200)]
    cases = list(pairwise(texts))
    shown = [[view_facts(facts_of(one)), [view_facts(facts_of(other))]] for one, other in cases]
    for (one, other), found in zip(cases, in_node("cell.js", "compared", shown), strict=True):
        has, lacks = (
            missing(facts_of(one), facts_of(other)),
            missing(facts_of(other), facts_of(one)),
        )
        for expected, side in ((has, found["has"]), (lacks, found["lacks"])):
            facts = (*expected.numbers, *expected.dates, *expected.names)
            assert [fact.shown for fact in facts] == [name for (name,) in side]
