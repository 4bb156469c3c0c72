"""Jobs: a row, its plan, its results and its log; state is the newest event."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from types import MappingProxyType
from typing import Any

from core.errors import NotFound
from core.records.jobs import Job, JobEvent, Unit, UnitResult
from core.store.database import to_aware
from core.store.handle import Handle
from core.store.writer import Cursor

_JOBS = """
    select j.id, j.kind, j.title, j.definition, j.created_at, j.created_by,
           (select arg_max(state, id) from job_events e where e.job_id = j.id) as state,
           (select count(*) from job_units u where u.job_id = j.id),
           (select count(*) from job_results r where r.job_id = j.id),
           (select count(*) from job_results r where r.job_id = j.id and status = 'failed')
    from jobs j
"""

"""Jobs whose finished units are held in memory."""


class StoredJobs:
    """What `core.jobs` needs kept."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._results = FirstResults(handle)

    def create(
        self,
        kind: str,
        title: str,
        definition: Mapping[str, Any],
        units: Sequence[Unit],
        actor: str,
    ) -> Job:
        """Write the job and its plan in one transaction, in state `running`."""
        job_id, now = self._handle.new_id(), self._handle.now()
        text = json.dumps(definition, ensure_ascii=False)

        def work(cursor: Cursor) -> None:
            cursor.execute(
                "insert into jobs values (?, ?, ?, ?, ?, ?)",
                [job_id, kind, title, text, now, actor],
            )
            self._handle.database.append(
                "job_units",
                [
                    (job_id, unit.key, unit.number, json.dumps(unit.payload, ensure_ascii=False))
                    for unit in units
                ],
            )
            self._event(cursor, job_id, "running", "Started", actor)

        self._handle.write(work)
        return Job(
            job_id, kind, title, json.loads(text), to_aware(now), actor, "running", len(units), 0, 0
        )

    def get(self, job_id: str) -> Job:
        """The job with its progress. NotFound when there is none."""
        row = self._handle.row(f"{_JOBS} where j.id = try_cast(? as uuid)", [job_id])
        if row is None:
            raise NotFound("There is no job {id}. It may be in another database.", id=job_id)
        return _job(row)

    def state(self, job_id: str) -> str:
        """Its state alone, for whoever asks often; empty when there is no such job."""
        row = self._handle.row(
            "select arg_max(state, id) from job_events where job_id = try_cast(? as uuid)", [job_id]
        )
        return str(row[0] or "") if row else ""

    def latest(self, limit: int = 50) -> Sequence[Job]:
        """Newest first."""
        return [
            _job(row) for row in self._handle.rows(f"{_JOBS} order by j.id desc limit ?", [limit])
        ]

    def running(self) -> Sequence[Job]:
        """Jobs whose state is `running`, oldest first."""
        rows = self._handle.rows(f"select * from ({_JOBS}) where state = 'running' order by id")
        return [_job(row) for row in rows]

    def defined_by(self, name: str, value: str) -> Sequence[Job]:
        """Jobs whose definition has this value, newest first."""
        rows = self._handle.rows(
            f"{_JOBS} where json_extract_string(j.definition, ?) = ? order by j.id desc",
            [f'$."{name}"', value],
        )
        return [_job(row) for row in rows]

    def open_units(self, job_id: str) -> Sequence[Unit]:
        """Units without a result, in order."""
        rows = self._handle.rows(
            "select key, number, payload from job_units u where job_id = ? and not exists "
            "(select 1 from job_results r where r.job_id = u.job_id and r.key = u.key) "
            "order by number",
            [job_id],
        )
        return [Unit(key, number, json.loads(payload)) for key, number, payload in rows]

    def results(self, job_id: str) -> Sequence[UnitResult]:
        """Results so far, in the order of their units."""
        rows = self._handle.rows(
            "select r.key, r.status, r.data from job_results r join job_units u "
            "on u.job_id = r.job_id and u.key = r.key where r.job_id = ? order by u.number",
            [job_id],
        )
        return [UnitResult(key, status, json.loads(data)) for key, status, data in rows]

    def record(self, job_id: str, result: UnitResult) -> Future[None]:
        """Commit a unit's result; the first one of a key stays."""
        data = json.dumps(result.data, ensure_ascii=False)
        row = (job_id, result.key, result.status, data, self._handle.now())
        return self._handle.writer.add(self._results, row)

    def pace(self, job_id: str, latest: int = 200) -> tuple[int, float]:
        """How many of the latest units ended within how many seconds."""
        row = self._handle.row(
            "select count(*), coalesce(epoch(max(created_at)) - epoch(min(created_at)), 0) from "
            "(select created_at from job_results where job_id = try_cast(? as uuid) "
            "order by created_at desc limit ?)",
            [job_id, latest],
        )
        return (int(row[0]), float(row[1])) if row else (0, 0.0)

    def set_state(
        self,
        job_id: str,
        state: str,
        text: str,
        actor: str,
        values: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Append a change of state with its line in the log: a template and its values."""
        self._handle.write(lambda cursor: self._event(cursor, job_id, state, text, actor, values))

    def events(self, job_id: str) -> Sequence[JobEvent]:
        """The log, oldest first."""
        rows = self._handle.rows(
            "select created_at, body, filled from job_events "
            "where job_id = try_cast(? as uuid) order by id",
            [job_id],
        )
        return [
            JobEvent(to_aware(at), body, json.loads(filled or "{}")) for at, body, filled in rows
        ]

    def _event(
        self,
        cursor: Cursor,
        job_id: str,
        state: str,
        text: str,
        actor: str,
        values: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        filled = json.dumps(dict(values), ensure_ascii=False) if values else None
        cursor.execute(
            "insert into job_events values (?, ?, ?, ?, ?, ?, ?)",
            [self._handle.new_id(), job_id, state, text, self._handle.now(), actor, filled],
        )


class FirstResults:
    """A bulk write of results; of several with one key the first stays."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def is_one_statement(self, items: Sequence[Any]) -> bool:
        """Whatever is new is appended at once; looking for what is old needs no transaction."""
        return True

    def apply(self, cursor: Cursor, items: Sequence[Any]) -> Sequence[Any]:
        """Append those whose key has no result yet."""
        jobs, keys = ([str(row[place]) for row in items] for place in (0, 1))
        there = cursor.execute(
            "select job_id, key from job_results where job_id in (select unnest(cast(? as "
            "uuid[]))) and key in (select unnest(cast(? as text[])))",
            [jobs, keys],
        ).fetchall()
        known = {(str(job_id), key) for job_id, key in there}
        fresh: dict[tuple[str, str], Any] = {}
        for row in items:
            if (row[0], row[1]) not in known:
                fresh.setdefault((row[0], row[1]), row)
        if fresh:
            self._handle.database.append("job_results", list(fresh.values()))
        return [None] * len(items)

    def settled(self, committed: bool) -> None:
        """Nothing was counted."""


def _job(row: tuple[Any, ...]) -> Job:
    id_, kind, title, definition, at, by, state, total, done, failed = row
    return Job(
        str(id_), kind, title, json.loads(definition), to_aware(at), by, state, total, done, failed
    )
