"""`python -m core optimize`: a VAPO configuration in, result files and a verdict out.

The same command again goes on with a job that was left: nothing settled is paid twice.
"""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

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
from core.errors import InvalidInput
from core.i18n import kept_message

if TYPE_CHECKING:
    from core.optimization.vapo_config import VapoConfig
    from core.platform.files import Files
    from core.records.jobs import JobEvent
    from core.records.optimizations import Optimization
    from core.workbench import Workbench

_LOOK_S = 0.2
_TELL_EVERY = 10
SHA = "config_sha256"


def describe(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--config", required=True, metavar="FILE", help="a VAPO configuration")
    parser.add_argument("--out", required=True, metavar="DIR", help="where the results go")
    parser.add_argument(
        "--engine", choices=("local", "gepa"), default="local", help="who searches (local)"
    )
    add_person(parser)


# -- where the workbench is --


def execute(workbench: Workbench, arguments: Arguments) -> Events:
    """Run the job to its end; yields what it has found meanwhile, then everything."""
    optimization = _optimization(workbench, arguments)
    service, person = workbench.optimizations, arguments["person"]
    if optimization.job_id is None:
        service.start(optimization.id, actor=person)
    else:
        service.resume(optimization.id, actor=person)
    try:
        for look in range(10**9):
            if service.status(optimization.id) != "running":
                break
            if look % _TELL_EVERY == 0:
                yield {"progress": _progress(workbench, optimization)}
            else:
                yield {}
            time.sleep(_LOOK_S)
    except GeneratorExit:
        # Whoever asked is gone. The same command goes on where it was.
        service.pause(optimization.id, actor=person)
        raise
    yield {"end": _end(workbench, service.get(optimization.id))}


def _optimization(workbench: Workbench, arguments: Arguments) -> Optimization:
    """The one that this configuration began and did not end, else a new one."""
    from core.optimization.vapo_config import VapoConfig, draft_of, local_problems

    service = workbench.optimizations
    for known in service.list(500):
        same = (known.draft.vapo.get(SHA), known.created_by) == (
            arguments["sha256"], arguments["person"],
        )  # fmt: skip
        if same and service.status(known.id) != "done":
            return known
    config = VapoConfig(arguments["config"])
    for problem in local_problems(config):
        raise problem
    draft = draft_of(
        config,
        title=arguments["title"],
        dataset_version_id=_dataset(workbench, arguments),
        default_surface=workbench.settings.default_surface,
    )
    kept = replace(draft, engine=arguments["engine"], vapo={**draft.vapo, SHA: arguments["sha256"]})
    return service.create(kept, actor=arguments["person"])


def _dataset(workbench: Workbench, arguments: Arguments) -> str:
    """The version with these rows; the one from before when they were sent before."""
    from core.records.datasets import Case

    cases = [Case(one["id"], one["fields"], one["split"]) for one in arguments["rows"]]
    name = f"optimize {arguments['title']} {arguments['data_sha256'][:12]}"
    for line in workbench.datasets.list():
        if line.dataset.name == name:
            return line.latest.id
    return workbench.datasets.create(
        name, cases, actor=arguments["person"], source="optimize", columns=arguments["columns"]
    ).id


def _progress(workbench: Workbench, optimization: Optimization) -> dict[str, Any]:
    from core.optimization.vapo_files import scored_templates, template_data

    found = workbench.optimizations.progress(optimization.id)
    best = found.ledger.best_template
    return {
        "templates": [
            template_data(one, optimization.draft.frozen) for one in scored_templates(found.ledger)
        ],
        "best": best.score if best else None,
        "calls": found.calls,
        "max_calls": found.max_calls,
        # The job's spending also holds what is reserved for calls under way.
        "spent_usd": found.ledger.cost_usd,
    }


def _end(workbench: Workbench, optimization: Optimization) -> dict[str, Any]:
    from core.optimization.vapo_files import verdict_data

    service = workbench.optimizations
    found = service.progress(optimization.id)
    status, events = found.status, found.events
    files: dict[str, Any] = service.result_files(optimization.id)
    result = service.result(optimization.id)
    verdict = verdict_data(optimization, found.ledger, result.spec.system or _message(result.spec))
    verdict |= {"calls": found.calls, "cost_usd": found.spent_usd}
    worse = [asdict(row) for row in service.worse(optimization.id)]
    return {
        "status": status,
        "problem": "" if status == "done" else last_words(events) or status,
        "files": files,
        "verdict": verdict,
        "worse": worse,
        "simulated": found.simulated,
    }


def last_words(events: Sequence[JobEvent]) -> str:
    """The last line of a job's log, in English."""
    return kept_message(events[-1].text, events[-1].values) if events else ""


def _message(spec: Any) -> str:
    return str(spec.turns[0].text) if spec.turns else ""


# -- where the command was typed --


def present(options: Namespace, perform: Perform) -> int:
    """Read the files, write the results, print the verdict."""
    from core.platform.files import Files

    files = Files()
    try:
        asked = _asked(options, files)
        return _follow(options, files, perform, asked)
    except (Unfit, InvalidInput) as error:
        from core.commands.terminal_language import explained

        problems = error.problems if isinstance(error, Unfit) else (error,)
        told = "\n".join(map(str, problems))
        _write(files, options.out, "error.json", {"Error": told, "Stack trace": ""})
        raise WrongUsage("\n".join(map(explained, problems))) from error


class Unfit(Exception):
    """A configuration or its data will not do. All of it is told: a person mends it in one go."""

    def __init__(self, problems: Sequence[InvalidInput]) -> None:
        super().__init__(*map(str, problems))
        self.problems = tuple(problems)


def _asked(options: Namespace, files: Files) -> dict[str, Any]:
    """What the job needs, read here: relative paths are to the configuration."""
    from core.optimization import vapo_data
    from core.optimization.vapo_config import VapoConfig, local_problems, read_config, well_typed

    config = read_config(files.read(options.config))
    problems = [*config.problems, *local_problems(config)]
    values = dict(config.values)
    data: list[bytes] = []
    cases: list[Any] = []
    try:
        kept = well_typed(config)
        for name in ("system_instruction", "prompt_template"):
            path = kept.text(f"{name}_path")
            if path and not kept.text(name):
                values[name] = files.read(_beside(path, options.config)).decode("utf-8")
        kept = well_typed(VapoConfig(values))
        data, cases = _cases(kept, options, files)
        vapo_data.check_rows(kept, cases, vapo_data.columns_of(cases))
    except InvalidInput as error:
        problems.append(error)
    if problems:
        raise Unfit(problems)
    return {
        "config": values,
        "sha256": vapo_data.sha256_of(json.dumps(values, sort_keys=True).encode(), *data),
        "data_sha256": vapo_data.sha256_of(*data),
        "rows": [{"id": one.id, "fields": dict(one.fields), "split": one.split} for one in cases],
        "columns": list(vapo_data.columns_of(cases)),
        "title": PurePath(options.config).stem[:60],
        "engine": options.engine,
        "person": options.person,
    }


def _cases(config: VapoConfig, options: Namespace, files: Files) -> tuple[list[bytes], list[Any]]:
    """The data as it lies there, and its rows."""
    from core.optimization.vapo_data import read_rows

    train, test = config.text("train_input_data_path"), config.text("test_input_data_path")
    wanted: list[tuple[str, Any]] = [(config.text("input_data_path") or train, None)]
    if train and test:
        wanted = [(train, "train"), (test, "test")]
    data, cases = [], []
    for path, split in wanted:
        if not path:
            # That the key is missing is told already.
            break
        content = files.read(_beside(path, options.config))
        data.append(content)
        cases += read_rows(content, PurePath(path).name, split)
    return data, cases


def _beside(path: str, config: str) -> str:
    from core.platform.files import beside

    return beside(path, config)


def _follow(options: Namespace, files: Files, perform: Perform, asked: Mapping[str, Any]) -> int:
    shown: Any = None
    for event in perform(asked):
        if "progress" in event:
            found = event["progress"]
            if found["templates"] and found["templates"] != shown:
                shown = found["templates"]
                _write(files, options.out, "templates.json", shown)
                note(
                    f"{found['calls']}/{found['max_calls']} calls, "
                    f"${found['spent_usd']:.4f}, best so far {_number(found['best'])}"
                )
        elif "end" in event:
            return _ended(options, files, event["end"])
    return FAILED


def _ended(options: Namespace, files: Files, end: Mapping[str, Any]) -> int:
    for name, data in end["files"].items():
        _write(files, options.out, name, data)
    verdict = end["verdict"]
    _write(files, options.out, "verdict.json", {**verdict, "worse": end["worse"]})
    if end["status"] != "done":
        _write(files, options.out, "error.json", {"Error": end["problem"], "Stack trace": ""})
        note(f"{end['status']}: {end['problem']}")
        # A job that failed cannot be gone on with; one that paused waits for the service.
        return FAILED if end["status"] == "failed" else INCOMPLETE
    if options.json:
        print_json(verdict)
    else:
        print_text(_sentence(verdict))
    if end["simulated"]:
        note("Simulated: the sandbox is no language model.")
    return NOT_ENOUGH if verdict["reason"] == "too_few" else DONE


def _sentence(verdict: Mapping[str, Any]) -> str:
    if verdict["reason"] == "start_is_best":
        return f"not_shown: no candidate beat the start while tuning ({verdict['stop_reason']})"
    bounds = ""
    if verdict["low"] is not None:
        bounds = f" [{verdict['low']:+.3f}, {verdict['high']:+.3f}]"
    needed = f"; about {verdict['needed']} cases would be needed" if verdict["needed"] else ""
    return (
        f"{verdict['verdict']}: {_signed(verdict['difference'])}{bounds} on "
        f"{verdict['test_cases']} test cases{needed} (tuning score "
        f"{_number(verdict['tuning_score'])}, {verdict['stop_reason']})"
    )


def _write(files: Files, out: str, name: str, data: Any) -> None:
    from core.platform.files import child

    text = json.dumps(data, ensure_ascii=False, indent=1)
    files.write(child(out, name), text.encode("utf-8", "replace"))


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+.3f}"


VERB = Verb(describe, present, execute)
