"""The guided flow on the sandbox's retiring model, from the plan to the signature."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.access import operator
from core.config import Settings
from core.errors import InvalidInput
from core.lifecycle.lint import fixed
from core.migration.progress import next_step
from core.records.metrics import MetricSpec
from core.records.model_migrations import MigrationPlan, ModelMigration
from core.records.models import ModelRef
from core.records.prompts import Part
from core.workbench import Workbench
from tests.waiting import until
from tests.wire import calls


def ended(bench: Workbench, evaluation_id: str) -> None:
    until(lambda: not bench.evaluations.is_busy(bench.evaluations.get(evaluation_id)))


def to_the_gate(bench: Workbench, plan: MigrationPlan) -> ModelMigration:
    flow = bench.migrations
    migration = flow.start(plan, actor="ada")
    spec = bench.store.prompts.version(plan.source_version_id).spec
    flow.adopt(migration.id, fixed(spec, flow.findings(migration)), "for flash-2", actor="ada")
    ended(bench, flow.freeze(migration.id, actor="ada").id)
    ended(bench, flow.evaluate(migration.id, actor="ada").id)
    return flow.get(migration.id)


def test_a_prompt_is_moved_end_to_end_and_the_label_follows(
    bench: Workbench, plan: MigrationPlan
) -> None:
    flow = bench.migrations
    migration = flow.start(plan, actor="ada")
    assert next_step(migration) == "fix"
    refused = {one.place for one in flow.findings(migration) if one.effect == "rejected"}
    assert refused == {"presence_penalty", "thinking_budget"}
    migration = to_the_gate(bench, plan)
    assert next_step(migration) == "optimise"
    flow.skip(migration.id, "optimise", "good enough", actor="ada")
    flow.look_at_worse(migration.id, actor="ada")
    assert next_step(flow.get(migration.id)) == "review"
    flow.skip(migration.id, "review", "nobody is there", actor="ada")
    migration = flow.gate(migration.id, actor="ada")
    assert migration.gate is not None and migration.gate["verdict"] == "pass"
    assert migration.gate["n"] == 120
    migration = flow.decide(migration.id, "switch", name="Ada", memo="", actor="ada")
    assert next_step(migration) == "done"
    labelled = bench.store.prompts.labelled(plan.prompt_id, "production")
    assert labelled is not None and labelled.id == migration.candidate_version_id
    flow.undo(migration.id, actor="ada")
    labelled = bench.store.prompts.labelled(plan.prompt_id, "production")
    assert labelled is not None and labelled.id == plan.source_version_id


def test_what_was_frozen_is_not_asked_for_again(
    bench: Workbench, plan: MigrationPlan, sandbox_url: str
) -> None:
    flow = bench.migrations
    before = calls(sandbox_url)
    migration = to_the_gate(bench, plan)
    # 120 of the old model when it was frozen, 120 of the new one; the old ones are read again.
    assert calls(sandbox_url) - before == 240
    assert len(flow.values(migration).cases) == 120


def test_it_goes_on_after_a_restart(
    bench: Workbench, plan: MigrationPlan, settings: Settings
) -> None:
    migration = bench.migrations.start(plan, actor="ada")
    spec = bench.store.prompts.version(plan.source_version_id).spec
    bench.migrations.adopt(migration.id, replace(spec, parameters=type(spec.parameters)()), "x",
                           actor="ada")  # fmt: skip
    bench.close()
    again = Workbench.open(settings)
    try:
        found = again.migrations.get(migration.id)
        assert (next_step(found), found.plan.reason) == ("freeze", "sandbox-flash-1 retires")
        assert found.candidate_version_id is not None
    finally:
        again.close()


def test_another_candidate_makes_the_old_numbers_worthless(
    bench: Workbench, plan: MigrationPlan
) -> None:
    flow = bench.migrations
    migration = to_the_gate(bench, plan)
    flow.gate(migration.id, actor="ada")
    spec = bench.store.prompts.version(str(migration.candidate_version_id)).spec
    flow.adopt(migration.id, replace(spec, system=spec.system + "\n"), "again", actor="ada")
    found = flow.get(migration.id)
    assert (found.evaluation_id, found.gate) == (None, None)


def test_rows_that_got_worse_come_with_both_values(bench: Workbench, plan: MigrationPlan) -> None:
    from core.migration.evidence import worse

    flow = bench.migrations
    migration = flow.start(plan, actor="ada")
    spec = bench.store.prompts.version(plan.source_version_id).spec
    bare = replace(
        spec, parameters=type(spec.parameters)(),
        system="問い合わせの優先度を、緊急・高・中・低 のいずれかに分類してください。",
    )  # fmt: skip
    flow.adopt(migration.id, bare, "without definitions", actor="ada")
    ended(bench, flow.evaluate(migration.id, actor="ada").id)
    lost = worse(flow.values(flow.get(migration.id)))
    assert lost and all(new < old for _case, old, new in lost)
    found = flow.gate(migration.id, actor="ada")
    assert found.gate is not None and found.gate["verdict"] == "fail"
    with pytest.raises(InvalidInput, match="did not pass"):
        flow.decide(migration.id, "switch", name="Ada", memo="", actor="ada")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"metrics": ()}, "metric"),
        ({"margin": 0.0}, "margin"),
        ({"repeats": 0}, "Repeat"),
        ({"target_model": "sandbox:sandbox-flash-1"}, "other than"),
        ({"target_model": ""}, "other than"),
        ({"metrics": (MetricSpec("latency_ms"),)}, "no greatest value"),
    ],
)
def test_a_plan_that_will_not_do_says_why(
    bench: Workbench, plan: MigrationPlan, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidInput, match=words):
        bench.migrations.start(replace(plan, **change), actor="ada")


def test_the_same_evidence_has_the_same_hash(bench: Workbench, plan: MigrationPlan) -> None:
    migration = to_the_gate(bench, plan)
    one, two = (bench.migrations.gate(migration.id, actor="ada").gate for _ in range(2))
    assert one is not None and two is not None
    assert one["evidence_sha256"] == two["evidence_sha256"]


def test_doing_a_step_twice_pays_for_nothing_twice(
    bench: Workbench, plan: MigrationPlan, sandbox_url: str
) -> None:
    flow = bench.migrations
    before = calls(sandbox_url)
    migration = to_the_gate(bench, plan)
    spec = bench.store.prompts.version(str(migration.candidate_version_id)).spec
    assert flow.adopt(migration.id, spec, "again", actor="ada").id == migration.candidate_version_id
    assert flow.freeze(migration.id, actor="ada").id == migration.freeze_id
    assert flow.evaluate(migration.id, actor="ada").id == migration.evaluation_id
    assert calls(sandbox_url) - before == 240
    assert flow.get(migration.id) == migration


def test_what_is_decided_is_not_decided_again_and_undo_goes_back_to_the_old_version(
    bench: Workbench, plan: MigrationPlan
) -> None:
    flow = bench.migrations
    migration = to_the_gate(bench, plan)
    flow.gate(migration.id, actor="ada")
    flow.decide(migration.id, "switch", name="Ada", memo="", actor="ada")
    with pytest.raises(InvalidInput, match="decided already"):
        flow.decide(migration.id, "switch", name="Ada", memo="", actor="ada")
    flow.undo(migration.id, actor="ada")
    labelled = bench.store.prompts.labelled(plan.prompt_id, "production")
    assert labelled is not None and labelled.id == plan.source_version_id


def test_undo_leaves_the_label_where_somebody_has_moved_it_since(
    bench: Workbench, plan: MigrationPlan
) -> None:
    flow = bench.migrations
    migration = to_the_gate(bench, plan)
    flow.gate(migration.id, actor="ada")
    flow.decide(migration.id, "switch", name="Ada", memo="", actor="ada")
    spec = bench.store.prompts.version(plan.source_version_id).spec
    later = bench.authoring.save_version(plan.prompt_id, spec, actor="bob").version
    bench.authoring.label(later.id, "production", actor="bob")
    flow.undo(migration.id, actor="ada")
    labelled = bench.store.prompts.labelled(plan.prompt_id, "production")
    assert labelled is not None and labelled.id == later.id
    assert flow.get(migration.id).decision is None


def test_the_dossier_tells_what_a_call_of_the_frozen_model_cost(
    bench: Workbench, plan: MigrationPlan
) -> None:
    migration = to_the_gate(bench, plan)
    costs = bench.store.evaluations.call_costs(str(migration.evaluation_id))
    assert set(costs) == {"old", "new"} and min(costs.values()) > 0
    html = bench.dossiers.html(migration.id, "en")
    assert all(f"${1000 * cost:.4f}" in html for cost in costs.values())


def test_people_judge_the_pairs_blind_and_the_dossier_tells_it(
    bench: Workbench, plan: MigrationPlan
) -> None:
    flow, who = bench.migrations, operator("ada")
    migration = to_the_gate(bench, plan)
    made = flow.review(migration.id, "old and new", who)
    assert flow.review(migration.id, "again", who).id == made.id
    assert flow.get(migration.id).review_id == made.id
    assert made.settings.kind == "pair"
    html = bench.dossiers.html(migration.id, "en")
    assert "Reviewers&#x27; verdicts" in html and "No verdict yet." in html


def test_a_clock_set_wrong_is_said_at_the_gate_and_in_the_dossier(
    bench: Workbench, plan: MigrationPlan
) -> None:
    flow = bench.migrations
    migration = to_the_gate(bench, plan)
    # The answers of the sandbox have told the time.
    ahead = bench.engine.wall_clock.ahead
    assert ahead is not None and abs(ahead) < timedelta(minutes=1)
    assert flow.clock_doubts() == ()
    bench.engine.wall_clock.ahead = timedelta(days=400)
    found = flow.gate(migration.id, actor="ada")
    assert found.gate is not None and found.gate["verdict"] == "pass"
    bench.engine.wall_clock.ahead = timedelta(0)
    assert "576,000 minutes ahead of the service" in bench.dossiers.html(migration.id, "en")


def test_the_same_migration_makes_the_same_dossier_whatever_is_learnt_later(
    bench: Workbench, plan: MigrationPlan
) -> None:
    flow = bench.migrations
    migration = to_the_gate(bench, plan)
    flow.gate(migration.id, actor="ada")
    flow.decide(migration.id, "switch", name="Ada", memo="", actor="ada")
    before = bench.dossiers.html(migration.id, "ja")
    assert "sandbox-flash-1 (120)" in before and "sandbox-flash-2 (120)" in before
    assert "ラベルの正解率 (label_accuracy|" in before
    later = datetime.now(UTC) + timedelta(minutes=1)
    for model in (plan.source_model, plan.target_model):
        ref = ModelRef.parse(model, "sandbox")
        for fact, text in (("ends_on", "2031-01-01"), ("price", "7 / 8")):
            bench.models.add(ref, fact, text, source="a letter", actor="ada", now=later)
    assert bench.dossiers.html(migration.id, "ja") == before


def test_another_model_behind_the_name_stops_the_gate_and_is_in_the_dossier(
    bench: Workbench, plan: MigrationPlan
) -> None:
    flow = bench.migrations
    version = bench.store.prompts.version(plan.source_version_id)
    [turn] = version.spec.turns
    text = f"[[fault:served model=sandbox-pro-2]]{turn.parts[0].text}"
    spec = replace(version.spec, turns=(replace(turn, parts=(Part(text),)),))
    changed = bench.authoring.save_version(plan.prompt_id, spec, actor="ada").version
    migration = to_the_gate(bench, replace(plan, source_version_id=changed.id))
    found = flow.gate(migration.id, actor="ada")
    assert found.gate is not None
    assert (found.gate["verdict"], found.gate["why"]) == ("incomplete", "served")
    html = bench.dossiers.html(migration.id, "en")
    assert "their scores are not comparable" in html
    assert "sandbox-pro-2 (120)" in html
    assert "the old: sandbox-flash-1 was asked for, but sandbox-pro-2 answered" in html
    with pytest.raises(InvalidInput, match="did not pass"):
        flow.decide(migration.id, "switch", name="Ada", memo="", actor="ada")


def test_a_process_that_died_in_the_middle_of_a_step_leaves_nothing_to_be_done_twice(
    bench: Workbench, plan: MigrationPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow = bench.migrations
    keep = bench.store.model_migrations.append

    def dies_at(kind: str) -> None:
        def append(migration_id: str, happened: str, *rest: Any, **named: Any) -> None:
            if happened == kind:
                raise RuntimeError("killed")
            keep(migration_id, happened, *rest, **named)

        monkeypatch.setattr(bench.store.model_migrations, "append", append)

    migration = flow.start(plan, actor="ada")
    spec = bench.store.prompts.version(plan.source_version_id).spec
    candidate = fixed(spec, flow.findings(migration))
    dies_at("candidate")
    with pytest.raises(RuntimeError):
        flow.adopt(migration.id, candidate, "for flash-2", actor="ada")
    monkeypatch.undo()
    taken = flow.adopt(migration.id, candidate, "for flash-2", actor="ada")
    assert len(bench.store.prompts.versions(plan.prompt_id)) == 2
    ended(bench, flow.evaluate(migration.id, actor="ada").id)
    dies_at("review")
    with pytest.raises(RuntimeError):
        flow.review(migration.id, "old and new", operator("ada"))
    monkeypatch.undo()
    made = flow.review(migration.id, "old and new", operator("ada"))
    assert [one.id for one in bench.store.review.list()] == [made.id]
    flow.gate(migration.id, actor="ada")
    dies_at("decision")
    with pytest.raises(RuntimeError):
        flow.decide(migration.id, "switch", name="Ada", memo="", actor="ada")
    monkeypatch.undo()
    assert flow.get(migration.id).decision is None
    flow.decide(migration.id, "switch", name="Ada", memo="", actor="ada")
    labelled = bench.store.prompts.labelled(plan.prompt_id, "production")
    assert labelled is not None and labelled.id == taken.id
    # The one that had the label before it all is not forgotten.
    flow.undo(migration.id, actor="ada")
    labelled = bench.store.prompts.labelled(plan.prompt_id, "production")
    assert labelled is not None and labelled.id == plan.source_version_id
