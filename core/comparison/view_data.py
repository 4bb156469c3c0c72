"""A comparison as plain JSON: what the grid, the presenter and the export show. Pure.

    format       1
    language     "en" or "ja"; `words` are the interface's strings in it
    id, title, memo, created
    notices      sentences to read first, as "these two columns are the same model"
    tally        a sentence per judged pair
    columns      key, letter, title, model, surface, prompt, simulated, served, totals
    rows         key, title, message, values, reference, differs, cells, verdicts
    cell         state, variants, distinct, answers, same_as (column numbers)
    variant      text, times, facts; of its first run: run_id, outcome, finish, times, tokens,
                 cost, at_most, chunks (milliseconds and characters in turn)

A field without a value is left out: a comparison of six columns and 200 rows is 1.5 MB.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any, TypeAlias

from core.comparison.facts import Fact, Facts, facts_of
from core.comparison.folding import Folded, Variant, differs, folded, same_as
from core.comparison.tally import newest, sentence, tally
from core.comparison.view_words import choice_words, outcome_words, words_of
from core.errors import fill
from core.i18n import translator
from core.records.comparisons import Candidate, Cell, ComparedInput, Comparison, Verdict
from core.records.models import ModelRef
from core.records.runs import MAYBE_BILLED, OWN_FAILURES, Outcome, Run

View: TypeAlias = dict[str, Any]
Rows: TypeAlias = dict[str, dict[str, Folded]]

FORMAT = 1
LETTERS = "ABCDEF"
SURFACES = {"gemini": "Gemini API", "platform": "Agent Platform", "sandbox": "Sandbox"}


def view_of(
    comparison: Comparison,
    cells: Iterable[Cell],
    verdicts: Iterable[Verdict] = (),
    memo: str = "",
    *,
    language: str,
    notices: Sequence[str] = (),
) -> View:
    """Everything of a comparison. Keep blind columns apart with `blinded`."""
    by_place: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        by_place.setdefault((cell.input_key, cell.candidate_key), []).append(cell)
    grid: Rows = {
        row.key: {
            one.key: folded(by_place.get((row.key, one.key), ())) for one in comparison.candidates
        }
        for row in comparison.inputs
    }
    kept = newest(verdicts)
    teller = _Teller(comparison, language)
    return {
        "format": FORMAT,
        "language": language,
        "words": words_of(language),
        "id": comparison.id,
        "title": comparison.title,
        "memo": memo,
        "created": words_of(language)["created"].format(
            when=f"{comparison.created_at:%Y-%m-%d %H:%M} UTC", who=comparison.created_by
        ),
        "notices": list(notices),
        "tally": [
            sentence(pair, teller.names[pair.left], teller.names[pair.right], language)
            for pair in tally(kept, [one.key for one in comparison.candidates])
        ],
        "columns": [
            teller.column(number, one, [grid[row.key][one.key] for row in comparison.inputs])
            for number, one in enumerate(comparison.candidates)
        ],
        "rows": [
            teller.row(row, grid[row.key], [v for v in kept if v.input_key == row.key])
            for row in comparison.inputs
        ],
    }


def blinded(view: View, orders: Mapping[str, Sequence[str]]) -> View:
    """The view with nothing in it that tells which column is which.

    `orders` gives for every row its candidate keys in the order in which they are shown. Models,
    figures, notices and the tally go: a reader could tell a column by its speed.
    """
    places = {column["key"]: number for number, column in enumerate(view["columns"])}
    rows = []
    for row in view["rows"]:
        order = [places[key] for key in orders[row["key"]]]
        cells = [_blinded_cell(row["cells"][at], order) for at in order]
        rows.append({k: v for k, v in row.items() if k != "verdicts"} | {"cells": cells})
    columns = [
        {"key": letter, "letter": letter, "title": letter}
        for letter in LETTERS[: len(view["columns"])]
    ]
    return view | {"blind": True, "columns": columns, "rows": rows, "notices": [], "tally": []}


_SAFE = ("text", "times", "facts", "outcome", "problem")


def _blinded_cell(cell: View, order: Sequence[int]) -> View:
    variants = [{k: v for k, v in one.items() if k in _SAFE} for one in cell["variants"]]
    same = [order.index(at) for at in cell.get("same_as", ())]
    return cell | {"variants": variants} | ({"same_as": sorted(same)} if same else {})


class _Teller:
    """Puts records into words of one language."""

    def __init__(self, comparison: Comparison, language: str) -> None:
        self._repeats = comparison.repeats
        self._outcomes = outcome_words(language)
        self._choices = choice_words(language)
        self._translated = translator(language)
        self._places = {one.key: number for number, one in enumerate(comparison.candidates)}
        self._expects_json = {one.key: bool(one.spec.response_schema.strip())
                              for one in comparison.candidates}  # fmt: skip
        self._letters = {one.key: LETTERS[number]
                         for number, one in enumerate(comparison.candidates)}  # fmt: skip
        self.names = {one.key: one.title or LETTERS[number]
                      for number, one in enumerate(comparison.candidates)}  # fmt: skip

    def column(self, number: int, candidate: Candidate, cells: Sequence[Folded]) -> View:
        ref = ModelRef.parse(candidate.model, "gemini")
        runs = [c.run for cell in cells for v in cell.variants for c in v.cells if c.run]
        served = Counter(run.reply.served_model for run in runs if run.reply.served_model)
        served.pop(ref.model, None)
        return {
            "key": candidate.key,
            "letter": LETTERS[number],
            "title": candidate.title,
            "model": ref.model,
            "surface": SURFACES.get(ref.surface, ref.surface),
            "simulated": ref.surface == "sandbox",
            "served": served.most_common(),
            "totals": self._totals(runs, len(cells) * self._repeats),
        }

    def _totals(self, runs: Sequence[Run], expected: int) -> View:
        outcomes = Counter(run.reply.outcome for run in runs)
        ended = [run.reply for run in runs if run.reply.outcome in ("ok", "truncated")]
        return _filled(
            expected=expected,
            answered=len(ended),
            outcomes=[[self._outcomes[name], n] for name, n in outcomes.items() if name != "ok"],
            cost=_sum(run.cost_usd for run in runs),
            at_most=any(run.reply.outcome in MAYBE_BILLED and run.cost_usd for run in runs) or None,
            input=_sum(run.reply.usage.input for run in runs),
            output=_sum(run.reply.usage.output for run in runs),
            p50_ms=_median(reply.total_ms for reply in ended),
            p50_first_ms=_median(reply.first_token_ms for reply in ended),
        )

    def row(
        self, row: ComparedInput, cells: Mapping[str, Folded], verdicts: Sequence[Verdict]
    ) -> View:
        same = same_as(cells)
        return _filled(
            key=row.key,
            title=row.title,
            message=row.message,
            values=[[name, value] for name, value in row.values.items()],
            reference=row.reference,
            differs=differs(cells),
            cells=[
                self._cell(key, cell, [self._places[other] for other in same[key]])
                for key, cell in cells.items()
            ],
            verdicts=[self._verdict(one) for one in verdicts],
        )

    def _cell(self, column: str, cell: Folded, same: list[int]) -> View:
        variants = [self._variant(column, one) for one in cell.variants]
        done = any("text" in one for one in variants)
        failed = any("problem" in one for one in variants)
        return _filled(
            state="done" if done else "failed" if failed else "waiting",
            variants=variants,
            distinct=cell.distinct,
            answers=cell.answers,
            same_as=same,
        )

    def _variant(self, column: str, variant: Variant) -> View:
        first = variant.cells[0]
        run = first.run
        told = _filled(
            text=variant.text,
            times=len(variant.cells) if len(variant.cells) > 1 else None,
            facts=None
            if variant.text is None
            else view_facts(facts_of(variant.text, self._expects_json[column])),
            problem=self._problem(first),
        )
        return told if run is None else told | self._figures(run)

    def _problem(self, cell: Cell) -> str | None:
        if cell.run is None:
            if cell.told is not None:
                return fill(self._translated(cell.told.template), dict(cell.told.values))
            return cell.problem or None
        reply = cell.run.reply
        if reply.outcome == "ok":
            return None
        words = self._outcomes[reply.outcome]
        told = reply.failure is not None and reply.failure.code not in OWN_FAILURES
        return f"{words}: {reply.failure.message}" if reply.failure and told else words

    @staticmethod
    def _figures(run: Run) -> View:
        reply = run.reply
        outcome: Outcome | None = reply.outcome if reply.outcome != "ok" else None
        return _filled(
            run_id=run.id,
            outcome=outcome,
            finish=reply.finish_reason,
            served=reply.served_model if reply.served_model != run.request.model else None,
            first_ms=_whole(reply.first_token_ms),
            total_ms=_whole(reply.total_ms),
            input=reply.usage.input,
            output=reply.usage.output,
            thinking=reply.usage.thinking or None,
            cost=run.cost_usd,
            at_most=bool(reply.outcome in MAYBE_BILLED and run.cost_usd) or None,
            chunks=[number for pair in reply.chunks for number in pair],
        )

    def _verdict(self, verdict: Verdict) -> View:
        words = self._choices[verdict.choice].format(
            left=self._letters.get(verdict.left, "?"), right=self._letters.get(verdict.right, "?")
        )
        return _filled(
            words=words, by=verdict.created_by, reasons=list(verdict.reasons), memo=verdict.memo
        )


def view_facts(facts: Facts) -> View:
    """A fact is its key, or a pair of how it was written and its key."""
    return _filled(
        length=facts.length,
        language=facts.language if facts.language != "none" else None,
        style=facts.politeness if facts.politeness != "none" else None,
        json=facts.json if facts.json != "none" else None,
        numbers=_fact_list(facts.numbers),
        dates=_fact_list(facts.dates),
        names=_fact_list(facts.names),
    )


def _fact_list(facts: Sequence[Fact]) -> list[str | list[str]]:
    return [fact.key if fact.shown == fact.key else [fact.shown, fact.key] for fact in facts]


def _filled(**fields: object) -> View:
    """The fields that say something; zero and False do."""
    return {k: v for k, v in fields.items() if v is not None and v != [] and v != ()}


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _median(values: Iterable[float | None]) -> int | None:
    known = [value for value in values if value is not None]
    return round(median(known)) if known else None


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)
