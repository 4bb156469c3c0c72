from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import NotFound
from core.prompts.authoring import Authoring
from core.prompts.history import History, request_spec
from core.prompts.rendering import render_request
from core.prompts.template import variables_of
from core.records.models import ModelRef
from core.records.prompts import Parameters, Part, PromptSpec, Turn, ValueSet
from core.records.runs import Reply, RunFilter
from core.store import Store

MODEL = ModelRef("sandbox", "sandbox-flash-2")
SPEC = PromptSpec(
    system='Be {tone}. Answer as {"a": 1}.',
    turns=(Turn("user", (Part("Summarise {本文}"),)),),
    parameters=Parameters(temperature=0.0, max_output_tokens=5),
    response_schema=' {"type": "object"} ',
    value_sets=(ValueSet("one", {"tone": "brief"}),),
    model="gemini:other",
)
VALUES = {"tone": "brief", "本文": "{tone} 全文"}


@pytest.fixture
def history(store: Store) -> History:
    return History(store)


def test_a_run_of_a_saved_version_opens_with_its_template(
    store: Store, history: History, add_run: Callable[..., str]
) -> None:
    version = Authoring(store).save_new("Mail", SPEC, actor="ada").version
    request = render_request(SPEC, VALUES, MODEL)
    run_id = add_run(request, prompt_id=version.prompt_id, version_id=version.id, values=VALUES)
    opened = history.open_in_editor(run_id)
    assert opened.spec == SPEC
    assert opened.values == VALUES
    assert opened.model == MODEL
    assert opened.base_version_id == version.id
    assert history.get(run_id).prompt_name == "Mail"


def test_an_unsaved_prompt_opens_with_its_variables(
    store: Store, history: History, add_run: Callable[..., str]
) -> None:
    kept = Authoring(store).keep_spec(SPEC)
    run_id = add_run(render_request(SPEC, VALUES, MODEL), values=VALUES, spec_sha256=kept)
    opened = history.open_in_editor(run_id)
    assert (opened.spec, opened.values, opened.base_version_id) == (SPEC, VALUES, None)


def test_a_version_that_does_not_give_what_was_sent_is_not_believed(
    store: Store, history: History, add_run: Callable[..., str]
) -> None:
    version = Authoring(store).save_new("Mail", SPEC, actor="ada").version
    edited = replace(SPEC, system="Edited before running, {tone}")
    request = render_request(edited, VALUES, MODEL)
    run_id = add_run(request, version_id=version.id, values=VALUES)
    opened = history.open_in_editor(run_id)
    assert opened.spec.system == "Edited before running, brief"
    assert render_request(opened.spec, opened.values, opened.model) == request


@given(text=st.lists(st.sampled_from([*"{}ab名 \n", "{a}", "{名}"])).map("".join))
def test_sent_text_opens_so_that_it_is_sent_again(text: str) -> None:
    if not text.strip():
        return
    sent = render_request(PromptSpec(turns=(Turn("user", (Part("{x}"),)),)), {"x": text}, MODEL)
    spec = request_spec(sent)
    values = {name: f"{{{name}}}" for name in variables_of(spec)}
    assert render_request(spec, values, MODEL) == sent


def test_two_runs_side_by_side(history: History, add_run: Callable[..., str]) -> None:
    first = add_run(render_request(SPEC, VALUES, MODEL), Reply("ok", text="昨日は雨。"))
    warmer = replace(SPEC, parameters=Parameters(temperature=1.0))
    second = add_run(render_request(warmer, VALUES, MODEL), Reply("ok", text="昨日は雪。"))
    compared = history.compare(first, second)
    assert [item.field for item in compared.request] == [
        "parameters.temperature",
        "parameters.max_output_tokens",
    ]
    assert [span.text for span in compared.output.spans] == ["昨日は", "雨", "雪", "。"]


def test_deleting_has_an_undo(history: History, add_run: Callable[..., str]) -> None:
    run_id = add_run(render_request(SPEC, VALUES, MODEL))
    history.star(run_id, True, actor="ada")
    history.delete(run_id, actor="ada")
    assert history.page(RunFilter()).items == ()
    history.undelete(run_id, actor="ada")
    assert [item.id for item in history.page(RunFilter(starred=True)).items] == [run_id]
    assert history.count(RunFilter()) == 1


def test_an_unknown_run_is_said_to_be_so(history: History) -> None:
    with pytest.raises(NotFound):
        history.open_in_editor("nonsense")


def test_pages_follow_each_other(history: History, add_run: Callable[..., Any]) -> None:
    ids = [add_run(render_request(SPEC, VALUES, MODEL)) for _ in range(5)]
    first = history.page(RunFilter(), limit=3)
    second = history.page(RunFilter(), limit=3, before=first.next_before)
    assert [item.id for item in (*first.items, *second.items)] == ids[::-1]
    assert second.next_before is None
    assert history.totals(RunFilter()).runs == 5
    assert history.people() == ["ada"]
    assert history.models() == [MODEL]
