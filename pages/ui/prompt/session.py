"""The prompt that a session edits: from the address or the draft into widgets, and back.

Widgets are keyed by an `epoch`; loading something else begins a new epoch, so that no widget
keeps the text of the one before.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import streamlit as st

from core.prompts.authoring import NEW_PROMPT
from core.records.models import ModelRef
from core.records.prompts import (
    DEFAULTS,
    EMPTY_TURNS,
    Media,
    Parameters,
    Part,
    Prompt,
    PromptSpec,
    Turn,
    ValueSet,
    Version,
)
from pages.ui import state
from pages.ui.resources import actor, workbench

_epochs = itertools.count(1)


@dataclass
class Editor:
    """What the widgets do not hold themselves; `crossed` when another tab wrote the same draft."""

    epoch: int
    slot: str
    prompt: Prompt | None
    base: Version | None
    saved: PromptSpec
    saved_at: datetime | None
    crossed: bool = False
    turns: list[int] = field(default_factory=list)
    media: dict[int, list[Media]] = field(default_factory=dict)
    sets: list[int] = field(default_factory=list)

    def key(self, name: str) -> str:
        """The key of a widget of this epoch."""
        return f"prompt.{self.epoch}.{name}"


def open_editor() -> Editor:
    """The editor for the page's address.

    It is loaded when the address has changed, or when the widgets are gone because another page
    was shown meanwhile. A version or run in the address is taken over into the draft, with undo.
    """
    query = st.query_params
    prompt_id, version_id, run_id = (query.get(name, "") for name in ("prompt", "version", "open"))
    if version_id or run_id:
        editor = take_over(load_run(run_id) if run_id else load_version(version_id))
    else:
        editor = state.EDITOR.get()
        known = editor is not None and editor.key("system") in st.session_state
        if not known or editor.slot != (prompt_id or NEW_PROMPT):
            editor = load_prompt(prompt_id)
    state.EDITOR.set(editor)
    return editor


def take_over(editor: Editor) -> Editor:
    """Make what was opened the draft of its slot; the draft before can be brought back."""
    bench = workbench()
    before = bench.authoring.draft(actor(), editor.slot)
    spec = spec_of(editor)
    if before is not None and before.spec != spec:
        state.UNDO.set(("draft", editor.slot, before.spec))
    editor.saved_at = before.updated_at if before else None
    editor.saved = PromptSpec(model="-")
    autosave(editor, spec)
    check = st.query_params.get("check", "")
    address = {"prompt": editor.slot} if editor.prompt else {}
    st.query_params.from_dict({**address, **({"check": check} if check else {})})
    return editor


def load_prompt(prompt_id: str) -> Editor:
    """A person's draft of a prompt, else its newest version. Raises NotFound."""
    bench = workbench()
    prompt, latest = None, None
    if prompt_id:
        prompt = bench.store.prompts.get(prompt_id)
        latest = next(iter(bench.store.prompts.versions(prompt_id)), None)
    slot = prompt_id or NEW_PROMPT
    draft = bench.authoring.draft(actor(), slot)
    if draft is None:
        return begin(slot, prompt, latest, latest.spec if latest else PromptSpec(), None)
    base = latest
    if draft.base_version_id:
        base = bench.store.prompts.version(draft.base_version_id)
    return begin(slot, prompt, base, draft.spec, draft.updated_at)


def load_version(version_id: str) -> Editor:
    """A version as it was saved. Raises NotFound."""
    prompts = workbench().store.prompts
    version = prompts.version(version_id)
    return begin(version.prompt_id, prompts.get(version.prompt_id), version, version.spec, None)


def load_run(run_id: str) -> Editor:
    """The prompt, values and model exactly as the run sent them."""
    bench = workbench()
    reopened = bench.history.open_in_editor(run_id)
    base = prompt = None
    if reopened.base_version_id:
        base = bench.store.prompts.version(reopened.base_version_id)
        prompt = bench.store.prompts.get(base.prompt_id)
    spec = replace(reopened.spec, model=str(reopened.model))
    if reopened.values:
        others = [s for s in spec.value_sets if dict(s.values) != dict(reopened.values)]
        spec = replace(spec, value_sets=(ValueSet("1", dict(reopened.values)), *renumbered(others)))
    slot = prompt.id if prompt else NEW_PROMPT
    return begin(slot, prompt, base, spec, None)


def renumbered(sets: list[ValueSet]) -> list[ValueSet]:
    """Names that the first set has taken are given another number."""
    return [
        replace(one, name=str(number)) if one.name == "1" else one
        for number, one in enumerate(sets, 2)
    ]


def begin(
    slot: str,
    prompt: Prompt | None,
    base: Version | None,
    spec: PromptSpec,
    saved_at: datetime | None,
) -> Editor:
    """A new epoch that shows `spec`."""
    editor = Editor(next(_epochs), slot, prompt, base, spec, saved_at)
    # Unique across sessions is not needed; across epochs of a session it is.
    put(editor, "system", spec.system)
    for number, turn in enumerate(spec.turns or EMPTY_TURNS):
        add_turn(editor, turn, number)
    for one in spec.value_sets or (ValueSet("1"),):
        add_set(editor, one)
    for name in Parameters.__dataclass_fields__:
        put(editor, f"parameter.{name}", getattr(spec.parameters, name))
    put(editor, "functions", spec.functions)
    put(editor, "google_search", spec.google_search)
    put(editor, "schema", spec.response_schema)
    put(editor, "model", spec.model or default_model())
    # As the widgets will show it, so that only a person's change makes a draft.
    editor.saved = spec_of(editor)
    return editor


def put(editor: Editor, name: str, value: object) -> None:
    """Set what a widget of the epoch will show."""
    st.session_state[editor.key(name)] = value


def get(editor: Editor, name: str, default: object = None) -> object:
    """What a widget of the epoch shows."""
    return st.session_state.get(editor.key(name), default)


def add_turn(editor: Editor, turn: Turn, number: int | None = None) -> None:
    """Append a message."""
    one = max(editor.turns, default=-1) + 1 if number is None else number
    editor.turns.append(one)
    put(editor, f"role.{one}", turn.role)
    put(editor, f"turn.{one}", turn.text)
    editor.media[one] = [part.media for part in turn.parts if part.media is not None]


def add_set(editor: Editor, values: ValueSet) -> None:
    """Append a value set."""
    one = max(editor.sets, default=-1) + 1
    editor.sets.append(one)
    put(editor, f"set.{one}", values.name)
    put(editor, f"values.{one}", dict(values.values))


def default_model() -> str:
    """A current model of the default connection."""
    bench = workbench()
    surface = bench.settings.default_surface
    found = bench.catalogue.models(surface, datetime.now(UTC))
    current = [info for info in found if info.stage == "current"]
    chosen = next((i for i in current if "flash" in i.ref.model), None) or next(iter(current), None)
    return str(chosen.ref) if chosen else str(ModelRef(surface, ""))


def spec_of(editor: Editor) -> PromptSpec:
    """The prompt as the widgets show it now."""
    turns = tuple(
        Turn(
            str(get(editor, f"role.{one}", "user")),  # type: ignore[arg-type]
            (
                *(Part(media=item) for item in editor.media.get(one, ())),
                Part(str(get(editor, f"turn.{one}", ""))),
            ),
        )
        for one in editor.turns
    )
    parameters = {
        name: get(editor, f"parameter.{name}", getattr(DEFAULTS, name))
        for name in Parameters.__dataclass_fields__
    }
    parameters["stop_sequences"] = tuple(parameters["stop_sequences"] or ())  # type: ignore[arg-type]
    return PromptSpec(
        system=str(get(editor, "system", "")),
        turns=turns,
        parameters=Parameters(**parameters),  # type: ignore[arg-type]
        functions=str(get(editor, "functions", "")),
        google_search=bool(get(editor, "google_search", False)),
        response_schema=str(get(editor, "schema", "")),
        value_sets=tuple(
            ValueSet(str(get(editor, f"set.{one}", "")), values_of(editor, one))
            for one in editor.sets
        ),
        model=str(get(editor, "model", "")),
    )


def values_of(editor: Editor, one: int) -> Mapping[str, str]:
    """The values of a set; those of variables that are not in the prompt right now are kept."""
    values: dict[str, str] = dict(get(editor, f"values.{one}", {}))  # type: ignore[call-overload]
    prefix = editor.key(f"value.{one}.")
    for key, value in st.session_state.items():
        if isinstance(key, str) and key.startswith(prefix):
            values[key.removeprefix(prefix)] = str(value)
    return values


def autosave(editor: Editor, spec: PromptSpec) -> None:
    """Keep the draft when it has changed. Raises InvalidInput for what cannot be kept.

    What another tab wrote meanwhile gives way, but can be brought back.
    """
    if spec == editor.saved:
        return
    there = workbench().authoring.draft(actor(), editor.slot)
    if there is not None and there.updated_at != editor.saved_at and there.spec != spec:
        state.UNDO.set(("draft", editor.slot, there.spec))
        editor.crossed = True
    draft = workbench().authoring.autosave(
        actor(), editor.slot, spec, base_version_id=editor.base.id if editor.base else None
    )
    editor.saved, editor.saved_at = spec, draft.updated_at


def show(**address: str) -> None:
    """Go to another prompt, version or run on the next rerun; without any to a new prompt."""
    st.query_params.from_dict(address)
    state.EDITOR.set(None)


def start_with(spec: PromptSpec) -> None:
    """Begin a new prompt with this content; the draft before can be brought back."""
    authoring = workbench().authoring
    before = authoring.draft(actor(), NEW_PROMPT)
    if before is not None:
        state.UNDO.set(("draft", NEW_PROMPT, before.spec))
    authoring.autosave(actor(), NEW_PROMPT, spec)
    show()


def start_empty() -> None:
    """Begin an empty prompt; the draft before can be brought back."""
    authoring = workbench().authoring
    before = authoring.draft(actor(), NEW_PROMPT)
    if before is not None:
        state.UNDO.set(("draft", NEW_PROMPT, before.spec))
        authoring.discard_draft(actor(), NEW_PROMPT)
    show()


def replace_draft(editor: Editor, spec: PromptSpec) -> None:
    """Make another content the draft of the same prompt; the one before can be brought back."""
    state.UNDO.set(("draft", editor.slot, spec_of(editor)))
    workbench().authoring.autosave(
        actor(), editor.slot, spec, base_version_id=editor.base.id if editor.base else None
    )
    state.EDITOR.set(None)


def discard(editor: Editor) -> None:
    """Forget the draft, with undo."""
    state.UNDO.set(("draft", editor.slot, spec_of(editor)))
    workbench().authoring.discard_draft(actor(), editor.slot)
    state.EDITOR.set(None)


def restore_discarded() -> None:
    """Undo what replaced or discarded a draft, and show it."""
    undo = state.UNDO.get()
    if undo is not None and undo[0] == "draft":
        _kind, slot, spec = undo
        workbench().authoring.autosave(actor(), slot, spec)
        state.UNDO.set(None)
        show(**({} if slot == NEW_PROMPT else {"prompt": slot}))
