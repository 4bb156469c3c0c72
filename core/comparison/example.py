"""The example comparison: three simulated models on ten inquiries, one readable JSON file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from core.errors import InvalidInput
from core.records.comparisons import ComparedInput
from core.records.prompts import PromptSpec

EXAMPLE = Path(__file__).resolve().parents[2] / "data" / "samples" / "comparison.json"


@dataclass(frozen=True, slots=True)
class Example:
    """What is compared, on which models, on which inputs."""

    title_en: str
    title_ja: str
    spec: PromptSpec
    models: tuple[str, ...]
    inputs: tuple[ComparedInput, ...]

    def title(self, language: str) -> str:
        """The title in the language of the page."""
        return self.title_ja if language == "ja" else self.title_en


def load_example(path: Path = EXAMPLE) -> Example:
    """Read the file. InvalidInput when it cannot be read."""
    try:
        data = json.loads(path.read_text("utf-8"))
        return Example(
            title_en=str(data["title_en"]),
            title_ja=str(data["title_ja"]),
            spec=PromptSpec.from_dict(data["spec"]),
            models=tuple(map(str, data["models"])),
            inputs=tuple(
                ComparedInput(str(number), one["title"], one["values"], None, one.get("reference"))
                for number, one in enumerate(data["inputs"], 1)
            ),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(
            "The example {path} cannot be read: {problem}. Correct the file or delete it.",
            path=path.name,
            problem=error,
        ) from error
