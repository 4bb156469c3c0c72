"""Which cases belong together, such as those cut from one document. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from core.errors import InvalidInput

Clusters = npt.NDArray[np.int64]
"""A number for each case; cases with the same number vary together."""


def numbered(values: Sequence[str | None]) -> Clusters | None:
    """Cases with the same value share a number; a case without a value stands alone.

    None when no two cases share one: then there is nothing that plain errors would miss.
    """
    names: dict[str, int] = {}
    alone = len(values)
    found = np.empty(len(values), dtype=np.int64)
    for place, value in enumerate(values):
        # Numbers of shared values are below the count of cases, those of cases alone are not.
        found[place] = names.setdefault(value, len(names)) if value else alone + place
    return found if count(found) < len(values) else None


def by_column(
    column: str, known: Sequence[str], rows: Sequence[Mapping[str, str]]
) -> Clusters | None:
    """The cases by the values of a column, if one is named. InvalidInput: the data has it not."""
    if not column:
        return None
    if column not in known:
        raise InvalidInput(
            "The dataset has no column {column}. It has: {columns}.",
            column=column,
            columns=", ".join(known),
        )
    return numbered([row.get(column) for row in rows])


def count(clusters: Clusters) -> int:
    """How many there are."""
    return int(np.unique(clusters).size)
