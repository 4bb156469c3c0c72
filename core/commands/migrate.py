"""`python -m core migrate`: list migrations, show one, write its dossier."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from core.commands.printing import note, print_json, print_text, write_file
from core.commands.verb import DONE, Arguments, Events, Perform, Verb, WrongUsage
from core.migration.progress import next_step
from core.records.model_migrations import ModelMigration

if TYPE_CHECKING:
    from core.workbench import Workbench


def describe(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=("list", "dossier"),
        default="list",
        help="list (the default); dossier: one migration as a printable page",
    )
    parser.add_argument("migration", nargs="?", metavar="ID", help="dossier: which migration")
    parser.add_argument("--language", choices=("en", "ja"), default="en")
    parser.add_argument("--out", default="-", metavar="FILE", help="dossier: stdout when left out")


def execute(workbench: Workbench, arguments: Arguments) -> Events:
    """Yield a migration per event, or the dossier's HTML."""
    if arguments["action"] == "dossier":
        html = workbench.dossiers.html(arguments["migration"], arguments["language"])
        yield {"html": html}
        return
    for migration in workbench.migrations.latest():
        yield migration_line(migration, workbench.store.prompts.get(migration.plan.prompt_id).name)


def migration_line(migration: ModelMigration, prompt: str) -> dict[str, Any]:
    """A migration as JSON data."""
    plan = migration.plan
    return {
        "id": migration.id,
        "prompt": prompt,
        "from": plan.source_model,
        "to": plan.target_model,
        "next_step": next_step(migration),
        "gate": None if migration.gate is None else migration.gate["verdict"],
        "decision": migration.decision,
        "decided_by": migration.decided_by or None,
        "evaluation_id": migration.evaluation_id,
        "created_at": migration.created_at.isoformat(),
        "created_by": migration.created_by,
    }


def present(options: Namespace, perform: Perform) -> int:
    """Print a line per migration, or write the dossier."""
    if options.action == "dossier" and not options.migration:
        raise WrongUsage("Name the migration: python -m core migrate dossier ID")
    asked = {"action": options.action, "migration": options.migration,
             "language": options.language}  # fmt: skip
    for line in perform(asked):
        if "html" in line:
            size = write_file(options.out, [line["html"].encode("utf-8")])
            note(f"{size:,} bytes")
        elif options.json:
            print_json(line)
        else:
            ended = line["decision"] or line["gate"] or line["next_step"]
            print_text(f"{line['id']}  {line['prompt']}  {line['from']} → {line['to']}  {ended}")
    return DONE


VERB = Verb(describe, present, execute)
