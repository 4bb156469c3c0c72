"""Session keys: one home, one type each. Session state holds drafts and choices, nothing else."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import streamlit as st

from core.errors import WorkbenchError

T = TypeVar("T")


class Key(Generic[T]):
    """A typed place in the session."""

    def __init__(self, name: str, default: T) -> None:
        self.name = name
        self._default = default

    def get(self) -> T:
        """The value, or the default."""
        value: T = st.session_state.get(self.name, self._default)
        return value

    def set(self, value: T) -> None:
        """Replace the value."""
        st.session_state[self.name] = value


LANGUAGE = Key[str | None]("language", None)
EDITOR = Key[Any]("prompt.editor", None)
UNDO = Key[Any]("undo", None)
TESTED = Key[dict[str, Any]]("settings.tested", {})
COUNTED = Key[Any]("prompt.counted", None)
NOT_ATTACHED = Key[tuple[WorkbenchError, ...]]("prompt.not_attached", ())
RUN_PROBLEM = Key[Any]("prompt.problem", None)
PAGES = Key[tuple[Any, tuple[str, ...]]]("history.pages", (None, ()))
PROPOSALS = Key[tuple[Any, ...]]("models.proposals", ())
MODELS_SHOWN = Key[tuple[str, ...]]("models.shown", ())
FREEZE_FORM = Key[int]("models.freeze.forms", 0)
FREEZE_ESTIMATE = Key[Any]("models.freeze.estimate", None)
EVALUATE_GROUPS = Key[tuple[int, ...]]("evaluate.groups", (0,))
EVALUATE_SETS = Key[dict[int, tuple[int, ...]]]("evaluate.sets", {})
EVALUATE_ESTIMATE = Key[Any]("evaluate.estimate", None)
EVALUATE_PROBLEM = Key[Any]("evaluate.problem", None)
EVALUATE_SHOWN = Key[int]("evaluate.shown", 0)
OPTIMIZE_GIVEN = Key[Any]("optimize.given", (0, None))
OPTIMIZE_ESTIMATE = Key[Any]("optimize.estimate", None)
OPTIMIZE_PROBLEM = Key[Any]("optimize.problem", None)
REWRITTEN = Key[Any]("optimize.rewritten", None)
IMPROVED = Key[Any]("optimize.improved", None)
