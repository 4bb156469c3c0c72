"""The sample workspace of a first start: the support-triage story, as records like any others.

The texts lie in `data/samples/workspace.json`. The runs are real calls to the sandbox, made
through the engine; nothing in the history is invented. It is filled once and never again, also
when somebody deletes it; and never into a workspace that somebody has used already.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from core.datasets.samples import load_samples
from core.errors import StoreError, WorkbenchError
from core.prompts.rendering import render_request
from core.prompts.starters import load_starters
from core.records.models import ModelRef
from core.records.prompts import PromptSpec, Version
from core.records.runs import CallContext, RunFilter
from core.workbench import Workbench

FILLED = "samples/filled"
WORKSPACE = Path(__file__).resolve().parents[1] / "data" / "samples" / "workspace.json"
ACTOR = "sample"
RUNS_AFTER_S = 1.5
"""The first call imports the SDK and the datasets are long: both would hold up the first page."""


def fill_in_background(bench: Workbench) -> None:
    """Fill a new workspace in a thread, so that the first page does not wait for it."""
    if not bench.store.settings.get(FILLED):
        threading.Thread(
            target=_fill_unless_closed, args=(bench,), name="samples", daemon=True
        ).start()


def _fill_unless_closed(bench: Workbench) -> None:
    # When the app ends meanwhile, what was made until then stays.
    with suppress(StoreError):
        fill(bench, before_runs=lambda: time.sleep(RUNS_AFTER_S))


def fill(
    bench: Workbench, path: Path = WORKSPACE, *, before_runs: Callable[[], None] = lambda: None
) -> bool:
    """Make the sample prompts and memos, then the sample datasets and the prompts' runs.

    False when that was done before or is unwanted.
    """
    if bench.store.settings.get(FILLED):
        return False
    bench.store.settings.put(FILLED, True)
    if _used(bench):
        return False
    starters = {one.name: one.spec for one in load_starters()}
    entries = json.loads(path.read_text("utf-8"))["prompts"]
    saved = [(entry, _save(bench, entry, starters)) for entry in entries]
    before_runs()
    load_samples(bench.datasets, actor=ACTOR)
    if bench.connections["sandbox"].live:
        for entry, versions in saved:
            _run(bench, entry, versions)
    return True


def _used(bench: Workbench) -> bool:
    """Whether somebody has made something, for example with the command line."""
    return bool(bench.datasets.list()) or any(
        bench.store.prompts.list(deleted=deleted)
        or bench.store.runs.count(RunFilter(deleted=deleted), cap=1)
        for deleted in (False, True)
    )


def _save(
    bench: Workbench, entry: dict[str, Any], starters: dict[str, PromptSpec]
) -> list[Version]:
    """The prompt with its versions, labels and memos."""
    made: list[Version] = []
    base = starters[entry["starter"]]
    for one in entry["versions"]:
        spec = PromptSpec.from_dict(
            {**base.to_dict(), "system": one.get("system", base.system), "model": one["model"]}
        )
        if made:
            saved = bench.authoring.save_version(
                made[0].prompt_id, spec, actor=ACTOR, message=one["message"]
            )
        else:
            saved = bench.authoring.save_new(
                entry["name"], spec, actor=ACTOR, message=one["message"], memo=entry["memo"]
            )
        made.append(saved.version)
        if one.get("memo"):
            bench.authoring.write_memo("version", saved.version.id, one["memo"], actor=ACTOR)
        for name in one.get("labels", ()):
            bench.authoring.label(saved.version.id, name, actor=ACTOR)
    return made


def _run(bench: Workbench, entry: dict[str, Any], versions: list[Version]) -> None:
    """Each version on its value sets, as far as the entry asks."""
    for one, version in zip(entry["versions"], versions, strict=True):
        ref = ModelRef.parse(version.spec.model, "sandbox")
        memos = one.get("run_memos", {})
        for number, values in enumerate(version.spec.value_sets[: one.get("runs", 0)], 1):
            try:
                request = render_request(version.spec, values.values, ref)
            except WorkbenchError:
                # A sample that this release cannot render is left out, not the whole workspace.
                continue
            context = CallContext(
                ACTOR, "sample", version.prompt_id, version.id, dict(values.values),
                foreground=False,
            )  # fmt: skip
            live = bench.engine.submit(request, context, caps=bench.caps(ACTOR))
            live.wait(30)
            memo = memos.get(str(number))
            if memo and live.reply is not None:
                bench.authoring.write_memo("run", live.run_id, memo, actor=ACTOR)
