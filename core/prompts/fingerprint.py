"""A name for the content of a prompt."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

from core.prompts.json_text import read_json
from core.records.prompts import Media, Part, PromptSpec

_NUMBERS = (
    "temperature",
    "top_p",
    "presence_penalty",
    "frequency_penalty",
)


def fingerprint(spec: PromptSpec) -> str:
    """SHA-256 (hex) of what the spec would send, the model included.

    Value sets and the names of files are left out: they are not part of the prompt. White space
    in the JSON texts does not count; the order of their keys does, as models heed it. Fields at
    their default are left out, so a field added later does not change old fingerprints.
    """
    content: dict[str, Any] = {
        "system": spec.system,
        "turns": [
            {"role": turn.role, "parts": [_part(part) for part in turn.parts]}
            for turn in spec.turns
        ],
        "parameters": _parameters(spec),
        "functions": _compact(spec.functions),
        "google_search": spec.google_search,
        "response_schema": _compact(spec.response_schema),
        "model": spec.model,
    }
    kept = {key: value for key, value in content.items() if value}
    text = json.dumps(kept, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _part(part: Part) -> dict[str, str]:
    media: Media | None = part.media
    return {"mime_type": media.mime_type, "sha256": media.sha256} if media else {"text": part.text}


def _parameters(spec: PromptSpec) -> dict[str, Any]:
    values = asdict(spec.parameters)
    for name in _NUMBERS:
        if values[name] is not None:
            values[name] = float(values[name])
    return {key: value for key, value in values.items() if _is_set(value)}


def _is_set(value: object) -> bool:
    # By identity: a temperature of 0 equals False and is not a default.
    return value is not None and value is not False and value != ()


def _compact(text: str) -> str:
    value, problem = read_json(text)
    return text if problem else json.dumps(value, separators=(",", ":"))
