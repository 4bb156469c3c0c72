"""Normalisation that the text metrics share. What is chosen here is written in the signature."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import cache, partial

from core.evaluation.metrics.metric import Option, OptionValues
from core.records.messages import N_

Normal = Callable[[str], str]

NFKC_OPTION = Option(
    "nfkc",
    "toggle",
    True,
    N_("Unify full-width and half-width characters first (Unicode NFKC)."),
)
CASE_OPTION = Option("ignore_case", "toggle", False, N_("Upper and lower case are the same."))
SPACE_OPTION = Option("ignore_space", "toggle", False, N_("Leave out all spaces and line breaks."))
PUNCTUATION_OPTION = Option(
    "ignore_punctuation", "toggle", False, N_("Leave out punctuation and symbols.")
)
TOGGLES = (NFKC_OPTION, CASE_OPTION, SPACE_OPTION, PUNCTUATION_OPTION)


def nfkc(text: str) -> str:
    """Full-width digits, half-width kana and the like made one. 〜, ー and 漢数字 stay."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def without_space(text: str) -> str:
    """The text without white space of any kind."""
    return "".join(text.split())


def without_punctuation(text: str) -> str:
    """The text without punctuation and symbols (Unicode categories P and S)."""
    return "".join(c for c in text if unicodedata.category(c)[0] not in "PS")


# Option -> the part of the signature, the step. In this order.
_STEPS: dict[str, tuple[str, Normal]] = {
    "nfkc": ("nfkc", nfkc),
    "lower": ("lower", str.lower),
    "ignore_case": ("casefold", str.casefold),
    "ignore_space": ("nospace", without_space),
    "ignore_punctuation": ("nopunct", without_punctuation),
}


def normal_of(values: OptionValues) -> tuple[Normal, tuple[str, ...]]:
    """The chosen normalisation and its signature parts; a toggle that is not offered is off."""
    chosen = tuple(name for name in _STEPS if values.get(name))
    return _chain(chosen), tuple(_STEPS[name][0] for name in chosen) or ("raw",)


@cache
def _chain(chosen: tuple[str, ...]) -> Normal:
    # Cached so that equal choices are the same object, which `similarity` recognises.
    steps = tuple(_STEPS[name][1] for name in chosen)
    return steps[0] if len(steps) == 1 else partial(_apply, steps)


def _apply(steps: tuple[Normal, ...], text: str) -> str:
    for step in steps:
        text = step(text)
    return text


def encodable(text: str) -> str:
    """The text for libraries written in C or Rust: a lone surrogate or NUL becomes U+FFFD."""
    text = text.replace("\0", "\ufffd")
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
