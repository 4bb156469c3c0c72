"""Shows calls as they stream: a follower of the process's live runs.

It reads what the engine holds, so a rerun, another page, F5 or a dropped connection only means
attaching again. What cannot change any more is painted once; only the growing end is repainted,
so that a long answer does not cost more and more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from streamlit.delta_generator import DeltaGenerator

from core.engine import LiveRun
from pages.ui.language import _
from pages.ui.text import sanitised

REPAINT_S = 0.08
LONGEST_TAIL = 1_200


def follow(
    runs: Sequence[LiveRun], places: Sequence[DeltaGenerator], more: Callable[[], bool]
) -> None:
    """Paint each run into its place until all have ended, or `more` says that others began.

    Put this last in the page.
    """
    painters = [Painter(run, place) for run, place in zip(runs, places, strict=True)]
    while True:
        for painter in painters:
            painter.paint()
        alive = [run for run in runs if not run.done]
        if not alive or more():
            return
        if len(alive) == 1:
            alive[0].wait_change(painters[runs.index(alive[0])].seen, 0.5)
        time.sleep(REPAINT_S)


class Painter:
    """Paints one run into one place."""

    def __init__(self, run: LiveRun, place: DeltaGenerator) -> None:
        self.seen = -1
        self._run = run
        self._place = place.container()
        self._tail = self._place.empty()
        self._settled = 0

    def paint(self) -> None:
        """Bring the place up to date, if anything changed."""
        version = self._run.version
        if version == self.seen:
            return
        self.seen = version
        text = self._run.text
        if not text:
            self._tail.caption(waiting_words(self._run))
            return
        end = settled_end(text, self._settled)
        if end > self._settled:
            # The tail's place takes the settled text; a new tail opens below it.
            self._tail.markdown(sanitised(text[self._settled : end]))
            self._settled = end
            self._tail = self._place.empty()
        if len(text) > self._settled:
            self._tail.markdown(sanitised(text[self._settled :]))


def settled_end(text: str, start: int) -> int:
    """Up to where the text can be painted for good: a paragraph's end outside a code fence."""
    if len(text) - start < LONGEST_TAIL:
        return start
    end = text.rfind("\n\n", start, len(text) - 100)
    if end < 0 or text.count("```", start, end) % 2:
        # One paragraph or fence without end: break at a line or sentence once it gets long.
        if len(text) - start < 3 * LONGEST_TAIL:
            return start
        end = max(text.rfind(mark, start, len(text) - 100) for mark in ("\n", "。", ". "))
    return end + 1 if end > start else start


def waiting_words(run: LiveRun) -> str:
    """What a call without text is waiting for."""
    if run.state in ("queued", "waiting") and run.wait_reason:
        return _("Waiting: the service asked to slow down (attempt {number}).").format(
            number=run.attempt
        )
    if run.thoughts:
        return _("Thinking …")
    return _("Waiting for the first token …")
