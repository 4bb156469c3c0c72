"""The `{variable}` templates of prompts: one pass, values verbatim, nothing is evaluated.

A variable is a brace pair around a name: letters of any script, digits and underscore, not
starting with a digit. Every other brace is text, so JSON needs no escaping. Names are compared
after NFKC normalisation: `{ｎａｍｅ}` and `{name}` are one variable.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

from core.errors import InvalidInput, MissingVariables
from core.records.prompts import PromptSpec

MAX_RENDERED_BYTES = 20_000_000

# Only finds candidates; `_name` decides. A mark that NFKC composes with its letter (macOS types
# が as two characters) is not `\w`, so the pattern cannot decide alone.
_CANDIDATE = re.compile(r"\{([^\s{}]{1,200})\}")


def normal_name(name: str) -> str:
    """The form under which names are compared."""
    return unicodedata.normalize("NFKC", name)


def is_name(name: str) -> bool:
    """Whether `{name}` is a variable, given the normal form."""
    return name.isidentifier()


def _name(match: re.Match[str]) -> str | None:
    name = normal_name(match[1])
    return name if is_name(name) else None


def variables(template: str) -> list[str]:
    """The normal names of the variables, each once, in order of appearance."""
    return list(_variables(template))


@lru_cache(maxsize=64)
def _variables(template: str) -> tuple[str, ...]:
    # Cached: a job renders one prompt thousands of times.
    names = (_name(match) for match in _CANDIDATE.finditer(template))
    return tuple(dict.fromkeys(name for name in names if name is not None))


def variables_of(spec: PromptSpec) -> list[str]:
    """The variables of the system instruction and of all text parts, in that order."""
    return list(dict.fromkeys(name for text in template_texts(spec) for name in variables(text)))


def template_texts(spec: PromptSpec) -> list[str]:
    """The texts of a spec in which variables are replaced."""
    parts = (part for turn in spec.turns for part in turn.parts if part.media is None)
    return [spec.system, *(part.text for part in parts)]


def normal_values(values: Mapping[str, str]) -> dict[str, str]:
    """The values under normal names. Two names that become one are InvalidInput."""
    normal: dict[str, str] = {}
    spelled: dict[str, str] = {}
    for name, value in values.items():
        key = normal_name(name)
        if key in normal:
            raise InvalidInput(
                "The names {first} and {second} mean the same variable. Keep one of them.",
                first=spelled[key],
                second=name,
            )
        normal[key], spelled[key] = value, name
    return normal


def require_values(names: Iterable[str], values: Mapping[str, str]) -> None:
    """MissingVariables naming every variable without a value. An empty text is a value."""
    missing = [name for name in names if name not in values]
    if missing:
        raise MissingVariables(missing)


def render(template: str, values: Mapping[str, str]) -> str:
    """Replace every variable by its value, verbatim; the result is never scanned again.

    MissingVariables names all that lack a value. InvalidInput when the result would be over
    20 MB of UTF-8, found out before it is built.
    """
    known = normal_values(values)
    require_values(variables(template), known)
    check_size(rendered_bytes(template, known))
    return substitute(template, known)


def substitute(template: str, known: Mapping[str, str]) -> str:
    """The one pass of `render`, for values that are normal, complete and within the bound."""

    def value(match: re.Match[str]) -> str:
        name = _name(match)
        return match[0] if name is None else known[name]

    return _CANDIDATE.sub(value, template)


def partly(template: str, values: Mapping[str, str]) -> str:
    """Replace the variables that have a value; the others stay as they are written."""
    known = normal_values(values)

    def value(match: re.Match[str]) -> str:
        name = _name(match)
        return match[0] if name is None else known.get(name, match[0])

    return _CANDIDATE.sub(value, template)


def rendered_bytes(template: str, known: Mapping[str, str]) -> int:
    """The length of the rendered text in UTF-8, without building it."""
    sizes = {name: _bytes(value) for name, value in known.items()}
    total = _bytes(template)
    for match in _CANDIDATE.finditer(template):
        name = _name(match)
        if name is not None:
            total += sizes[name] - _bytes(match[0])
    return total


def check_size(size: int) -> None:
    """InvalidInput when a rendered prompt of this many bytes is too long."""
    if size > MAX_RENDERED_BYTES:
        raise InvalidInput(
            "The prompt would be {size} MB long with its values filled in; the limit is {limit} "
            "MB. Shorten the prompt or its values.",
            size=f"{size / 1_000_000:.1f}",
            limit=MAX_RENDERED_BYTES // 1_000_000,
        )


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
