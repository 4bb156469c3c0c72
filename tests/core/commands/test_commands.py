"""Every verb, in both transports, against the real store, engine and sandbox."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from core.config import Settings
from core.prompts.exchange_format import FORMAT
from core.records.prompts import Part, PromptSpec, Turn

MODEL = "sandbox:sandbox-flash-2"
RUN_FIELDS = {
    "run_id",
    "outcome",
    "text",
    "requested_model",
    "served_model",
    "finish_reason",
    "usage",
    "cost_usd",
    "first_token_ms",
    "total_ms",
}


@pytest.fixture
def prompt_file(tmp_path: Path) -> str:
    """An export with two versions, the first labelled."""
    specs = [
        PromptSpec(turns=(Turn("user", (Part(text),)),), model=MODEL)
        for text in ("First: {名前}", "Second: {名前} {x}")
    ]
    value = {
        "format": FORMAT,
        "format_version": 1,
        "name": "挨拶",
        "memo": "for guests",
        "labels": {"production": 1},
        "versions": [
            {"number": number, "message": f"m{number}", "spec": spec.to_dict()}
            for number, spec in enumerate(specs, 1)
        ],
    }
    path = tmp_path / "prompt.json"
    path.write_text(json.dumps(value, ensure_ascii=False), "utf-8")
    return str(path)


def test_run_prints_the_stable_json(command: Any) -> None:
    done = command("run", "--model", MODEL, "--input", "Say hello to {name}", "--json")
    assert done.code == 0, done.err
    (line,) = done.lines
    assert set(line) >= RUN_FIELDS
    assert (line["outcome"], line["requested_model"]) == ("ok", "sandbox-flash-2")
    assert set(line["usage"]) == {"input", "output", "thinking", "cached"}
    assert line["text"]
    (seen,) = command("history", "--json").lines
    assert {key: seen[key] for key in line} == line
    assert (seen["prompt"], seen["version"], seen["person"]) == (None, None, "ada")
    assert seen["created_at"].endswith("+00:00")


def test_run_prints_text_for_people(command: Any) -> None:
    done = command("run", "--model", MODEL, "--input", "-", stdin="Say hello.")
    assert (done.code, done.err) == (0, "")
    (seen,) = command("history", "--json").lines
    assert done.out == seen["text"] + "\n"


def test_repeats_are_one_line_each(command: Any) -> None:
    done = command("run", "--model", MODEL, "--input", "Hi", "--repeat", "3", "--json")
    assert len({line["run_id"] for line in done.lines}) == 3


@pytest.mark.parametrize(
    ("fault", "outcome", "code"),
    [
        ("safety", "blocked", 1),
        ("empty", "empty", 1),
        ("max_tokens", "truncated", 0),
        ("forbidden", "refused_by_server", 1),
        ("day_quota", "rate_limited", 3),
        ("cut after=1", "unknown", 3),
    ],
)
def test_exit_codes_tell_the_outcome(direct: Any, fault: str, outcome: str, code: int) -> None:
    text = f"[[fault:{fault}]] Summarise: " + "One sentence. Another one. " * 5
    done = direct("run", "--model", MODEL, "--input", text)
    (line,) = direct("history", "--json").lines
    assert line["outcome"] == outcome
    assert done.code == code
    assert done.err


def test_a_prompt_by_name_number_label_and_file(command: Any, prompt_file: str) -> None:
    imported = command("import", prompt_file, "--json")
    assert imported.code == 0, imported.err
    assert imported.lines[0]["name"] == "挨拶"

    def ran(*arguments: str) -> Any:
        done = command("run", *arguments, "--var", "名前=Ada", "--json")
        assert done.code == 0, done.err
        return command("history", "--limit", "1", "--json").lines[0]

    assert ran("--prompt", "挨拶", "--var", "x=y")["version"] == 2
    assert ran("--prompt", "挨拶@1")["version"] == 1
    assert ran("--prompt", "挨拶@production", "--model", MODEL)["version"] == 1
    assert ran("--prompt", prompt_file, "--var", "x=y")["version"] is None
    assert ran("--prompt", "挨拶@1", "--system", "Be brief.")["version"] is None


def test_input_fills_the_variable_or_is_added(command: Any, prompt_file: str) -> None:
    command("import", prompt_file)
    command("run", "--prompt", "挨拶@1", "--var", "名前=A", "--input", "extra {x}", "--json")
    command("export", "--runs", "--out", "runs.jsonl")
    (line,) = Path("runs.jsonl").read_text("utf-8").splitlines()
    parts = [part["text"] for part in json.loads(line)["request"]["turns"][0]["parts"]]
    assert parts == ["First: A", "extra {x}"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run"], "Say what to ask"),
        (["run", "--input", "a"], "--model"),
        (["run", "--input", "a", "--model", MODEL, "--var", "novalue"], "NAME=VALUE"),
        (["run", "--input", "a", "--model", MODEL, "--repeat", "0"], "--repeat"),
        (["run", "--input", "a", "--model", MODEL, "--var-file", "none.json"], "cannot be read"),
        (["history", "--since", "yesterday-ish"], "not a time"),
        (["history", "--limit", "0"], "--limit"),
        (["history", "--outcome", "splendid"], "invalid choice"),
        (["prompts", "show"], "Name the prompt"),
        (["prompts", "list", "x"], "--search"),
        (["export", "--out", "x"], "--prompt NAME"),
        (["export", "--runs", "--format", "sdk"], "csv"),
        (["import", "none.json"], "cannot be read"),
        (["sandbox", "--chunk-rate", "0"], "--chunk-rate"),
        (["nonsense"], "invalid choice"),
        ([], "required"),
    ],
)
def test_wrong_usage_is_told_without_a_database(
    direct: Any, settings: Settings, arguments: list[str], words: str
) -> None:
    settings.db.unlink()
    done = direct(*arguments)
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert not settings.db.exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["run", "--prompt", "nope"], 1, "no prompt named nope"),
        (["run", "--input", "a", "--model", MODEL, "--system", "{tone}"], 2, "No value for {tone}"),
        (["run", "--input", " ", "--model", MODEL], 1, "empty"),
        (["history", "--prompt", "nope"], 1, "no prompt named nope"),
    ],
)
def test_mistakes_are_told(command: Any, arguments: list[str], code: int, words: str) -> None:
    done = command(*arguments)
    assert (done.code, done.out) == (code, "")
    assert words in done.err


def test_prompts(command: Any, prompt_file: str) -> None:
    command("import", prompt_file)
    (listed,) = command("prompts", "--json").lines
    assert listed["name"] == "挨拶"
    assert (listed["versions"], listed["labels"]) == (2, ["production"])
    assert command("prompts", "--search", "none", "--json").lines == []
    (shown,) = command("prompts", "show", "挨拶@production", "--json").lines
    assert shown["spec"]["turns"][0]["parts"][0]["text"] == "First: {名前}"
    versions = command("prompts", "versions", "挨拶", "--json").lines
    assert [version["version"] for version in versions] == [2, 1]
    assert "First: {名前}" in command("prompts", "show", "挨拶@1").out
    assert "挨拶" in command("prompts").out


def test_history_finds(command: Any) -> None:
    for text in ("りんごについて", "about pears"):
        assert command("run", "--model", MODEL, "--input", text, "--json").code == 0
    assert len(command("history", "--json").lines) == 2
    assert len(command("history", "--limit", "1", "--json").lines) == 1
    assert len(command("history", "--search", "りんご", "--json").lines) == 1
    assert command("history", "--search", "plums", "--json").lines == []
    assert len(command("history", "--model", MODEL, "--since", "1h", "--json").lines) == 2
    assert command("history", "--until", "2020-01-01", "--json").lines == []
    assert command("history", "--outcome", "blocked", "--json").lines == []
    assert len(command("history").out.splitlines()) == 2


def test_exported_prompts_import_again(command: Any, prompt_file: str) -> None:
    command("import", prompt_file)
    for form, file in (("json", "a.json"), ("sdk", "b.json")):
        done = command("export", "--prompt", "挨拶@1", "--format", form, "--out", file, "--json")
        assert done.code == 0, done.err
        assert done.lines[0]["bytes"] == Path(file).stat().st_size
    made = command("import", "a.json", "b.json", "--json").lines
    assert [line["name"] for line in made] == ["挨拶 (2)", "挨拶 (3)"]
    for name in ("挨拶 (2)", "挨拶 (3)"):
        (shown,) = command("prompts", "show", name, "--json").lines
        assert shown["spec"]["turns"][0]["parts"][0]["text"] == "First: {名前}"
    whole = json.loads(command("export", "--prompt", "挨拶").out)
    assert len(whole["versions"]) == 2


def test_exported_runs(command: Any) -> None:
    command("run", "--model", MODEL, "--input", "=1+1 りんご", "--json")
    assert command("export", "--format", "csv", "--out", "runs.csv").code == 0
    data = Path("runs.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    (row,) = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
    assert row["input"] == "'=1+1 りんご"
    (line,) = command("export", "--runs", "--search", "りんご").lines
    assert line["context"]["actor"] == "ada"
    assert command("export", "--format", "parquet", "--out", "runs.parquet").code == 0
    assert Path("runs.parquet").read_bytes()[:4] == b"PAR1"
    assert sorted(path.name for path in Path().glob("*.part")) == []


def test_a_wrong_file_among_others_is_reported(command: Any, prompt_file: str) -> None:
    Path("bad.json").write_text("{", "utf-8")
    done = command("import", "bad.json", prompt_file, "--json")
    assert done.code == 1
    assert "bad.json: The file is not valid JSON" in done.err
    assert done.lines[0]["error"]["code"] == "invalid_input"
    assert done.lines[1]["name"] == "挨拶"


def test_errors_in_the_language_of_the_terminal(
    command: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "ja_JP.UTF-8")
    done = command("run", "--input", "a", "--model", MODEL, "--system", "{tone}")
    assert done.code == 2
    assert "{tone}" in done.err
    assert "No value for" not in done.err


def test_doctor(command: Any) -> None:
    done = command("doctor", "--json")
    (report,) = done.lines
    names = {check["name"]: check["status"] for check in report["checks"]}
    assert names["python"] == names["database"] == names["streamlit"] == names["sandbox"] == "ok"
    assert names["gemini"] == "warning"
    assert done.code == (0 if report["ok"] else 1)
    assert report["ok"], done.out
    assert "python" in command("doctor").out


def test_doctor_online_asks_the_connections(command: Any) -> None:
    (report,) = command("doctor", "--online", "--json").lines
    details = {check["name"]: check["detail"] for check in report["checks"]}
    assert "models" in details["sandbox"]
