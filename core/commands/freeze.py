"""`python -m core freeze`: keep a model's answers on a dataset while it still gives them."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

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
from core.commands.printing import print_json, print_text
from core.commands.verb import DONE, FAILED, INCOMPLETE, Arguments, Events, Perform, Verb
from core.commands.whole_evaluation import run_whole
from core.records.freezes import FreezePlan
from core.records.metrics import MetricSpec

if TYPE_CHECKING:
    from core.workbench import Workbench

EXIT_CODES = {"done": DONE, "incomplete": INCOMPLETE}
_OUTCOMES: dict[str, Outcome] = {"done": "passed", "incomplete": "error"}


def describe(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = (
        "The answers are an evaluation of their own. `gate` and a migration take them from "
        "there instead of asking again, also when the model is gone."
    )
    parser.add_argument(
        "--prompt",
        required=True,
        metavar="P",
        help="NAME (its newest version), NAME@LABEL or NAME@3",
    )
    parser.add_argument("--dataset", required=True, metavar="D", help="NAME or NAME@2")
    parser.add_argument("--metric", default="exact_match", metavar="NAME",
                        help="scored at once; others can follow without asking again")  # fmt: skip
    parser.add_argument("--repeats", type=int, default=1, metavar="N", help="answers per case (1)")
    add_reports(parser)
    add_person(parser)


def execute(workbench: Workbench, arguments: Arguments) -> Events:
    """Ask every case and yield how it ended."""
    _, version = workbench.authoring.find(arguments["prompt"])
    dataset = workbench.datasets.find(arguments["dataset"])
    evaluation = workbench.freezes.create(
        FreezePlan(
            version.id, dataset.id, arguments["repeats"], metric=MetricSpec(arguments["metric"])
        ),
        actor=arguments["person"],
    )
    yield from run_whole(workbench, evaluation.id, arguments["person"])
    found = workbench.store.evaluations.measured(evaluation.id)
    yield {
        "freeze": {
            "evaluation_id": evaluation.id,
            "model": evaluation.candidates[0].model,
            "status": workbench.evaluations.status(evaluation.id),
            "answers": sum(one.answers - one.errors for one in found),
            "failed": sum(one.errors for one in found),
            "spent_usd": workbench.evaluations.progress(evaluation.id).spent_usd,
        }
    }


def present(options: Namespace, perform: Perform) -> int:
    """Print how many answers are kept."""
    check_reports(options)
    asked = {name: getattr(options, name)
             for name in ("prompt", "dataset", "metric", "repeats", "person")}  # fmt: skip
    code = FAILED
    for event in perform(asked):
        if "freeze" not in event:
            continue
        kept = event["freeze"]
        code = EXIT_CODES.get(kept["status"], FAILED)
        sentence = (f"{kept['model']}: {kept['answers']} answers kept, {kept['failed']} failed; "
                    f"evaluation {kept['evaluation_id']}")  # fmt: skip
        if options.json:
            print_json(kept)
        elif prints_text(options):
            print_text(sentence)
        write_reports(options, _report(f"{options.prompt} on {options.dataset}", sentence, kept))
    return code


def _report(name: str, sentence: str, kept: dict[str, Any]) -> CheckReport:
    check = Check(name, _OUTCOMES.get(kept["status"], "failed"), sentence)
    return CheckReport("freeze", f"Freeze: {name}", sentence, [check], [("", ""), *kept.items()])


VERB = Verb(describe, present, execute)
