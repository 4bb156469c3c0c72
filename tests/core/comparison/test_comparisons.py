"""Comparisons in a workbench, against the sandbox: run, failed, stopped, gone on with, judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core import workbench
from core.errors import InvalidInput, NotFound
from core.records.comparisons import Candidate, Cell, CellKey, ComparedInput, Comparison
from core.records.jobs import Job
from core.records.prompts import Part, PromptSpec, Turn, ValueSet
from core.records.runs import RunFilter
from core.sandbox.process import SandboxProcess, SandboxSettings
from core.workbench import Workbench
from tests.waiting import until

FLASH, PRO, OLD = "sandbox:sandbox-flash-2", "sandbox:sandbox-pro-2", "sandbox:sandbox-flash-1"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    process = SandboxProcess.start(SandboxSettings(latency_ms=1, chunk_rate=200, faults=True))
    yield process.base_url
    process.stop()


@pytest.fixture
def environment(environment: pytest.MonkeyPatch, sandbox: str) -> pytest.MonkeyPatch:
    environment.setenv("WORKBENCH_SANDBOX_URL", sandbox)
    return environment


@pytest.fixture
def bench(environment: pytest.MonkeyPatch) -> Workbench:
    return workbench.current()


def spec(text: str = "{question}", **fields: Any) -> PromptSpec:
    return PromptSpec(turns=(Turn("user", (Part(text),)),), **fields)


def columns(bench: Workbench, *models: str, fault: str = "") -> list[Candidate]:
    """Drafts, the last one with a fault in its system instruction."""
    made = [bench.comparisons.draft(spec(system="Answer."), model) for model in models]
    if fault:
        made[-1] = replace(made[-1], spec=spec(system=f"Answer. [[fault:{fault}]]"))
    return made


def questions(number: int) -> list[ComparedInput]:
    return [
        ComparedInput("", f"{n}", {"question": f"返品は何日までですか。The bag leaks, number {n}."})
        for n in range(1, number + 1)
    ]


def create(
    bench: Workbench, candidates: Sequence[Candidate], rows: int = 2, **fields: Any
) -> Comparison:
    return bench.comparisons.create("", candidates, questions(rows), actor="ada", **fields)


def ended(bench: Workbench, job: Job) -> Job:
    assert bench.jobs.wait(job.id, 60)
    return bench.comparisons.progress(job.id)


def run(bench: Workbench, made: Comparison) -> Sequence[Cell]:
    ended(bench, bench.comparisons.start(made.id, actor="ada"))
    return bench.comparisons.grid(made.id)


def outcomes(cells: Sequence[Cell]) -> dict[str, set[str]]:
    """By column: how its cells ended."""
    found: dict[str, set[str]] = {}
    for cell in cells:
        outcome = cell.run.reply.outcome if cell.run else cell.problem or "nothing"
        found.setdefault(cell.candidate_key, set()).add(outcome)
    return found


# -- making --


def test_columns_come_from_versions_and_drafts(bench: Workbench) -> None:
    first = bench.authoring.save_new("Mail", spec("a {x}", model=FLASH), actor="ada").version
    second = bench.authoring.save_version(first.prompt_id, spec("b {x}", model=OLD), actor="ada")
    newest = bench.comparisons.version(first.prompt_id)
    assert (newest.title, newest.model) == ("Mail v2 · sandbox-flash-1", OLD)
    assert newest.version_id == second.version.id
    older = bench.comparisons.other_version(newest, first.id)
    assert (older.title, older.model, older.spec) == ("Mail v1 · sandbox-flash-1", OLD, first.spec)
    other = bench.comparisons.other_model(newest, PRO)
    assert (other.title, other.spec) == ("Mail v2 · sandbox-pro-2", newest.spec)
    made = create(bench, [newest, older, other])
    assert [one.key for one in made.candidates] == ["c1", "c2", "c3"]
    assert (
        made.title
        == "Mail v2 · sandbox-flash-1 / Mail v1 · sandbox-flash-1 / Mail v2 · sandbox-pro-2"
    )


def test_an_edited_version_is_no_longer_that_version(bench: Workbench) -> None:
    saved = bench.authoring.save_new("Mail", spec("a {x}"), actor="ada").version
    same = bench.comparisons.version(saved.prompt_id, model=FLASH)
    edited = replace(same, spec=spec("changed {x}"))
    made = create(bench, [same, edited])
    assert [one.version_id for one in made.candidates] == [saved.id, None]
    assert [one.prompt_id for one in made.candidates] == [saved.prompt_id] * 2


def test_rows_come_from_value_sets(bench: Workbench) -> None:
    sets = (ValueSet("定番", {"question": "a"}), ValueSet("edge", {"question": ""}))
    one = bench.comparisons.draft(spec(value_sets=sets), FLASH)
    assert [row.title for row in bench.comparisons.value_sets([one])] == ["定番", "edge"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"repeats": 0}, "1 to 20 times, not 0"),
        ({"repeats": 21}, "1 to 20 times, not 21"),
        ({"rows": 0}, "1 to 1000 rows, not 0"),
        ({"rows": 700, "repeats": 20}, "28000 answers"),
    ],
)
def test_sizes_have_limits(bench: Workbench, fields: dict[str, int], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        create(bench, columns(bench, FLASH, PRO), **fields)


def test_texts_are_checked(bench: Workbench) -> None:
    rows = [ComparedInput("", "", {"question": "half \ud800"})]
    with pytest.raises(InvalidInput):
        bench.comparisons.create("", columns(bench, FLASH, PRO), rows, actor="ada")
    made = create(bench, columns(bench, FLASH, PRO))
    for title in ("", " \n", "x" * 201):
        with pytest.raises(InvalidInput):
            bench.comparisons.rename(made.id, title, actor="ada")


def test_seeds_are_given_and_differ(bench: Workbench) -> None:
    seeds = {create(bench, columns(bench, FLASH, PRO)).seed for _ in range(5)}
    assert len(seeds) == 5
    assert create(bench, columns(bench, FLASH, PRO), seed=7).seed == 7


# -- running --


def test_every_cell_is_a_run_that_names_it(bench: Workbench) -> None:
    made = create(bench, columns(bench, FLASH, PRO, OLD), rows=3, repeats=2)
    cells = run(bench, made)
    assert [cell.key for cell in cells][:4] == [
        CellKey("i1", "c1", 1), CellKey("i1", "c2", 1), CellKey("i1", "c3", 1), CellKey("i2", "c1", 1),
    ]  # fmt: skip
    assert len(cells) == made.cells == 18
    for cell in cells:
        assert cell.run is not None and cell.answered
        assert cell.run.context.unit == str(cell.key)
        assert (cell.run.context.purpose, cell.run.context.repeat) == ("comparison", cell.repeat)
        asked = next(one for one in made.candidates if one.key == cell.candidate_key).model
        assert f"sandbox:{cell.run.request.model}" == asked
    (line,) = bench.comparisons.latest()
    assert (line.answered, line.cells) == (18, 18)
    assert line.cost_usd == pytest.approx(sum(cell.run.cost_usd or 0 for cell in cells if cell.run))
    assert not bench.comparisons.running(made.id)


def test_a_run_of_a_comparison_opens_in_the_editor(bench: Workbench) -> None:
    saved = bench.authoring.save_new("Mail", spec("to {x}", model=FLASH), actor="ada").version
    version = bench.comparisons.version(saved.prompt_id)
    draft = bench.comparisons.draft(spec("draft for {x}"), PRO)
    rows = [ComparedInput("", "", {"x": "Ada"}), ComparedInput("", "", {"x": "B"}, message="{x}!")]
    made = bench.comparisons.create("", [version, draft], rows, actor="ada")
    opened = {
        cell.key[:2]: bench.history.open_in_editor(cell.run_id or "") for cell in run(bench, made)
    }
    assert opened["i1", "c1"].base_version_id == saved.id
    assert opened["i1", "c2"].spec == draft.spec
    assert dict(opened["i1", "c2"].values) == {"x": "Ada"}
    with_message = opened["i2", "c1"]
    assert with_message.base_version_id is None
    assert dict(with_message.values) == {"x": "B", "input": "{x}!"}


@pytest.mark.parametrize(
    ("fault", "ends"),
    [
        ("not_found", {"unavailable", "refused_by_server"}),
        ("day_quota", {"rate_limited"}),
        ("forbidden", {"refused_by_server"}),
        ("safety", {"blocked"}),
        ("cut after=1", {"unknown"}),
    ],
)
def test_one_failing_column_leaves_the_others_alone(
    bench: Workbench, fault: str, ends: set[str]
) -> None:
    made = create(bench, columns(bench, FLASH, PRO, OLD, fault=fault), rows=4)
    job = ended(bench, bench.comparisons.start(made.id, actor="ada"))
    found = outcomes(bench.comparisons.grid(made.id))
    assert found["c1"] == found["c2"] == {"ok"}
    assert found["c3"] <= ends
    assert (job.state, job.done, job.failed) == ("done", 12, 4)


def test_a_column_that_hangs_lets_the_others_finish(bench: Workbench) -> None:
    made = create(bench, columns(bench, FLASH, PRO, fault="stall"), rows=70)
    job = bench.comparisons.start(made.id, actor="ada")
    until(lambda: bench.comparisons.progress(job.id).done >= 70)
    found = outcomes(bench.comparisons.grid(made.id))
    assert found == {"c1": {"ok"}, "c2": {"nothing"}}
    assert bench.comparisons.running(made.id)
    bench.comparisons.stop(made.id, actor="ada")
    until(lambda: not bench.jobs.busy(job.id))
    assert outcomes(bench.comparisons.grid(made.id))["c2"] <= {"nothing", "cancelled"}


def test_a_cell_that_cannot_be_sent_says_why_in_every_language(bench: Workbench) -> None:
    bad = bench.comparisons.draft(spec("{question} {tone}"), PRO)
    unknown = bench.comparisons.draft(spec(), "sandbox:no-such-model")
    cells = run(bench, create(bench, [*columns(bench, FLASH), bad, unknown]))
    by_column = {cell.candidate_key: cell for cell in cells}
    assert by_column["c1"].answered
    assert by_column["c2"].problem.startswith("No value for {tone}.")
    told = by_column["c2"].told
    assert told is not None and (told.code, told.values) == (
        "missing_variables",
        {"names": "{tone}"},
    )
    # Without a price no cap can be kept, so nothing is sent.
    assert "No price is known for sandbox:no-such-model" in by_column["c3"].problem
    assert bench.store.runs.count(RunFilter()) == 2


def test_the_cap_of_the_job_holds(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "admin.toml").write_text("[caps]\njob_usd = 0.0000001\n", "utf-8")
    bench = workbench.current()
    cells = run(bench, create(bench, columns(bench, FLASH, PRO)))
    assert all(cell.told and cell.told.code == "over_budget" for cell in cells)
    assert bench.store.runs.count(RunFilter()) == 0


@pytest.mark.parametrize(("cap_usd", "failed"), [(0.54, 0), (0.2, 24)])
def test_money_that_only_lies_reserved_is_waited_for(
    environment: pytest.MonkeyPatch, tmp_path: Path, cap_usd: float, failed: int
) -> None:
    # A Pro call reserves 26 cents and costs a fraction of one.
    (tmp_path / "admin.toml").write_text(f"[caps]\njob_usd = {cap_usd}\n", "utf-8")
    bench = workbench.current()
    made = create(bench, columns(bench, PRO, PRO), rows=12)
    job = ended(bench, bench.comparisons.start(made.id, actor="ada"))
    assert (job.state, job.done, job.failed) == ("done", 24, failed)


# -- again --


def test_going_on_asks_only_what_has_no_answer(bench: Workbench) -> None:
    made = create(bench, columns(bench, FLASH, PRO, fault="forbidden times=1"), rows=3)
    before = {cell.key: cell for cell in run(bench, made)}
    assert outcomes(list(before.values())) == {"c1": {"ok"}, "c2": {"refused_by_server"}}
    job = ended(bench, bench.comparisons.continue_(made.id, actor="ada"))
    assert (job.total, job.failed) == (3, 0)
    after = {cell.key: cell for cell in bench.comparisons.grid(made.id)}
    assert all(cell.answered for cell in after.values())
    assert all(after[key] == cell for key, cell in before.items() if cell.answered)
    with pytest.raises(InvalidInput, match="no cell to run"):
        bench.comparisons.continue_(made.id, actor="ada")


@pytest.mark.parametrize(
    ("where", "again"),
    [
        (("i2", "c1"), {"i2/c1/1", "i2/c1/2"}),
        (("i2", None), {"i2/c1/1", "i2/c1/2", "i2/c2/1", "i2/c2/2"}),
        ((None, "c2"), {"i1/c2/1", "i1/c2/2", "i2/c2/1", "i2/c2/2"}),
        ((None, None), {f"i{r}/c{c}/{n}" for r in (1, 2) for c in (1, 2) for n in (1, 2)}),
    ],
)
def test_a_cell_a_row_a_column_or_all_are_asked_again(
    bench: Workbench, where: tuple[str | None, str | None], again: set[str]
) -> None:
    made = create(bench, columns(bench, FLASH, PRO), repeats=2)
    before = {cell.key: cell.run_id for cell in run(bench, made)}
    job = ended(bench, bench.comparisons.rerun(made.id, *where, actor="bob"))
    assert (job.total, job.state, job.created_by) == (len(again), "done", "bob")
    after = {cell.key: cell.run_id for cell in bench.comparisons.grid(made.id)}
    assert {str(key) for key in before if before[key] != after[key]} == again
    assert bench.comparisons.jobs(made.id)[0].id == job.id
    assert len(bench.store.runs.of_group(made.id)) == 8 + len(again)


def test_what_is_under_way_is_not_asked_twice(bench: Workbench) -> None:
    made = create(bench, columns(bench, FLASH, PRO, fault="stall"), rows=3)
    bench.comparisons.start(made.id, actor="ada")
    until(lambda: len(bench.comparisons.live(made.id)) == 6)
    until(lambda: sum(cell.answered for cell in bench.comparisons.grid(made.id)) == 3)
    until(lambda: bench.comparisons.jobs(made.id)[0].done == 3)
    for ask_again in (bench.comparisons.start, bench.comparisons.continue_):
        with pytest.raises(InvalidInput, match="being answered"):
            ask_again(made.id, actor="ada")
    job = bench.comparisons.rerun(made.id, actor="ada")
    assert job.total == 3
    bench.comparisons.stop(made.id, actor="ada")


def test_one_cell_can_be_stopped(bench: Workbench) -> None:
    made = create(bench, columns(bench, FLASH, PRO, fault="stall"), rows=2)
    job = bench.comparisons.start(made.id, actor="ada")
    until(lambda: len(bench.comparisons.live(made.id)) == 4)
    live = bench.comparisons.live(made.id)[CellKey("i1", "c2", 1)]
    until(lambda: live.state in ("sent", "streaming"))
    bench.comparisons.stop(made.id, "i1", "c2", actor="ada")
    assert live.wait(10)
    until(lambda: bench.comparisons.progress(job.id).done == 3)
    cells = {cell.key: cell for cell in bench.comparisons.grid(made.id)}
    stopped = cells["i1", "c2", 1].run  # type: ignore[index]
    assert stopped is not None and stopped.reply.outcome == "cancelled"
    assert cells["i2", "c2", 1].run is None  # type: ignore[index]
    bench.comparisons.stop(made.id, actor="ada")


def test_a_restart_goes_on_and_pays_nothing_twice(environment: pytest.MonkeyPatch) -> None:
    bench = workbench.current()
    made = create(bench, columns(bench, FLASH, PRO), rows=60)
    job = bench.comparisons.start(made.id, actor="ada")
    until(lambda: bench.comparisons.progress(job.id).done >= 10)
    workbench.close_current()

    bench = workbench.current()
    assert bench.comparisons.progress(job.id).done < 120, "the stop came too late to test anything"
    assert (ended(bench, job).state, ended(bench, job).failed) == ("done", 0)
    assert all(cell.answered for cell in bench.comparisons.grid(made.id))
    answered = [
        run for run in bench.store.runs.of_group(made.id) if run.reply.outcome != "cancelled"
    ]
    assert len(answered) == 120


def test_an_answer_whose_unit_was_not_noted_is_not_asked_again(
    environment: pytest.MonkeyPatch,
) -> None:
    bench = workbench.current()
    made = create(bench, columns(bench, FLASH, PRO), rows=5)
    job = ended(bench, bench.comparisons.start(made.id, actor="ada"))
    # As a process leaves it that was killed between an answer and the note of its unit.
    bench.store.jobs.set_state(job.id, "running", "", "ada")
    bench.store._handle.execute("delete from job_results where key in ('i1/c1/1', 'i5/c2/1')", [])
    workbench.close_current()

    bench = workbench.current()
    again = ended(bench, job)
    assert (again.state, again.done) == ("done", 10)
    assert len(bench.store.runs.of_group(made.id)) == 10


def test_a_stopped_job_that_goes_on_pays_nothing_twice(bench: Workbench) -> None:
    made = create(bench, columns(bench, FLASH, PRO), rows=60)
    job = bench.comparisons.start(made.id, actor="ada")
    for done in (10, 40):
        until(lambda: bench.comparisons.progress(job.id).done >= done)  # noqa: B023
        bench.jobs.cancel(job.id, actor="ada")
        until(lambda: not bench.jobs.busy(job.id))
        bench.jobs.resume(job.id, actor="ada")
    assert (ended(bench, job).state, ended(bench, job).failed) == ("done", 0)
    ends = [run.reply.outcome for run in bench.store.runs.of_group(made.id)]
    assert ends.count("ok") == 120
    assert set(ends) <= {"ok", "cancelled"}


# -- reading and deciding --


def test_the_model_that_answered_is_checked(bench: Workbench) -> None:
    made = create(bench, columns(bench, FLASH, PRO, fault="served model=sandbox-flash-2"))
    found = bench.comparisons.notices(made, run(bench, made))
    assert [(notice.level, notice.candidates) for notice in found] == [
        ("warning", ("c1", "c2")), ("warning", ("c2",)),
    ]  # fmt: skip
    assert "are the same model" in found[0].text


def test_blind_verdicts_are_kept_taken_back_and_exported(bench: Workbench) -> None:
    made = create(bench, columns(bench, FLASH, PRO), blind=True)
    bench.comparisons.rename(made.id, "Which is better?", actor="ada")
    run(bench, made)
    orders = bench.comparisons.orders(made)
    left, right = orders["i1"]
    bench.comparisons.verdict(
        made.id, "i1", left, right, "slightly_left", actor="ada", blind=True, reasons=["tone"]
    )
    bench.comparisons.verdict(made.id, "i2", "c1", "c2", "same", actor="ada", blind=True)
    bench.comparisons.undo_verdict(made.id, "i2", "c2", "c1", actor="ada")
    (verdict,) = bench.comparisons.verdicts(made.id)
    assert (verdict.left, verdict.choice, verdict.blind) == (left, "slightly_left", True)
    assert b"slightly better" in bench.comparisons.export(made.id, "csv")
    assert bench.comparisons.export(made.id, "jsonl").count(b"\n") == 1 + 4 + 1
    # The page of a blind comparison does not tell who is who.
    assert b"sandbox-flash-2" not in bench.comparisons.export(made.id, "html")
    bench.comparisons.set_blind(made.id, False, actor="ada")
    revealed = bench.comparisons.export(made.id, "html", language="ja").decode()
    assert "sandbox-flash-2" in revealed


def test_a_view_speaks_the_language_of_its_reader(bench: Workbench) -> None:
    made = create(bench, columns(bench, FLASH, PRO, fault="served model=sandbox-flash-2"))
    cells = run(bench, made)
    bench.authoring.write_memo("comparison", made.id, "会議で見せる", actor="ada")
    bench.comparisons.verdict(
        made.id, "i1", "c1", "c2", "left", actor="ada", reasons=["tone", "own words"]
    )
    views = {
        language: bench.comparisons.view(made, cells, bench.comparisons.verdicts(made.id), language)
        for language in ("en", "ja")
    }
    assert [view["memo"] for view in views.values()] == ["会議で見せる"] * 2
    assert "are the same model" in views["en"]["notices"][0]
    assert "は同じモデルです" in views["ja"]["notices"][0]
    reasons = {name: view["rows"][0]["verdicts"][0]["reasons"] for name, view in views.items()}
    assert reasons["en"] == ["Tone", "own words"]
    assert reasons["ja"][0] != "Tone" and reasons["ja"][1] == "own words"


@pytest.mark.parametrize(
    ("row", "left", "right", "choice"),
    [
        ("i9", "c1", "c2", "left"),
        ("i1", "c1", "c1", "left"),
        ("i1", "c1", "c9", "left"),
        ("i1", "c1", "c2", "best"),
    ],
)
def test_a_verdict_must_fit_the_grid(
    bench: Workbench, row: str, left: str, right: str, choice: Any
) -> None:
    made = create(bench, columns(bench, FLASH, PRO))
    with pytest.raises(InvalidInput):
        bench.comparisons.verdict(made.id, row, left, right, choice, actor="ada")
    assert bench.comparisons.verdicts(made.id) == []


def test_deleting_stops_and_can_be_undone(bench: Workbench) -> None:
    made = create(bench, columns(bench, FLASH, PRO, fault="stall"))
    job = bench.comparisons.start(made.id, actor="ada")
    bench.comparisons.delete(made.id, actor="ada")
    assert bench.comparisons.progress(job.id).state == "cancelled"
    assert bench.comparisons.latest() == []
    bench.comparisons.restore(made.id, actor="ada")
    assert [line.id for line in bench.comparisons.latest()] == [made.id]


def test_a_comparison_that_is_not_there(bench: Workbench) -> None:
    for read in (bench.comparisons.get, bench.comparisons.grid):
        with pytest.raises(NotFound):
            read("01920000-0000-7000-8000-000000000001")
