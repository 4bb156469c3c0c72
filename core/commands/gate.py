"""`python -m core gate`: is a candidate good enough to take the baseline's place? For CI."""

from __future__ import annotations

import re
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from core.commands.askable import check_models
from core.commands.check_report import (
    Check,
    CheckReport,
    Outcome,
    add_reports,
    check_reports,
    prints_text,
    write_reports,
)
from core.commands.person import add_person
from core.commands.printing import note, print_json, print_text
from core.commands.verb import (
    DONE,
    FAILED,
    INCOMPLETE,
    NOT_ENOUGH,
    Arguments,
    Events,
    Perform,
    Verb,
    WrongUsage,
)
from core.commands.whole_evaluation import run_whole
from core.errors import InvalidInput, fill
from core.migration import evidence
from core.records.comparisons import Candidate
from core.records.evaluations import Evaluation
from core.records.metrics import MetricSpec
from core.records.model_migrations import NEW, OLD
from core.records.models import ModelRef

if TYPE_CHECKING:
    from core.workbench import Workbench

EXIT_CODES = {
    "pass": DONE,
    "fail": FAILED,
    "incomplete": INCOMPLETE,
    "not_enough_data": NOT_ENOUGH,
}
_MARGIN = re.compile(r"(\d+(?:\.\d+)?)(?:pt|points?)?")


def describe(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--baseline", required=True, metavar="P", help="NAME@LABEL or NAME@3")
    parser.add_argument("--candidate", required=True, metavar="P", help="NAME@LABEL or NAME@4")
    parser.add_argument("--model", metavar="M", help="the candidate's model; else the version's")
    parser.add_argument("--dataset", required=True, metavar="D", help="NAME or NAME@2")
    parser.add_argument("--metric", default="label_accuracy", metavar="NAME", help="what decides")
    parser.add_argument("--judge", default="", metavar="M", help="for metrics that need a judge")
    parser.add_argument("--margin", default="3pt", metavar="POINTS", help="what may be lost (3pt)")
    parser.add_argument("--repeats", type=int, default=1, metavar="N", help="answers per case (1)")
    parser.add_argument("--cluster", default="", metavar="COLUMN", help="what cases belong to")
    add_reports(parser)
    add_person(parser)


def execute(workbench: Workbench, arguments: Arguments) -> Events:
    """Evaluate both on the same cases and yield the gate's decision in one event."""
    from core.evaluation.clusters import by_column

    columns = workbench.datasets.find(arguments["dataset"]).columns
    by_column(arguments["cluster"], columns, ())
    draft = _draft(workbench, arguments)
    check_models(workbench, draft)
    evaluation = workbench.evaluations.create(draft)
    yield from run_whole(workbench, evaluation.id, arguments["person"])
    table = workbench.evaluations.table(evaluation.id)
    signature = next(
        (one for one, info in table.infos.items() if info.name == arguments["metric"]), None
    )
    if signature is None:
        raise InvalidInput("{metric} compares pairs and cannot decide a gate. Choose another.",
                           metric=arguments["metric"])  # fmt: skip
    values = evidence.paired(table.grid, signature, table.infos[signature].direction)
    served = workbench.store.model_use.served_in(evaluation.id, signature)
    fields = {case.id: case.fields for case in table.cases}
    together = by_column(arguments["cluster"], columns, [fields[case] for case in values.cases])
    decision = evidence.gate(values, arguments["margin"], served, table.infos[signature], together)
    template, words = evidence.sentence(decision._asdict())
    yield {
        "gate": {
            **decision._asdict(),
            "metric": signature,
            "evaluation_id": evaluation.id,
            "sentence": fill(template, words),
            "worse": [case for case, _old, _new in evidence.worse(values)],
        }
    }


def _draft(workbench: Workbench, arguments: Arguments) -> Evaluation:
    evidence.check_metric(arguments["metric"])
    candidates = []
    for key, name, model in (
        (OLD, arguments["baseline"], None),
        (NEW, arguments["candidate"], arguments["model"]),
    ):
        prompt, version = workbench.authoring.find(name)
        ref = ModelRef.parse(model or version.spec.model, workbench.settings.default_surface)
        candidates.append(
            Candidate(key, f"{prompt.name} v{version.number}", version.spec, str(ref),
                      prompt.id, version.id)
        )  # fmt: skip
    return Evaluation(
        "", f"{arguments['baseline']} → {arguments['candidate']}",
        workbench.datasets.find(arguments["dataset"]).id, tuple(candidates),
        (MetricSpec(arguments["metric"]),), arguments["repeats"], datetime.now(UTC),
        arguments["person"], judge=arguments["judge"], reuse=True,
    )  # fmt: skip


def present(options: Namespace, perform: Perform) -> int:
    """Print the sentence; the exit code is the verdict."""
    margin = read_margin(options.margin)
    check_reports(options)
    asked = {
        "baseline": options.baseline, "candidate": options.candidate, "model": options.model,
        "dataset": options.dataset, "metric": options.metric, "judge": options.judge,
        "margin": margin, "repeats": options.repeats, "cluster": options.cluster,
        "person": options.person,
    }  # fmt: skip
    code = FAILED
    for event in perform(asked):
        if "gate" not in event:
            continue
        gate = event["gate"]
        code = EXIT_CODES[gate["verdict"]]
        if options.json:
            print_json(gate)
        elif prints_text(options):
            print_text(gate["sentence"])
            if gate["worse"]:
                note(f"Worse: {', '.join(gate['worse'][:10])}")
        write_reports(options, _report(f"{options.baseline} → {options.candidate}", gate))
    return code


def read_margin(text: str) -> float:
    """Points of a hundred as a share. WrongUsage when it is none."""
    found = _MARGIN.fullmatch(text)
    if not found or not 0 < float(found[1]) < 100:
        raise WrongUsage(f"--margin {text}: write points of a hundred, like 3pt.")
    return float(found[1]) / 100


OUTCOMES: dict[str, Outcome] = {"pass": "passed", "fail": "failed"}
"""A verdict as the outcome of a check: incomplete and too little data are errors, no failures."""


def _report(name: str, gate: dict[str, Any]) -> CheckReport:
    shown = {"verdict": "verdict", "cases": "n", "better": "wins", "worse": "losses",
             "margin": "margin", "metric": "metric"}  # fmt: skip
    outcome = OUTCOMES.get(gate["verdict"], "error")
    check = Check(name, outcome, gate["sentence"], "\n".join(gate["worse"]))
    facts = [("", ""), *((words, gate[key]) for words, key in shown.items())]
    return CheckReport("gate", f"Gate: {name}", gate["sentence"], [check], facts)


VERB = Verb(describe, present, execute)
