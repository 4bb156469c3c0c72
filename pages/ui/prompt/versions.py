"""Saving, and the versions of a prompt: labels, restore, fork, difference, memo."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from core.errors import WorkbenchError
from core.prompts.field_names import PARAMETERS
from core.prompts.spec_difference import FieldDifference, spec_difference
from core.records.prompts import PromptSpec, Version
from pages.ui import difference, memo, state
from pages.ui import undo as undoing
from pages.ui.language import N_, _, say
from pages.ui.prompt.session import Editor, show
from pages.ui.resources import actor, workbench
from pages.ui.text import label, sanitised

MOST_AT_ONCE = 10
SHOWN = state.Key[tuple[str, int]]("versions.shown", ("", MOST_AT_ONCE))
LABELS = ("production", "staging")
FIELDS = {
    "system": N_("System instruction"),
    "turn": N_("Message"),
    "functions": N_("Function declarations"),
    "google_search": N_("Google Search"),
    "response_schema": N_("JSON Schema of the answer"),
    "model": N_("Model"),
    "value_sets": N_("Value sets"),
}


def save_form(editor: Editor, spec: PromptSpec) -> None:
    """Save an immutable version with a message; the first time with a name."""
    # Another key after each save: the form closes and is empty again.
    key = f"save.{editor.base.id if editor.base else editor.slot}"
    with st.popover(_("Save version"), icon=":material/save:", type="primary", key=key):
        with st.form(f"{key}.form", border=False):
            name = ""
            if editor.prompt is None:
                name = st.text_input(_("Name of the prompt"))
            message = st.text_input(_("What changed, and why?"))
            note = st.text_area(_("Memo (Markdown, optional)"), height=90)
            sent = st.form_submit_button(_("Save"), type="primary", shortcut="Mod+S")
        if sent:
            save(editor, spec, name, message, note)


def save(editor: Editor, spec: PromptSpec, name: str, message: str, note: str) -> None:
    """Save and show the prompt under its address."""
    authoring = workbench().authoring
    try:
        if editor.prompt is None:
            saved = authoring.save_new(name, spec, actor=actor(), message=message)
        else:
            saved = authoring.save_version(
                editor.prompt.id, spec, actor=actor(), message=message,
                parent_id=editor.base.id if editor.base else None,
            )  # fmt: skip
        if note:
            authoring.write_memo("version", saved.version.id, note, actor=actor())
    except WorkbenchError as error:
        say(error)
        return
    authoring.discard_draft(actor(), editor.slot)
    text = _("Saved version {number}.").format(number=saved.version.number)
    if saved.same_as is not None:
        text += " " + _("It equals version {number}.").format(number=saved.same_as)
    st.toast(text)
    # The same widgets go on under the prompt's address, the answers stay.
    editor.slot = saved.version.prompt_id
    editor.prompt, editor.base = workbench().store.prompts.get(editor.slot), saved.version
    editor.saved, editor.saved_at = spec, None
    st.query_params["prompt"] = editor.slot
    st.rerun()


def versions(editor: Editor) -> None:
    """All versions of the prompt, the newest first."""
    if editor.prompt is None:
        st.info(_("Nothing is saved yet. A saved version never changes; it can be labelled, "
                  "compared, restored and forked."))  # fmt: skip
        return
    found = workbench().store.prompts.versions(editor.prompt.id)
    compare(found)
    slot, count = SHOWN.get()
    if slot != editor.slot:
        count = MOST_AT_ONCE
    for version in found[:count]:
        one_version(editor, version)
    if len(found) > count:
        st.button(_("Show more"), key="versions.more", on_click=SHOWN.set,
                  args=((editor.slot, count + MOST_AT_ONCE),))  # fmt: skip
    undo_deleted()


def one_version(editor: Editor, version: Version) -> None:
    """A line of the list."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            mark = " ●" if editor.base and editor.base.id == version.id else ""
            st.markdown(f"**{_('Version {number}').format(number=version.number)}**{mark}")
            for name in version.labels:
                st.badge(label(name), color="green" if name == "production" else "blue")
            st.caption(_("{who}, {when}").format(
                who=label(version.created_by), when=memo.when(version.created_at)))  # fmt: skip
        if version.message:
            st.markdown(sanitised(version.message))
        with st.container(horizontal=True, gap="small"):
            action(_("Open"), f"open.{version.id}", lambda: show(version=version.id))
            action(_("Restore"), f"restore.{version.id}", lambda: restore(version))
            with st.popover(_("Fork")):
                name = st.text_input(_("Name of the new prompt"), key=f"fork.name.{version.id}")
                if st.button(_("Fork"), key=f"fork.{version.id}", type="primary"):
                    fork(version, name)
            with st.popover(_("Labels")):
                labels(version)
            with st.popover(_("Memo")):
                memo.editor("version", version.id, "versions")
            action(_("Delete"), f"delete.{version.id}", lambda: delete(version))


def action(name: str, key: str, work: Callable[[], None]) -> None:
    """A quiet button."""
    st.button(name, key=f"versions.{key}", type="tertiary", on_click=work)


def restore(version: Version) -> None:
    """Make it the newest version again."""
    saved = workbench().authoring.restore(version.id, actor=actor())
    st.toast(_("Saved version {number}.").format(number=saved.version.number))
    workbench().authoring.discard_draft(actor(), version.prompt_id)
    show(prompt=version.prompt_id)


def fork(version: Version, name: str) -> None:
    """Make a new prompt from it."""
    try:
        saved = workbench().authoring.fork(version.id, name, actor=actor())
    except WorkbenchError as error:
        say(error)
        return
    show(prompt=saved.version.prompt_id)
    st.rerun()


def labels(version: Version) -> None:
    """Put labels on the version or take them off."""
    authoring = workbench().authoring
    chosen = st.pills(
        _("Labels"),
        [*LABELS, *(name for name in version.labels if name not in LABELS)],
        selection_mode="multi",
        default=list(version.labels),
        key=f"labels.{version.id}.{'.'.join(version.labels)}",
        format_func=label,
    )
    new = st.text_input(_("Another label"), key=f"labels.new.{version.id}")
    if st.button(_("Apply"), key=f"labels.apply.{version.id}", type="primary"):
        wanted = {*chosen, *([new.strip()] if new.strip() else [])}
        try:
            for name in wanted - set(version.labels):
                authoring.label(version.id, name, actor=actor())
            for name in set(version.labels) - wanted:
                authoring.unlabel(version.prompt_id, name, actor=actor())
        except WorkbenchError as error:
            say(error)
            return
        st.rerun()


def delete(version: Version) -> None:
    """Hide it; it can be brought back."""
    workbench().authoring.delete_version(version.id, actor=actor())
    state.UNDO.set(("version", version.id, version.number))


def undo_deleted() -> None:
    """Bring back the version that was deleted last."""
    undoing.offer(
        "version",
        lambda _id, number: _("Version {number} was deleted.").format(number=number),
        lambda id_, _number: workbench().authoring.undelete_version(id_, actor=actor()),
        key="versions.undo",
    )  # fmt: skip


def compare(found: Sequence[Version]) -> None:
    """The difference between any two versions, field by field."""
    if len(found) < 2:
        return
    by_number = {version.number: version for version in found}
    numbers = list(by_number)
    with st.expander(_("Compare two versions")):
        left, right = st.columns(2)
        older = left.selectbox(_("Before"), numbers, index=1, key="versions.before")
        newer = right.selectbox(_("After"), numbers, index=0, key="versions.after")
        if older is None or newer is None:
            return
        differences = spec_difference(by_number[older].spec, by_number[newer].spec)
        if not differences:
            st.caption(_("The two are identical."))
        for one in differences:
            st.markdown(f"**{field_words(one)}**")
            titles = tuple(_("Version {number}").format(number=number) for number in (older, newer))
            difference.show(one.left, one.right, titles, f"{older}.{newer}.{one.field}"  # type: ignore[arg-type]
                            f".{one.left_turn}.{one.right_turn}")  # fmt: skip


def field_words(one: FieldDifference) -> str:
    """The name of a field that differs."""
    kind, _dot, name = one.field.partition(".")
    if kind == "parameters":
        return _(PARAMETERS[name]) if name in PARAMETERS else label(name)
    turn = one.left_turn or one.right_turn
    return f"{_(FIELDS[kind])}{f' {turn}' if turn else ''}"
