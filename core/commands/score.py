"""`python -m core score`: score answers in a file, without a model and without a database."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.commands.metric_options import metric_options
from core.commands.printing import note, print_json, print_text
from core.commands.verb import DONE, FAILED, NOT_ENOUGH, Perform, Verb, WrongUsage
from core.errors import InvalidInput
from core.records.metrics import MetricSpec, Score

if TYPE_CHECKING:
    from core.evaluation.metrics.metric import Metric
    from core.evaluation.sample_file import SampleFile

_SHOWN_LINES = 20
_LANGUAGES = ("auto", "ja", "en")

_NO_ANSWER = Score(None, "error", "There is no answer.")

_EPILOG = (
    "Values are means over the cases that could be scored. A case that could not is null with a "
    "status (error, not_applicable) and in no mean. Exit codes: 0 done, 1 the file has lines that "
    "cannot be used, 2 wrong usage, 4 a metric scored no case at all."
)


def describe(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = _EPILOG
    parser.add_argument(
        "file",
        metavar="FILE",
        help="JSONL with response, reference and if you like id and more on each line",
    )
    parser.add_argument(
        "--metric", nargs="+", action="extend", default=[], metavar="NAME", help="repeatable"
    )
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="NAME.KEY=VALUE",
        help="an option of a metric, such as rouge_l.measure=recall; repeatable",
    )
    parser.add_argument(
        "--language",
        choices=_LANGUAGES,
        default="auto",
        help="of all cases together: it decides on tokens; auto looks at the expected answers",
    )


def present(options: Namespace, perform: Perform) -> int:
    """Read, score and print. The workbench is not asked for anything."""
    specs = _specs(options.metric, options.option)
    # JSON schemas, metrics and their libraries, which `--help` does without.
    from core.evaluation.sample_file import read_samples

    try:
        with Path(options.file).open("rb") as lines:
            file = read_samples(lines)
    except OSError as error:
        note(f"{options.file} cannot be read: {error.strerror}. Name a JSONL file.")
        return FAILED
    if file.bad:
        lines_word = "line" if len(file.bad) == 1 else "lines"
        note(f"{options.file} has {len(file.bad)} {lines_word} that cannot be used. "
             "Nothing was scored.")  # fmt: skip
        for bad in file.bad[:_SHOWN_LINES]:
            note(f"  {bad}")
        if len(file.bad) > _SHOWN_LINES:
            note(f"  and {len(file.bad) - _SHOWN_LINES} more")
        return FAILED
    if not file.ids:
        note(f"{options.file} has no line to score. Each line is a JSON object with a response.")
    results = {
        metric.info.name: _result(metric, scores, file)
        for metric, scores in _scored(_metrics(specs, file, options.language), file)
    }
    if options.json:
        print_json({"metrics": results})
    else:
        for name, result in results.items():
            print_text(_line(name, result))
            for one in result.get("labels", ()):
                print_text(_label_line(one))
    return NOT_ENOUGH if any(result["value"] is None for result in results.values()) else DONE


def _specs(names: Sequence[str], pairs: Sequence[str]) -> list[MetricSpec]:
    if not names:
        raise WrongUsage("Say what to score by: --metric NAME.")
    return [MetricSpec(name, values) for name, values in metric_options(names, pairs).items()]


def _metrics(specs: Sequence[MetricSpec], file: SampleFile, language: Any) -> list[Metric]:
    from core.commands.terminal_language import explained
    from core.config import Settings
    from core.evaluation.metrics import custom, registry
    from core.evaluation.titles import JUDGED

    folder = Settings.from_environment(os.environ).custom_metrics
    more = custom.load(folder) if folder else ()
    cases = [sample.fields for sample in file.samples]
    try:
        return [
            registry.make_for_cases(spec, cases, language=language, more=more) for spec in specs
        ]
    except InvalidInput as error:
        judged = [spec.name for spec in specs if spec.name in JUDGED]
        hint = f" {judged[0]} needs a model that judges: use `evaluate`." if judged else ""
        raise WrongUsage(explained(error) + hint) from error


def _scored(metrics: Sequence[Metric], file: SampleFile) -> list[tuple[Metric, list[Score]]]:
    """Sample by sample: metrics of the same text share its tokens."""
    rows = [[metric.score(sample) for metric in metrics] for sample in file.samples]
    return [(metric, [row[place] for row in rows]) for place, metric in enumerate(metrics)]


def _result(metric: Metric, scores: Sequence[Score], file: SampleFile) -> dict[str, Any]:
    from core.evaluation.metrics.text import encodable

    values = [score.value for score in scores if score.value is not None]
    by_id = dict(zip((sample.case_id for sample in file.samples), scores, strict=True))
    cases = []
    for case_id in file.ids:
        score = by_id.get(case_id, _NO_ANSWER)
        case = {"id": case_id, "value": score.value, "status": score.status}
        cases.append(case | ({"reason": encodable(score.reason)} if score.reason else {}))
    statuses = [case["status"] for case in cases]
    return {
        "value": sum(values) / len(values) if values else None,
        "signature": metric.info.signature,
        "n": len(values),
        "errors": statuses.count("error"),
        "not_applicable": statuses.count("not_applicable"),
        **_labels(metric, scores),
        "cases": cases,
    }


def _labels(metric: Metric, scores: Sequence[Score]) -> dict[str, Any]:
    """Of a metric that finds labels: how well it finds each, and what each was taken for."""
    from core.evaluation.label_report import METRIC
    from core.evaluation.metrics.labels import class_scores, confusion, label_pairs, macro_f1

    if metric.info.name != METRIC:
        return {}
    matrix = confusion(label_pairs(scores))
    labels = [
        {
            "label": one.label,
            "precision": one.precision,
            "recall": one.recall,
            "f1": one.f1,
            "expected": one.expected,
            "taken_for": [
                {"label": name, "count": count} for name, count in matrix.mistaken(one.label)
            ],
        }
        for one in class_scores(matrix)
    ]
    return {"macro_f1": macro_f1(matrix), "labels": labels}


def _line(name: str, result: Mapping[str, Any]) -> str:
    value = "no value" if result["value"] is None else f"{result['value']:.4f}"
    left_out = [
        f"{result[key]} {word}"
        for key, word in (("errors", "errors"), ("not_applicable", "not applicable"))
        if result[key]
    ]
    counts = ", ".join([f"{result['n']} cases", *left_out])
    return f"{name:<26} {value:>10}  ({counts})  {result['signature']}"


def _label_line(one: Mapping[str, Any]) -> str:
    """A label in the order of a reader's questions: found how well, taken for what."""

    def share(value: float | None) -> str:
        return "-" if value is None else f"{value:.2f}"

    others = ", ".join(
        f"{other['label'] or 'no clear label'} ({other['count']})" for other in one["taken_for"]
    )
    figures = f"precision {share(one['precision'])}  recall {share(one['recall'])}"
    line = f"  {one['label']:<24} F1 {share(one['f1'])}  {figures}  {one['expected']} expected"
    return f"{line}  taken for {others}" if others else line


VERB = Verb(describe, present)
