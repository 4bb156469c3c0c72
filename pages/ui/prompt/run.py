"""Running the prompt and showing the answers."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.engine import LiveRun
from core.errors import NotFound, WorkbenchError
from core.lifecycle.pricing import cost
from core.prompts import repeat
from core.prompts.rendering import render_request
from core.prompts.validity import check_answer
from core.records.models import ModelRef
from core.records.prompts import PromptSpec
from core.records.runs import OWN_FAILURES, CallContext, Reply, Request, Run, Usage
from pages.ui import badges, facts, memo, state
from pages.ui.follow import follow
from pages.ui.language import N_, _, say, words
from pages.ui.prompt.session import Editor, get, put, spec_of, values_of
from pages.ui.resources import actor, workbench
from pages.ui.text import code, label, sanitised, visible
from pages.ui.verbatim import answer, plain

MOST_COLUMNS = 3
SOON_S = 0.02
PROBLEMS = {
    "model_not_found": N_("The service does not know this model any more, or not for this project. "
                          "It may have been retired."),
    "auth": N_("The service refused the credentials. Check the key or the permissions; the "
               "settings page tests the connection."),
    "no_credentials": N_("No credentials were found. Run `gcloud auth application-default login` "
                         "or set the key, then start again."),
    "not_reached": N_("The service could not be reached. Check the network and the base URL."),
    "daily_quota": N_("Today's quota is used up. Wait until it resets, or use another model."),
    "rate_limited": N_("The service had no capacity after several attempts. Try again later."),
    "unavailable": N_("The service was overloaded after several attempts. Try again later."),
    "server_error": N_("The service had an internal error. Try again."),
    "timed_out": N_("No answer came in time. It may have been paid. Try again."),
    "connection_lost": N_("The connection broke off. What had come is kept; it may have been "
                          "paid. Run again."),
    "bad_response": N_("The answer could not be read. It may have been paid. Run again, or check "
                       "the base URL."),
    "no_room_for_text": N_("The output limit was used up before any text, as by thinking. Raise "
                           "it or lower the thinking level."),
    "blocked": N_("The service blocked the answer. Rephrase the prompt."),
    "prompt_blocked": N_("The service blocked the prompt. Rephrase it."),
    "bad_request": N_("The service refused the request. Its words are below."),
    "empty": N_("The model answered with nothing. Run again, or ask in other words."),
    "cut_short": N_("The answer broke off before its end. Run again."),
}  # fmt: skip


def requests_of(
    editor: Editor, spec: PromptSpec, sets: Sequence[int]
) -> list[tuple[Request, Mapping[str, str]]]:
    """The rendered request of every chosen value set. Raises InvalidInput.

    A field that was left empty is a missing value, not an empty one.
    """
    ref = ModelRef.parse(spec.model.strip(), workbench().settings.default_surface)
    values = [
        {name: text for name, text in values_of(editor, one).items() if text} for one in sets
    ] or [{}]
    return [(render_request(spec, one, ref), one) for one in values]


def start(editor: Editor, sets: Sequence[int], times: int) -> None:
    """Begin the calls and put their groups into the address."""
    spec = spec_of(editor)
    bench = workbench()
    try:
        asked = requests_of(editor, spec, sets)
        group = bench.store.new_id()
        groups = []
        for request, values in asked:
            context = context_of(editor, spec, values, group)
            if times > 1:
                job = bench.jobs.start(
                    repeat.KIND, "repeat", repeat.definition(request, context, times),
                    actor=actor(),
                )  # fmt: skip
                groups.append(job.id)
            else:
                bench.engine.submit(request, context, caps=bench.caps(actor()))
                groups = [group]
    except WorkbenchError as error:
        state.RUN_PROBLEM.set((None, error))
    else:
        state.RUN_PROBLEM.set(None)
        st.query_params["group"] = groups


def context_of(
    editor: Editor, spec: PromptSpec, values: Mapping[str, str], group: str
) -> CallContext:
    """Why the call is made: for a saved version when the editor still shows it."""
    base = editor.base
    saved = base is not None and base.spec == spec
    return CallContext(
        actor=actor(),
        prompt_id=editor.prompt.id if editor.prompt else None,
        version_id=base.id if base is not None and saved else None,
        values=dict(values),
        group_id=group,
        spec_sha256=None if saved else workbench().authoring.keep_spec(spec),
    )


def estimate(editor: Editor, spec: PromptSpec, sets: Sequence[int]) -> None:
    """Count tokens with the service, and what the call will cost; on request."""
    if st.button(_("Count tokens"), key=editor.key("count"), type="tertiary"):
        try:
            asked = requests_of(editor, spec, sets)
            tokens = sum(workbench().engine.count_tokens(request) for request, _values in asked)
        except WorkbenchError as error:
            state.COUNTED.set((spec, None, words(error)))
        else:
            state.COUNTED.set((spec, tokens, ""))
    counted = state.COUNTED.get()
    if counted is None or counted[0] != spec:
        return
    if counted[1] is None:
        st.caption(f":red[{label(counted[2], most=300)}]")
        return
    st.caption(price_words(spec, counted[1]).replace("$", "\\$"))


def price_words(spec: PromptSpec, tokens: int) -> str:
    """Input tokens, their cost now, and after the next announced change of price."""
    bench = workbench()
    ref = ModelRef.parse(spec.model.strip(), bench.settings.default_surface)
    now = datetime.now(UTC)
    price = bench.catalogue.price(ref.surface, ref.model, now)
    if price is None:
        return _("{count} input tokens; no price is known for this model").format(count=tokens)
    text = _("{count} input tokens, {cost} plus {output} per 1,000 output tokens").format(
        count=f"{tokens:,}",
        cost=facts.money(cost(price, Usage(input=tokens, output=0))),
        output=facts.money(price.output / 1000),
    )
    later = bench.catalogue.next_price(ref.surface, ref.model, now)
    if later is not None and later.valid_from is not None:
        text += " · " + _("from {date}: {times}× the price").format(
            date=later.valid_from.date(), times=f"{later.input / price.input:g}"
        )
    return text


def problem(spec: PromptSpec, sets: Sequence[int]) -> None:
    """Why the last click on Run began nothing, until something is changed."""
    found = state.RUN_PROBLEM.get()
    if found is None:
        return
    asked, error = found
    if asked is None:
        # Bound to what the page shows now: the callback came before the fields were drawn.
        asked = (spec, tuple(sets))
        state.RUN_PROBLEM.set((asked, error))
    if asked == (spec, tuple(sets)):
        say(error)


def answers(editor: Editor, place: Any) -> None:
    """The runs of the address, streaming or finished. Call this last in the page."""
    groups = st.query_params.get_all("group")
    # Asked first: a job that ends after this has all its runs in what is read below.
    busy = any(workbench().jobs.busy(group) for group in groups)
    live = live_of(groups)
    shown: list[LiveRun | Run] = [*stored_of(groups, {run.run_id for run in live}, place), *live]
    if not shown and not busy:
        return
    # Asked once: a run that ends while the page is drawn still has its place.
    running = [run for run in live if not run.done]
    with place:
        st.header(_("Answer") if len(shown) == 1 else _("Answers"))
        if running or busy:
            st.button(_("Stop"), icon=":material/stop_circle:", key="prompt.stop",
                      on_click=stop, args=(groups, running))  # fmt: skip
        places = columns_of(editor, shown, running)
    if running:
        follow(running, places, lambda: len(live_of(groups)) > len(live))
    elif busy:
        wait_for_calls(groups, len(live))
    if running or busy:
        st.rerun()


def columns_of(
    editor: Editor, shown: Sequence[LiveRun | Run], running: Sequence[LiveRun]
) -> list[DeltaGenerator]:
    """Draw the runs that have ended; returns the places of those that have not, in their order."""
    columns = st.columns(min(MOST_COLUMNS, len(shown) or 1), border=len(shown) > 1)
    places = []
    several = len({tuple(sorted(run.context.values.items())) for run in shown}) > 1
    for number, run in enumerate(shown):
        with columns[number % len(columns)]:
            if several:
                st.caption(set_words(editor, run.context.values))
            if run in running:
                badges.model(ModelRef(run.request.connection, run.request.model))
                places.append(st.container(key=f"answer.live.{number}"))
            elif isinstance(run, LiveRun):
                finished(editor, run.run_id, run.request, run.reply, run.cost_usd, run.error)
            else:
                finished(editor, run.id, run.request, run.reply, run.cost_usd, None)
    return places


def set_words(editor: Editor, values: Mapping[str, str]) -> str:
    """Which value set an answer belongs to: its name, and how it begins."""
    given = {name: text for name, text in values.items() if text}
    names = [
        str(get(editor, f"set.{one}", ""))
        for one in editor.sets
        if {name: text for name, text in values_of(editor, one).items() if text} == given
    ]
    begins = next(iter(given.values()), "–")
    return f"**{label(names[0])}** · {label(begins, 60)}" if names else label(begins, 60)


def stored_of(groups: Sequence[str], besides: Collection[str], place: Any) -> list[Run]:
    """The runs of the groups, or the one of the address, that are in the store."""
    history = workbench().history
    single = st.query_params.get("run")
    if groups or not single:
        return [run for one in groups for run in history.group(one) if run.id not in besides]
    try:
        return [history.get(single)]
    except NotFound as error:
        with place:
            say(error)
        return []


def live_of(groups: Sequence[str]) -> list[LiveRun]:
    """The calls of the groups that the process still holds."""
    return [run for group in groups for run in workbench().engine.live.of_group(group)]


def wait_for_calls(groups: Sequence[str], known: int) -> None:
    """Until a job begins its next call, or ends."""
    jobs = workbench().jobs
    while len(live_of(groups)) <= known and any(jobs.busy(group) for group in groups):
        time.sleep(SOON_S)


def stop(groups: Sequence[str], running: Sequence[LiveRun]) -> None:
    """Stop the calls, and the jobs behind them."""
    bench = workbench()
    for group in groups:
        if bench.jobs.busy(group):
            bench.jobs.cancel(group, actor=actor())
    for run in running:
        run.cancel()


def finished(
    editor: Editor,
    run_id: str,
    request: Request,
    reply: Reply | None,
    cost_usd: float | None,
    error: WorkbenchError | None,
) -> None:
    """One finished call: badges, answer, what it called and cited, figures, memo."""
    if error is not None:
        say(error)
    if reply is None:
        if error is None:
            st.caption(_("Stopped before it was sent."))
        return
    with badges.row():
        badges.outcome(reply.outcome)
        badges.model_parts(ModelRef(request.connection, request.model), reply.served_model)
    if reply.failure is not None:
        failure(editor, run_id, request, reply)
    show_reply(run_id, request, reply)
    facts.strip(reply.usage, cost_usd, reply.first_token_ms, reply.total_ms, reply.outcome)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        with st.popover(_("Memo"), icon=":material/edit_note:"):
            memo.editor("run", run_id, "answer")
        st.page_link("pages/studio/history.py", label=_("Open in history"),
                     query_params={"run": run_id}, icon=":material/history:")  # fmt: skip


def failure(editor: Editor, run_id: str, request: Request, reply: Reply) -> None:
    """What went wrong, in words, and the next step."""
    assert reply.failure is not None
    kind = reply.failure.code
    if kind == "cancelled":
        return
    text = _(PROBLEMS[kind]) if kind in PROBLEMS else _("The call did not end as it should.")
    said = "" if kind in OWN_FAILURES else sanitised(reply.failure.message)
    st.warning(f"{text}\n\n{said}")
    known = badges.info(ModelRef(request.connection, request.model))
    if kind == "model_not_found" and known.successor is not None:
        st.button(
            _("Use {model} instead").format(model=label(known.successor.model)),
            key=editor.key(f"successor.{run_id}"),
            on_click=put,
            args=(editor, "model", str(known.successor)),
        )


def show_reply(run_id: str, request: Request, reply: Reply) -> None:
    """The answer itself, with validity mark, thoughts, calls and sources."""
    if request.response_schema.strip() and reply.text:
        validity = check_answer(reply.text, request.response_schema)
        if validity is not None and validity.status == "valid":
            st.badge(_("Valid against the schema"), icon=":material/check:", color="green")
        elif validity is not None:
            st.badge(_("Not valid against the schema"), icon=":material/close:", color="red")
            for one in validity.problems:
                st.caption(label(f"{one.place}: {one.reason}", most=300))
    extras = reply.extras
    if extras.get("thoughts"):
        with st.expander(_("Thoughts")):
            st.markdown(sanitised(extras["thoughts"]))
    if reply.text:
        answer(reply.text, run_id, structured=bool(request.response_schema.strip()))
    for call in extras.get("function_calls", ()):
        st.caption(_("The model asks to call {name}; nothing was executed.").format(
            name=code(call["name"])))  # fmt: skip
        st.json(call["args"])
    if extras.get("sources"):
        with st.expander(_("Sources")):
            plain("\n".join(visible(f"{s['title']}  {s['uri']}") for s in extras["sources"]))
