"""Human review put together on a store. Imported when it is first needed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from core.review.desks import Desks
from core.review.drafting import RoundDrafting
from core.review.findings import Findings
from core.review.permits import Permits
from core.review.reviews import Reviews

if TYPE_CHECKING:
    from core.access import Access
    from core.datasets.datasets import Datasets
    from core.evaluation.evaluations import Evaluations
    from core.store import Store


def reviews(
    store: Store,
    datasets: Datasets,
    evaluations: Callable[[], Evaluations],
    access: Access,
    now: Callable[[], datetime],
) -> Reviews:
    """What pages and commands use."""
    desks = Desks(store, now)
    return Reviews(
        store=store,
        datasets=datasets,
        drafting=RoundDrafting(store, datasets, evaluations),
        desks=desks,
        findings=Findings(store, datasets, evaluations, desks),
        permits=Permits(store, access, now),
        now=now,
    )
