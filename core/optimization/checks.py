"""Is the data fit for an optimization? In plain words, before anything is spent. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from core.evaluation.chosen import Chosen
from core.evaluation.plan import INPUT, PROMPT
from core.optimization.guard import variable_counts
from core.optimization.heldout import FEWEST_ROWS, FEWEST_TEST, smallest_gain
from core.optimization.parts import instruction_of, masked
from core.prompts.template import is_name, normal_name, variables_of
from core.records.datasets import REFERENCE, Case
from core.records.messages import N_
from core.records.metrics import MetricInfo
from core.records.optimizations import OptimizationDraft

Level = Literal["ok", "info", "warning", "error"]
RECOMMENDED = 50


@dataclass(frozen=True, slots=True)
class DataCheck:
    """One finding: a message template with its values, translated where it is shown."""

    level: Level
    name: str
    template: str
    values: Mapping[str, object]


def checks(
    draft: OptimizationDraft,
    columns: Collection[str],
    tuning: Sequence[Case],
    test_cases: int,
    metrics: Chosen,
    *,
    sealed: bool,
    looks: int,
) -> list[DataCheck]:
    """All findings, in the order of the form."""
    return [
        *_instruction(draft),
        *_columns(draft, columns, tuning),
        *_size(tuning, test_cases, sealed=sealed, looks=looks),
        *_references(tuning, metrics),
        *_metrics(draft, metrics),
    ]


def _instruction(draft: OptimizationDraft) -> list[DataCheck]:
    text = instruction_of(draft.spec)
    if not text.strip():
        return [_found("error", "instruction",
                       N_("The prompt has no text that could be rewritten. Write a system "
                          "instruction or a message."))]  # fmt: skip
    found = []
    for name, content in draft.frozen.items():
        if not is_name(normal_name(name)):
            found.append(_found("error", "frozen",
                                N_("{part} cannot be the name of a frozen part: use letters, "
                                   "digits and underscores, and begin with a letter."),
                                part=name))  # fmt: skip
        elif f"{{{name}}}" not in masked(text, {name: content}):
            found.append(_found("error", "frozen",
                                N_("The frozen part {part} does not occur in the instruction. "
                                   "Copy it from there exactly, or put {placeholder} where it "
                                   "belongs."), part=name, placeholder=f"{{{name}}}"))  # fmt: skip
    if len(text) > draft.max_characters:
        found.append(_found("error", "length",
                            N_("The instruction has {length} characters, more than the {most} "
                               "that a new one may have. Raise the limit."),
                            length=len(text), most=draft.max_characters))  # fmt: skip
    return found


def _columns(
    draft: OptimizationDraft, columns: Collection[str], tuning: Sequence[Case]
) -> list[DataCheck]:
    clash = [name for name in draft.frozen if name in columns]
    if clash:
        return [_found("error", "frozen",
                       N_("{names} is a frozen part and a column of the dataset. Name the frozen "
                          "part differently."), names=", ".join(clash))]  # fmt: skip
    used = [name for name in variables_of(draft.spec) if name not in draft.frozen]
    known = {*columns, *({INPUT} if PROMPT in columns else ())}
    missing = [name for name in used if name not in known]
    if missing:
        return [_found("error", "columns",
                       N_("The prompt uses {names}, and the dataset has no such column. It has: "
                          "{columns}."),
                       names=", ".join(f"{{{name}}}" for name in missing),
                       columns=", ".join(columns))]  # fmt: skip
    if not used and PROMPT not in columns:
        return [_found("error", "columns",
                       N_("The prompt has no variable and the dataset no column named prompt, so "
                          "every case would ask the same."))]  # fmt: skip
    found: list[DataCheck] = []
    empty = [case.id for case in tuning if any(not case.fields.get(name, "x") for name in used)]
    if empty:
        found.append(_found("warning", "empty",
                            N_("{count} cases have an empty value for a variable, such as {id}."),
                            count=len(empty), id=empty[0]))  # fmt: skip
    if not found:
        names = ", ".join(f"{{{name}}}" for name in used) or PROMPT
        found.append(_found("ok", "columns", N_("Every variable has a column: {names}."),
                            names=names))  # fmt: skip
    # More columns than the prompt uses are no fault: metrics or people may need them.
    return found


def _size(tuning: Sequence[Case], test_cases: int, *, sealed: bool, looks: int) -> list[DataCheck]:
    whole = len(tuning) + test_cases
    found = []
    if whole < FEWEST_ROWS or test_cases < FEWEST_TEST:
        found.append(_found("warning", "size",
                            N_("{tuning} cases to tune on and {test} to test on are too few to "
                               "tell whether anything got better. Have {fewest} at least, better "
                               "{recommended} to 100, some that the model gets wrong and some "
                               "that it gets right."), tuning=len(tuning), test=test_cases,
                            fewest=FEWEST_ROWS, recommended=RECOMMENDED))  # fmt: skip
    else:
        found.append(_found("ok" if whole >= RECOMMENDED else "info", "size",
                            N_("{tuning} cases to tune on, {test} kept apart for the verdict. A "
                               "true gain of about {gain} points of a hundred is found with them "
                               "in four jobs of five; a smaller one easily stays unseen."),
                            tuning=len(tuning), test=test_cases,
                            gain=f"{100 * (smallest_gain(test_cases) or 1):.0f}"))  # fmt: skip
    if not sealed:
        found.append(_found("info", "seal",
                            N_("The test split is not sealed: other evaluations may look at its "
                               "cases before. This job does not, until its end. Seal it on the "
                               "Datasets page.")))  # fmt: skip
    if looks:
        found.append(_found("info" if looks < 5 else "warning", "looks",
                            N_("The test cases were looked at {looks} times before. Each look "
                               "makes the next verdict worth a little less."),
                            looks=looks))  # fmt: skip
    return found


def _references(tuning: Sequence[Case], metrics: Chosen) -> list[DataCheck]:
    needing = [info.name for info in metrics.infos.values() if REFERENCE in info.needs]
    without = [case.id for case in tuning if not (case.reference or "").strip()]
    if needing and without:
        level: Level = "error" if len(without) == len(tuning) else "warning"
        return [_found(level, "reference",
                       N_("{metric} needs an expected answer (column reference), and {count} of "
                          "{all} cases have none, such as {id}."), metric=needing[0],
                       count=len(without), all=len(tuning), id=without[0])]  # fmt: skip
    if without and len(without) == len(tuning):
        return [_found("info", "reference",
                       N_("No case has an expected answer. The judge decides alone; with expected "
                          "answers the optimizer would see what was wrong."))]  # fmt: skip
    return [_found("ok", "reference", N_("Expected answers are there."))]


def _metrics(draft: OptimizationDraft, metrics: Chosen) -> list[DataCheck]:
    found = []
    if metrics.paired or metrics.managed:
        found.append(_found("error", "metric",
                            N_("Choose metrics that score one answer by themselves; pairwise "
                               "metrics and those of the evaluation service cannot lead the local "
                               "engine.")))  # fmt: skip
    unbounded = [info.name for info in metrics.infos.values() if not _bounded(info)]
    if unbounded:
        found.append(_found("error", "metric",
                            N_("{metric} has no bounds, so it cannot be part of the score. Choose "
                               "another metric."), metric=unbounded[0]))  # fmt: skip
    total = sum(one.weight for one in draft.metrics)
    if any(one.weight < 0 for one in draft.metrics) or total <= 0:
        found.append(_found("error", "weights",
                            N_("Weights are 0 or more, and one is above 0.")))  # fmt: skip
    elif draft.aggregation == "weighted_sum" and abs(total - 1) > 1e-6:
        found.append(_found("error" if total > 1 else "warning", "weights",
                            N_("The weights add up to {total}. For a weighted sum let them add up "
                               "to 1."), total=f"{total:g}"))  # fmt: skip
    if any(name.startswith("{{") for name in variable_counts(instruction_of(draft.spec))):
        found.append(_found("warning", "braces",
                            N_("A variable stands in double braces. The value is sent with a "
                               "brace on each side; write single braces.")))  # fmt: skip
    return found


def _bounded(info: MetricInfo) -> bool:
    return info.low is not None and info.high is not None


def _found(level: Level, name: str, template: str, **values: object) -> DataCheck:
    return DataCheck(level, name, template, values)
