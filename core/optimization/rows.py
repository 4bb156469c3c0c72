"""The rows behind a template: read from the journal by asking the roles once more, for nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, cast

from core.optimization.candidates import Measured, Tried
from core.optimization.desk import Desk, MemoryJournal, Settled, name_of
from core.optimization.roles import EngineRoles, Material
from core.records.optimizations import Measurement, Template, TestRow
from core.records.runs import CallContext


class NotAsked(Exception):  # it is no error that a case was not asked
    """The journal has no such call."""


class ReadingDesk(Desk):
    """A desk that only knows what was settled, and never asks."""

    def __init__(self, known: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(MemoryJournal(), max_calls=0)
        self._settled = known

    async def once(
        self, role: str, content: object, make: Callable[[], Awaitable[Settled]]
    ) -> Mapping[str, Any]:
        """What the journal has. Raises NotAsked."""
        try:
            return self._settled[name_of(role, content)]
        except KeyError:
            raise NotAsked from None


def measured(
    material: Material, known: Mapping[str, Mapping[str, Any]], tried: Tried, repeats: int
) -> dict[tuple[str, int], Measured]:
    """What is known of the template's answers, by case and repeat."""
    unused = cast("Any", None)
    roles = EngineRoles(
        material, ReadingDesk(known), unused, lambda _calls: unused, CallContext(""), (), unused
    )

    async def read() -> dict[tuple[str, int], Measured]:
        found = {}
        for case_id in material.cases:
            for repeat in range(repeats):
                try:
                    found[case_id, repeat] = await roles.measure(tried, case_id, repeat)
                except NotAsked:
                    break
        return found

    return asyncio.run(read())


def tried_of(template: Template) -> Tried:
    """The template as it was measured."""
    return Tried(
        template.number, template.step, template.instruction, template.demonstrations,
        template.parent, template.origin,
    )  # fmt: skip


def measurements(
    material: Material,
    known: Mapping[str, Mapping[str, Any]],
    template: Template,
    repeats: int = 2,
) -> list[Measurement]:
    """The tuning answers of a template that there are, in the order of the cases."""
    found = measured(material, known, tried_of(template), repeats)
    return [
        Measurement(template.number, case_id, repeat, one.response, one.score, one.metrics,
                    one.explanation, one.error, one.run_id)
        for (case_id, repeat), one in found.items()
    ]  # fmt: skip


def test_rows(
    material: Material,
    known: Mapping[str, Mapping[str, Any]],
    start: Template,
    best: Template,
    repeats: int,
) -> list[TestRow]:
    """Both answers to each test case that was asked, the greatest loss first."""
    both = [measured(material, known, tried_of(one), repeats) for one in (start, best)]
    rows = []
    for case_id in material.cases:
        if any((case_id, 0) in found for found in both):
            rows.append(_row(case_id, both))
    return sorted(rows, key=lambda row: (_change(row), row.case_id))


def worse(rows: Sequence[TestRow]) -> list[TestRow]:
    """Rows on which the best one does worse than the start."""
    return [row for row in rows if _change(row) < 0]


def _change(row: TestRow) -> float:
    if row.start_score is None or row.best_score is None:
        return 0.0
    return row.best_score - row.start_score


def _row(case_id: str, both: Sequence[Mapping[tuple[str, int], Measured]]) -> TestRow:
    firsts = [found.get((case_id, 0)) for found in both]
    scores = [_mean(case_id, found) for found in both]
    start, best = firsts
    return TestRow(
        case_id,
        scores[0],
        scores[1],
        start.response if start else "",
        best.response if best else "",
        (best.explanation or best.error) if best else "",
        (start.run_id if start else None, best.run_id if best else None),
    )


def _mean(case_id: str, found: Mapping[tuple[str, int], Measured]) -> float | None:
    known = [one.score for (name, _), one in found.items() if name == case_id]
    values = [value for value in known if value is not None]
    return sum(values) / len(values) if values else None
