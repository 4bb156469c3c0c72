"""One prompt as one file: our own JSON format, and the format of Google's SDK."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import InvalidInput
from core.prompts.authoring import Authoring, checked_label
from core.prompts.characters import check_spec
from core.prompts.exchange_format import (
    FORMAT,
    FORMAT_VERSION,
    PromptFile,
    blob_bytes,
    parse_prompt_file,
    read_object,
    spec_of,
    unknown_fields,
)
from core.prompts.sdk_format import is_sdk_prompt, prompt_from_sdk, prompt_to_sdk
from core.records.prompts import Media, PromptSpec, Version

if TYPE_CHECKING:
    from core.store import Store


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import made. `ignored` are fields of the file that this release does not know."""

    prompt_id: str
    name: str
    versions: int
    ignored: tuple[str, ...] = ()


class Exchange:
    """Prompts to files and back."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._authoring = Authoring(store)

    def export_prompt(self, prompt_id: str, version_id: str | None = None) -> str:
        """The JSON file of a prompt with all its versions, or with one."""
        prompt = self._store.prompts.get(prompt_id)
        versions = self._versions(prompt_id, version_id)
        file = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "name": prompt.name,
            "memo": self._memo("prompt", prompt_id),
            "labels": {label: v.number for v in versions for label in v.labels},
            "versions": [self._version_data(version) for version in versions],
            "media": self._media_data(media_of(version.spec for version in versions)),
        }
        return json.dumps(file, ensure_ascii=False, indent=2)

    def export_sdk(self, prompt_id: str, version_id: str | None = None) -> str:
        """A version (the newest by default) in the format of the SDK's prompts."""
        prompt = self._store.prompts.get(prompt_id)
        version = self._versions(prompt_id, version_id)[-1]
        memo = self._memo("version", version.id) or self._memo("prompt", prompt_id)
        data = prompt_to_sdk(prompt.name, version.spec, self._authoring.media_bytes, memo=memo)
        return json.dumps(data, ensure_ascii=False, indent=2)

    def import_file(self, data: bytes, *, actor: str, name: str = "") -> Imported:
        """Make a new prompt from a file of either format; `name` replaces the file's.

        A name that is taken gets a number. InvalidInput says what is wrong with the file; then
        nothing was made.
        """
        value = read_object(data)
        if is_sdk_prompt(value):
            return self._import_sdk(value, actor, name)
        return self._import_own(parse_prompt_file(value), actor, name)

    def read_spec(self, data: bytes) -> PromptSpec:
        """The newest version in a file of either format, without making a prompt of it.

        Attached files are kept in the store, because a run needs them.
        """
        value = read_object(data)
        if is_sdk_prompt(value):
            return prompt_from_sdk(value, self._authoring.upload).spec
        file = parse_prompt_file(value)
        spec = spec_of(max(file.versions, key=lambda version: version.number).spec)
        self._check_media(file, [spec])
        for sha256, blob in file.media.items():
            self._authoring.upload(blob_bytes(sha256, blob))
        return spec

    def _import_own(self, file: PromptFile, actor: str, name: str) -> Imported:
        versions = sorted(file.versions, key=lambda version: version.number)
        specs = [spec_of(version.spec) for version in versions]
        for spec in specs:
            check_spec(spec)
        self._check_media(file, specs)
        labels = {checked_label(label): number for label, number in file.labels.items()}
        blobs = {sha256: blob_bytes(sha256, blob) for sha256, blob in file.media.items()}
        for data in blobs.values():
            self._authoring.upload(data)
        name = self._authoring.free_name(name or file.name)
        prompt_id = ""
        for version, spec in zip(versions, specs, strict=True):
            if not prompt_id:
                saved = self._authoring.save_new(
                    name, spec, actor=actor, message=version.message, memo=file.memo
                )
                prompt_id = saved.version.prompt_id
            else:
                saved = self._authoring.save_version(
                    prompt_id, spec, actor=actor, message=version.message
                )
            if version.memo:
                self._authoring.write_memo("version", saved.version.id, version.memo, actor=actor)
            for label, number in labels.items():
                if number == version.number:
                    self._authoring.label(saved.version.id, label, actor=actor)
        return Imported(prompt_id, name, len(versions), tuple(unknown_fields(file))[:100])

    def _check_media(self, file: PromptFile, specs: list[PromptSpec]) -> None:
        for item in media_of(specs):
            if item.sha256 not in file.media and not self._store.blobs.has(item.sha256):
                raise InvalidInput(
                    "The attached file {name} is missing from the import. Export the prompt again.",
                    name=item.name or item.sha256[:12],
                )

    def _import_sdk(self, value: dict[str, Any], actor: str, name: str) -> Imported:
        found = prompt_from_sdk(value, self._authoring.upload)
        name = self._authoring.free_name(name or found.name)
        saved = self._authoring.save_new(name, found.spec, actor=actor, memo=found.memo)
        return Imported(saved.version.prompt_id, name, 1, found.ignored)

    def _versions(self, prompt_id: str, version_id: str | None) -> Sequence[Version]:
        """Oldest first."""
        if version_id is not None:
            return [self._store.prompts.version(version_id)]
        return self._store.prompts.versions(prompt_id)[::-1]

    def _memo(self, kind: Any, subject_id: str) -> str:
        memo = self._authoring.memo(kind, subject_id)
        return memo.text if memo else ""

    def _version_data(self, version: Version) -> dict[str, Any]:
        return {
            "number": version.number,
            "message": version.message,
            "created_at": version.created_at.isoformat(),
            "created_by": version.created_by,
            "memo": self._memo("version", version.id),
            "spec": version.spec.to_dict(),
        }

    def _media_data(self, items: Iterable[Media]) -> dict[str, dict[str, str]]:
        return {
            item.sha256: {
                "mime_type": item.mime_type,
                "base64": base64.b64encode(self._store.blobs.get(item.sha256)).decode("ascii"),
            }
            for item in items
        }


def media_of(specs: Iterable[PromptSpec]) -> list[Media]:
    """The attached files of some specs, each once."""
    found = {
        part.media.sha256: part.media
        for spec in specs
        for turn in spec.turns
        for part in turn.parts
        if part.media
    }
    return list(found.values())
