"""Models and connections: what is called, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Surface = Literal["gemini", "platform", "sandbox"]
SURFACES: tuple[Surface, ...] = ("gemini", "platform", "sandbox")


@dataclass(frozen=True, slots=True)
class ModelRef:
    """A model id on a surface; written `surface:model`, e.g. `gemini:gemini-3.8-flash`."""

    surface: str
    model: str

    def __str__(self) -> str:
        return f"{self.surface}:{self.model}"

    @classmethod
    def parse(cls, text: str, default_surface: str) -> ModelRef:
        """Read `surface:model`; a bare id belongs to `default_surface`."""
        surface, colon, model = text.partition(":")
        if colon and surface in SURFACES:
            return cls(surface, model)
        return cls(default_surface, text)


@dataclass(frozen=True, slots=True)
class Connection:
    """Where calls go. `live` says that it is configured, not that the far end answered.

    `problem` names what is missing when it is not live. There is no key in here on purpose:
    keys stay in `core.config.Secrets` and never reach a record, the store or a page.
    """

    surface: Surface
    live: bool
    base_url: str | None = None
    project: str | None = None
    location: str | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model as the far end lists it."""

    name: str
    title: str = ""
    input_limit: int | None = None
    output_limit: int | None = None
