from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from core.errors import InvalidInput, NotFound
from core.records.runs import CallContext, Reply, RunFilter, RunPage, Usage
from core.store import Store
from tests.core.store.conftest import Clock, settle, text_request, text_spec

AddRun = Callable[..., str]


def ids(page: RunPage) -> list[str]:
    return [item.id for item in page.items]


# -- paging --


@pytest.mark.parametrize("limit", [1, 3, 7, 50])
def test_pages_show_every_run_once_and_newest_first(
    store: Store, add_run: AddRun, limit: int
) -> None:
    made = [add_run() for _ in range(7)]
    seen: list[str] = []
    before: str | None = None
    while True:
        page = store.runs.page(RunFilter(), limit=limit, before=before)
        seen += ids(page)
        if page.next_before is None:
            break
        before = page.next_before
    assert seen == made[::-1]


def test_a_run_that_ends_late_keeps_the_place_of_its_beginning(store: Store) -> None:
    early, late = store.new_id(), store.new_id()
    for run_id in (early, late):
        store.ledger.reserve_and_send(run_id, 1, text_request(), CallContext("ada"), 0.1).result()
    for run_id in (late, early):
        store.ledger.settle_run(run_id, 1, Reply("ok"), 0.1).result()
    assert ids(store.runs.page(RunFilter())) == [late, early]


def test_a_line_has_what_a_list_shows(store: Store, clock: Clock) -> None:
    version = store.prompts.create("要約", text_spec(), actor="ada")
    reply = Reply(
        "truncated",
        text="あ" * 500,
        served_model="served",
        usage=Usage(1, 2, 3),
        first_token_ms=5.0,
        total_ms=9.0,
    )
    run_id = settle(
        store,
        text_request("い" * 500),
        reply,
        prompt_id=version.prompt_id,
        version_id=version.id,
    )
    store.memos.write("run", run_id, "old", actor="ada")
    store.memos.write("run", run_id, "メモ", actor="ada")
    store.prompts.rename(version.prompt_id, "新しい名", actor="ada")
    (item,) = store.runs.page(RunFilter()).items
    assert item.id == run_id
    assert (item.created_at, item.created_by) == (clock(), "ada")
    assert (item.input_excerpt, item.output_excerpt) == ("い" * 200, "あ" * 200)
    assert (item.requested_model, item.served_model) == ("sandbox-flash-2", "served")
    assert (item.prompt_name, item.version_number, item.memo) == ("新しい名", 1, "メモ")
    assert (item.outcome, item.usage, item.cost_usd) == ("truncated", Usage(1, 2, 3), 0.001)
    assert (item.first_token_ms, item.total_ms, item.starred) == (5.0, 9.0, False)


# -- filters --


@pytest.fixture
def two(store: Store, clock: Clock) -> tuple[str, str]:
    """Two runs that differ in every field; the second is the one that the table looks for."""
    settle(store, text_request("first", model="m1"), actor="ada", cost_usd=0.001, purpose="prompt")
    version = store.prompts.create("p", text_spec(), actor="ada")
    store.prompts.set_label(version.id, "production", actor="ada")
    clock.forward(hours=1)
    second = settle(
        store,
        text_request("second", connection="gemini", model="m2"),
        Reply("blocked"),
        actor="bob",
        cost_usd=0.5,
        purpose="job",
        prompt_id=version.prompt_id,
        version_id=version.id,
        group_id="group",
        job_id="job",
    )
    store.runs.star(second, True, actor="bob")
    return second, version.id


@pytest.mark.parametrize(
    "wanted",
    [
        RunFilter(search="SECOND"),
        RunFilter(label="production"),
        RunFilter(connection="gemini"),
        RunFilter(model="m2"),
        RunFilter(outcome="blocked"),
        RunFilter(actor="bob"),
        RunFilter(purpose="job"),
        RunFilter(purposes=("job", "judge")),
        RunFilter(group_id="group"),
        RunFilter(job_id="job"),
        RunFilter(min_cost_usd=0.5),
        RunFilter(starred=True),
        RunFilter(saved=True),
    ],
    ids=str,
)
def test_each_filter_finds_its_run_only(
    store: Store, two: tuple[str, str], wanted: RunFilter
) -> None:
    assert ids(store.runs.page(wanted)) == [two[0]]
    assert store.runs.count(wanted) == 1
    assert store.runs.totals(wanted).cost_usd == 0.5


@pytest.mark.parametrize(
    "wanted",
    [
        RunFilter(max_cost_usd=0.4),
        RunFilter(starred=False),
        RunFilter(saved=False),
        RunFilter(actor="ada", model="m1"),
    ],
    ids=str,
)
def test_each_opposite_finds_the_other_one(
    store: Store, two: tuple[str, str], wanted: RunFilter
) -> None:
    assert len(found := ids(store.runs.page(wanted))) == 1
    assert found != [two[0]]


def test_filters_by_version_prompt_and_time(
    store: Store, two: tuple[str, str], clock: Clock
) -> None:
    second, version_id = two
    prompt_id = store.prompts.version(version_id).prompt_id
    assert ids(store.runs.page(RunFilter(version_id=version_id))) == [second]
    assert ids(store.runs.page(RunFilter(prompt_id=prompt_id))) == [second]
    assert ids(store.runs.page(RunFilter(since=clock()))) == [second]
    assert second not in ids(store.runs.page(RunFilter(until=clock())))
    assert store.runs.count(RunFilter(since=clock() + timedelta(seconds=1))) == 0
    assert store.runs.count(RunFilter(prompt_id="no id")) == 0


def test_a_label_filter_follows_the_label(store: Store, two: tuple[str, str]) -> None:
    second, version_id = two
    prompt_id = store.prompts.version(version_id).prompt_id
    store.prompts.remove_label(prompt_id, "production", actor="ada")
    assert store.runs.count(RunFilter(label="production")) == 0
    store.prompts.set_label(version_id, "production", actor="ada")
    assert ids(store.runs.page(RunFilter(label="production"))) == [second]


# -- search --


@pytest.mark.parametrize(
    ("search", "found"),
    [
        pytest.param("請求", True, id="in the prompt"),
        pytest.param("ありがとう", True, id="in the output"),
        pytest.param("役に立つ", True, id="in the memo"),
        pytest.param("システム", True, id="in the system instruction"),
        pytest.param("ＳＹＳＴＥＭ", True, id="full width finds half width"),
        pytest.param("system", True, id="whatever the case"),
        pytest.param("ｼｽﾃﾑ", True, id="half-width kana finds full width"),
        pytest.param("  請求  ", True, id="spaces around do not count"),
        pytest.param("100%", True, id="a percent sign is itself"),
        pytest.param("1.0", False, id="a dot is no wildcard"),
        pytest.param("100_", False, id="nor is an underscore"),
        pytest.param("(a|b", True, id="a pattern is not read as one"),
        pytest.param("absent", False, id="what is nowhere"),
        pytest.param("replaced", False, id="what a memo once said"),
        pytest.param("求ありが", False, id="not across prompt and output"),
        pytest.param("x" * 300, True, id="a long text"),
        pytest.param("x" * 301, False, id="a longer one"),
    ],
)
def test_text_is_found_wherever_it_is(store: Store, search: str, found: bool) -> None:
    run_id = settle(
        store,
        text_request("100% の請求", system="System システム (a|b " + "x" * 300),
        Reply("ok", text="ありがとう"),
    )
    settle(store, text_request("another"), Reply("ok", text="one"))
    store.memos.write("run", run_id, "replaced", actor="ada")
    store.memos.write("run", run_id, "役に立つ", actor="ada")
    wanted = RunFilter(search=search)
    assert ids(store.runs.page(wanted)) == ([run_id] if found else [])
    assert store.runs.count(wanted) == int(found)


def test_hits_in_texts_and_memos_come_in_one_order_and_once(store: Store, clock: Clock) -> None:
    made = []
    for number in range(9):
        clock.forward(days=1)
        said = "needle" if number % 3 else "hay"
        made.append(settle(store, text_request(said)))
        if number % 2:
            store.memos.write("run", made[-1], "Needle", actor="ada")
    wanted = RunFilter(search="needle")
    expected = [made[n] for n in range(8, -1, -1) if n % 3 or n % 2]
    seen: list[str] = []
    page = store.runs.page(wanted, limit=2)
    while True:
        seen += ids(page)
        if page.next_before is None:
            break
        page = store.runs.page(wanted, limit=2, before=page.next_before)
    assert seen == expected


def test_a_search_keeps_to_the_other_filters(store: Store) -> None:
    settle(store, text_request("needle"), actor="ada")
    bobs = settle(store, text_request("needle"), actor="bob")
    noted = settle(store, text_request("hay"), actor="ada")
    store.memos.write("run", noted, "needle", actor="ada")
    assert ids(store.runs.page(RunFilter(search="needle", actor="bob"))) == [bobs]


def test_half_a_character_cannot_be_looked_for(store: Store, add_run: AddRun) -> None:
    add_run()
    with pytest.raises(InvalidInput):
        store.runs.page(RunFilter(search="\ud800"))


# -- marks --


def test_a_star_can_be_put_on_and_taken_off(store: Store, add_run: AddRun) -> None:
    run_id = add_run()
    store.runs.star(run_id, True, actor="ada")
    assert store.runs.get(run_id).starred
    assert store.runs.page(RunFilter()).items[0].starred
    store.runs.star(run_id, False, actor="ada")
    assert not store.runs.get(run_id).starred


def test_a_deleted_run_is_hidden_until_it_is_restored(store: Store, add_run: AddRun) -> None:
    kept, gone = add_run(), add_run()
    store.runs.delete(gone, actor="ada")
    assert ids(store.runs.page(RunFilter())) == [kept]
    assert ids(store.runs.page(RunFilter(deleted=True))) == [gone]
    assert store.runs.get(gone).deleted
    assert store.ledger.attempts(gone)[0].cost_usd == 0.001
    store.runs.restore(gone, actor="ada")
    assert ids(store.runs.page(RunFilter())) == [gone, kept]


@pytest.mark.parametrize("bad", ["no id", "", "018f0000-0000-7000-8000-000000000000"])
def test_a_run_that_is_not_there_is_not_found(store: Store, bad: str) -> None:
    with pytest.raises(NotFound):
        store.runs.get(bad)


# -- sums and sets --


def test_totals_leave_unknown_costs_out(store: Store) -> None:
    settle(store, reply=Reply("ok", usage=Usage(10, 20)), cost_usd=0.25)
    settle(store, reply=Reply("ok", usage=Usage(1, None)), cost_usd=None)
    totals = store.runs.totals(RunFilter())
    assert (totals.runs, totals.cost_usd) == (2, 0.25)
    assert (totals.input_tokens, totals.output_tokens) == (11, 20)
    nothing = store.runs.totals(RunFilter(actor="nobody"))
    assert (nothing.runs, nothing.cost_usd, nothing.input_tokens) == (0, 0.0, 0)


def test_counting_stops_at_the_cap(store: Store, add_run: AddRun) -> None:
    for _ in range(5):
        add_run()
    assert store.runs.count(RunFilter(), cap=3) == 3
    assert store.runs.count(RunFilter()) == 5


def test_an_export_goes_through_everything_in_batches(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.store.runs.IDS_AT_ONCE", 4)
    made = [settle(store, text_request("x" if n % 2 else "y")) for n in range(11)]
    batches = list(store.runs.iterate(RunFilter(), batch=3))
    assert max(len(batch) for batch in batches) == 3
    assert [run.id for batch in batches for run in batch] == made[::-1]
    odd = [run.id for batch in store.runs.iterate(RunFilter(search="x")) for run in batch]
    assert odd == made[1::2][::-1]
    assert list(store.runs.iterate(RunFilter(actor="nobody"))) == []


def test_the_runs_of_one_click_come_in_their_order(store: Store, add_run: AddRun) -> None:
    made = [add_run(group_id="g", repeat=n) for n in range(3)]
    add_run(group_id="other")
    group = store.runs.of_group("g")
    assert [(run.id, run.context.repeat) for run in group] == [
        (id_, n) for n, id_ in enumerate(made)
    ]
    assert list(store.runs.of_group("none")) == []


def test_choices_for_the_filters(store: Store, add_run: AddRun) -> None:
    add_run(actor="bob")
    add_run(text_request(model="b"), actor="ada")
    add_run(text_request(model="a", connection="gemini"), actor="ada")
    assert store.runs.actors() == ["ada", "bob"]
    assert store.runs.models() == [
        ("gemini", "a"),
        ("sandbox", "b"),
        ("sandbox", "sandbox-flash-2"),
    ]


def test_an_empty_history(store: Store) -> None:
    assert store.runs.page(RunFilter()) == RunPage((), None)
    assert store.runs.page(RunFilter(search="x")) == RunPage((), None)
    assert store.runs.page(replace(RunFilter(), starred=True)).items == ()
    assert store.runs.actors() == []


def test_the_newest_run_of_each_unit_of_a_group(store: Store) -> None:
    first = settle(store, group_id="g", unit="a/1")
    newest = settle(store, group_id="g", unit="a/1", reply=Reply("blocked"))
    other = settle(store, group_id="g", unit="a/2")
    settle(store, group_id="g")
    settle(store, group_id="another", unit="a/1")
    found = {run.context.unit: run.id for run in store.runs.newest_of_units("g")}
    assert found == {"a/1": newest, "a/2": other}
    assert first != newest
    assert store.runs.newest_of_units("none") == []
