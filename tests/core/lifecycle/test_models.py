"""What the models page counts and says, over a real store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from core.datasets.datasets import Datasets
from core.errors import InvalidInput
from core.lifecycle.calendar import Urgency, urgency
from core.lifecycle.catalogue import Catalogue, load_shipped
from core.lifecycle.fact_values import typed
from core.lifecycle.models import Models
from core.records.comparisons import Candidate
from core.records.datasets import Case
from core.records.evaluations import Evaluation, ScoredResponse
from core.records.metrics import MetricSpec, Score
from core.records.model_migrations import MigrationPlan
from core.records.models import ModelRef
from core.records.optimizations import OptimizationDraft
from core.records.prompts import Part, PromptSpec, Turn
from core.records.runs import CallContext, Reply, Request, Usage
from core.store import Store

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
FLASH_1 = ModelRef("sandbox", "sandbox-flash-1")
ARGON = ModelRef("gemini", "gemini-4-argon")


@pytest.fixture
def store() -> Iterator[Store]:
    opened = Store.open(":memory:", now=lambda: NOW)
    yield opened
    opened.close()


@pytest.fixture
def models(store: Store) -> Models:
    return Models(Catalogue(load_shipped()), store.model_use, store.facts, "sandbox")


def asked(store: Store, ref: ModelRef, served: str | None = None) -> str:
    run_id = store.new_id()
    request = Request(ref.surface, ref.model, (Turn("user", (Part("hi"),)),))
    store.ledger.reserve_and_send(run_id, 1, request, CallContext("mika"), 0.0).result()
    reply = Reply("ok", "ok", served_model=served, usage=Usage(input=1_000_000, output=500_000))
    store.ledger.settle_run(run_id, 1, reply, 0.3).result()
    return run_id


@pytest.mark.parametrize(
    ("days", "band"),
    [(None, "open"), (0, "past"), (-3, "past"), (1, "week"), (7, "week"), (8, "month"),
     (30, "month"), (31, "quarter"), (90, "quarter"), (91, "half"), (180, "half"), (181, "later")],
)  # fmt: skip
def test_alerts_come_at_180_90_30_and_7_days(days: int | None, band: Urgency) -> None:
    assert urgency(days) == band


def test_what_is_used_and_ends_soonest_comes_first(store: Store, models: Models) -> None:
    spec = PromptSpec(model=str(FLASH_1))
    version = store.prompts.create("triage", spec, actor="mika")
    store.prompts.set_label(version.id, "production", actor="mika")
    asked(store, FLASH_1)
    first = models.lines(NOW)[0]
    assert (first.info.ref, first.days, first.urgency) == (FLASH_1, 29, "month")
    assert [(use.name, use.labels) for use in first.prompts] == [("triage", ("production",))]
    assert (first.calls.runs, first.calls.cost_usd) == (1, 0.3)


def test_only_labelled_and_newest_versions_count(store: Store, models: Models) -> None:
    one = store.prompts.create("triage", PromptSpec(model=str(FLASH_1)), actor="mika")
    store.prompts.save_version(one.prompt_id, PromptSpec(model=str(ARGON)), actor="mika")
    uses = {line.info.ref: [use.number for use in line.prompts] for line in models.lines(NOW)}
    assert (uses[FLASH_1], uses[ARGON]) == ([], [2])


def test_a_bare_id_belongs_to_the_default_connection(store: Store, models: Models) -> None:
    store.prompts.create("old", PromptSpec(model="sandbox-flash-1"), actor="mika")
    assert models.lines(NOW)[0].info.ref == FLASH_1


def test_a_deleted_prompt_depends_on_nothing(store: Store, models: Models) -> None:
    version = store.prompts.create("old", PromptSpec(model=str(FLASH_1)), actor="mika")
    store.prompts.delete(version.prompt_id, actor="mika")
    assert not any(line.used for line in models.lines(NOW))


def test_the_cost_after_a_change_of_price_is_that_of_the_same_tokens(
    store: Store, models: Models
) -> None:
    asked(store, ARGON)
    line = next(line for line in models.lines(NOW) if line.info.ref == ARGON)
    assert line.next_price is not None and line.next_price.valid_from is not None
    assert line.next_price.valid_from.date() == date(2026, 12, 1)
    assert line.cost_after_usd == pytest.approx(4 + 20 / 2)


def test_calls_answered_by_another_model_are_all_found_and_none_invented(
    store: Store, models: Models
) -> None:
    for number in range(200):
        asked(store, FLASH_1, "sandbox-flash-2" if number % 40 == 7 else "sandbox-flash-1")
    asked(store, ARGON, "models/gemini-4-argon")
    asked(store, ARGON, None)
    (found,) = models.reroutes(NOW)
    assert (found.requested, found.served, found.runs) == ("sandbox-flash-1", "sandbox-flash-2", 5)


def test_a_version_that_answers_is_no_other_model(store: Store, models: Models) -> None:
    asked(store, FLASH_1, "sandbox-flash-1-001")
    assert models.reroutes(NOW) == []
    assert models.proposals(NOW) == []


def test_references_that_a_model_wrote_depend_on_it(store: Store, models: Models) -> None:
    datasets = Datasets(store)
    mine = [Case(asked(store, FLASH_1), {"prompt": "hi", "reference": "ok"}) for _ in range(3)]
    plain = Case("0" * 36, {"prompt": "hi", "reference": "typed"})
    version = datasets.create("golden", [*mine, plain], actor="mika", source="runs")
    # An answer that nobody vouched for is no reference.
    datasets.create("raw", [Case(asked(store, ARGON), {"prompt": "a"})], actor="mika", source="r")
    line = next(line for line in models.lines(NOW) if line.info.ref == FLASH_1)
    [use] = line.others
    assert (use.kind, use.title, use.count, use.id) == (
        "reference", "golden", 3, version.dataset_id,
    )  # fmt: skip
    assert next(line for line in models.lines(NOW) if line.info.ref == ARGON).others == ()
    datasets.delete(version.dataset_id, actor="mika")
    assert all(not line.others for line in models.lines(NOW))


def test_a_judge_is_in_use_though_no_prompt_names_it(store: Store, models: Models) -> None:
    draft = Evaluation("", "tickets", store.new_id(), (), (MetricSpec("fluency"),), 1, NOW, "mika")
    kept = store.evaluations.create(draft)
    score = ScoredResponse(kept.id, "c", "a", 0, "fluency", "s", Score(1.0), str(ARGON), "x")
    store.scores.record([score, replace(score, case_id="d")]).result()
    line = next(line for line in models.lines(NOW) if line.info.ref == ARGON)
    assert [(use.kind, use.title) for use in line.others] == [("judge", "tickets")]
    assert line.used
    store.evaluations.change(kept.id, title="renamed", actor="mika")
    line = next(line for line in models.lines(NOW) if line.info.ref == ARGON)
    assert [use.title for use in line.others] == ["renamed"]
    store.evaluations.change(kept.id, deleted=True, actor="mika")
    assert not any(line.used for line in models.lines(NOW))


def test_moves_optimizations_and_comparisons_are_told_and_only_moves_make_it_used(
    store: Store, models: Models
) -> None:
    def uses(ref: ModelRef) -> list[tuple[str, str]]:
        line = next(line for line in models.lines(NOW) if line.info.ref == ref)
        return [(use.kind, use.title) for use in line.others]

    version = store.prompts.create("triage", PromptSpec(model=str(FLASH_1)), actor="mika")
    plan = MigrationPlan(version.prompt_id, version.id, str(FLASH_1), str(ARGON),
                         store.new_id(), (MetricSpec("exact_match"),))  # fmt: skip
    moved = store.model_migrations.create(plan, actor="mika")
    job = store.optimizations.create(
        OptimizationDraft("better", version.spec, store.new_id(), str(ARGON), ()), actor="mika"
    )
    sides = [Candidate(key, key, version.spec, str(ARGON)) for key in ("a", "b")]
    compared = store.comparisons.create("side by side", sides, (), actor="mika")
    assert uses(ARGON) == [
        ("migration", "triage"), ("optimization", "better"), ("comparison", "side by side"),
    ]  # fmt: skip
    assert next(line for line in models.lines(NOW) if line.info.ref == ARGON).used
    decision = {"choice": "switch", "name": "Ada", "memo": ""}
    store.model_migrations.append(moved, "decision", decision, actor="mika")
    assert uses(ARGON)[0][0] == "optimization"
    assert not next(line for line in models.lines(NOW) if line.info.ref == ARGON).used
    store.model_migrations.append(moved, "undo", {}, actor="mika")
    assert uses(ARGON)[0][0] == "migration"
    store.model_migrations.append(moved, "deleted", {"deleted": True}, actor="mika")
    store.optimizations.change(job.id, deleted=True, actor="mika")
    store.comparisons.rename(compared.id, "renamed", actor="mika")
    assert uses(ARGON) == [("comparison", "renamed")]
    store.comparisons.delete(compared.id, actor="mika")
    assert uses(ARGON) == []


def test_dates_that_moved_are_shown_with_the_one_that_holds_first(models: Models) -> None:
    (ends,) = models.disagreements(ModelRef("platform", "gemini-2.5-pro"), NOW)
    assert [one.value for one in ends.statements] == ["2026-10-20", "2026-06-17", "2026-10-16"]


def test_sources_that_differ_on_todays_price_are_shown_and_a_change_of_price_is_none(
    models: Models,
) -> None:
    found = models.disagreements(ModelRef("gemini", "gemini-3.6-flash"), NOW)
    [price] = [one for one in found if one.fact == "price"]
    assert [json.loads(one.value)["input"] for one in price.statements] == [1.5, 0.75]
    assert models.disagreements(ARGON, NOW) == ()


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("output_limit", "65,536", 65_536),
        ("media", "image/png, application/pdf", ["image/png", "application/pdf"]),
        ("parameter.top_k", "ignored", "ignored"),
        ("released", "2026-01-02", "2026-01-02"),
    ],
)
def test_what_is_typed_is_kept_as_data(name: str, text: str, value: object) -> None:
    assert typed(name, text) == value


def test_what_a_person_adds_holds_and_is_kept(store: Store, models: Models) -> None:
    models.add(FLASH_1, "ends_on", "2027-03-01", source="phone", actor="mika", now=NOW)
    line = next(line for line in models.lines(NOW) if line.info.ref == FLASH_1)
    assert line.info.ends_on == date(2027, 3, 1)
    again = Catalogue([*load_shipped(), *store.facts.all()])
    assert again.info(FLASH_1, NOW).ends_on == date(2027, 3, 1)


def test_a_price_for_an_unknown_model_makes_it_callable(models: Models) -> None:
    ref = ModelRef("gemini", "gemini-9-boron")
    models.add(ref, "price", "1 / 2 / 0.1", source="list", actor="mika", now=NOW)
    price = models._catalogue.price("gemini", "gemini-9-boron", NOW + timedelta(days=1))
    assert price is not None
    assert (price.input, price.output, price.cached_input) == (1.0, 2.0, 0.1)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("ends_on", "soon", "is no day"),
        ("price", "cheap", "is no price"),
        ("price", "1", "is no price"),
        ("price", "-1 / 2", "is no price"),
        ("price", "nan / 2", "is no price"),
        ("replacement", "", "empty"),
        ("output_limit", "many", "is no number of tokens"),
        ("output_limit", "0", "is no number of tokens"),
        ("output_limit", "²", "is no number of tokens"),
        ("parameter.top_k", "maybe", "Write one of ok"),
        ("media", " ", "empty"),
    ],
)
def test_what_cannot_be_is_refused_with_how_it_is_written(name: str, text: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        typed(name, text)


def test_a_fact_needs_a_source(models: Models) -> None:
    with pytest.raises(InvalidInput, match="where this is from"):
        models.add(FLASH_1, "note", "x", source=" ", actor="mika", now=NOW)
