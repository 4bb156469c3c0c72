"""The sample workspace: made once, into an empty store, of calls that really were made."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from core.config import Settings
from core.prompts.rendering import render_request
from core.prompts.starters import load_starters
from core.records.prompts import Part, PromptSpec, Turn
from core.records.runs import CallContext, Request, Run, RunFilter
from core.samples import FILLED, WORKSPACE, fill, fill_in_background
from core.workbench import Workbench

ENTRIES: list[dict[str, Any]] = json.loads(WORKSPACE.read_text("utf-8"))["prompts"]
VERSIONS = [(entry, version) for entry in ENTRIES for version in entry["versions"]]
SPEC = PromptSpec(turns=(Turn("user", (Part("Mine."),)),), model="sandbox:sandbox-flash-2")


def runs_of(bench: Workbench) -> list[Run]:
    return [run for some in bench.store.runs.iterate(RunFilter()) for run in some]


def everything(bench: Workbench) -> tuple[Any, ...]:
    prompts = bench.store.prompts.list()
    versions = [v.id for line in prompts for v in bench.store.prompts.versions(line.prompt.id)]
    return [line.prompt.id for line in prompts], versions, [run.id for run in runs_of(bench)]


# -- the file --


def test_the_file_asks_for_what_the_starters_have() -> None:
    starters = {one.name: one.spec for one in load_starters()}
    for entry, version in VERSIONS:
        assert 0 < version["runs"] <= len(starters[entry["starter"]].value_sets)
        assert all(1 <= int(n) <= version["runs"] for n in version.get("run_memos", {}))
        assert set(version) <= {
            "message", "system", "model", "runs", "labels", "memo", "run_memos",
        }  # fmt: skip


# -- filling --


def test_a_new_workspace_gets_prompts_versions_labels_and_memos(bench: Workbench) -> None:
    assert fill(bench)
    lines = {line.prompt.name: line for line in bench.store.prompts.list()}
    assert lines.keys() == {entry["name"] for entry in ENTRIES}
    for entry in ENTRIES:
        prompt_id = lines[entry["name"]].prompt.id
        memo = bench.authoring.memo("prompt", prompt_id)
        assert memo is not None and memo.text == entry["memo"]
        for number, asked in enumerate(entry["versions"], 1):
            version = bench.store.prompts.version_by_number(prompt_id, number)
            assert (version.message, version.spec.model) == (asked["message"], asked["model"])
            assert set(version.labels) == set(asked.get("labels", ()))
            note = bench.authoring.memo("version", version.id)
            assert (note.text if note else "") == asked.get("memo", "")


def test_every_sample_run_is_a_call_that_was_answered_and_can_be_opened(bench: Workbench) -> None:
    fill(bench)
    runs = runs_of(bench)
    assert len(runs) == sum(version["runs"] for _, version in VERSIONS)
    for run in runs:
        assert run.reply.outcome == "ok"
        assert run.reply.text
        assert run.cost_usd and run.reply.usage.output
        assert run.reply.served_model == run.request.model
        opened = bench.history.open_in_editor(run.id)
        assert opened.base_version_id == run.context.version_id
        assert opened.values == run.context.values
        assert render_request(opened.spec, opened.values, opened.model) == run.request
    for line in bench.store.prompts.list():
        assert bench.history.timeline(line.prompt.id)


def test_the_memos_on_runs_are_true(bench: Workbench) -> None:
    fill(bench)
    said = {
        (run.version_number, run.context.values["問い合わせ"][:6]): run.reply.text
        for run in runs_of(bench)
        if run.memo
    }
    assert said == {
        (1, "請求書の金額"): "緊急",
        (2, "新しいデザイ"): "緊急",
        (3, "昨夜から管理"): "緊急",
    }
    second = [run for run in runs_of(bench) if run.version_number == 2]
    assert [run.reply.text for run in reversed(second)] == ["緊急", "高", "中", "緊急"]


# -- once --


def test_it_is_not_filled_twice_nor_after_a_restart(settings: Settings) -> None:
    bench = Workbench.open(settings)
    assert fill(bench)
    before = everything(bench)
    assert not fill(bench)
    bench.close()

    bench = Workbench.open(settings)
    fill_in_background(bench)
    assert not [one for one in threading.enumerate() if one.name == "samples"]
    assert not fill(bench)
    assert everything(bench) == before
    bench.close()


def test_deleted_samples_do_not_come_back(bench: Workbench) -> None:
    fill(bench)
    for line in bench.store.prompts.list():
        bench.authoring.delete(line.prompt.id, actor="ada")
    assert not fill(bench)
    assert not bench.store.prompts.list()


def used_by_a_prompt(bench: Workbench) -> None:
    bench.authoring.save_new("Mine", SPEC, actor="ada")


def used_by_a_deleted_prompt(bench: Workbench) -> None:
    saved = bench.authoring.save_new("Mine", SPEC, actor="ada")
    bench.authoring.delete(saved.version.prompt_id, actor="ada")


def used_by_a_run(bench: Workbench) -> None:
    request = Request("sandbox", "sandbox-flash-2", SPEC.turns)
    assert bench.engine.submit(request, CallContext("ada")).wait(10)


@pytest.mark.parametrize("use", [used_by_a_prompt, used_by_a_deleted_prompt, used_by_a_run])
def test_a_workspace_that_was_used_already_is_left_alone(bench: Workbench, use: Any) -> None:
    use(bench)
    before = everything(bench)
    assert not fill(bench)
    assert everything(bench) == before
    assert bench.store.settings.get(FILLED), "it is not asked again when the work is deleted"


def test_without_the_sandbox_the_prompts_come_alone(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "admin.toml").write_text("[sandbox]\nenabled = false\n", "utf-8")
    environ = {"WORKBENCH_DB": str(settings.db)}
    bench = Workbench.open(Settings.from_environment(environ))
    assert fill(bench)
    assert len(bench.store.prompts.list()) == len(ENTRIES)
    assert runs_of(bench) == []
    bench.close()
