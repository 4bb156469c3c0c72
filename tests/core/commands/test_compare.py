"""`python -m core compare`, in both transports."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from core.config import Settings
from core.prompts.exchange_format import FORMAT
from core.records.prompts import Part, PromptSpec, Turn, ValueSet

FLASH, PRO, OLD = "sandbox:sandbox-flash-2", "sandbox:sandbox-pro-2", "sandbox:sandbox-flash-1"
TWO = ("--model", FLASH, "--model", PRO)


@pytest.fixture
def prompt_file(tmp_path: Path) -> str:
    """An export with two versions; the second has value sets."""
    sets = (ValueSet("定番", {"質問": "返品は？"}), ValueSet("edge", {"質問": "…"}))
    specs = [
        PromptSpec(turns=(Turn("user", (Part("First: {質問}"),)),), model=OLD),
        PromptSpec(turns=(Turn("user", (Part("Second: {質問}"),)),), model=FLASH, value_sets=sets),
    ]
    versions = [
        {"number": number, "message": "", "spec": spec.to_dict()}
        for number, spec in enumerate(specs, 1)
    ]
    value = {"format": FORMAT, "format_version": 1, "name": "挨拶", "versions": versions}
    path = tmp_path / "prompt.json"
    path.write_text(json.dumps(value, ensure_ascii=False), "utf-8")
    return str(path)


def compared(command: Any, *arguments: str, code: int = 0) -> Any:
    done = command("compare", *arguments, "--json")
    assert (done.code, done.err) == (code, "")
    (line,) = done.lines
    return line


def test_models_answer_the_same_inputs(command: Any) -> None:
    Path("in.csv").write_text("質問,reference\n返品は何日まで？,30日\nopening hours?,9\n", "cp932")
    found = compared(command, *TWO, "--inputs", "in.csv", "--repeat", "2", "--title", "声")
    assert found["title"] == "声"
    assert [column["key"] for column in found["columns"]] == ["c1", "c2"]
    assert [column["model"] for column in found["columns"]] == [FLASH, PRO]
    assert [column["outcomes"] for column in found["columns"]] == [{"ok": 4}] * 2
    assert all(column["cost_usd"] > 0 for column in found["columns"])
    assert [(c["input_key"], c["candidate_key"], c["repeat"]) for c in found["cells"]] == [
        (row, column, repeat)
        for row in ("i1", "i2")
        for column in ("c1", "c2")
        for repeat in (1, 2)
    ]
    assert found["cells"][0]["reference"] == "30日"
    assert all(cell["text"] and cell["run_id"] for cell in found["cells"])
    runs = command("history", "--json").lines
    assert {run["run_id"] for run in runs} == {cell["run_id"] for cell in found["cells"]}


def test_every_prompt_goes_to_every_model(command: Any, prompt_file: str) -> None:
    command("import", prompt_file)
    found = compared(command, "--prompt", "挨拶@1", "--prompt", "挨拶", *TWO, "--input", "{x}")
    assert [column["title"] for column in found["columns"]] == [
        "挨拶 v1 · sandbox-flash-2", "挨拶 v1 · sandbox-pro-2",
        "挨拶 v2 · sandbox-flash-2", "挨拶 v2 · sandbox-pro-2",
    ]  # fmt: skip
    assert len({column["version_id"] for column in found["columns"]}) == 2
    assert {cell["input"] for cell in found["cells"]} == {"{x}"}


def test_prompts_go_to_their_own_models_with_their_value_sets(
    command: Any, prompt_file: str
) -> None:
    command("import", prompt_file)
    found = compared(command, "--prompt", "挨拶@1", "--prompt", prompt_file)
    assert [column["model"] for column in found["columns"]] == [OLD, FLASH]
    assert [cell["input"] for cell in found["cells"]] == ["定番", "定番", "edge", "edge"]


def test_files_are_written(command: Any) -> None:
    out = ("--html", "a.html", "--csv", "a.csv", "--jsonl", "a.jsonl")
    found = compared(command, *TWO, "--input", "<script>alert(1)</script>", *out)
    page = Path("a.html").read_text("utf-8")
    assert "<script>alert(1)" not in page
    assert "sandbox-pro-2" in page
    with Path("a.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["output"] for row in rows] == [cell["text"] for cell in found["cells"]]
    first, *_ = Path("a.jsonl").read_text("utf-8").splitlines()
    assert json.loads(first)["id"] == found["comparison_id"]


def test_people_get_the_answers_and_the_totals(command: Any) -> None:
    done = command("compare", *TWO, "--input", "-", stdin="Say hello.")
    assert done.code == 0
    assert "# Say hello." in done.out
    assert "## sandbox-pro-2" in done.out
    assert "sandbox-flash-2: 1 ok; $" in done.err
    assert "comparison 01" in done.err


def test_a_column_that_is_another_model_is_told(direct: Any) -> None:
    text = "[[fault:served model=sandbox-flash-2]] hello"
    done = direct("compare", *TWO, "--input", text)
    assert "are the same model" in done.err


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[[fault:safety]] a", 1),
        ("[[fault:max_tokens]] " + "One sentence. Another one. " * 5, 0),
        ("[[fault:day_quota]] a", 3),
        ("  ", 1),
    ],
)
def test_exit_codes_tell_the_worst_cell(direct: Any, text: str, code: int) -> None:
    done = direct("compare", *TWO, "--input", "fine", "--input", text, "--json")
    assert done.code == code
    (found,) = done.lines
    assert [cell["outcome"] for cell in found["cells"][:2]] == ["ok", "ok"]


def test_a_variable_without_a_value_is_the_problem_of_its_cells(
    command: Any, prompt_file: str
) -> None:
    command("import", prompt_file)
    Path("in.jsonl").write_text('{"other": "x"}\n{"質問": "y"}\n', "utf-8")
    found = compared(command, "--prompt", "挨拶", *TWO, "--inputs", "in.jsonl", code=1)
    first, _, third, _ = found["cells"]
    assert first["problem"].startswith("No value for {質問}.")
    assert (first["run_id"], first["outcome"], third["outcome"]) == (None, None, "ok")
    assert found["columns"][0]["outcomes"] == {"not_sent": 1, "ok": 1}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Say what to compare"),
        (["--model", FLASH, "--input", "a"], "make 1 columns"),
        (["--prompt", "a", "--prompt", "b", *TWO, *TWO], "make 8 columns"),
        ([*TWO], "Say what to ask"),
        ([*TWO, "--inputs", "none.csv"], "none.csv cannot be read"),
        ([*TWO, "--input", "a", "--repeat", "21"], "--repeat must be from 1 to 20"),
    ],
)
def test_wrong_usage_is_told_without_a_database(
    direct: Any, settings: Settings, arguments: list[str], words: str
) -> None:
    settings.db.unlink()
    done = direct("compare", *arguments)
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert not settings.db.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--prompt", "nope", *TWO], "no prompt named nope"),
        ([*TWO, "--inputs", "bad.csv"], "Row 1 has 3 columns; the header has 2"),
    ],
)
def test_mistakes_are_told(command: Any, arguments: list[str], words: str) -> None:
    Path("bad.csv").write_text("a,b\n1,2,3\n", "utf-8")
    done = command("compare", *arguments)
    assert (done.code, done.out) == (1, "")
    assert words in done.err
