"""When two ids are one model.

What stands before the last slash is the service's address of the model (`models/x`,
`publishers/google/models/x`) and does not count, nor does case. A served id that is the requested
one with a version after it (`x-001`, `x-2026-10-01`, `x@001`) is a version of it, and no other
model.
"""

from __future__ import annotations

import re

_VERSION = re.compile(r"[-@](\d{3}|\d{4}-\d{2}-\d{2}|\d{2}-\d{2}|\d{2}-\d{4}|\d{8})")


def bare(model: str) -> str:
    """The id without the address before it, in lower case."""
    return model.rpartition("/")[2].lower()


def is_version_of(served: str, requested: str) -> bool:
    """Whether the served id is the requested one with a version after it."""
    known, asked = bare(served), bare(requested)
    return known.startswith(asked) and bool(_VERSION.fullmatch(known[len(asked) :]))


def is_other(served: str, requested: str) -> bool:
    """Whether another model answered than was asked."""
    return bare(served) != bare(requested) and not is_version_of(served, requested)
