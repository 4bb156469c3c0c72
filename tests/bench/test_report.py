from __future__ import annotations

import pytest

from bench.__main__ import chosen
from bench.report import Report, Row, as_markdown, as_text, number, percentile, publish


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        pytest.param([7.0], 0.99, 7.0, id="one value is every percentile"),
        pytest.param([3.0, 1.0, 2.0], 0.5, 2.0, id="the order does not matter"),
        pytest.param([1.0, 2.0, 3.0, 4.0], 0.5, 2.0, id="a value that was measured, no mean"),
        pytest.param(list(map(float, range(1, 101))), 0.99, 99.0, id="99 of 100 are not above"),
        pytest.param([1.0, 2.0], 0.0, 1.0, id="the least"),
    ],
)
def test_percentile(values: list[float], share: float, expected: float) -> None:
    assert percentile(values, share) == expected


def test_no_values_have_no_percentile() -> None:
    with pytest.raises(ValueError, match="measured nothing"):
        percentile([], 0.5)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "0"), (150.0, "150"), (1.234, "1.23"), (12.34, "12.3"), (840_000, "840,000")],
)
def test_numbers_are_short(value: float, expected: str) -> None:
    assert number(value) == expected


REPORT = Report(
    "start",
    "python -m bench start",
    [
        Row("empty page", 1.12, "s", note="7 rounds"),
        Row.at_most("the app / empty page", 1.4, 1.5, ""),
        Row.at_most("ratio", 1.52, 1.5, ""),
    ],
)


def test_a_report_survives_json() -> None:
    assert Report.from_json(REPORT.to_json()) == REPORT


def test_the_markdown_table_says_command_bound_and_verdict() -> None:
    lines = as_markdown(REPORT).splitlines()
    assert lines[2] == "`python -m bench start`"
    assert lines[6:] == [
        "| empty page | 1.12 s |  |  | 7 rounds |",
        "| the app / empty page | 1.40 | ≤ 1.50 | ok |  |",
        "| ratio | 1.52 | ≤ 1.50 | missed |  |",
    ]


def test_the_columns_of_the_printed_table_line_up() -> None:
    heading, *lines = as_text(REPORT).splitlines()[1:]
    assert {line.index("≤") for line in lines[1:]} == {heading.index("bound")}


def test_a_missed_bound_is_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    kept = Report("start", "", REPORT.rows[:2])
    assert (publish(REPORT, None), publish(kept, None)) == (1, 0)


def test_long_runs_are_added_not_exchanged() -> None:
    assert chosen(["history", "start"], quick=False, long=True) == [
        ("history", []),
        ("history", ["--long"]),
        ("start", []),
    ]
