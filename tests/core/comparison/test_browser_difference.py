"""The browser's difference says the same as the one in Python, on texts of every kind."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from core.comparison.assets import VIEW
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


@pytest.mark.skipif(NODE is None, reason="node is not installed; the browser's script needs it")
def test_both_say_the_same(tmp_path: Path) -> None:
    assert NODE is not None
    cases = pairs()
    module = (VIEW / "difference.js").as_uri()
    script = tmp_path / "run.mjs"
    script.write_text(
        f"import {{ difference }} from {json.dumps(module)}\n"
        "import { readFileSync } from 'node:fs'\n"
        "const cases = JSON.parse(readFileSync(0, 'utf8'))\n"
        "process.stdout.write(JSON.stringify(cases.map(([a, b]) => difference(a, b))))\n",
        "utf-8",
    )
    done = subprocess.run(
        [NODE, "--experimental-default-type=module", str(script)],
        input=json.dumps(cases), capture_output=True, text=True, check=True,
    )  # fmt: skip
    for (left, right), spans in zip(cases, json.loads(done.stdout), strict=True):
        expected = [[MARKS[s.kind], s.text] for s in difference(left, right).spans]
        assert spans == expected, (left, right)
