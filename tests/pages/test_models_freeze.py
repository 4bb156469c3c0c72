"""Keeping a model's answers from its own page, on the real store and sandbox."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.access import Person
from core.prompts.starters import load_starters
from core.records.datasets import Case, SplitRule
from core.records.models import ModelRef
from core.records.prompts import Parameters
from core.workbench import Workbench
from tests.core.migration.conftest import cases
from tests.pages.conftest import Open
from tests.waiting import until

MODEL = "sandbox:sandbox-flash-1"
FORM = "models.freeze"


@pytest.fixture
def version(bench: Workbench) -> str:
    """A prompt in production on the retiring model, and two datasets; the version's id."""
    starter = next(one for one in load_starters() if one.name == "triage-ja")
    spec = replace(starter.spec, model=MODEL, parameters=Parameters(temperature=0.0))
    saved = bench.authoring.save_new("triage", spec, actor="tester").version
    bench.authoring.label(saved.id, "production", actor="tester")
    bench.datasets.create("tickets", cases(8), actor="tester", source="test")
    bench.datasets.create("other", [Case("1", {"a": "b"})], actor="tester", source="test")
    return saved.id


def words(at: AppTest) -> str:
    return " ".join(
        str(one.value)
        for kind in ("markdown", "caption", "header", "warning", "error")
        for one in getattr(at, kind)
    ).replace("\\", "")


def opened(open_page: Open) -> AppTest:
    at = open_page("operate/models", model=MODEL)
    at.session_state[f"{FORM}.form.0"] = True
    at.run()
    assert not at.exception
    return at


def test_answers_are_kept_in_one_press_and_then_listed(
    open_page: Open, bench: Workbench, version: str
) -> None:
    at = opened(open_page)
    # The dataset that fills the prompt comes first, whichever was made last.
    assert at.selectbox(key=f"{FORM}.dataset.{version}").options[0] == "tickets"
    assert "8 cases, 24 calls · cost ≈ $" in words(at)
    at.number_input(key=f"{FORM}.repeats").set_value(2).run()
    assert "8 cases, 16 calls" in words(at)
    at.button(key=f"{FORM}.start").click().run()
    assert not at.exception
    [kept] = bench.freezes.of_model(ModelRef.parse(MODEL, "sandbox"))
    until(lambda: not any(map(bench.evaluations.is_busy, bench.evaluations.list())))
    at.run()
    assert not at.exception
    assert "8 cases, 2 answers each: 16 kept, 0 failed · tester, 20" in words(at)
    links = [one for one in at.get("page_link") if "evaluation=" in one.proto.query_string]
    assert [one.proto.label.replace("\u2060", "") for one in links] == ["triage v1 · tickets@1"]
    assert kept.evaluation.id in links[0].proto.query_string
    assert not [one for one in at.button if one.key == f"{FORM}.start"], "the form is closed"


def test_one_side_of_a_split_is_kept_and_a_sealed_one_is_not(
    open_page: Open, bench: Workbench, version: str
) -> None:
    dataset = bench.datasets.find("tickets")
    bench.datasets.set_split(dataset.dataset_id, SplitRule(), actor="tester")
    bench.datasets.seal(dataset.dataset_id, actor="tester")
    at = opened(open_page)
    which = at.selectbox(key=f"{FORM}.cases.{dataset.id}")
    assert any("train" in one.lower() for one in which.options)
    which.select("split.test").run()
    assert "test split is sealed" in words(at)
    assert not [one for one in at.button if one.key == f"{FORM}.start"]


def test_without_a_dataset_it_says_what_it_needs(open_page: Open, bench: Workbench) -> None:
    starter = next(iter(load_starters()))
    bench.authoring.save_new("x", replace(starter.spec, model=MODEL), actor="tester")
    at = opened(open_page)
    assert "It needs a dataset" in words(at)
    assert not [one for one in at.button if one.key == f"{FORM}.start"]


def test_a_model_that_no_prompt_names_has_nothing_to_keep(
    open_page: Open, bench: Workbench, version: str
) -> None:
    assert "Kept answers" not in words(open_page("operate/models", model="sandbox:sandbox-pro-2"))


def test_a_viewer_sees_what_is_kept_and_no_form(
    open_page: Open, bench: Workbench, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = Person("vi", signed_in=True, role="viewer")
    monkeypatch.setattr("pages.ui.models.freeze.person", lambda: viewer)
    at = opened(open_page)
    assert "Keeping answers takes the role of an editor" in words(at)
    assert not [one for one in at.button if one.key == f"{FORM}.start"]
