from __future__ import annotations

import json
from pathlib import Path

from core.access import local_person
from core.config import Settings
from core.datasets.datasets import Datasets
from core.records.datasets import Case
from core.records.review import Handed, Judgement, RoundSettings
from core.workbench import Workbench
from tests.core.commands.conftest import Command, run_main


def reviewed(settings: Settings) -> str:
    """A closed round of three pairs in the file; its id."""
    bench = Workbench.open(settings)
    ada = local_person("ada")
    rows = [Case(f"t{n}", {"q": f"q {n}", "old": f"old {n}", "new": f"=new {n}"}) for n in range(3)]
    version = Datasets(bench.store).create("tickets", rows, actor="ada", source="test")
    reviews = bench.reviews
    asked = RoundSettings("Which is better?", "pair", repeats=0)
    round_ = reviews.create_round(reviews.from_dataset(version.id, asked, ["old", "new"]), ada)
    while isinstance(found := reviews.next_item(round_.id, ada), Handed):
        choice = Judgement(choice="left" if found.answers[0].startswith("=new") else "right")
        reviews.verdict(round_.id, found.lease_id, choice, ada)
    reviews.close(round_.id, ada)
    bench.close()
    return round_.id


def test_rounds_and_results_on_the_free_file(settings: Settings) -> None:
    round_id = reviewed(settings)
    (line,) = run_main("review", "--json").lines
    assert (line["id"], line["state"], line["verdicts"], line["wanted"]) == (
        round_id, "closed", 3, 3,
    )  # fmt: skip
    (found,) = run_main("review", "results", round_id, "--json").lines
    assert (found["pair"]["first_won"], found["pair"]["second_won"]) == (0, 3)
    assert found["pair"]["second_share"]["n"] == 3
    assert "won 3" in run_main("review", "results", round_id).out


def test_the_same_through_the_running_app(command: Command, settings: Settings) -> None:
    assert command("review", "--json").lines == []
    assert command("review", "results", "nonsense").code == 1


def test_exports_hold_every_verdict_and_no_formula(settings: Settings, tmp_path: Path) -> None:
    round_id = reviewed(settings)
    file = tmp_path / "verdicts.csv"
    assert run_main("review", "export", round_id, "--out", str(file)).code == 0
    data = file.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf") and data.count(b"\r\n") == 4
    assert b"'=new 0" in data
    out = run_main("review", "export", round_id, "--format", "jsonl").out
    rows = [json.loads(row) for row in out.splitlines()]
    assert {row["label"] for row in rows} == {"second"}
    assert rows[0]["second_answer"].startswith("=new")


def test_a_round_must_be_named(settings: Settings) -> None:
    assert run_main("review", "results").code == 2
