"""From answers of two sandbox models to the leaderboard's sentence, checked from the answers."""

from __future__ import annotations

import pytest
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from core.evaluation.leaderboard import entry_key
from core.evaluation.sentences import sentences
from core.records.leaderboard import MetricChoice
from core.records.metrics import MetricSpec
from core.workbench import Workbench
from tests.core.evaluation.evaluating import FLASH, cases_of, draft, run


def test_the_leaderboard_says_what_the_answers_say(bench: Workbench) -> None:
    cases = cases_of(40)
    done = run(
        bench,
        draft(bench, cases, metrics=(MetricSpec("exact_match"),)),
    )
    one, other = done.candidates
    reference = {case.id: case.reference for case in cases}
    right: dict[tuple[str, str], bool] = {
        (answer.candidate, answer.case_id): answer.text.strip() == reference[answer.case_id]
        for answer in bench.store.evaluations.answers(done.id)
    }
    better = sum(right[other.key, c] and not right[one.key, c] for c in reference)
    worse = sum(right[one.key, c] and not right[other.key, c] for c in reference)
    passed = sum(right[other.key, c] for c in reference)

    board = bench.leaderboard.boards(
        done.dataset_version_id, MetricChoice("scores", "exact_match"), baseline=entry_key(one)
    ).boards[0]
    line = next(line for line in board.lines if line.entry.key == entry_key(other))
    assert line.interval is not None and line.contrast is not None
    assert (line.interval.low, line.interval.high) == pytest.approx(
        proportion_confint(passed, len(cases), method="wilson")
    )
    assert (line.contrast.better, line.contrast.worse) == (better, worse)
    oracle = mcnemar([[0, better], [worse, 0]], exact=True).pvalue if better + worse else 1.0
    assert line.contrast.p_value == pytest.approx(oracle)
    numbers = [row.number for row in bench.store.scores.series([done.id])]
    summed = bench.store._handle.rows("select series from summed_series order by series")
    assert [number for (number,) in summed] == numbers  # the job kept them at its end
    said = sentences(line.contrast, "A", "B", board.info.scale)[0].words(str)
    assert ("unlikely to be luck" in said) == (oracle < 0.05)


def test_every_kind_of_metric_reaches_the_leaderboard(bench: Workbench) -> None:
    done = run(
        bench,
        draft(
            bench,
            cases_of(12),
            metrics=(
                MetricSpec("exact_match"),
                MetricSpec("coherence", {"judge": FLASH}),
                MetricSpec("pairwise_text_quality", {"judge": FLASH}),
            ),
        ),
    )
    (choice,) = bench.leaderboard.choices()
    assert choice.metrics == [
        MetricChoice("scores", "coherence"),
        MetricChoice("scores", "exact_match"),
        MetricChoice("battles", "pairwise_text_quality"),
    ]
    for metric in choice.metrics:
        (board,) = bench.leaderboard.boards(done.dataset_version_id, metric).boards
        assert len(board.lines) == 2
        assert all(line.interval is not None and line.errors == 0 for line in board.lines)
        assert board.judge == ("" if metric.metric == "exact_match" else FLASH)
        assert board.judge_served == ("" if metric.metric == "exact_match" else "sandbox-flash-2")
