"""The starter gallery: prompts to begin with, one readable JSON file each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from core.errors import InvalidInput
from core.records.prompts import PromptSpec

DIRECTORY = Path(__file__).resolve().parents[2] / "data" / "starters"


@dataclass(frozen=True, slots=True)
class Starter:
    """A prompt of the gallery. `language` is that of the prompt itself: `en` or `ja`."""

    name: str
    language: str
    title_en: str
    title_ja: str
    description_en: str
    description_ja: str
    spec: PromptSpec
    memo: str = ""

    def title(self, language: str) -> str:
        """The title in the language of the page."""
        return self.title_ja if language == "ja" else self.title_en

    def description(self, language: str) -> str:
        """The description in the language of the page."""
        return self.description_ja if language == "ja" else self.description_en


def load_starters(directory: Path = DIRECTORY) -> list[Starter]:
    """All starters, by file name. InvalidInput names a file that cannot be read."""
    return [_read(path) for path in sorted(directory.glob("*.json"))]


def _read(path: Path) -> Starter:
    try:
        data = json.loads(path.read_text("utf-8"))
        texts = {
            key: str(data[key])
            for key in ("title_en", "title_ja", "description_en", "description_ja", "language")
        }
        return Starter(
            name=str(data.get("name") or path.stem),
            spec=PromptSpec.from_dict(data["spec"]),
            memo=str(data.get("memo", "")),
            **texts,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(
            "The starter {path} cannot be read: {problem}. Correct the file or delete it.",
            path=path.name,
            problem=error,
        ) from error
