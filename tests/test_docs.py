"""What the documents point to is there: links, pictures, commands, benchmarks, files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.commands import SUMMARIES

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r'\]\(([^)#\s]+)[^)]*\)|src="([^"]+)"')
MAKE = re.compile(r"`make ([a-z-]+)")
VERB = re.compile(r"python -m core ([a-z]+)")
BENCH = re.compile(r"python -m bench[. ]([a-z_]+)")
# What is in data/local is made by running the app.
FILE = re.compile(r"`((?!data/local/)(?:core|pages|tests|bench|data|docs)/[\w./-]+\.\w+)`")


def found(pattern: re.Pattern[str], document: Path) -> set[str]:
    text = document.read_text("utf-8")
    return {next(filter(None, match.groups())) for match in pattern.finditer(text)}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_a_document_points_to_is_there(document: Path) -> None:
    links = {link for link in found(LINK, document) if "://" not in link}
    assert {link for link in links if not (document.parent / link).exists()} == set()
    assert {name for name in found(FILE, document) if not (ROOT / name).exists()} == set()
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert found(MAKE, document) <= targets
    assert found(VERB, document) <= set(SUMMARIES)
    benches = {path.stem for path in (ROOT / "bench").glob("*.py")}
    assert found(BENCH, document) <= benches


def test_every_picture_is_shown() -> None:
    shown = set().union(*(found(LINK, document) for document in DOCUMENTS))
    pictures = {f"docs/pictures/{path.name}" for path in (ROOT / "docs/pictures").iterdir()}
    assert pictures - shown == set()
