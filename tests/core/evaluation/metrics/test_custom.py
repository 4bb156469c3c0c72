from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import InvalidInput
from core.evaluation.metrics import custom, registry
from core.evaluation.metrics.metric import Metric
from core.records.metrics import MetricSpec, Sample

SAMPLE = Sample("7", "ありがとうございます", {"reference": "はい", "tone": "polite"})


def metric(folder: Path, source: str, *, time_limit_s: float = 5.0) -> Metric:
    """The metric `polite` with this source."""
    (folder / "polite.py").write_text(source, "utf-8")
    definitions = custom.load(folder, time_limit_s=time_limit_s)
    return registry.make(MetricSpec("polite"), more=definitions)


def test_a_function_in_the_folder_is_a_metric(tmp_path: Path) -> None:
    source = '"""Says thank you."""\ndef evaluate(instance):\n    return "ありがとう" in instance["response"]\n'
    made = metric(tmp_path, source)
    assert made.score(SAMPLE).value == 1
    (definition,) = custom.load(tmp_path)
    assert definition.summary == "Says thank you."


def test_it_gets_all_of_the_case_and_may_explain_itself(tmp_path: Path) -> None:
    source = (
        "def evaluate(instance):\n"
        "    keys = ','.join(sorted(instance))\n"
        "    return {'score': 0.5, 'explanation': keys, 'tone': instance['tone'], 'other': []}\n"
    )
    score = metric(tmp_path, source).score(SAMPLE)
    assert score.value == 0.5
    assert score.reason == "cost_usd,function_calls,id,reference,response,tone,total_ms"
    assert score.details == {"tone": "polite"}


def test_another_file_is_another_signature(tmp_path: Path) -> None:
    one = metric(tmp_path, "def evaluate(instance):\n    return 1\n").info.signature
    other = metric(tmp_path, "def evaluate(instance):\n    return 1.0\n").info.signature
    assert one.startswith("polite|v1|sha256:")
    assert one != other


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("raise KeyError('tone')", "KeyError: 'tone'"),
        ("return 'good'", "It returned 'good', not a number"),
        ("return {'explanation': 'x'}", "not a number or a dict with score"),
        ("return float('nan')", "It returned nan"),
        ("return 3", "outside of 0.0 to 1.0"),
        ("import sys; sys.exit()", "SystemExit"),
        ("import time; time.sleep(5)", "It took more than 0.2 s."),
    ],
)
def test_what_goes_wrong_is_an_error_and_not_a_zero(tmp_path: Path, body: str, reason: str) -> None:
    made = metric(tmp_path, f"def evaluate(instance):\n    {body}\n", time_limit_s=0.2)
    score = made.score(SAMPLE)
    assert (score.value, score.status) == (None, "error")
    assert reason in score.reason


def test_a_function_that_hangs_again_and_again_is_given_up(tmp_path: Path) -> None:
    source = "import time\ndef evaluate(instance):\n    time.sleep(3)\n"
    made = metric(tmp_path, source, time_limit_s=0.05)
    reasons = [made.score(SAMPLE).reason for _ in range(custom.MOST_HANGING + 1)]
    assert "not called any more" in reasons[-1]


def test_range_and_direction_come_from_the_file(tmp_path: Path) -> None:
    source = "RANGE = (0, None)\nDIRECTION = 'lower'\ndef evaluate(instance):\n    return 30\n"
    made = metric(tmp_path, source)
    assert (made.info.direction, made.info.high, made.score(SAMPLE).value) == ("lower", None, 30)


@pytest.mark.parametrize(
    ("file", "source", "message"),
    [
        ("bleu.py", "def evaluate(instance): return 1", "bleu.py must be named"),
        ("my-metric.py", "def evaluate(instance): return 1", "my-metric.py must be named"),
        ("none.py", "x = 1", "none.py needs a function evaluate"),
        ("wrong.py", "RANGE = 3\ndef evaluate(instance): return 1", "RANGE is a pair"),
        ("syntax.py", "def evaluate(", "syntax.py cannot be loaded: SyntaxError"),
        ("fails.py", "1 / 0", "fails.py cannot be loaded: ZeroDivisionError"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    tmp_path: Path, file: str, source: str, message: str
) -> None:
    (tmp_path / file).write_text(source, "utf-8")
    with pytest.raises(InvalidInput) as caught:
        custom.load(tmp_path)
    assert message in str(caught.value)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="does not exist"):
        custom.load(tmp_path / "nowhere")


def test_files_that_begin_with_an_underscore_are_no_metrics(tmp_path: Path) -> None:
    (tmp_path / "_shared.py").write_text("1 / 0", "utf-8")
    assert custom.load(tmp_path) == ()
