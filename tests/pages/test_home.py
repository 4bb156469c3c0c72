"""Home opens, as every page does, and names the prompt whose model ends."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.records.prompts import Part, PromptSpec, Turn
from core.records.runs import CallContext, Request
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
