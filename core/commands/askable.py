"""Whether the models of an evaluation can be asked at all, before anything is paid for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import InvalidInput, NotConfigured
from core.records.models import ModelRef

if TYPE_CHECKING:
    from core.records.evaluations import Evaluation
    from core.workbench import Workbench


def check_models(workbench: Workbench, draft: Evaluation) -> None:
    """NotConfigured or InvalidInput for a candidate or judge that the job would stop at.

    Raises what else is wrong with the draft, too.
    """
    judges = [draft.judge, *(str(one.options.get("judge", "")) for one in draft.metrics)]
    for name in [*(one.model for one in draft.candidates), *filter(None, judges)]:
        ref = ModelRef.parse(name, workbench.settings.default_surface)
        connection = workbench.connections[ref.surface]
        if not connection.live:
            raise NotConfigured(
                "The connection {surface} is not set up. Set {missing} and start again.",
                surface=ref.surface,
                missing=connection.problem,
            )
    unpriced = workbench.evaluations.estimate(draft).unpriced
    if unpriced:
        raise InvalidInput(
            "No price is known for {model}, so the spending cap cannot be kept. Add its "
            "price to the catalogue, or choose another model.",
            model=", ".join(unpriced),
        )
