from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from core.prompts.authoring import Authoring
from core.prompts.history import History
from core.prompts.rendering import render_request
from core.records.models import ModelRef
from core.records.prompts import Part, PromptSpec, Turn
from core.records.runs import Reply
from core.store import Store

MODEL = ModelRef("sandbox", "sandbox-flash-1")
SPEC = PromptSpec(turns=(Turn("user", (Part("a"),)),), model="gemini:gemini-3.8-flash")


@dataclass(frozen=True)
class Fate:
    ends_on: date | None
    successor: ModelRef | None = None


class Facts:
    """Says that one model ends."""

    def info(self, ref: ModelRef, at: datetime) -> Fate:
        if ref == MODEL:
            return Fate(date(2027, 1, 31), ModelRef("sandbox", "sandbox-flash-2"))
        return Fate(None)


def test_everything_around_a_prompt_newest_first(store: Store, add_run: Callable[..., str]) -> None:
    authoring = Authoring(store)
    first = authoring.save_new("Mail", SPEC, message="start", memo="m1", actor="ada").version
    authoring.label(first.id, "production", actor="ada")
    authoring.unlabel(first.prompt_id, "production", actor="bob")
    run_id = add_run(
        render_request(SPEC, {}, MODEL), prompt_id=first.prompt_id, version_id=first.id
    )
    authoring.write_memo("run", run_id, "good", actor="ada")
    add_run(render_request(SPEC, {}, MODEL))  # of no prompt
    events = History(store, Facts()).timeline(first.prompt_id)
    told = [(event.kind, event.text) for event in events]
    assert told == [
        ("model_end", "sandbox:sandbox-flash-1"),
        ("memo", "good"),
        ("run", "answer"),
        ("label", "production"),
        ("label", "production"),
        ("memo", "m1"),
        ("version", "start"),
    ]
    end, memo, run, taken_off, put_on, _, version = events
    assert end.at == datetime(2027, 1, 31, tzinfo=UTC)
    assert end.successor == ModelRef("sandbox", "sandbox-flash-2")
    assert (memo.memo_on, memo.run_id) == ("run", run_id)
    assert (run.run_id, run.version_number, run.model) == (run_id, 1, MODEL)
    assert (taken_off.version_id, taken_off.who) == (None, "bob")
    assert put_on.version_number == 1
    assert version.version_id == first.id


def test_many_runs_are_joined_by_day(store: Store, add_run: Callable[..., str]) -> None:
    first = Authoring(store).save_new("Mail", SPEC, actor="ada").version
    for number in range(25):
        reply = Reply("ok" if number else "timed_out", text="x")
        add_run(
            render_request(SPEC, {}, MODEL),
            reply,
            prompt_id=first.prompt_id,
            cost_usd=0.5 if number < 2 else None,
        )
    events = [e for e in History(store).timeline(first.prompt_id) if e.kind == "runs"]
    assert 1 <= len(events) <= 2  # the clock may pass midnight
    assert sum(event.runs for event in events) == 25
    assert sum(event.failed for event in events) == 1
    assert sum(event.cost_usd or 0 for event in events) == 1.0


def test_no_known_cost_is_not_zero(store: Store, add_run: Callable[..., str]) -> None:
    first = Authoring(store).save_new("Mail", SPEC, actor="ada").version
    for _ in range(21):
        add_run(render_request(SPEC, {}, MODEL), prompt_id=first.prompt_id, cost_usd=None)
    assert all(e.cost_usd is None for e in History(store).timeline(first.prompt_id))
