"""An evaluation that a command starts and whose end it waits for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from core.commands.verb import Events

if TYPE_CHECKING:
    from core.workbench import Workbench

_LOOK_S = 0.05


def run_whole(workbench: Workbench, evaluation_id: str, person: str) -> Events:
    """Start it; yields an empty event whenever it looks, until nothing of it is under way."""
    evaluations = workbench.evaluations
    evaluations.start(evaluation_id, actor=person)
    try:
        while evaluations.is_busy(evaluations.get(evaluation_id)):
            time.sleep(_LOOK_S)
            yield {}
    except GeneratorExit:
        # Whoever asked is gone: what still runs is wanted by nobody.
        evaluations.cancel(evaluation_id, actor=person)
        raise
