"""Writing prompts: saving, forking, restoring, labelling, drafts, memos, files."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import InvalidInput
from core.prompts import media
from core.prompts.characters import check_spec, check_text
from core.prompts.fingerprint import fingerprint
from core.records.memos import Memo, SubjectKind
from core.records.prompts import Draft, Media, Prompt, PromptSpec, Version

if TYPE_CHECKING:
    from core.store import Store

MAX_NAME = 200
MAX_MESSAGE = 2_000
MAX_MEMO = 200_000
MAX_SPEC_BYTES = 20_000_000
NEW_PROMPT = "new"

_LABEL = re.compile(r"[^\s@]{1,60}")


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved version. `same_as` is the number of the version before when nothing differs."""

    version: Version
    same_as: int | None = None


class Authoring:
    """What a person does to prompts. `actor` is who does it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def save_new(
        self, name: str, spec: PromptSpec, *, actor: str, message: str = "", memo: str = ""
    ) -> Saved:
        """Make a prompt with version 1; `memo` becomes the memo of the prompt."""
        name = self._free_name(name)
        _check_spec(spec)
        memo = _text_up_to(memo, MAX_MEMO)
        version = self._store.prompts.create(
            name,
            spec,
            actor=actor,
            message=_text_up_to(message, MAX_MESSAGE),
            fingerprint=fingerprint(spec),
        )
        if memo:
            self._store.memos.write("prompt", version.prompt_id, memo, actor=actor)
        return Saved(version)

    def save_version(
        self,
        prompt_id: str,
        spec: PromptSpec,
        *,
        actor: str,
        message: str = "",
        parent_id: str | None = None,
    ) -> Saved:
        """Add a version. Equal content is saved too, and `same_as` tells."""
        _check_spec(spec)
        content = fingerprint(spec)
        latest = next(iter(self._store.prompts.versions(prompt_id)), None)
        version = self._store.prompts.save_version(
            prompt_id,
            spec,
            actor=actor,
            message=_text_up_to(message, MAX_MESSAGE),
            parent_id=parent_id or (latest.id if latest else None),
            fingerprint=content,
        )
        same = latest is not None and fingerprint(latest.spec) == content
        return Saved(version, latest.number if same and latest else None)

    def fork(self, version_id: str, name: str, *, actor: str) -> Saved:
        """Make a new prompt from a version."""
        source = self._store.prompts.version(version_id)
        origin = self._store.prompts.get(source.prompt_id)
        return self.save_new(
            name,
            source.spec,
            actor=actor,
            message=f"Forked from {origin.name}, version {source.number}",
        )

    def restore(self, version_id: str, *, actor: str) -> Saved:
        """Make an old version's content the newest version."""
        old = self._store.prompts.version(version_id)
        return self.save_version(
            old.prompt_id,
            old.spec,
            actor=actor,
            message=f"Restored from version {old.number}",
            parent_id=old.id,
        )

    def rename(self, prompt_id: str, name: str, *, actor: str) -> None:
        """Give a prompt another name; names are unique among prompts that are not deleted."""
        self._store.prompts.rename(prompt_id, self._free_name(name, besides=prompt_id), actor=actor)

    def find(self, reference: str) -> tuple[Prompt, Version]:
        """The prompt and version that `name`, `name@3` or `name@label` means.

        A bare name means the newest version. InvalidInput says what there is instead.
        """
        whole = self._store.prompts.find(normal_title(reference))
        if whole:
            versions = self._store.prompts.versions(whole.id)
            if not versions:
                raise InvalidInput("All versions of {name} are deleted.", name=whole.name)
            return whole, versions[0]
        name, at, which = reference.rpartition("@")
        prompt = self._store.prompts.find(normal_title(name)) if at else None
        if prompt is None:
            raise InvalidInput(
                "There is no prompt named {name}. `python -m core prompts` lists them.",
                name=name if at else reference,
            )
        return prompt, self._pick(prompt, which)

    def _pick(self, prompt: Prompt, which: str) -> Version:
        if which.isascii() and which.isdigit():
            number = int(which)
            for version in self._store.prompts.versions(prompt.id):
                if version.number == number:
                    return version
            raise InvalidInput(
                "{name} has no version {number}. The newest is {newest}.",
                name=prompt.name,
                number=number,
                newest=max((v.number for v in self._store.prompts.versions(prompt.id)), default=0),
            )
        labelled = self._store.prompts.labelled(prompt.id, which)
        if labelled is None:
            raise InvalidInput(
                "{name} has no version labelled {label}.", name=prompt.name, label=which
            )
        return labelled

    # -- labels --

    def label(self, version_id: str, label: str, *, actor: str) -> None:
        """Point a label at a version, taking it from the version that had it."""
        self._store.prompts.set_label(version_id, checked_label(label), actor=actor)

    def unlabel(self, prompt_id: str, label: str, *, actor: str) -> None:
        """Take a label off."""
        self._store.prompts.remove_label(prompt_id, label, actor=actor)

    # -- deleting, always with undo --

    def delete(self, prompt_id: str, *, actor: str) -> None:
        """Put a prompt into the bin; its runs stay."""
        self._store.prompts.delete(prompt_id, actor=actor)

    def undelete(self, prompt_id: str, *, actor: str) -> None:
        """Take a prompt out of the bin. InvalidInput when its name was taken meanwhile."""
        self._free_name(self._store.prompts.get(prompt_id).name, besides=prompt_id)
        self._store.prompts.restore(prompt_id, actor=actor)

    def delete_version(self, version_id: str, *, actor: str) -> None:
        """Hide a version; its number is not used again."""
        self._store.prompts.delete_version(version_id, actor=actor)

    def undelete_version(self, version_id: str, *, actor: str) -> None:
        """Show a hidden version again."""
        self._store.prompts.undelete_version(version_id, actor=actor)

    # -- drafts --

    def autosave(
        self,
        owner: str,
        slot: str,
        spec: PromptSpec,
        *,
        base_version_id: str | None = None,
        memo: str = "",
    ) -> Draft:
        """Keep a person's unsaved work. `slot` is a prompt id, or NEW_PROMPT."""
        _check_spec(spec)
        return self._store.drafts.save(
            owner, slot, spec, base_version_id=base_version_id, memo=_text_up_to(memo, MAX_MEMO)
        )

    def draft(self, owner: str, slot: str) -> Draft | None:
        """A person's unsaved work, if there is any."""
        return self._store.drafts.load(owner, slot)

    def drafts(self, owner: str) -> Sequence[Draft]:
        """All unsaved work of a person."""
        return self._store.drafts.list(owner)

    def discard_draft(self, owner: str, slot: str) -> None:
        """Forget a person's unsaved work."""
        self._store.drafts.discard(owner, slot)

    # -- memos --

    def write_memo(self, kind: SubjectKind, subject_id: str, text: str, *, actor: str) -> Memo:
        """Write the memo on a record; the text before is kept in its history."""
        return self._store.memos.write(kind, subject_id, _text_up_to(text, MAX_MEMO), actor=actor)

    def memo(self, kind: SubjectKind, subject_id: str) -> Memo | None:
        """The memo on a record as it is now; None when there is none or it was emptied."""
        current = self._store.memos.current(kind, subject_id)
        return current if current and current.text else None

    def memo_history(self, kind: SubjectKind, subject_id: str) -> Sequence[Memo]:
        """Every text the memo ever had, newest first."""
        return self._store.memos.history(kind, subject_id)

    # -- files --

    def upload(self, data: bytes, name: str = "") -> Media:
        """Keep an image or PDF. Its type is read from its bytes; InvalidInput when unusable."""
        check_text(name)
        mime_type = media.sniff(data, name)
        sha256 = self._store.blobs.put(data, mime_type)
        return Media(mime_type=mime_type, sha256=sha256, name=name[-MAX_NAME:], size=len(data))

    def media_bytes(self, item: Media) -> bytes:
        """The bytes of an attached file."""
        return self._store.blobs.get(item.sha256)

    def keep_spec(self, spec: PromptSpec) -> str:
        """Keep an unsaved prompt for `CallContext.spec_sha256`, so that its run can be reopened."""
        _check_spec(spec)
        text = json.dumps(spec.to_dict(), ensure_ascii=False, sort_keys=True)
        return self._store.blobs.put(text.encode("utf-8"), "application/json")

    def free_name(self, wanted: str) -> str:
        """The name itself, or with the first free number after it, as in `Mail (2)`."""
        wanted = checked_name(wanted)
        if self._store.prompts.find(wanted) is None:
            return wanted
        number = 2
        while self._store.prompts.find(f"{wanted} ({number})"):
            number += 1
        return f"{wanted} ({number})"

    def _free_name(self, name: str, besides: str | None = None) -> str:
        name = checked_name(name)
        holder = self._store.prompts.find(name)
        if holder is not None and holder.id != besides:
            raise InvalidInput(
                "There is already a prompt named {name}. Choose another name.", name=name
            )
        return name


def read_spec(data: bytes) -> PromptSpec:
    """Read what `Authoring.keep_spec` kept."""
    return PromptSpec.from_dict(json.loads(data))


def normal_title(name: str) -> str:
    """A name as it is stored: composed characters, single spaces, none at the ends."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def checked_name(name: str) -> str:
    """The name to store. InvalidInput when it is empty, too long or has unusable characters."""
    check_text(name)
    name = normal_title(name)
    if not name:
        raise InvalidInput("The prompt needs a name. Type one.")
    if len(name) > MAX_NAME:
        raise InvalidInput(
            "The name has {length} characters; the limit is {limit}. Shorten it.",
            length=len(name),
            limit=MAX_NAME,
        )
    return name


def checked_label(label: str) -> str:
    """The label to store. A number is refused: `name@3` means version 3."""
    check_text(label)
    label = unicodedata.normalize("NFC", label.strip())
    if not _LABEL.fullmatch(label) or label.isdigit():
        raise InvalidInput(
            "{label} cannot be a label. Use 1 to 60 characters without spaces and @, "
            "not only digits, as in production.",
            label=label or '""',
        )
    return label


def _check_spec(spec: PromptSpec) -> None:
    check_spec(spec)
    size = len(json.dumps(spec.to_dict(), ensure_ascii=False).encode("utf-8"))
    if size > MAX_SPEC_BYTES:
        raise InvalidInput(
            "The prompt has {size} MB; the limit is {limit} MB. Shorten it, or attach the long "
            "part as a PDF.",
            size=f"{size / 1_000_000:.1f}",
            limit=MAX_SPEC_BYTES // 1_000_000,
        )


def _text_up_to(text: str, limit: int) -> str:
    check_text(text)
    if len(text) > limit:
        raise InvalidInput(
            "The text has {length} characters; the limit is {limit}. Shorten it.",
            length=len(text),
            limit=limit,
        )
    return text
