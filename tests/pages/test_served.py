"""An answer by another model than was asked is not comparable, and the pages say so."""

from __future__ import annotations

from dataclasses import replace

from core.records.metrics import MetricSpec
from core.workbench import Workbench
from tests.core.evaluation.evaluating import cases_of, draft, run
from tests.pages.conftest import Open


def test_rerouted_answers_are_marked_where_their_scores_are_read(
    open_page: Open, bench: Workbench
) -> None:
    first, *others = cases_of(12)
    ticket = f"{first.fields['ticket']} [[fault:served model=sandbox-pro-2]]"
    cases = [replace(first, fields={**first.fields, "ticket": ticket}), *others]
    done = run(bench, draft(bench, cases, metrics=(MetricSpec("exact_match"),)))

    at = open_page("improve/evaluate", evaluation=done.id, case=first.id)
    assert not at.exception
    said = " ".join(one.value for one in at.warning).replace("\\", "")
    assert said.count("1 of 12 answers came from sandbox-pro-2 instead of") == 2
    figures, rows = (
        next(one.value for one in at.dataframe if column in one.value.columns)
        for column in ("spread", "Not comparable")
    )
    assert list(figures["spread"]) == ["1 not comparable"] * 2
    assert list(figures["cases"]) == [11, 11]
    assert list(rows["Not comparable"]) == ["2", *[""] * 11]
    # The answers themselves carry the mark, with the model that gave them.
    badges = [one.value for one in at.markdown if "Not comparable: " in one.value]
    assert len(badges) == 2 and all("sandbox" in one for one in badges)

    at = open_page("improve/leaderboard")
    assert not at.exception
    table = at.dataframe[0].value
    assert all("count in no figure" in text for text in table["warning"])
