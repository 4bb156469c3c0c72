"""Prompts, versions and labels."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.errors import InvalidInput, NotFound
from core.records.prompts import LabelMove, Prompt, PromptSpec, Version
from core.store.database import to_aware
from core.store.handle import Handle, refuse_bad_id, searchable
from core.store.writer import Cursor

# The newest change of a prompt or version gives its name and whether it is deleted.
_CURRENT = """
    select p.id, coalesce(n.name, p.name) as name, p.created_at, p.created_by, d.deleted_at
    from prompts p
    left join (
        select prompt_id, arg_max(name, id) as name from prompt_changes
        where name is not null group by prompt_id
    ) n on n.prompt_id = p.id
    left join (
        select prompt_id, arg_max_null(case when deleted then created_at end, id) as deleted_at
        from (select * from prompt_changes where deleted is not null and version_id is null)
        group by prompt_id
    ) d on d.prompt_id = p.id
"""
_VERSIONS = """
    select v.id, v.prompt_id, v.number, v.spec, v.message, v.fingerprint, v.created_at,
           v.created_by, v.parent_id, d.deleted_at
    from versions v
    left join (
        select version_id, arg_max_null(case when deleted then created_at end, id) as deleted_at
        from (select * from prompt_changes where version_id is not null) group by version_id
    ) d on d.version_id = v.id
"""


@dataclass(frozen=True, slots=True)
class PromptLine:
    """A prompt as a list shows it."""

    prompt: Prompt
    latest: Version | None
    versions: int
    labels: tuple[str, ...]
    memo: str
    updated_at: datetime
    runs: int = 0


class Prompts:
    """Named prompts, their immutable versions and the labels on them."""

    def __init__(self, handle: Handle, bring_up_to_date: Callable[[], None]) -> None:
        """`bring_up_to_date` moves runs that just ended to where they can be counted."""
        self._handle = handle
        self._bring_up_to_date = bring_up_to_date

    # -- writing --

    def create(
        self,
        name: str,
        spec: PromptSpec,
        *,
        actor: str,
        message: str = "",
        id: str | None = None,
        fingerprint: str = "",
    ) -> Version:
        """Make a prompt with its version 1. InvalidInput when the name is taken."""
        refuse_bad_id(id)
        prompt_id = id or self._handle.new_id()
        now = self._handle.now()

        def work(cursor: Cursor) -> str:
            self._refuse_taken(cursor, name, prompt_id)
            cursor.execute("insert into prompts values (?, ?, ?, ?)", [prompt_id, name, now, actor])
            return self._insert(cursor, prompt_id, spec, message, fingerprint, None, actor)

        return self.version(self._handle.write(work))

    def save_version(
        self,
        prompt_id: str,
        spec: PromptSpec,
        *,
        actor: str,
        message: str = "",
        parent_id: str | None = None,
        fingerprint: str = "",
    ) -> Version:
        """Number it after the newest version. Saving the same content twice makes two versions."""
        self.get(prompt_id)
        return self.version(
            self._handle.write(
                lambda cursor: self._insert(
                    cursor, prompt_id, spec, message, fingerprint, parent_id, actor
                )
            )
        )

    def _insert(
        self,
        cursor: Cursor,
        prompt_id: str,
        spec: PromptSpec,
        message: str,
        fingerprint: str,
        parent_id: str | None,
        actor: str,
    ) -> str:
        version_id = self._handle.new_id()
        cursor.execute(
            """
            insert into versions
            select ?, ?, coalesce(max(number), 0) + 1, ?, ?, ?, ?, ?, ?
            from versions where prompt_id = ?
            """,
            [version_id, prompt_id, json.dumps(spec.to_dict(), ensure_ascii=False), message,
             fingerprint, parent_id, self._handle.now(), actor, prompt_id],
        )  # fmt: skip
        return version_id

    def rename(self, prompt_id: str, name: str, *, actor: str) -> None:
        """Give it another name. InvalidInput when the name is taken."""
        self.get(prompt_id)

        def work(cursor: Cursor) -> None:
            self._refuse_taken(cursor, name, prompt_id)
            self._change(cursor, actor, prompt_id, name=name)

        self._handle.write(work)

    def delete(self, prompt_id: str, *, actor: str) -> None:
        """Put it into the bin."""
        self.get(prompt_id)
        self._handle.write(lambda c: self._change(c, actor, prompt_id, deleted=True))

    def restore(self, prompt_id: str, *, actor: str) -> None:
        """Take it out of the bin. InvalidInput when its name was taken meanwhile."""
        name = self.get(prompt_id).name

        def work(cursor: Cursor) -> None:
            self._refuse_taken(cursor, name, prompt_id)
            self._change(cursor, actor, prompt_id, deleted=False)

        self._handle.write(work)

    def delete_version(self, version_id: str, *, actor: str) -> None:
        """Hide a version; its number is not used again."""
        prompt_id = self.version(version_id).prompt_id
        self._handle.write(lambda c: self._change(c, actor, prompt_id, version_id, deleted=True))

    def undelete_version(self, version_id: str, *, actor: str) -> None:
        """Show a hidden version again."""
        prompt_id = self.version(version_id).prompt_id
        self._handle.write(lambda c: self._change(c, actor, prompt_id, version_id, deleted=False))

    def _change(
        self,
        cursor: Cursor,
        actor: str,
        prompt_id: str,
        version_id: str | None = None,
        *,
        name: str | None = None,
        deleted: bool | None = None,
    ) -> None:
        cursor.execute(
            "insert into prompt_changes values (?, ?, ?, ?, ?, ?, ?)",
            [
                self._handle.new_id(),
                prompt_id,
                version_id,
                name,
                deleted,
                self._handle.now(),
                actor,
            ],
        )

    def _refuse_taken(self, cursor: Cursor, name: str, prompt_id: str) -> None:
        taken = cursor.execute(
            f"select 1 from ({_CURRENT}) where name = ? and deleted_at is null and id <> ?",
            [name, prompt_id],
        ).fetchone()
        if taken:
            raise InvalidInput(
                "There is already a prompt named {name}. Choose another name.", name=name
            )

    def set_label(self, version_id: str, label: str, *, actor: str) -> None:
        """Point a label at a version; within a prompt it is on one version at most."""
        self._move_label(self.version(version_id).prompt_id, label, version_id, actor)

    def remove_label(self, prompt_id: str, label: str, *, actor: str) -> None:
        """Take a label off whatever version has it."""
        self._move_label(prompt_id, label, None, actor)

    def _move_label(self, prompt_id: str, label: str, version_id: str | None, actor: str) -> None:
        self._handle.execute(
            "insert into label_moves values (?, ?, ?, ?, ?, ?)",
            [self._handle.new_id(), prompt_id, label, version_id, self._handle.now(), actor],
        )

    # -- reading --

    def get(self, prompt_id: str) -> Prompt:
        """The prompt, also when it lies in the bin. NotFound when there is none."""
        row = self._handle.row(
            f"select * from ({_CURRENT}) where id = try_cast(? as uuid)", [prompt_id]
        )
        if row is None:
            raise NotFound(
                "There is no prompt {id}. It may be in another database; see the list of prompts.",
                id=prompt_id,
            )
        return _prompt(row)

    def find(self, name: str) -> Prompt | None:
        """The prompt of this name that is not deleted."""
        row = self._handle.row(
            f"select * from ({_CURRENT}) where name = ? and deleted_at is null", [name]
        )
        return _prompt(row) if row else None

    def list(self, *, search: str = "", deleted: bool = False) -> Sequence[PromptLine]:
        """Prompts whose name or memo contains `search`, the last changed first."""
        prompts = [_prompt(row) for row in self._handle.rows(_CURRENT)]
        versions: dict[str, list[Version]] = defaultdict(list)
        for version in self._versions("where d.deleted_at is null", []):
            versions[version.prompt_id].append(version)
        memos: dict[str, str] = {
            str(subject): body
            for subject, body in self._handle.rows(
                "select subject_id, arg_max(body, id) from memos where subject_kind = 'prompt' "
                "group by subject_id"
            )
        }
        self._bring_up_to_date()
        runs: dict[str, int] = {
            str(prompt): count
            for prompt, count in self._handle.rows(
                "select prompt_id, count(*) from runs where prompt_id is not null "
                "group by prompt_id"
            )
        }
        lines = [_line(p, versions[p.id], memos.get(p.id, ""), runs.get(p.id, 0)) for p in prompts]
        wanted = searchable(search)
        found = [
            line
            for line in lines
            if (line.prompt.deleted_at is not None) == deleted
            and (wanted in searchable(line.prompt.name) or wanted in searchable(line.memo))
        ]
        return sorted(found, key=lambda line: line.updated_at, reverse=True)

    def version(self, version_id: str) -> Version:
        """The version, also when it is hidden. NotFound when there is none."""
        found = self._versions("where v.id = try_cast(? as uuid)", [version_id])
        if not found:
            raise NotFound(
                "There is no version {id}. It may be in another database; see the list of prompts.",
                id=version_id,
            )
        return found[0]

    def named_versions(self, version_ids: Sequence[str]) -> Sequence[tuple[str, Version]]:
        """These versions, each with the name of its prompt; unknown ids are left out."""
        found = self._versions(
            "where v.id in (select unnest(cast(? as uuid[])))", [list(version_ids)]
        )
        names = {str(row[0]): row[1] for row in self._handle.rows(_CURRENT)}
        return [(names[version.prompt_id], version) for version in found]

    def version_by_number(self, prompt_id: str, number: int) -> Version:
        """The version with this number. NotFound when there is none."""
        found = self._versions(
            "where v.prompt_id = try_cast(? as uuid) and v.number = ?", [prompt_id, number]
        )
        if not found:
            raise NotFound(
                "{name} has no version {number}.", name=self.get(prompt_id).name, number=number
            )
        return found[0]

    def versions(self, prompt_id: str, *, deleted: bool = False) -> Sequence[Version]:
        """Newest first; with `deleted` the hidden ones too."""
        visible = "" if deleted else " and d.deleted_at is null"
        return self._versions(f"where v.prompt_id = try_cast(? as uuid){visible}", [prompt_id])

    def labelled(self, prompt_id: str, label: str) -> Version | None:
        """The version that carries the label now and is not hidden."""
        for version in self.versions(prompt_id):
            if label in version.labels:
                return version
        return None

    def label_moves(self, prompt_id: str) -> Sequence[LabelMove]:
        """Every movement of the prompt's labels, newest first."""
        rows = self._handle.rows(
            "select label, version_id, created_at, created_by from label_moves "
            "where prompt_id = try_cast(? as uuid) order by id desc",
            [prompt_id],
        )
        return [LabelMove(la, _text(v), to_aware(at), who) for la, v, at, who in rows]

    def _versions(self, where: str, values: Sequence[Any]) -> Sequence[Version]:
        labels: dict[str, list[str]] = defaultdict(list)
        for label, version_id in self._handle.rows(
            "select label, arg_max_null(version_id, id) from label_moves "
            "group by prompt_id, label order by label"
        ):
            labels[str(version_id)].append(label)
        rows = self._handle.rows(f"{_VERSIONS} {where} order by v.number desc, v.id desc", values)
        return [_version(row, tuple(labels[str(row[0])])) for row in rows]


def _prompt(row: tuple[Any, ...]) -> Prompt:
    id_, name, created_at, created_by, deleted_at = row
    return Prompt(
        str(id_), name, to_aware(created_at), created_by,
        to_aware(deleted_at) if deleted_at else None,
    )  # fmt: skip


def _version(row: tuple[Any, ...], labels: tuple[str, ...]) -> Version:
    id_, prompt_id, number, spec, message, fingerprint, at, by, parent, deleted_at = row
    return Version(
        id=str(id_),
        prompt_id=str(prompt_id),
        number=number,
        spec=PromptSpec.from_dict(json.loads(spec)),
        message=message,
        fingerprint=fingerprint,
        created_at=to_aware(at),
        created_by=by,
        parent_id=_text(parent),
        labels=labels,
        deleted_at=to_aware(deleted_at) if deleted_at else None,
    )


def _line(prompt: Prompt, versions: Sequence[Version], memo: str, runs: int) -> PromptLine:
    latest = max(versions, key=lambda version: version.number, default=None)
    return PromptLine(
        prompt=prompt,
        latest=latest,
        versions=len(versions),
        labels=tuple(sorted({label for version in versions for label in version.labels})),
        memo=memo,
        updated_at=latest.created_at if latest else prompt.created_at,
        runs=runs,
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
