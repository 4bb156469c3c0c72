"""One run: prompt, output and memo; parameters; what can be done with it."""

from __future__ import annotations

from dataclasses import fields

import streamlit as st

from core.comparison.run import PURPOSE
from core.errors import NotFound
from core.records.models import ModelRef
from core.records.runs import OWN_FAILURES, Request, Run
from pages.ui import badges, facts, memo, state, ways_on
from pages.ui import undo as undoing
from pages.ui.datasets import add as datasets_add
from pages.ui.history import address as history_address
from pages.ui.language import _, say
from pages.ui.memo import when
from pages.ui.prompt.run import PROBLEMS, show_reply
from pages.ui.prompt.settings import NAMES
from pages.ui.resources import actor, workbench
from pages.ui.text import label, sanitised
from pages.ui.verbatim import plain

LONGEST_SHOWN = 20_000
# The list is longer than a screen: without this a click far down would change what is out of view.
_TOP = st.components.v2.component(
    "workbench_top_of_run",
    html="<div id='top'></div>",
    js="""
export default function ({ data, parentElement }) {
  const top = parentElement.querySelector('#top')
  if (top.dataset.run === data.run) return
  top.dataset.run = data.run
  if (top.getBoundingClientRect().top < 0) top.scrollIntoView({ block: 'start' })
}
""",
)


def find(run_id: str) -> Run | None:
    """The run, or None after saying that there is none or that it is not finished."""
    try:
        return workbench().history.get(run_id)
    except NotFound as error:
        live = workbench().engine.live.get(run_id)
        if live is None:
            say(error)
        else:
            st.info(_("This run is still under way. It is kept here as soon as it ends."),
                    icon=":material/hourglass_top:")  # fmt: skip
            st.button(_("Look again"), key="detail.again")
    return None


def heading(run: Run) -> None:
    """What it was, how it ended, and what can be done with it."""
    _TOP(data={"run": run.id}, key="detail.top", height=1)
    with badges.row():
        badges.outcome(run.reply.outcome)
        badges.model_parts(
            ModelRef(run.request.connection, run.request.model), run.reply.served_model
        )
        if run.starred:
            st.badge(_("Starred"), icon=":material/star:", color="yellow")
        if run.deleted:
            st.badge(_("Deleted"), color="gray")
    with st.container(horizontal=True, horizontal_alignment="distribute",
                      vertical_alignment="center"):  # fmt: skip
        st.caption(_("{who}, {when}").format(
            who=label(run.context.actor), when=when(run.created_at)), width="content")  # fmt: skip
        st.button(_("Close"), icon=":material/close:", key="detail.close", type="tertiary",
                  on_click=history_address.show_run, args=("",))  # fmt: skip
    actions(run)
    problem(run)
    ref = ModelRef(run.request.connection, run.request.model)
    if ways_on.are_needed(ref):
        ways_on.links(ref, {"open": run.id})


def actions(run: Run) -> None:
    """Open in the editor, star, compare, delete."""
    history = workbench().history
    with st.container(horizontal=True, gap="small"):
        if st.button(_("Open in editor"), type="primary", icon=":material/edit:",
                     key="detail.edit"):  # fmt: skip
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
                  on_click=history_address.compare_with, args=(run.id,))  # fmt: skip
        datasets_add.one(run)
        if run.deleted:
            st.button(_("Bring back"), icon=":material/undo:", key="detail.back",
                      on_click=history.undelete, args=(run.id,),
                      kwargs={"actor": actor()})  # fmt: skip
        else:
            st.button(_("Delete"), icon=":material/delete:", key="detail.delete",
                      on_click=delete, args=(run,))  # fmt: skip


def delete(run: Run) -> None:
    """Hide it, with undo."""
    workbench().history.delete(run.id, actor=actor())
    state.UNDO.set(("run", run.id))
    history_address.show_run("")


def undo_deleted() -> None:
    """Bring back the run that was deleted last."""

    def bring_back(run_id: str) -> None:
        workbench().history.undelete(run_id, actor=actor())
        history_address.show_run(run_id)

    undoing.offer(
        "run", lambda _run_id: _("The run was deleted. What it cost still counts."), bring_back,
        key="history.undo",
    )  # fmt: skip


def problem(run: Run) -> None:
    """What went wrong, in words, and the next step."""
    if run.reply.outcome == "unknown":
        st.warning(_("It is not known how this call ended. It may have been paid; what it could "
                     "cost at most is kept as its cost."))  # fmt: skip
    elif run.reply.failure is not None and run.reply.outcome != "cancelled":
        code = run.reply.failure.code
        text = _(PROBLEMS[code]) if code in PROBLEMS else _("The call did not end as it should.")
        said = "" if code in OWN_FAILURES else sanitised(run.reply.failure.message)
        st.warning(f"{text}\n\n{said}")


def content(run: Run) -> None:
    """Prompt, output and memo."""
    st.header(_("Prompt"), anchor=False)
    where_from(run)
    sent(run.request)
    st.header(_("Output"), anchor=False)
    if not run.reply.text and not run.reply.extras:
        st.caption(_("There is no text in the answer."))
    show_reply(run.id, run.request, run.reply)
    facts.strip(run.reply.usage, run.cost_usd, run.reply.first_token_ms, run.reply.total_ms,
                run.reply.outcome)  # fmt: skip
    memo.editor("run", run.id, "history")


def where_from(run: Run) -> None:
    """The comparison and the saved prompt that the run belongs to."""
    if run.context.purpose == PURPOSE and run.context.group_id:
        st.page_link(
            "pages/studio/compare.py",
            label=_("From a comparison"),
            icon=":material/view_column_2:",
            query_params={"comparison": run.context.group_id},
        )
    if not run.prompt_name or not run.context.prompt_id:
        return
    name = label(run.prompt_name)
    prompt_id, version_id = run.context.prompt_id, run.context.version_id
    with st.container(horizontal=True, gap="small"):
        st.page_link(
            "pages/studio/prompt.py",
            label=_("{name}, version {number}").format(name=name, number=run.version_number)
            if version_id
            else _("{name}, changed since it was saved").format(name=name),
            icon=":material/edit_note:",
            query_params={"version": version_id} if version_id else {"prompt": prompt_id},
        )
        st.button(_("Timeline of the prompt"), icon=":material/timeline:", type="tertiary",
                  key="detail.timeline", on_click=history_address.show_timeline,
                  args=(prompt_id,))  # fmt: skip


def sent(request: Request) -> None:
    """What was sent, each text with a button to copy it."""
    if request.system:
        st.caption(_("System instruction"))
        long_text(request.system, "system")
    for number, turn in enumerate(request.turns):
        st.caption(_("User message") if turn.role == "user" else _("Model message"))
        if turn.text:
            long_text(turn.text, str(number))
        for part in turn.parts:
            if part.media is not None:
                name = label(part.media.name or part.media.mime_type)
                st.caption(f":material/attach_file: {name}")


def long_text(text: str, key: str) -> None:
    """The text; the rest of a very long one only when it is asked for."""
    if len(text) <= LONGEST_SHOWN:
        plain(text)
        return
    whole = st.toggle(
        _("Show all {count} characters").format(count=f"{len(text):,}"), key=f"detail.all.{key}"
    )
    plain(text if whole else f"{text[:LONGEST_SHOWN]}…")


def parameters(run: Run) -> None:
    """How it was asked, with which values, and what it cost by which price."""
    st.header(_("Parameters"), anchor=False)
    given = run.request.parameters
    lines = [
        line(_(NAMES[one.name]), str(value))
        for one in fields(given)
        if (value := getattr(given, one.name)) not in (None, (), False)
    ]
    if not lines:
        lines = [_("All at the model's defaults.")]
    if run.request.response_schema.strip():
        lines.append(_("Structured output"))
    if run.request.functions.strip():
        lines.append(_("Functions declared"))
    if run.request.google_search:
        lines.append(_("Grounded with Google Search"))
    st.caption("  \n".join(lines))
    if run.context.values:
        st.header(_("Values"), anchor=False)
        st.caption("  \n".join(line(*item) for item in run.context.values.items()))
    st.header(_("Call"), anchor=False)
    st.caption("  \n".join(call(run)))


def call(run: Run) -> list[str]:
    """Facts of the call."""
    lines = [
        line(_("Attempts"), str(run.attempts)),
        line(_("Finish reason"), run.reply.finish_reason or "–"),
        line(_("Cost"), facts.money(run.cost_usd)),
    ]
    if run.price:
        words = _("{input} in, {output} out").format(
            input=facts.money(run.price["input"]), output=facts.money(run.price["output"])
        )
        lines.append(line(_("Price per million tokens"), words))
        lines.append(line(_("Source of the price"), str(run.price.get("source") or "–")))
    lines.append(line(_("Run"), run.id))
    return lines


def line(name: str, value: str) -> str:
    """One fact."""
    return f"{label(name)}: **{label(value, most=200)}**"
