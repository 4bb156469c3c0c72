"""A comparison under way: every cell as it streams, row by row.

It reads what the engine holds, so F5, another page or a closed browser only means attaching
again. A row takes a slot when its first call begins; when all slots are taken, the row that
ended first gives up its own.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NoReturn

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.engine import LiveRun
from core.errors import fill
from core.records.comparisons import Cell, CellKey, Comparison
from pages.ui import badges, facts
from pages.ui.compare.setup import LETTERS
from pages.ui.follow import REPAINT_S, Painter
from pages.ui.language import _, words
from pages.ui.prompt.run import PROBLEMS
from pages.ui.resources import actor, workbench
from pages.ui.text import label, sanitised

MOST_SLOTS = 12
PROGRESS_S = 0.4
# Line breaks of an answer stay; Markdown alone would join the lines.
STYLE = ".st-key-compare-live p { white-space: pre-wrap; }"


def is_running(comparison: Comparison) -> bool:
    """Whether somebody is at work on it."""
    return bool(under_way(comparison)) or workbench().comparisons.running(comparison.id)


def under_way(comparison: Comparison) -> list[LiveRun]:
    """Its calls that have not ended."""
    return [run for run in workbench().engine.live.of_group(comparison.id) if not run.done]


def follow(comparison: Comparison, cells: Sequence[Cell]) -> NoReturn:
    """Progress and streams until the last cell has ended, then the page anew."""
    st.html(f"<style>{STYLE}</style>")
    with st.container(horizontal=True, vertical_alignment="center", key="compare.progress"):
        bar = st.empty()
        st.button(_("Stop all"), icon=":material/stop_circle:", key="compare.stop",
                  on_click=stop_all, args=(comparison,))  # fmt: skip
    if comparison.blind:
        st.caption(_("The answers are hidden until they are judged."))
    board = Board(comparison, st.container(gap="medium", key="compare.live"))
    if not comparison.blind:
        for cell in cells:
            board.show_stored(cell)
    asked, running = 0.0, True
    while True:
        if time.monotonic() > asked + PROGRESS_S:
            asked = time.monotonic()
            running = is_running(comparison)
            show_progress(bar, comparison)
        if not comparison.blind:
            board.paint(workbench().engine.live.of_group(comparison.id))
        time.sleep(REPAINT_S)
        if not running:
            st.rerun()


def show_progress(bar: DeltaGenerator, comparison: Comparison) -> None:
    """How many cells of what was begun last have ended."""
    jobs = workbench().comparisons.jobs(comparison.id)
    done, of = (jobs[0].done, jobs[0].total) if jobs else (0, 0)
    words = _("{done} of {all} answers").format(done=f"{done:,}", all=f"{of:,}")
    bar.progress(min(1.0, done / of) if of else 0.0, text=words)


def stop_all(comparison: Comparison) -> None:
    """Stop every call; what came is kept, the rest can be continued."""
    workbench().comparisons.stop(comparison.id, actor=actor())


def cell_of(run: LiveRun) -> CellKey | None:
    """The cell that a call answers."""
    return CellKey.parse(run.context.unit) if run.context.unit else None


@dataclass
class Slot:
    """The place of one row: a part for each column."""

    place: DeltaGenerator
    row: str = ""
    columns: dict[str, DeltaGenerator] = field(default_factory=dict)
    painters: dict[str, LivePainter] = field(default_factory=dict)

    @property
    def idle(self) -> bool:
        """Whether nothing in it will change."""
        return all(one.finished for one in self.painters.values())


class Board:
    """The rows that are on the screen."""

    def __init__(self, comparison: Comparison, place: DeltaGenerator) -> None:
        self._comparison = comparison
        self._titles = {row.key: row.title for row in comparison.inputs}
        self._rows = {row.key: number for number, row in enumerate(comparison.inputs)}
        self._place = place
        self._slots: list[Slot] = []
        self._shown: set[str] = set()

    def show_stored(self, cell: Cell) -> None:
        """A cell that had ended before, as long as there is room for its row."""
        if cell.run is None and cell.told is None:
            return
        slot = self._slot(cell.input_key, may_replace=False)
        if slot is None:
            return
        with slot.columns[cell.candidate_key].container():
            if cell.told is not None:
                problem(fill(_(cell.told.template), dict(cell.told.values)))
            elif cell.run is not None:
                st.markdown(sanitised(cell.run.reply.text))
                figures(cell.run.reply.first_token_ms, cell.run.reply.total_ms, cell.run.cost_usd)

    def paint(self, live: Sequence[LiveRun]) -> None:
        """Bring every cell on the screen up to date; new calls get their places."""
        for key, run in self._begun(live):
            # A row that has ended unseen does not drive out another.
            slot = self._slot(key.input_key, may_replace=not run.done)
            if slot is not None:
                self._shown.add(run.run_id)
                # The newest call of a cell takes the place of what was there.
                place = slot.columns[key.candidate_key]
                slot.painters[key.candidate_key] = LivePainter(run, place)
        for slot in self._slots:
            for painter in slot.painters.values():
                painter.paint()

    def _begun(self, live: Sequence[LiveRun]) -> list[tuple[CellKey, LiveRun]]:
        """The calls that have no place yet, in the order of their rows."""
        found = [
            (key, run)
            for run in live
            if run.run_id not in self._shown
            and (key := cell_of(run)) is not None
            and key.input_key in self._rows
        ]
        return sorted(found, key=lambda one: self._rows[one[0].input_key])

    def _slot(self, row: str, *, may_replace: bool) -> Slot | None:
        found = next((slot for slot in self._slots if slot.row == row), None)
        if found is not None:
            return found
        if len(self._slots) < MOST_SLOTS:
            self._slots.append(Slot(self._place.empty()))
            return self._begin(self._slots[-1], row)
        idle = next((slot for slot in self._slots if slot.idle), None) if may_replace else None
        return self._begin(idle, row) if idle is not None else None

    def _begin(self, slot: Slot, row: str) -> Slot:
        slot.row, slot.painters = row, {}
        with slot.place.container(border=True):
            st.markdown(f"**{label(self._titles.get(row, row), most=140)}**")
            places = st.columns(len(self._comparison.candidates), gap="medium")
        slot.columns = {}
        for letter, one, place in zip(LETTERS, self._comparison.candidates, places, strict=False):
            place.caption(f"**{letter}** {label(one.title)}")
            slot.columns[one.key] = place.empty()
        return slot


class LivePainter:
    """Paints one call, and what it took once it has ended; `place` is an empty element."""

    def __init__(self, run: LiveRun, place: DeltaGenerator) -> None:
        self.finished = False
        self._run = run
        self._empty = place
        self._place = place.container()
        self._painter = Painter(run, self._place)
        self._stop = self._place.empty()
        self._stop.button(_("Stop"), icon=":material/stop:", type="tertiary",
                          key=f"compare.stop.{run.run_id}", on_click=run.cancel)  # fmt: skip

    def paint(self) -> None:
        """Bring it up to date."""
        if self.finished:
            return
        self.finished = self._run.done
        if not self.finished or self._run.text:
            self._painter.paint()
        if not self.finished:
            return
        self._stop.empty()
        # Without an answer nothing is waited for any more either.
        with self._place if self._run.text else self._empty.container():
            self._end()

    def _end(self) -> None:
        reply = self._run.reply
        if self._run.error is not None:
            problem(words(self._run.error))
        elif reply is not None:
            if reply.outcome != "ok":
                badges.outcome(reply.outcome)
            if reply.failure is not None and reply.failure.code in PROBLEMS:
                st.caption(_(PROBLEMS[reply.failure.code]))
            figures(reply.first_token_ms, reply.total_ms, self._run.cost_usd)


def problem(text: str) -> None:
    """Why there is no answer."""
    st.caption(f":red[{label(text, most=300)}]")


def figures(first_token_ms: float | None, total_ms: float | None, cost: float | None) -> None:
    """What a cell took, in one line."""
    parts = [
        _("first token {time}").format(time=facts.seconds(first_token_ms)),
        _("total {time}").format(time=facts.seconds(total_ms)),
        label(facts.money(cost)),
    ]
    st.caption(" · ".join(parts))
