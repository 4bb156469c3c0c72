"""`python -m core evaluate`: a dataset through prompts and models, scored and compared."""

from __future__ import annotations

import base64
import time
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.commands.askable import check_models
from core.commands.metric_options import metric_options
from core.commands.person import add_person
from core.commands.printing import check_writable, note, print_json, print_text, write_file
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
from core.errors import InvalidInput
from core.i18n import kept_message
from core.records.comparisons import Candidate
from core.records.datasets import SPLITS, CaseSlice, DatasetVersion
from core.records.evaluations import Evaluation
from core.records.metrics import MetricSpec
from core.records.models import ModelRef
from core.records.prompts import PromptSpec

if TYPE_CHECKING:
    from core.workbench import Workbench

EXIT_CODES = {"done": DONE, "incomplete": INCOMPLETE, "failed": FAILED, "cancelled": FAILED,
              "paused": FAILED}  # fmt: skip
SOON_S = 0.5
ENGINES = ("local", "batch")
FILES = ("html", "csv", "jsonl")
_NUMBERS = ("samples", "temperature", "version")
"""Options of judged metrics; those of computed ones are read as the type they stand for."""

_EPILOG = """\
A case's columns fill the variables of the prompt; the column prompt is added to a prompt
without variables. Expected answers are in the column reference.

exit codes:
  0  done
  1  failed: a spending cap was reached, a column is missing, a name is unknown
  2  wrong usage
  3  incomplete because of the service: more than 2 % of the answers or verdicts are missing;
     the same command with --resume ID asks for those alone
  4  too few scored cases to say anything about a difference
"""


def describe(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    add = parser.add_argument
    add("--dataset", metavar="D", help="NAME, NAME@VERSION, or a file (CSV, JSONL, XLSX, Parquet)")
    add("--prompt", action="append", default=[], metavar="P",
        help="NAME, NAME@3, NAME@LABEL or an export file; repeatable")  # fmt: skip
    add("--model", action="append", default=[], metavar="M", help="SURFACE:MODEL; repeatable")
    add("--metric", nargs="+", action="extend", default=[], metavar="NAME", help="repeatable")
    add("--option", action="append", default=[], metavar="NAME.KEY=VALUE",
        help="an option of a metric, such as rouge_l.measure=recall; repeatable")  # fmt: skip
    add("--judge", default="", metavar="M", help="the model that judges, for metrics that need one")
    add("--repeat", type=int, default=1, metavar="N", help="ask every case N times")
    add("--slice", action="append", default=[], metavar="COLUMN=VALUE", help="only such cases")
    add("--split", choices=SPLITS, help="only this side of the dataset's split")
    add("--final", action="store_true", help="open a sealed test split; that is recorded")
    add("--cluster", default="", metavar="COLUMN",
        help="cases with the same value belong together: cluster-robust errors")  # fmt: skip
    add("--reuse", action="store_true", help="take answers that the same requests got before")
    add("--engine", choices=ENGINES, default="local",
        help="batch: half the price, results may take up to 24 hours (then --resume)")  # fmt: skip
    add("--title", default="", help="what it is called in the app")
    add("--resume", metavar="ID", help="go on with an evaluation, asking only what is missing")
    add("--html", metavar="FILE", help="also write a report that needs nothing else")
    add("--csv", metavar="FILE", help="also write every answer with its scores")
    add("--jsonl", metavar="FILE", help="the same with everything that is known")
    add("--language", default="en", choices=("en", "ja"), help="of the report and the sentences")
    add_person(parser)


def present(options: Namespace, perform: Perform) -> int:
    """Wait for the end, print the figures, write the files."""
    for name in FILES:
        check_writable(getattr(options, name))
    code = FAILED
    files: dict[str, list[bytes]] = {}
    for event in perform(_collected(options)):
        if "progress" in event:
            note(event["progress"])
        if "file" in event:
            chunk = base64.b64decode(event["data"])
            files.setdefault(event["file"], []).append(chunk)
        if "result" in event:
            code = _exit_code(event["result"])
            _print(event["result"], event["sentences"], options.json)
    for name, chunks in files.items():
        write_file(getattr(options, name), chunks)
    return code


def _collected(options: Namespace) -> dict[str, Any]:
    """What the work needs, as JSON data; files are read here."""
    if not options.resume:
        for name, what in (("dataset", "--dataset D"), ("prompt", "--prompt P"),
                           ("metric", "--metric NAME")):  # fmt: skip
            if not getattr(options, name):
                raise WrongUsage(f"Say what to evaluate: {what}.")
    equals: dict[str, str] = {}
    for pair in options.slice:
        column, sign, value = pair.partition("=")
        if not sign or not column:
            raise WrongUsage(f"--slice {pair}: write COLUMN=VALUE.")
        equals[column] = value
    names = ("model", "judge", "repeat", "split", "final", "reuse", "title", "resume", "person",
             "language", "engine", "cluster")  # fmt: skip
    return {
        **{name: getattr(options, name) for name in names},
        "dataset": _file_or_name(options.dataset) if options.dataset else None,
        "prompts": [_file_or_name(one) for one in options.prompt],
        "metrics": _metrics(options.metric, options.option),
        "equals": equals,
        "files": [name for name in FILES if getattr(options, name)],
    }


def _file_or_name(text: str) -> dict[str, str]:
    path = Path(text)
    if not path.is_file():
        return {"name": text}
    return {"name": path.name, "data": base64.b64encode(path.read_bytes()).decode("ascii")}


def _metrics(names: Sequence[str], pairs: Sequence[str]) -> dict[str, dict[str, Any]]:
    return {
        name: {key: _number(value) if key in _NUMBERS else value for key, value in options.items()}
        for name, options in metric_options(names, pairs).items()
    }


def _number(text: str) -> float | str:
    try:
        return int(text) if text.isdecimal() else float(text)
    except ValueError:
        return text


def _exit_code(result: Mapping[str, Any]) -> int:
    code = EXIT_CODES[result["status"]]
    verdicts = [one["verdict"] for one in result["comparisons"]]
    if code == DONE and verdicts and all(one == "not_enough_data" for one in verdicts):
        return NOT_ENOUGH
    return code


def _print(result: Mapping[str, Any], sentences: Sequence[str], as_json: bool) -> None:
    if as_json:
        print_json(result)
        return
    print_text(f"{result['status']}  {result['evaluation_id']}")
    for candidate in result["candidates"]:
        print_text(f"{candidate['candidate']}")
        for name, metric in candidate["metrics"].items():
            value = "–" if metric["value"] is None else f"{metric['value']:.3f}"
            bounds = [metric["low"], metric["high"]]
            ends = " to ".join("?" if bound is None else f"{bound:.3f}" for bound in bounds)
            errors = f", {metric['errors']} errors" if metric["errors"] else ""
            print_text(f"  {name:<28} {value}  (95 %: {ends}; {metric['n']} cases{errors})")
    for sentence in sentences:
        print_text(sentence)


# -- the work, here or in the running app --


def execute(workbench: Workbench, arguments: Arguments) -> Events:
    """Make and start it, tell how far it is, then the result and the files."""
    # The command's own process must load numpy and the metrics only where the work is done.
    from core.evaluation import evaluation_export, words

    evaluations, actor = workbench.evaluations, arguments["person"]
    if arguments["resume"]:
        evaluation_id = arguments["resume"]
        evaluations.go_on(evaluation_id, actor=actor)
    else:
        draft = _draft(workbench, arguments)
        check_models(workbench, draft)
        kept = evaluations.create(draft)
        evaluation_id = kept.id
        evaluations.start(evaluation_id, actor=actor)
    progress = evaluations.progress(evaluation_id)
    try:
        while progress.status == "running":
            yield {"progress": words.progress_line(progress)}
            time.sleep(SOON_S)
            progress = evaluations.progress(evaluation_id)
    finally:
        if progress.status == "running":
            # Whoever asked is gone: what is there stays, and --resume goes on.
            evaluations.pause(evaluation_id, actor=actor)
    if progress.status == "failed" and progress.events:
        last = progress.events[-1]
        yield {"progress": kept_message(last.text, last.values)}
    found = evaluations.results(evaluation_id, arguments["cluster"])
    how = {"language": arguments["language"], "cluster": arguments["cluster"]}
    for name in arguments["files"]:
        for chunk in evaluations.export(evaluation_id, name, **how):
            yield {"file": name, "data": base64.b64encode(chunk).decode("ascii")}
    yield {
        "result": evaluation_export.results_data(found),
        "sentences": words.sentences_of(found, arguments["language"]),
    }


def _draft(workbench: Workbench, arguments: Arguments) -> Evaluation:
    from core.evaluation.clusters import by_column

    prompts = [_prompt(workbench, one) for one in arguments["prompts"]]
    version = _dataset(workbench, arguments["dataset"], arguments["person"])
    for column in (arguments["cluster"], *arguments["equals"]):
        by_column(column, version.columns, ())
    models = arguments["model"]
    candidates: list[Candidate] = []
    for title, spec, prompt_id, version_id in prompts:
        for model in models or [spec.model]:
            if not model:
                raise InvalidInput("Say which model to ask: --model SURFACE:MODEL.")
            ref = ModelRef.parse(model, workbench.settings.default_surface)
            candidates.append(
                Candidate(f"c{len(candidates) + 1}", f"{title} · {ref}", spec, str(ref),
                          prompt_id, version_id)
            )  # fmt: skip
    judge = arguments["judge"]
    if judge:
        judge = str(ModelRef.parse(judge, workbench.settings.default_surface))
    dataset = workbench.datasets.get(version.dataset_id)
    return Evaluation(
        id="",
        title=arguments["title"] or f"{dataset.name}: {', '.join(title for title, *_ in prompts)}",
        dataset_version_id=version.id,
        candidates=tuple(candidates),
        metrics=tuple(MetricSpec(name, options) for name, options in arguments["metrics"].items()),
        repeats=arguments["repeat"],
        created_at=datetime.now(UTC),
        created_by=arguments["person"],
        cases=CaseSlice(equals=arguments["equals"], split=arguments["split"]),
        judge=judge,
        reuse=arguments["reuse"],
        final=arguments["final"],
        engine=arguments["engine"],
    )


def _dataset(workbench: Workbench, chosen: Mapping[str, str], actor: str) -> DatasetVersion:
    """A file is imported under its name; the same content is not imported twice."""
    if "data" not in chosen:
        return workbench.datasets.find(chosen["name"])
    from core.datasets.mapping import apply, proposed
    from core.datasets.reading import read_file

    table = read_file(base64.b64decode(chosen["data"]), chosen["name"]).table
    mapped = apply(table, proposed(table.columns))
    name = Path(chosen["name"]).stem
    known = next(
        (one.dataset for one in workbench.datasets.list() if one.dataset.name == name), None
    )
    how: dict[str, Any] = {"actor": actor, "source": chosen["name"], "columns": mapped.columns}
    if known is None:
        return workbench.datasets.create(name, mapped.cases, **how)
    return workbench.datasets.replace_cases(known.id, mapped.cases, **how)


def _prompt(
    workbench: Workbench, chosen: Mapping[str, str]
) -> tuple[str, PromptSpec, str | None, str | None]:
    if "data" in chosen:
        spec = workbench.exchange.read_spec(base64.b64decode(chosen["data"]))
        return Path(chosen["name"]).stem, spec, None, None
    prompt, version = workbench.authoring.find(chosen["name"])
    return f"{prompt.name} v{version.number}", version.spec, prompt.id, version.id


VERB = Verb(describe, present, execute)
