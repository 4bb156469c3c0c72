"""Home opens, as every page does, and names the prompt whose model ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.records.evaluations import Evaluation, ScoredResponse
from core.records.metrics import MetricSpec, Score
from core.records.models import ModelRef
from core.records.prompts import Part, PromptSpec, Turn
from core.records.runs import CallContext, Reply, Request
from core.workbench import Workbench
from tests.pages.conftest import ROOT, Open

PAGES = sorted(
    path.relative_to(ROOT / "pages").with_suffix("").as_posix()
    for path in Path(ROOT / "pages").glob("*/*.py")
    if path.parent.name != "ui"
)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_on_an_empty_workspace(open_page: Open, page: str) -> None:
    assert not open_page(page).exception


def test_the_version_in_production_counts_where_its_model_ends(
    open_page: Open, bench: Workbench
) -> None:
    def spec(model: str) -> PromptSpec:
        return PromptSpec(turns=(Turn("user", (Part("hello"),)),), model=model)

    saved = bench.authoring.save_new("greeting", spec("sandbox:sandbox-flash-1"), actor="ada")
    bench.authoring.label(saved.version.id, "production", actor="ada")
    bench.authoring.save_version(
        saved.version.prompt_id, spec("sandbox:sandbox-flash-2"), actor="ada"
    )
    at = open_page("operate/home")
    links = [one.proto.label for one in at.get("page_link")]
    assert "greeting (production)" in links
    assert "Begin the migration" in links
    said = " ".join(one.value for one in at.markdown)
    assert "Migrations: 0 · signed: 0" in said


def test_a_reroute_and_a_clock_set_wrong_need_attention(open_page: Open, bench: Workbench) -> None:
    def said() -> str:
        at = open_page("operate/home")
        assert not at.exception
        return " ".join(one.value for one in at.markdown).replace("\\", "")

    assert "answered by" not in said() and "clock" not in said()
    request = Request("sandbox", "sandbox-flash-1", (Turn("user", (Part("hi"),)),))
    run_id = bench.store.new_id()
    bench.store.ledger.reserve_and_send(run_id, 1, request, CallContext("ada"), 0.0).result()
    reply = Reply("ok", "ok", served_model="sandbox-pro-2")
    bench.store.ledger.settle_run(run_id, 1, reply, 0.0).result()
    bench.engine.wall_clock.ahead = timedelta(days=1)
    text = said()
    assert "retires in" in text and "Nothing here names it any more" in text
    assert "Asked for sandbox-flash-1, answered by sandbox-pro-2" in text
    assert "1,440 minutes ahead" in text


@pytest.mark.parametrize(
    ("days", "mark"),
    [(181, ""), (180, "180 days"), (90, "90 days"), (30, "30 days"), (7, "7 days"), (0, "ended")],
)
def test_an_end_is_an_alert_at_180_90_30_and_7_days(
    open_page: Open, bench: Workbench, days: int, mark: str
) -> None:
    ref, now = ModelRef("sandbox", "sandbox-pro-2"), datetime.now(UTC)
    bench.authoring.save_new("greeting", PromptSpec(model=str(ref)), actor="ada")
    end = (now + timedelta(days=days)).date().isoformat()
    bench.models.add(ref, "ends_on", end, source="a letter", actor="ada", now=now)
    at = open_page("operate/home")
    alerts = [one.value for one in at.markdown if "sandbox-pro-2" in one.value.replace("\\", "")]
    assert len(alerts) == bool(mark)
    assert all(f" {mark}]" in alert and end in alert for alert in alerts)


def test_what_ends_first_comes_first_and_a_judge_is_told(open_page: Open, bench: Workbench) -> None:
    now = datetime.now(UTC)
    for name, days in (("sandbox-pro-2", 100), ("sandbox-flash-2", 5)):
        ref = ModelRef("sandbox", name)
        end = (now + timedelta(days=days)).date().isoformat()
        bench.models.add(ref, "ends_on", end, source="a letter", actor="ada", now=now)
    bench.authoring.save_new("greeting", PromptSpec(model="sandbox:sandbox-pro-2"), actor="ada")
    draft = Evaluation("", "e", bench.store.new_id(), (), (MetricSpec("fluency"),), 1, now, "ada")
    kept = bench.store.evaluations.create(draft)
    bench.store.scores.record(
        [ScoredResponse(kept.id, "c", "a", 0, "fluency", "s", Score(1.0), "sandbox:sandbox-flash-2",
                        "x")]
    ).result()  # fmt: skip
    at = open_page("operate/home")
    ends = [one.value.replace("\\", "") for one in at.markdown if " retires in " in one.value]
    assert ["sandbox-flash-2" in ends[0], "sandbox-pro-2" in ends[1]] == [True, True]
    assert "evaluations that it judges: 1" in [
        one.proto.label.replace("\\", "") for one in at.get("page_link")
    ]


@pytest.mark.parametrize("purpose", ["prompt", "command", "sample"])
def test_the_latest_runs_are_of_single_prompts(
    open_page: Open, bench: Workbench, purpose: str
) -> None:
    ask = Request("sandbox", "sandbox-flash-2", (Turn("user", (Part("say something"),)),))
    for why in (purpose, "comparison"):
        run = replace(ask, turns=(Turn("user", (Part(f"{why} asked"),)),))
        bench.engine.submit(run, CallContext("ada", purpose=why)).wait(20)
    links = [one.proto.label for one in open_page("operate/home").get("page_link")]
    assert f"{purpose} asked" in links
    assert "comparison asked" not in links
