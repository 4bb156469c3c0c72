"""An evaluation as one HTML file that needs nothing else and can fetch nothing.

Every text is escaped. The page's own policy allows its one style by hash and nothing more: no
script, no image, no font, no address.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from html import escape

from core.evaluation.label_report import Labels
from core.evaluation.metrics.reasons import reason_words
from core.evaluation.results import Results
from core.evaluation.titles import metric_title
from core.evaluation.words import (
    interval_words,
    scale_of,
    sentence_of,
    served_of,
    value_words,
)
from core.i18n import translator
from core.records.evaluations import AnswerKey, CaseDetail, ScoredResponse
from core.records.served import is_other

MOST_CASES = 2_000
"""Cases whose rows are in the report: browsers choke on more."""
MOST_TEXT = 4_000
MOST_LABELS = 50

STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 76rem; padding: 1rem; }
h1 { font-size: 1.5rem; margin-bottom: .25rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #8886; padding: .35rem .6rem; text-align: left;
  vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; }
.scroll { overflow-x: auto; } .quiet { opacity: .7; } .bad { color: #b42318; }
@media (prefers-color-scheme: dark) { .bad { color: #f97066; } }
"""
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode("utf-8")).digest()).decode("ascii")
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"

Translate = Callable[[str], str]


def report(
    found: Results,
    dataset: str,
    details: Iterable[CaseDetail],
    language: str,
    labels: Mapping[str, Mapping[str, Labels]],
    apart: Mapping[AnswerKey, str],
) -> Iterator[bytes]:
    """The report in pieces; `labels` are by signature and candidate, `apart` answers by another
    model than the rest, which no figure counts."""
    _ = translator(language)
    for piece in _pieces(found, dataset, details, language, labels, apart, _):
        yield piece.encode("utf-8", "replace")


def _pieces(
    found: Results,
    dataset: str,
    details: Iterable[CaseDetail],
    language: str,
    labels: Mapping[str, Mapping[str, Labels]],
    apart: Mapping[AnswerKey, str],
    _: Translate,
) -> Iterator[str]:
    evaluation = found.evaluation
    yield (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{escape(evaluation.title)}</title><style>{STYLE}</style></head><body>"
        f"<h1>{escape(evaluation.title)}</h1>"
    )
    facts = [
        _("Dataset: {name}").format(name=dataset),
        _("{count} cases").format(count=f"{found.cases:,}"),
        _("{count} repeats").format(count=evaluation.repeats),
        f"{evaluation.created_at:%Y-%m-%d %H:%M} UTC",
        evaluation.created_by,
    ]
    yield _paragraph(" · ".join(facts), "quiet")
    if any(candidate.model.startswith("sandbox:") for candidate in evaluation.candidates):
        yield _paragraph(_("Sandbox models are simulated; they are no language models."))
    if found.status == "incomplete":
        yield _paragraph(_("Incomplete: too many errors to name a winner."), "bad")
    for text in served_of(found, _):
        yield _paragraph(text, "bad")
    yield from _summary(found, _)
    yield from _sentences(found, language, _)
    for signature, told in labels.items():
        yield from _labels(found, signature, told, _)
    yield from _candidates(found, _)
    yield from _cases(found, details, apart, _)
    yield "</body></html>\n"


def _summary(found: Results, _: Translate) -> Iterator[str]:
    titles = {one.key: one.title for one in found.evaluation.candidates}
    yield _heading(_("Results"))
    yield _head([_("Metric"), _("Candidate")], [_("Value"), _("95 % interval"), _("Cases"),
                                                _("Errors")])  # fmt: skip
    for one in found.figures:
        scale = scale_of(found, one.signature)
        value = value_words(one.interval.value if one.interval else None, scale)
        yield _row(
            [metric_title(one.metric, _), titles[one.candidate]],
            [value, interval_words(one, scale), str(one.interval.n if one.interval else 0),
             str(one.errors)],
        )  # fmt: skip
    yield "</table></div>"


def _sentences(found: Results, language: str, _: Translate) -> Iterator[str]:
    if not found.contrasts:
        return
    yield _heading(_("Comparisons")) + "<ul>"
    for contrast in found.contrasts:
        said = sentence_of(found, contrast, language)
        yield f"<li><b>{escape(metric_title(contrast.metric, _))}</b>: {escape(said)}</li>"
    yield "</ul>"


def _labels(
    found: Results, signature: str, told: Mapping[str, Labels], _: Translate
) -> Iterator[str]:
    """Each label's figures and what it was taken for, by candidate."""
    for one in found.evaluation.candidates:
        labels = told.get(one.key)
        if labels is None:
            continue
        yield _heading(f"{metric_title(found.infos[signature].name, _)}: {one.title}")
        yield _head([_("Label"), _("Taken for")], [_("Precision"), _("Recall"), "F1",
                                                   _("Expected")])  # fmt: skip
        for score in labels.classes[:MOST_LABELS]:
            numbers = [value_words(value, "share")
                       for value in (score.precision, score.recall, score.f1)]  # fmt: skip
            others = ", ".join(
                f"{_('no clear label') if name is None else name} ({count:,})"
                for name, count in labels.matrix.mistaken(score.label)
            )
            yield _row([score.label, others], [*numbers, f"{score.expected:,}"])
        yield "</table></div>"
        if labels.macro_f1 is not None:
            text = _("Macro F1: {value}, the plain mean over the labels.")
            yield _paragraph(text.format(value=value_words(labels.macro_f1, "share")))


def _candidates(found: Results, _: Translate) -> Iterator[str]:
    yield _heading(_("Candidates"))
    yield _head([_("Candidate"), _("Model"), _("Answered by"), _("Prompt")],
                [_("Cost ($)"), "p50 (ms)", "p95 (ms)"])  # fmt: skip
    others = {one.key: one for one in found.served}
    measured = {one.candidate: one for one in found.measured}
    for one in found.evaluation.candidates:
        told = measured.get(one.key)
        figures = [told.cost_usd, told.p50_ms, told.p95_ms] if told else [None] * 3
        prompt = "\n\n".join([one.spec.system, *(turn.text for turn in one.spec.turns)]).strip()
        served = others.get(one.key)
        by = "\n".join([served.main, *served.apart]) if served else one.model.rpartition(":")[2]
        yield _row([one.title, one.model, by, prompt],
                   ["–" if value is None else f"{value:,.6g}" for value in figures])  # fmt: skip
    yield "</table></div>"
    yield _paragraph(_("Signatures of the metrics:"), "quiet") + '<ul class="quiet">'
    for signature in [*found.infos, *found.paired]:
        yield f"<li>{escape(signature)}</li>"
    yield "</ul>"


def _cases(
    found: Results,
    details: Iterable[CaseDetail],
    apart: Mapping[AnswerKey, str],
    _: Translate,
) -> Iterator[str]:
    titles = {one.key: one.title for one in found.evaluation.candidates}
    yield _heading(_("Cases"))
    if found.cases > MOST_CASES:
        text = _("Only the first {most} of {count} cases are in this report; the CSV has all.")
        yield _paragraph(text.format(most=f"{MOST_CASES:,}", count=f"{found.cases:,}"))
    yield _head([_("Case"), _("Candidate"), _("Answer"), _("Scores")], [])
    for number, detail in enumerate(details):
        if number == MOST_CASES:
            break
        scores: dict[tuple[str, int], list[ScoredResponse]] = {}
        for scored in detail.scores:
            scores.setdefault((scored.candidate, scored.repeat), []).append(scored)
        for answer in sorted(detail.answers, key=lambda one: (one.candidate, one.repeat)):
            told = [
                _score_words(one, found, _)
                for one in scores.get((answer.candidate, answer.repeat), ())
            ]
            shown = answer.text if not answer.error else f"[{answer.error}] {answer.problem}"
            if answer.key in apart:
                other = _("Not comparable: {model} answered").format(model=apart[answer.key])
                shown = f"[{other}] {shown}"
            yield _row(
                [answer.case_id, titles.get(answer.candidate, answer.candidate), _cut(shown),
                 "\n".join(told)], [],
            )  # fmt: skip
    yield "</table></div>"


def _score_words(scored: ScoredResponse, found: Results, _: Translate) -> str:
    score = scored.score
    value = value_words(score.value, scale_of(found, scored.signature))
    status = "" if score.status == "ok" else f" [{score.status}]"
    reason = f" – {_cut(reason_words(score.reason, _))}" if score.reason else ""
    judge = f" ({judge_words(scored)})" if scored.judge_requested else ""
    return f"{metric_title(scored.metric, _)}: {value}{status}{judge}{reason}"


def judge_words(scored: ScoredResponse) -> str:
    """The judge as asked for, with the model that judged where that is another one."""
    asked, served = scored.judge_requested, scored.judge_served
    return f"{asked} → {served}" if served and is_other(served, asked.rpartition(":")[2]) else asked


def _cut(text: str) -> str:
    return text if len(text) <= MOST_TEXT else text[:MOST_TEXT] + "…"


def _heading(text: str) -> str:
    return f"<h2>{escape(text)}</h2>"


def _paragraph(text: str, kind: str = "") -> str:
    return f'<p class="{kind}">{escape(text)}</p>'


def _head(texts: Iterable[str], numbers: Iterable[str]) -> str:
    cells = [f"<th>{escape(one)}</th>" for one in texts]
    cells += [f'<th class="n">{escape(one)}</th>' for one in numbers]
    return f'<div class="scroll"><table><tr>{"".join(cells)}</tr>'


def _row(texts: Iterable[str], numbers: Iterable[str]) -> str:
    cells = [f"<td><pre>{escape(one)}</pre></td>" for one in texts]
    cells += [f'<td class="n">{escape(one)}</td>' for one in numbers]
    return f"<tr>{''.join(cells)}</tr>\n"
