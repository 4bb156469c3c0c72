"""The guided flow in the page, on the real store and sandbox."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.prompts.starters import load_starters
from core.records.prompts import Parameters
from core.workbench import Workbench
from tests.core.migration.conftest import cases
from tests.pages.conftest import Open
from tests.waiting import until


@pytest.fixture
def triage(bench: Workbench) -> str:
    """A prompt in production on the retiring model, and a dataset; the prompt's id."""
    starter = next(one for one in load_starters() if one.name == "triage-ja")
    spec = replace(
        starter.spec, model="sandbox:sandbox-flash-1",
        parameters=Parameters(temperature=0.0, thinking_budget=256),
    )  # fmt: skip
    saved = bench.authoring.save_new("triage", spec, actor="tester", message="m")
    bench.authoring.label(saved.version.id, "production", actor="tester")
    bench.datasets.create("tickets", cases(100), actor="tester", source="test")
    return saved.version.prompt_id


def words(at: AppTest) -> str:
    return " ".join(
        str(one.value)
        for kind in ("markdown", "caption", "title", "header", "info", "warning", "error")
        for one in getattr(at, kind)
    ).replace("\\", "")


def press(at: AppTest, key: str) -> AppTest:
    at.button(key=key).click().run()
    assert not at.exception, at.exception
    return at


def until_ended(at: AppTest, bench: Workbench) -> AppTest:
    until(lambda: not any(map(bench.evaluations.is_busy, bench.evaluations.list())))
    return at.run()


def test_without_prompts_or_datasets_it_says_what_comes_first(
    open_page: Open, bench: Workbench
) -> None:
    assert "Save a prompt first" in words(open_page("operate/migrate"))
    starter = next(iter(load_starters()))
    bench.authoring.save_new("x", starter.spec, actor="tester")
    assert "Import a dataset first" in words(open_page("operate/migrate"))


def test_a_pdf_is_offered_where_a_browser_is(
    open_page: Open, bench: Workbench, triage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    press(open_page("operate/migrate"), "migrate.begin")
    (migration,) = bench.migrations.latest()
    for found, buttons in ((None, 2), ("/usr/bin/true", 4)):
        monkeypatch.setattr("core.migration.pdf.browser", lambda found=found: found)
        at = open_page("operate/migrate", migration=migration.id)
        assert not at.exception
        assert len(at.get("download_button")) == buttons
        assert ("For a PDF" in words(at)) == (found is None)


def test_an_unknown_migration_says_so(open_page: Open, bench: Workbench) -> None:
    at = open_page("operate/migrate", migration="0" * 8)
    assert not at.exception and "There is no migration" in words(at)


def test_a_prompt_moves_in_one_sitting(open_page: Open, bench: Workbench, triage: str) -> None:
    at = open_page("operate/migrate")
    reason = at.text_area(key=f"migrate.reason.{triage}")
    assert "2026-12-24" in reason.value
    reason.set_value("it retires")
    press(at, "migrate.begin")
    assert "thinking" in words(at).lower()
    press(at, "migrate.adopt")
    press(at, "migrate.freeze")
    at = until_ended(at, bench)
    press(at, "migrate.evaluate")
    at = until_ended(at, bench)
    press(at, "migrate.skip.optimise")
    press(at, "migrate.worse")
    press(at, "migrate.skip.review")
    press(at, "migrate.gate")
    assert "Pass" in words(at)
    press(at, "migrate.decide.switch")
    (migration,) = bench.migrations.latest()
    labelled = bench.store.prompts.labelled(triage, "production")
    assert labelled is not None and labelled.id == migration.candidate_version_id
    assert labelled.spec.parameters == Parameters(temperature=0.0)
    press(at, "migrate.undecide")
    labelled = bench.store.prompts.labelled(triage, "production")
    assert labelled is not None and labelled.spec.model == "sandbox:sandbox-flash-1"


def test_a_deleted_migration_comes_back(open_page: Open, bench: Workbench, triage: str) -> None:
    at = open_page("operate/migrate")
    press(at, "migrate.begin")
    (migration,) = bench.migrations.latest()
    at = open_page("operate/migrate")
    press(at, f"migrate.delete.{migration.id}")
    assert bench.migrations.latest() == []
    press(at, "migrate.undo")
    assert [one.id for one in bench.migrations.latest()] == [migration.id]


def test_the_same_model_is_refused_at_the_form(
    open_page: Open, bench: Workbench, triage: str
) -> None:
    at = open_page("operate/migrate")
    at.number_input(key="migrate.margin").set_value(3.0)
    options = at.selectbox(key=f"migrate.target.{triage}").options
    assert not any("Flash 1" in one for one in options)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_dossier_tells_all_and_renders_nothing_as_markup(
    bench: Workbench, triage: str, language: str
) -> None:
    from core.lifecycle.lint import fixed
    from core.records.metrics import MetricSpec
    from core.records.model_migrations import MigrationPlan

    flow = bench.migrations
    version = bench.datasets.find("tickets")
    source = flow.source(triage)
    plan = MigrationPlan(triage, source.id, "", "sandbox:sandbox-flash-2", version.id,
                         (MetricSpec("label_accuracy"),), reason="<script>alert(1)</script>")  # fmt: skip
    migration = flow.start(plan, actor="tester")
    spec = fixed(source.spec, flow.findings(migration))
    flow.adopt(migration.id, spec, "<b>x</b>", actor="tester")
    evaluation = flow.evaluate(migration.id, actor="tester")
    end = time.monotonic() + 60
    while bench.evaluations.is_busy(bench.evaluations.get(evaluation.id)):
        assert time.monotonic() < end
        time.sleep(0.05)
    found = flow.gate(migration.id, actor="tester")
    flow.decide(migration.id, "keep", name="山田", memo="", actor="tester")
    html = bench.dossiers.html(migration.id, language)
    assert "<script>" not in html and "<b>x" not in html
    assert "&lt;script&gt;" in html and "山田" in html
    assert found.gate is not None and found.gate["evidence_sha256"] in html
    assert version.sha256 in html
    assert ("シミュレーション" if language == "ja" else "Simulated") in html
    # The same records make the same page.
    assert bench.dossiers.html(migration.id, language) == html
