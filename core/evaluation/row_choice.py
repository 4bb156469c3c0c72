"""Which cases a filter selects, and which count as failures. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from core.evaluation.results import Grid, Mask, RowFilter, goodness
from core.records.metrics import Direction, MetricInfo


def rows(
    table: Grid,
    wanted: RowFilter,
    info: MetricInfo | None,
    fields: Sequence[Mapping[str, str]],
    texts: Sequence[str],
) -> list[int]:
    """Places of the cases that the filter selects, in order.

    `fields` are the cases' columns, `texts` what a search looks through, both in the cases' order.
    """
    chosen = np.ones(len(table.cases), dtype=np.bool_)
    one = table.columns.get((wanted.signature, wanted.a))
    if wanted.show != "all":
        chosen &= _shown(table, wanted, info.direction if info else "higher")
    if one is not None and wanted.minimum is not None:
        chosen &= one.known & (one.values >= wanted.minimum)
    if one is not None and wanted.maximum is not None:
        chosen &= one.known & (one.values <= wanted.maximum)
    found = np.flatnonzero(chosen).tolist()
    if wanted.column:
        found = [n for n in found if fields[n].get(wanted.column, "") == wanted.value]
    if wanted.search:
        found = [n for n in found if wanted.search in texts[n]]
    return found


def _shown(table: Grid, wanted: RowFilter, direction: Direction) -> Mask:
    """Where what the filter asks of one or two candidates holds."""
    nothing = np.zeros(len(table.cases), dtype=np.bool_)
    pair = table.pairs.get((wanted.signature, wanted.a, wanted.b))
    one = table.columns.get((wanted.signature, wanted.a))
    other = table.columns.get((wanted.signature, wanted.b))
    there = [column for column in (pair, one, other) if column is not None]
    if wanted.show == "errors":
        return sum((column.errors > 0 for column in there), nothing)
    if pair is not None:
        known, gaps = pair.known, pair.values - 0.5
    elif one is not None and other is not None:
        known = one.known & other.known
        gaps = goodness(other.values, direction) - goodness(one.values, direction)
    else:
        return nothing
    compared = {"better": gaps > 0, "worse": gaps < 0, "same": gaps == 0, "disagree": gaps != 0}
    mask: Mask = known & compared[wanted.show]
    return mask


def failing(
    table: Grid, info: MetricInfo | None, signature: str, candidate: str, most: int = 2_000
) -> list[int]:
    """Places where a candidate has an error or less than the middle of the metric's range.

    Without a range, as for times, it is the worse half that counts.
    """
    column = table.columns.get((signature, candidate))
    if column is None or info is None:
        return []
    values = goodness(column.values, info.direction)
    if info.low is not None and info.high is not None:
        ends = goodness(np.asarray([info.low, info.high]), info.direction)
        best = 0.0 if info.direction == "zero" else float(ends.max())
        middle = (float(ends.min()) + best) / 2
    else:
        middle = float(np.median(values[column.known])) if column.known.any() else 0.0
    bad = (column.known & (values < middle)) | (column.errors > 0)
    return [int(place) for place in np.flatnonzero(bad)[:most]]
