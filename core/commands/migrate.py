"""`python -m core migrate`: a whole migration without a page, from its plan to its dossier."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from typing import TYPE_CHECKING, Any

from core.commands.check_report import (
    add_reports,
    check_reports,
    prints_text,
    write_reports,
)
from core.commands.gate import EXIT_CODES, read_margin
from core.commands.migrate_lines import migration_line, migration_state
from core.commands.migrate_report import list_report, state_report
from core.commands.person import add_person
from core.commands.printing import check_writable, note, print_json, print_text, write_file
from core.commands.verb import (
    DONE,
    FAILED,
    INCOMPLETE,
    Arguments,
    Event,
    Events,
    Perform,
    Verb,
    WrongUsage,
)
from core.prompts.authoring import normal_title
from core.records.datasets import SPLITS, CaseSlice
from core.records.metrics import MetricSpec
from core.records.model_migrations import MigrationPlan

if TYPE_CHECKING:
    from core.migration.unattended import Report
    from core.workbench import Workbench

ACTIONS = ("list", "begin", "advance", "show", "decide", "undo", "dossier")
_ENDS = {"incomplete": INCOMPLETE, "failed": FAILED}
_EPILOG = """\
  begin    --prompt P --to MODEL --dataset D   prints the id of the new migration
  advance  ID   as far as it goes without a person: fix, freeze, evaluate, with --optimize also
                optimise, and the gate. Left or killed, the same command goes on and pays nothing
                twice; after an incomplete service it asks for what is missing.
  show     ID   its steps and state
  decide   ID --switch | --keep   sign; --switch puts the label production on the new version
  undo     ID   take the decision back
  dossier  ID   one printable page, HTML or with --pdf a PDF

exit codes of advance:
  0  the gate passes          1  it fails, or something must be changed first
  2  wrong usage              3  incomplete because of the service
  4  not enough data
"""


def describe(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("action", nargs="?", choices=ACTIONS, default="list", help="list: all")
    parser.add_argument("migration", nargs="?", metavar="ID", help="which migration")
    begin = parser.add_argument_group("begin").add_argument
    begin("--prompt", metavar="P", help="NAME (the version in production), NAME@LABEL or NAME@3")
    begin("--to", metavar="M", help="the model to move to: MODEL or SURFACE:MODEL")
    begin("--dataset", metavar="D", help="NAME or NAME@2")
    begin("--split", choices=SPLITS, help="only this side of the dataset's split")
    begin("--metric", default="label_accuracy", metavar="NAME", help="what decides")
    begin("--judge", default="", metavar="M", help="for metrics that need a judge")
    begin("--margin", default="3pt", metavar="POINTS", help="what may be lost (3pt)")
    begin("--repeats", type=int, default=1, metavar="N", help="answers per case (1)")
    begin("--reason", default="", metavar="TEXT", help="why, for the dossier")
    advance = parser.add_argument_group("advance").add_argument
    advance("--candidate", metavar="P", help="take this version (NAME@4) as the new one")
    advance("--no-freeze", action="store_true", help="leave out keeping the old model's answers")
    advance("--optimize", action="store_true",
            help="look for a better prompt; it is taken when shown to be better")  # fmt: skip
    advance("--max-calls", type=int, default=1_000, metavar="N", help="of the optimization")
    advance("--max-usd", type=float, default=5.0, metavar="USD", help="of the optimization")
    decide = parser.add_argument_group("decide")
    choice = decide.add_mutually_exclusive_group()
    choice.add_argument("--switch", dest="choice", action="store_const", const="switch")
    choice.add_argument("--keep", dest="choice", action="store_const", const="keep")
    decide.add_argument("--name", metavar="NAME", help="who decides (the person)")
    decide.add_argument(
        "--memo", default="", metavar="TEXT", help="needed to switch without a pass"
    )
    dossier = parser.add_argument_group("dossier").add_argument
    dossier("--language", choices=("en", "ja"), default="en")
    dossier("--out", metavar="FILE", help="HTML; stdout when left out")
    dossier("--pdf", metavar="FILE", help="a PDF, printed by the Chromium or Chrome that is here")
    add_reports(parser)
    add_person(parser)


# -- the work, here or in the running app --


def execute(workbench: Workbench, arguments: Arguments) -> Events:
    """Do the action; yields what there is to tell, a migration's line or state last."""
    yield from _WORK[arguments["action"]](workbench, arguments)


def _list(workbench: Workbench, arguments: Arguments) -> Events:
    for migration in workbench.migrations.latest():
        yield {"migration": migration_line(workbench, migration)}


def _show(workbench: Workbench, arguments: Arguments) -> Events:
    migration = workbench.migrations.get(arguments["migration"])
    yield {"migration": migration_state(workbench, migration)}


def _begin(workbench: Workbench, arguments: Arguments) -> Events:
    prompt, found = workbench.authoring.find(arguments["prompt"])
    # A bare name means what is in production, as on the page.
    bare = normal_title(arguments["prompt"]) == prompt.name
    source = workbench.migrations.source(prompt.id) if bare else found
    plan = MigrationPlan(
        prompt_id=prompt.id,
        source_version_id=source.id,
        source_model="",
        target_model=arguments["to"],
        dataset_version_id=workbench.datasets.find(arguments["dataset"]).id,
        metrics=(MetricSpec(arguments["metric"]),),
        cases=CaseSlice(split=arguments["split"]),
        margin=arguments["margin"],
        repeats=arguments["repeats"],
        judge=arguments["judge"],
        reason=arguments["reason"],
    )
    migration = workbench.migrations.start(plan, actor=arguments["person"])
    yield {"migration": migration_state(workbench, migration)}


def _advance(workbench: Workbench, arguments: Arguments) -> Events:
    from core.migration.unattended import Limits, Unattended

    flow, migration_id, person = (
        workbench.migrations, arguments["migration"], arguments["person"],
    )  # fmt: skip
    if arguments["candidate"]:
        _prompt, version = workbench.authoring.find(arguments["candidate"])
        if flow.get(migration_id).candidate_version_id != version.id:
            flow.choose(migration_id, version.id, actor=person)
    limits = Limits(arguments["max_calls"], arguments["max_usd"])
    advancing = Unattended(
        workbench.store, flow, workbench.evaluations, workbench.optimizations
    ).advance(
        migration_id,
        actor=person,
        freeze=not arguments["no_freeze"],
        optimize=limits if arguments["optimize"] else None,
    )
    last: Report | None = None
    try:
        for last in advancing:
            yield {"progress": f"{last.step}: {last.text}"} if last.text else {}
    finally:
        advancing.close()
    end = last.end if last is not None else None
    state = migration_state(workbench, flow.get(migration_id))
    problem = last.text if last and end != "gate" else ""
    yield {"migration": state, "end": end, "problem": problem, "step": last.step if last else ""}


def _decide(workbench: Workbench, arguments: Arguments) -> Events:
    migration = workbench.migrations.decide(
        arguments["migration"], arguments["choice"], name=arguments["name"],
        memo=arguments["memo"], actor=arguments["person"],
    )  # fmt: skip
    yield {"migration": migration_state(workbench, migration)}


def _undo(workbench: Workbench, arguments: Arguments) -> Events:
    migration = workbench.migrations.undo(arguments["migration"], actor=arguments["person"])
    yield {"migration": migration_state(workbench, migration)}


def _dossier(workbench: Workbench, arguments: Arguments) -> Events:
    yield {"html": workbench.dossiers.html(arguments["migration"], arguments["language"])}


_WORK = {
    "list": _list,
    "begin": _begin,
    "advance": _advance,
    "show": _show,
    "decide": _decide,
    "undo": _undo,
    "dossier": _dossier,
}


# -- where the command was typed --


def present(options: Namespace, perform: Perform) -> int:
    """Print what came of it; the exit code of `advance` is the gate's verdict."""
    asked = _asked(options)
    code = DONE
    told: list[Event] = []
    for event in perform(asked):
        if event.get("progress"):
            note(event["progress"])
        if "html" in event:
            _write(event["html"], options)
        if "migration" in event:
            told.append(event)
            _print(event["migration"], options)
        if "end" in event:
            code = _ended(event)
    if options.action == "list":
        write_reports(options, list_report([event["migration"] for event in told]))
    for event in told if options.action != "list" else ():
        stopped = event.get("step", ""), event.get("end"), event.get("problem", "")
        write_reports(options, state_report(event["migration"], *stopped))
    return code


def _asked(options: Namespace) -> dict[str, Any]:
    """What the work needs; WrongUsage when something is left out."""
    needed = {
        "begin": (("prompt", "--prompt P"), ("to", "--to MODEL"), ("dataset", "--dataset D")),
        "decide": (("migration", "the migration's ID"), ("choice", "--switch or --keep")),
        "list": (),
    }.get(options.action, (("migration", "the migration's ID"),))
    for name, words in needed:
        if not getattr(options, name):
            raise WrongUsage(f"migrate {options.action}: say {words}.")
    for path in (options.out, options.pdf):
        check_writable(path)
    check_reports(options)
    if options.action == "dossier" and (options.junit or options.markdown):
        raise WrongUsage("migrate dossier: --junit and --markdown are for its state; take show.")
    names = ("action", "migration", "prompt", "to", "dataset", "split", "metric", "judge",
             "repeats", "reason", "candidate", "no_freeze", "optimize", "max_calls", "max_usd",
             "choice", "memo", "language", "person")  # fmt: skip
    return {
        **{name: getattr(options, name) for name in names},
        "margin": read_margin(options.margin),
        "name": options.name or options.person,
    }


def _print(line: Event, options: Namespace) -> None:
    if options.json:
        print_json(line)
        return
    if not prints_text(options):
        return
    ended = line["decision"] or line["gate"] or line["next_step"]
    print_text(f"{line['id']}  {line['prompt']}  {line['from']} → {line['to']}  {ended}")
    for step in line.get("steps", ()):
        print_text(f"  {step['state']:<8} {step['step']:<9} {step['detail']}".rstrip())
    for one in line.get("findings", ()):
        note(f"  {one['effect']:<16} {one['place']:<18} {one['message']}")
    for text in line.get("clock", ()):
        note(text)
    if line.get("sentence"):
        print_text(line["sentence"])


def _write(html: str, options: Namespace) -> None:
    if options.pdf:
        from core.migration.pdf import as_pdf, browser

        size = write_file(options.pdf, [as_pdf(html, browser())])
        note(f"{options.pdf}: {size:,} bytes")
    if options.out or not options.pdf:
        size = write_file(options.out or "-", [html.encode("utf-8")])
        note(f"{size:,} bytes")


def _ended(event: Event) -> int:
    if event["end"] == "gate":
        return EXIT_CODES[event["migration"]["gate"]]
    note(event["problem"])
    return _ENDS[event["end"]]


VERB = Verb(describe, present, execute)
