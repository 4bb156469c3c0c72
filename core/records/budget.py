"""Spending caps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Cap:
    """A limit in US dollars on what a person spends in a UTC day, or on what a job spends.

    `key` is the person's name or the job's id.
    """

    kind: Literal["user_day", "job"]
    key: str
    limit_usd: float
