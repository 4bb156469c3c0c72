"""Makes the message catalogues: `python -m core.i18n.messages` extracts and compiles,
`--check` says what is missing. A tool for developers; needs babel."""

from __future__ import annotations

import argparse
import ast
import io
import re
import sys
from collections.abc import Container, Iterator, Sequence
from pathlib import Path

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from core.i18n.translation import DOMAIN, LANGUAGES, LOCALE

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("app.py", "server.py", "core", "pages")
MARKERS = ("_", "N_", "gettext")
_PUNCTUATION = tuple("。、！？：）」.,!?:)")
_FIELD = re.compile(r"\{(\w+)(?:![rs])?(?::[^{}]*)?\}")


def error_classes() -> list[str]:
    """The names in `core/errors.py`: the first argument of each is a message."""
    tree = ast.parse((ROOT / "core" / "errors.py").read_text("utf-8"))
    return [node.name for node in tree.body if isinstance(node, ast.ClassDef)]


def extract() -> Catalog:
    """Every message in the sources, with where it stands."""
    keywords = {*MARKERS, *error_classes()}
    catalog = Catalog(domain=DOMAIN, project="Prompt Workbench", charset="utf-8")
    for path in _python_files():
        for line, message in marked(path.read_text("utf-8"), keywords):
            catalog.add(message, locations=[(path.relative_to(ROOT).as_posix(), line)])
    for template in _templates_in_errors():
        catalog.add(template, locations=[("core/errors.py", 1)])
    return catalog


def marked(source: str, keywords: Container[str]) -> Iterator[tuple[int, str]]:
    """Line and text of every message; those within f-strings too, which babel does not see."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        called = getattr(node.func, "id", "") or getattr(node.func, "attr", "")
        first = node.args[0]
        text = first.value if isinstance(first, ast.Constant) else None
        if called in keywords and isinstance(text, str) and text:
            yield node.lineno, text


def _python_files() -> Iterator[Path]:
    for source in SOURCES:
        path = ROOT / source
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def _templates_in_errors() -> Iterator[str]:
    """Messages that error classes hold themselves, as arguments of `super().__init__`."""
    for node in ast.walk(ast.parse((ROOT / "core" / "errors.py").read_text("utf-8"))):
        if (
            isinstance(node, ast.Call)
            and ast.unparse(node.func) == "super().__init__"
            and node.args
            and isinstance(node.args[0], ast.Constant)
            and isinstance(node.args[0].value, str)
        ):
            yield node.args[0].value


def po_path(language: str) -> Path:
    """Where the catalogue of a language is edited."""
    return LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def load(language: str) -> Catalog:
    """The catalogue of a language as it is; empty when there is none yet."""
    path = po_path(language)
    if not path.exists():
        return Catalog(locale=language, domain=DOMAIN)
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def compiled(catalog: Catalog) -> bytes:
    """The catalogue as gettext reads it."""
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def update() -> None:
    """Bring the catalogues up to date with the sources; keep what is translated."""
    template = extract()
    for language in LANGUAGES:
        catalog = load(language)
        known = {m.id: m.string for m in catalog if m.id}
        fresh = Catalog(locale=language, domain=DOMAIN, project="Prompt Workbench")
        for message in sorted((m for m in template if m.id), key=lambda m: str(m.id)):
            string = str(message.id) if language == "en" else str(known.get(message.id, ""))
            places = sorted({(file, 0) for file, _ in message.locations})
            fresh.add(message.id, string, locations=places)
        po_path(language).parent.mkdir(parents=True, exist_ok=True)
        with po_path(language).open("wb") as file:
            write_po(file, fresh, width=100, include_lineno=False, sort_output=True)
        po_path(language).with_suffix(".mo").write_bytes(compiled(fresh))


def problems() -> Iterator[str]:
    """What a translator still has to do, a line each."""
    template = [str(message.id) for message in extract() if message.id]
    for language in LANGUAGES:
        catalog = load(language)
        have = {str(m.id): str(m.string) for m in catalog if m.id and not m.fuzzy}
        for message in template:
            translated = have.get(message, "")
            if not translated:
                yield f"{language}: missing: {message!r}"
            elif fields(message) != fields(translated):
                yield f"{language}: other fields than in English: {message!r}"
            elif stuck(translated):
                yield f"{language}: asterisks that Markdown would show: {message!r}"
        for message in sorted(set(have) - set(template)):
            yield f"{language}: no longer used: {message!r}"
        mo = po_path(language).with_suffix(".mo")
        if not mo.exists() or mo.read_bytes() != compiled(catalog):
            yield f"{language}: {mo.name} is not made from the .po file; run `make messages`"


def stuck(text: str) -> bool:
    """Whether Markdown shows the asterisks: bold that ends with punctuation needs a space then."""
    parts = text.split("**")
    return any(
        bold.endswith(_PUNCTUATION) and after[:1].isalnum()
        for bold, after in zip(parts[1::2], parts[2::2], strict=False)
    )


def fields(text: str) -> set[str]:
    """Names in braces."""
    return set(_FIELD.findall(text))


def main(arguments: Sequence[str] | None = None) -> int:
    """Update, or with --check tell what is missing and fail."""
    parser = argparse.ArgumentParser(prog="python -m core.i18n.messages", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, fail if incomplete")
    if not parser.parse_args(arguments).check:
        update()
    found = list(problems())
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
