"""`python -m core score`, which needs no database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sacrebleu

from core.__main__ import main

ROWS: list[dict[str, Any]] = [
    {"id": "a", "response": "明日届きます", "reference": "明日届きます"},
    {"id": "b", "response": "昨日届きました", "reference": "明日届きます"},
    {"id": 3, "response": "はい"},
    {"id": "d", "response": None, "reference": "はい"},
]


@pytest.fixture(autouse=True)
def no_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that cannot be opened."""
    (tmp_path / "broken.duckdb").write_text("not a database")
    monkeypatch.setenv("WORKBENCH_DB", str(tmp_path / "broken.duckdb"))
    monkeypatch.delenv("WORKBENCH_ADMIN_FILE", raising=False)
    monkeypatch.setenv("LANG", "en_US.UTF-8")


def file_of(folder: Path, *lines: object) -> str:
    path = folder / "answers.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(texts) + "\n", "utf-8")
    return str(path)


def test_the_json_is_stable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = file_of(tmp_path, *ROWS)
    assert main(["score", file, "--metric", "bleu", "exact_match", "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    metrics = json.loads(line)["metrics"]
    assert list(metrics) == ["bleu", "exact_match"]
    bleu = metrics["bleu"]
    theirs = sacrebleu.BLEU(tokenize="char", effective_order=True).sentence_score(
        "昨日届きました", ["明日届きます"]
    )
    assert [(case["id"], case["status"]) for case in bleu["cases"]] == [
        ("a", "ok"),
        ("b", "ok"),
        ("3", "not_applicable"),
        ("d", "error"),
    ]
    assert [case["value"] for case in bleu["cases"]] == [
        1.0,
        pytest.approx(theirs.score / 100),
        None,
        None,
    ]
    assert bleu["value"] == pytest.approx((1 + theirs.score / 100) / 2), "of those scored"
    assert "tok:char" in bleu["signature"]
    assert (bleu["n"], bleu["errors"], bleu["not_applicable"]) == (2, 1, 1)


def test_lines_without_an_id_are_called_by_their_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = file_of(tmp_path, {"response": "高", "reference": "高"}, "",
                   {"response": "高", "reference": "低"})  # fmt: skip
    assert main(["score", file, "--metric", "exact_match", "--json"]) == 0
    cases = json.loads(capsys.readouterr().out)["metrics"]["exact_match"]["cases"]
    assert [(case["id"], case["value"]) for case in cases] == [("line 1", 1.0), ("line 3", 0.0)]


def test_options_and_language_are_obeyed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = file_of(tmp_path, *ROWS)
    options = ["--option", "rouge_l.measure=recall", "--language", "en", "--json"]
    assert main(["score", file, "--metric", "rouge_l", *options]) == 0
    signature = json.loads(capsys.readouterr().out)["metrics"]["rouge_l"]["signature"]
    assert signature == "rouge_l|v1|nfkc|lower|tok:words|r"


def test_people_get_a_line_for_each_metric(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["score", file_of(tmp_path, *ROWS), "--metric", "exact_match"]) == 0
    assert capsys.readouterr().out == (
        "exact_match                    0.5000  (2 cases, 1 errors, 1 not applicable)  "
        "exact_match|v1|nfkc|trim\n"
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"id": "a", "response": "x"}, "line 2: the id 'a' is that of line 1 too"),
        ({"id": None, "response": "x"}, "line 2: it has no id"),
        ({"id": "", "response": "x"}, "line 2: it has no id"),
        ({"id": 1.5, "response": "x"}, "line 2: its id is not a text"),
        ({"id": "\ud800", "response": "x"}, "line 2: its id has a character that is none"),
        ({"id": "b"}, "line 2: it has no response"),
        ({"id": "b", "response": "x", "cost_usd": "1"}, "line 2: its cost_usd is not a number"),
        ({"id": "b", "response": "x", "function_calls": [1]}, "line 2: its function_calls"),
        ("[]", "line 2: not a JSON object"),
        ('{"id": "b"', "line 2: not JSON: column 11"),
        ('{"id": "b", "response": NaN}', "line 2: not JSON"),
        ("[" * 5000, "line 2: not JSON: column 1: nested too deeply"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_scored(
    line: object, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = file_of(tmp_path, {"id": "a", "response": "x"}, line)
    assert main(["score", file, "--metric", "json_valid", "--json"]) == 1
    done = capsys.readouterr()
    assert message in done.err
    assert done.out == ""


def test_a_line_that_is_not_utf8_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_bytes('{"id": "1", "response": "はい"}\n'.encode("cp932"))
    assert main(["score", str(path), "--metric", "json_valid"]) == 1
    assert "line 1: not UTF-8" in capsys.readouterr().err


def test_a_byte_order_mark_empty_lines_and_windows_line_ends_do_no_harm(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_bytes(
        b'\xef\xbb\xbf{"id": "1", "response": "{}"}\r\n\r\n{"id": "2", "response": "x"}'
    )
    assert main(["score", str(path), "--metric", "json_valid", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["metrics"]["json_valid"]["value"] == 0.5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Say what to score by"),
        (["--metric", "blue"], "There is no metric blue"),
        (["--metric", "bleu", "--option", "tok=char"], "write NAME.KEY=VALUE"),
        (
            ["--metric", "bleu", "--option", "rouge_l.measure=recall"],
            "there is no --metric rouge_l",
        ),
        (["--metric", "bleu", "--option", "bleu.tok=char"], "bleu has no option tok"),
    ],
)
def test_wrong_usage_is_explained(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["score", file_of(tmp_path, *ROWS), *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_metric_that_scored_nothing_is_not_enough_data(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = file_of(tmp_path, {"id": "1", "response": "x"})
    assert main(["score", file, "--metric", "exact_match", "--json"]) == 4
    assert json.loads(capsys.readouterr().out)["metrics"]["exact_match"]["value"] is None


def test_an_empty_file_is_said_to_be_empty(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty.jsonl").touch()
    assert main(["score", str(tmp_path / "empty.jsonl"), "--metric", "bleu"]) == 4
    assert "empty.jsonl has no line to score" in capsys.readouterr().err


def test_a_judged_metric_is_told_where_it_is_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["score", file_of(tmp_path, *ROWS), "--metric", "coherence"]) == 2
    told = capsys.readouterr().err
    assert "coherence needs a model that judges: use `evaluate`." in told
    assert told.count("\n") == 1


def test_a_file_that_is_not_there_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", "nowhere.jsonl", "--metric", "bleu"]) == 1
    assert "nowhere.jsonl cannot be read" in capsys.readouterr().err


def test_the_administrators_metrics_are_there_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "short.py").write_text(
        "def evaluate(instance):\n    return len(instance['response']) < 7\n"
    )
    (tmp_path / "admin.toml").write_text('[evaluation]\ncustom_metrics = "metrics"\n')
    assert main(["score", file_of(tmp_path, *ROWS), "--metric", "short", "--json"]) == 0
    short = json.loads(capsys.readouterr().out)["metrics"]["short"]
    assert [case["value"] for case in short["cases"]] == [1.0, 0.0, 1.0, None]


def test_labels_have_their_own_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = [("high", "high"), ("low", "high"), ("??", "low"), ("low", "low")]
    rows = [{"id": n, "response": said, "reference": right}
            for n, (said, right) in enumerate(answers)]  # fmt: skip
    file = file_of(tmp_path, *rows)
    assert main(["score", file, "--metric", "label_accuracy", "exact_match", "--json"]) == 0
    metrics = json.loads(capsys.readouterr().out)["metrics"]
    assert "labels" not in metrics["exact_match"]
    high, low = metrics["label_accuracy"]["labels"]
    assert (high["precision"], high["recall"], high["expected"]) == (1.0, 0.5, 2)
    assert high["taken_for"] == [{"label": "low", "count": 1}]
    assert low["taken_for"] == [{"label": None, "count": 1}]
    assert metrics["label_accuracy"]["macro_f1"] == pytest.approx((2 / 3 + 1 / 2) / 2)

    assert main(["score", file, "--metric", "label_accuracy"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 and "taken for no clear label (1)" in lines[2]
