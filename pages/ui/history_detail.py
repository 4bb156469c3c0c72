"""One run: prompt, output and memo; parameters; what can be done with it."""

from __future__ import annotations

from dataclasses import fields

import streamlit as st

from core.errors import NotFound
from core.records.models import ModelRef
from core.records.runs import Run
from pages.ui import badges, difference, facts, memo, state
from pages.ui.language import _, say
from pages.ui.memo import when
from pages.ui.prompt_run import show_reply
from pages.ui.prompt_settings import NAMES
from pages.ui.prompt_versions import field_words
from pages.ui.resources import actor, workbench
from pages.ui.text import label, plain, sanitised


def detail(run_id: str) -> None:
    """The run with this id."""
    try:
        run = workbench().history.get(run_id)
    except NotFound as error:
        say(error)
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        badges.outcome(run.reply.outcome)
        badges.model(ModelRef(run.request.connection, run.request.model), run.reply.served_model)
    st.caption(_("{who}, {when}").format(who=label(run.context.actor), when=when(run.created_at)))
    actions(run)
    if run.reply.outcome == "unknown":
        st.warning(_("It is not known how this call ended. It may have been paid; what it could "
                     "cost at most is kept as its cost."))  # fmt: skip
    main, side = st.columns([3, 1], gap="medium")
    with main:
        prompt(run)
        output(run)
        st.subheader(_("Memo"), anchor=False)
        memo.editor("run", run.id, "history")
    with side:
        parameters(run)


def actions(run: Run) -> None:
    """Open in the editor, star, compare, delete."""
    history = workbench().history
    with st.container(horizontal=True, gap="small"):
        if st.button(
            _("Open in editor"), type="primary", icon=":material/edit:", key="detail.edit"
        ):
            st.switch_page("pages/studio/prompt.py", query_params={"open": run.id})
        st.button(
            _("Take star off") if run.starred else _("Star"),
            icon=":material/star:",
            key="detail.star",
            on_click=history.star,
            args=(run.id, not run.starred),
            kwargs={"actor": actor()},
        )
        st.button(_("Compare"), icon=":material/difference:", key="detail.compare",
                  disabled=run.id in state.SELECTED_RUNS.get(), on_click=select,
                  args=(run.id,))  # fmt: skip
        if run.deleted:
            st.button(_("Bring back"), key="detail.back", on_click=history.undelete,
                      args=(run.id,), kwargs={"actor": actor()})  # fmt: skip
        else:
            st.button(_("Delete"), icon=":material/delete:", key="detail.delete",
                      on_click=delete, args=(run,))  # fmt: skip


def select(run_id: str) -> None:
    """Choose the run for the difference; the last two chosen are compared."""
    state.SELECTED_RUNS.set((*state.SELECTED_RUNS.get(), run_id)[-2:])


def delete(run: Run) -> None:
    """Hide it, with undo."""
    workbench().history.delete(run.id, actor=actor())
    state.UNDO.set(("run", run.id))
    st.query_params.pop("run", None)


def undo_deleted() -> None:
    """Bring back the run that was deleted last."""
    undo = state.UNDO.get()
    if undo is None or undo[0] != "run":
        return

    def bring_back() -> None:
        workbench().history.undelete(undo[1], actor=actor())
        state.UNDO.set(None)
        st.query_params["run"] = undo[1]

    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_("The run was deleted. What it cost still counts."))
        st.button(_("Undo"), key="history.undo", on_click=bring_back)


def prompt(run: Run) -> None:
    """What was sent."""
    st.subheader(_("Prompt"), anchor=False)
    if run.prompt_name and run.context.prompt_id:
        st.page_link(
            "pages/studio/prompt.py",
            label=_("{name}, version {number}").format(
                name=label(run.prompt_name), number=run.version_number or "–"
            ),
            query_params={"version": run.context.version_id}
            if run.context.version_id
            else {"prompt": run.context.prompt_id},
        )
    if run.request.system:
        st.caption(_("System instruction"))
        plain(run.request.system)
    for turn in run.request.turns:
        st.caption(_("User message") if turn.role == "user" else _("Model message"))
        plain(turn.text or " ")
        for part in turn.parts:
            if part.media is not None:
                st.caption(
                    f":material/attach_file: {label(part.media.name or part.media.mime_type)}"
                )


def output(run: Run) -> None:
    """What came back."""
    st.subheader(_("Output"), anchor=False)
    if run.reply.failure is not None:
        st.caption(sanitised(run.reply.failure.message))
    show_reply(run.id, run.request, run.reply)
    facts.strip(run.reply.usage, run.cost_usd, run.reply.first_token_ms, run.reply.total_ms)


def parameters(run: Run) -> None:
    """How it was asked, and what it cost by which price."""
    st.subheader(_("Parameters"), anchor=False)
    given = run.request.parameters
    shown = False
    for one in fields(given):
        value = getattr(given, one.name)
        if value not in (None, (), False):
            shown = True
            st.caption(f"{_(NAMES[one.name])}: **{label(str(value))}**")
    if not shown:
        st.caption(_("All at the model's defaults."))
    if run.request.response_schema.strip():
        st.caption(_("Structured output"))
    if run.request.functions.strip():
        st.caption(_("Functions declared"))
    if run.request.google_search:
        st.caption(_("Grounded with Google Search"))
    st.caption(_("Attempts: {count}").format(count=run.attempts))
    st.caption(_("Finish reason: {reason}").format(reason=label(run.reply.finish_reason or "–")))
    if run.price:
        st.caption(
            _("Price per million tokens: {input} in, {output} out")
            .format(input=facts.money(run.price["input"]), output=facts.money(run.price["output"]))
            .replace("$", "\\$")
        )
        st.caption(label(str(run.price.get("source", "")), most=120))


def compared() -> None:
    """The difference of the two chosen runs."""
    chosen = state.SELECTED_RUNS.get()
    if not chosen:
        return
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(
                _("Choose a second run to compare.") if len(chosen) == 1 else _("Two runs compared")
            )
            st.button(_("Close"), key="history.close", type="tertiary",
                      on_click=state.SELECTED_RUNS.set, args=((),))  # fmt: skip
        if len(chosen) == 2:
            found = workbench().history.compare(*chosen)
            names = tuple(f"{when(run.created_at)} · {run.request.model}"
                          for run in (found.left, found.right))  # fmt: skip
            for one in found.request:
                st.markdown(f"**{field_words(one)}**")
                difference.show(one.left, one.right, names,  # type: ignore[arg-type]
                                f"runs.{one.field}.{one.left_turn}.{one.right_turn}")  # fmt: skip
            st.markdown(f"**{_('Output')}**")
            difference.show(found.left.reply.text, found.right.reply.text, names, "runs.output")  # type: ignore[arg-type]
