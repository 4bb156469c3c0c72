"""A file as rows of texts, within limits, with notes on what was not as it should be."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass

from core.errors import InvalidInput

MOST_BYTES = 25 * 2**20
MOST_ROWS = 200_000
MOST_COLUMNS = 1_000
MOST_CELLS = 2_000_000
LONGEST_CELL = 2**20
"""Characters in a cell."""
MOST_TEXT = 30_000_000
"""Characters in all cells: a small file can repeat a long text without end."""
LONGEST_NAME = 200
SECONDS = 4.5
"""So that an upload is answered within five."""
MOST_NOTES = 100
"""Notes that are kept; the others are counted."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a file. A cell that a row does not have is absent; `numbers` name the rows.

    Rows are numbered as a spreadsheet shows them: the header is row 1.
    """

    columns: tuple[str, ...]
    rows: Sequence[Mapping[str, str]]
    numbers: Sequence[int]
    notes: Sequence[InvalidInput] = ()
    notes_in_all: int = 0


class Collector:
    """Takes rows one after another and refuses, naming the row, what is over a limit."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._end = clock() + SECONDS
        self._columns: dict[str, None] = {}
        self._rows: list[dict[str, str]] = []
        self._numbers: list[int] = []
        self._notes: list[InvalidInput] = []
        self._noted = 0
        self._cells = 0
        self._text = 0

    def header(self, cells: Sequence[str | None]) -> list[str]:
        """Names for the columns, all different, none empty."""
        while cells and not (cells[-1] or "").strip():
            cells = cells[:-1]
        self._refuse_many_columns(1, len(cells))
        names: dict[str, None] = {}
        for place, cell in enumerate(cells, 1):
            wanted = clean(cell or "").strip() or f"column_{place}"
            if len(wanted) > LONGEST_NAME:
                raise InvalidInput(
                    "Row 1: the name of column {place} has {count} characters; at most {most} are "
                    "allowed. Is the first row a header?",
                    place=place,
                    count=len(wanted),
                    most=LONGEST_NAME,
                )
            name, number = wanted, 1
            while name in names:
                number += 1
                name = f"{wanted}_{number}"
            if name != wanted:
                self.note(InvalidInput(
                    "Row 1: the column name {name} is there twice; the second is {other} here.",
                    name=wanted, other=name,
                ))  # fmt: skip
            names[name] = None
        self._columns.update(names)
        return list(names)

    def cells(self, number: int, names: Sequence[str], cells: Sequence[str | None]) -> None:
        """A row of cells in the order of the header; too few or too many are noted."""
        if not any(cells):
            return
        if len(cells) > len(names) and any(cells[len(names) :]):
            self.note(InvalidInput(
                "Row {row} has {count} cells, the header has {expected}; what is over was left "
                "out.", row=number, count=len(cells), expected=len(names),
            ))  # fmt: skip
        elif len(cells) < len(names):
            self.note(InvalidInput(
                "Row {row} has {count} cells, the header has {expected}; the others are empty.",
                row=number, count=len(cells), expected=len(names),
            ))  # fmt: skip
        pairs = zip(names, cells, strict=False)
        self.fields(number, {name: cell for name, cell in pairs if cell is not None})

    def fields(self, number: int, fields: Mapping[str, str]) -> None:
        """A row by the names of its columns."""
        if len(self._rows) == MOST_ROWS:
            raise InvalidInput(
                "Row {row}: at most {most} rows fit into a dataset. Divide the file.",
                row=number,
                most=MOST_ROWS,
            )
        if len(self._rows) % 256 == 0:
            self._refuse_late(number)
        for name, cell in fields.items():
            if len(cell) > LONGEST_CELL:
                raise InvalidInput(
                    "Row {row}, column {name}: the cell has {count} characters; at most {most} "
                    "are allowed. Shorten it.",
                    row=number,
                    name=name[:LONGEST_NAME],
                    count=len(cell),
                    most=LONGEST_CELL,
                )
            self._text += len(cell)
        new = fields.keys() - self._columns.keys()
        if new:
            self._refuse_bad_names(number, new)
            self._columns.update(dict.fromkeys(name for name in fields if name in new))
            self._refuse_many_columns(number, len(self._columns))
        self._cells += len(fields)
        if self._text > MOST_TEXT or self._cells > MOST_CELLS:
            raise InvalidInput(
                "Row {row}: up to here there are {cells} cells with {text} characters; at most "
                "{most_cells} and {most_text} fit. Divide the file.",
                row=number,
                cells=self._cells,
                text=self._text,
                most_cells=MOST_CELLS,
                most_text=MOST_TEXT,
            )
        self._rows.append({name: clean(cell) for name, cell in fields.items()})
        self._numbers.append(number)

    def note(self, note: InvalidInput) -> None:
        """Something that the user should know, though the file is read."""
        self._noted += 1
        if len(self._notes) < MOST_NOTES:
            self._notes.append(note)

    def table(self) -> Table:
        """Everything that was taken. InvalidInput when it is nothing."""
        if not self._rows:
            if self._notes:
                raise self._notes[0]
            raise InvalidInput("The file has no row of data. It needs a header and a row below it.")
        return Table(
            tuple(self._columns), self._rows, self._numbers, tuple(self._notes), self._noted
        )

    def _refuse_many_columns(self, number: int, count: int) -> None:
        if count > MOST_COLUMNS:
            raise InvalidInput(
                "Row {row} brings the number of columns to {count}; at most {most} are allowed.",
                row=number,
                count=count,
                most=MOST_COLUMNS,
            )

    def _refuse_bad_names(self, number: int, names: Set[str]) -> None:
        for name in names:
            if not name.strip() or len(name) > LONGEST_NAME or clean(name) != name:
                raise InvalidInput(
                    "Row {row} has a column that cannot be named {name}: a name has 1 to {most} "
                    "characters.",
                    row=number,
                    name=repr(name[:40]),
                    most=LONGEST_NAME,
                )

    def _refuse_late(self, number: int) -> None:
        if self._clock() > self._end:
            raise too_slow(number)


def too_slow(number: int) -> InvalidInput:
    """Reading takes longer than anybody should wait."""
    return InvalidInput(
        "Row {row}: reading took longer than {seconds} seconds. Divide the file, or save it as "
        "CSV.",
        row=number,
        seconds=SECONDS,
    )


def clean(text: str) -> str:
    """The text with zeros and halves of characters replaced: UTF-8 has no form for the latter."""
    return _UNSTORABLE.sub("\ufffd", text)
