"""Step 011: a line of a job's log keeps what is filled into its message.

Frozen: later changes are later steps. A message that was filled in before it was kept could be
shown in one language only.
"""

from __future__ import annotations

JOB_EVENT_VALUES: tuple[str, ...] = ("alter table job_events add column filled text",)
