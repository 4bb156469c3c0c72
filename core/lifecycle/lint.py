"""The parameter lint: what of a prompt a target model refuses, ignores or takes otherwise. Pure.

Every rule is read from the table of capabilities; nothing here knows a model by its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

from core.records.catalogue import Capabilities, ModelInfo, ParameterRule
from core.records.lint import EFFECTS, Effect, Finding
from core.records.messages import N_
from core.records.prompts import Parameters, PromptSpec

THINKING_BUDGETS = (("minimal", 512), ("low", 4_096), ("medium", 12_288))
"""Up to how many tokens of a budget a level stands for; above them it is `high`. A suggestion:
no source maps budgets to levels."""
LEVELS = ("minimal", "low", "medium", "high", "xhigh")
ALIAS = "-latest"


def lint(
    spec: PromptSpec,
    target: ModelInfo,
    takes: Capabilities,
    *,
    now: Capabilities | None = None,
    location: str = "",
) -> tuple[Finding, ...]:
    """Everything to know before `spec` is sent to `target`, the gravest first.

    `takes` and `now` are what the target and today's model take; without `now` changes of a
    default are not told. `location` is the connection's, empty where there is none.
    """
    found = [
        *_model(target),
        *_parameters(spec.parameters, takes),
        *_thinking(spec.parameters, takes),
        *_defaults(spec.parameters, takes, now),
        *_turns(spec, takes),
        *_tools(spec, takes),
        *_media(spec, takes),
        *_location(location, takes),
    ]
    return tuple(sorted(found, key=lambda one: EFFECTS.index(one.effect)))


def fixed(spec: PromptSpec, findings: Sequence[Finding]) -> PromptSpec:
    """The prompt with the proposed changes; the given one stays as it is."""
    known = {field.name for field in fields(Parameters)}
    for one in findings:
        if not one.fixable:
            continue
        if one.place == "turns":
            spec = replace(spec, turns=spec.turns[:-1])
        elif one.place == "model":
            spec = replace(spec, model=str(one.set_to))
        elif one.place == "tools":
            spec = replace(spec, google_search=False)
        elif one.place in known:
            parameters = replace(spec.parameters, **{one.place: one.set_to})
            spec = replace(spec, parameters=parameters)
    return spec


def _model(target: ModelInfo) -> Iterator[Finding]:
    model, successor = target.ref.model, target.successor or target.reroutes_to

    def told(effect: Effect, template: str, **values: Any) -> Finding:
        return Finding(
            "model",
            effect,
            template,
            {"model": model, **values},
            fixable=successor is not None,
            set_to=str(successor) if successor else None,
        )

    if target.stage == "retired":
        yield told(
            "rejected",
            N_("{model} was retired on {date}; it answers no more."),
            date=target.ends_on,
        )
    elif target.reroutes_to is not None:
        yield told("changed", N_("{model} is answered by {other}."), other=target.reroutes_to.model)
    elif target.stage == "unknown":
        yield told(
            "advised_against",
            N_("{model} is not in the catalogue: only what every model takes is safe."),
        )
    if model.endswith(ALIAS):
        yield told(
            "changed", N_("{model} is an alias: the model behind it changes without notice.")
        )


def _parameters(given: Parameters, takes: Capabilities) -> Iterator[Finding]:
    for field in fields(given):
        value = getattr(given, field.name)
        rule = takes.parameters.get(field.name)
        if value in (None, (), False) or rule is None:
            continue
        if field.name == "candidate_count":
            yield from _candidates(value, rule, takes)
            continue
        unset: Any = False if value is True else (() if isinstance(value, tuple) else None)
        if rule.status != "ok":
            if field.name == "thinking_budget" and takes.thinking_levels:
                continue  # `_thinking` has a better proposal
            yield _finding(field.name, rule.status, _WORDS[rule.status], value, unset, rule, takes)
            continue
        limit = _beyond(value, rule)
        if limit is not None:
            template = N_("{value} is outside of what the model takes; the nearest is {limit}.")
            yield _finding(field.name, "rejected", template, value, limit, rule, takes, limit=limit)


def _candidates(count: int, rule: ParameterRule, takes: Capabilities) -> Iterator[Finding]:
    """Several answers of one call become so many calls."""
    if count <= 1 or rule.status == "ok":
        return
    template = (
        N_("The model gives one answer per call and refuses to be asked for {value}: leave it "
           "out, and ask {value} times (Times, or Repeats).")
        if rule.status == "rejected"
        else N_("Only the first of {value} answers is kept, and all are paid: leave it out, and "
                "ask {value} times (Times, or Repeats).")
    )  # fmt: skip
    yield _finding("candidate_count", rule.status, template, count, None, rule, takes)


_WORDS = {
    "rejected": N_("The model refuses it: the call would fail with an error."),
    "ignored": N_("The model takes it without any effect."),
    "advised_against": N_("Better left unset for this model."),
}


def _finding(
    place: str,
    effect: Effect,
    template: str,
    value: Any,
    set_to: Any,
    rule: ParameterRule,
    takes: Capabilities,
    **values: Any,
) -> Finding:
    return Finding(
        place,
        effect,
        template,
        {"value": value, **values},
        rule.note_en,
        rule.note_ja,
        rule.source or takes.source,
        set_to=set_to,
    )


def _beyond(value: Any, rule: ParameterRule) -> float | int | None:
    """The nearest value in range; None when it is in range or no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    kind = int if rule.step == 1 else float
    if rule.minimum is not None and value < rule.minimum:
        return kind(rule.minimum)
    if rule.maximum is not None and value > rule.maximum:
        return kind(rule.maximum)
    return None


def _thinking(given: Parameters, takes: Capabilities) -> Iterator[Finding]:
    """A budget becomes a level, a level that is not there the nearest one."""
    rule = takes.parameters.get("thinking_budget")
    levels = [level for level in LEVELS if level in takes.thinking_levels]
    if given.thinking_budget is not None and levels and rule is not None and rule.status != "ok":
        budget = given.thinking_budget
        asked = next((name for name, most in THINKING_BUDGETS if budget <= most), "high")
        level = given.thinking_level or _nearest(asked, levels)
        yield _finding(
            "thinking_budget",
            rule.status,
            N_("A thinking budget of {value} tokens: the model has levels instead."),
            budget,
            None,
            rule,
            takes,
        )
        yield Finding(
            "thinking_level",
            "changed",
            N_(
                "The level nearest to a budget of {value} "
                "tokens is {level}. Check it: no source says which level a budget is."
            ),
            {"value": budget, "level": level},
            source=takes.source,
            set_to=level,
        )
    elif given.thinking_level is not None and levels and given.thinking_level not in levels:
        level = _nearest(given.thinking_level, levels)
        yield Finding(
            "thinking_level",
            "rejected",
            N_("The level {value} is not there; the nearest is {level}."),
            {"value": given.thinking_level, "level": level},
            source=takes.source,
            set_to=level,
        )


def _nearest(asked: str, levels: Sequence[str]) -> str:
    order = LEVELS.index(asked) if asked in LEVELS else len(LEVELS) - 1
    return min(levels, key=lambda level: abs(LEVELS.index(level) - order))


def _defaults(
    given: Parameters, takes: Capabilities, now: Capabilities | None
) -> Iterator[Finding]:
    """A parameter that is left out means another value on the target."""
    if now is None:
        return
    for name, rule in takes.parameters.items():
        before = now.parameters.get(name)
        if before is None or getattr(given, name) not in (None, (), False):
            continue
        ours, theirs = before.default, rule.default
        if ours is not None and theirs is not None and ours != theirs and rule.status == "ok":
            yield _finding(
                name,
                "changed",
                N_("Left out, it meant {before} and will mean {value}."),
                theirs,
                ours,
                rule,
                takes,
                before=ours,
            )
    if bool(now.thinking_levels) != bool(takes.thinking_levels) and given.thinking_level is None:
        template = (
            N_("The model thinks before it answers: that costs output tokens and time.")
            if takes.thinking_levels
            else N_("The model does not think before it answers, as today's does.")
        )
        yield Finding("thinking_level", "changed", template, source=takes.source, fixable=False)


def _turns(spec: PromptSpec, takes: Capabilities) -> Iterator[Finding]:
    if spec.turns and spec.turns[-1].role == "model" and takes.prefill.status != "ok":
        yield _finding(
            "turns",
            takes.prefill.status,
            N_("The prompt ends with a turn of the model (a prefilled answer)."),
            "",
            None,
            takes.prefill,
            takes,
        )


def _tools(spec: PromptSpec, takes: Capabilities) -> Iterator[Finding]:
    if spec.google_search and not takes.google_search:
        yield Finding(
            "tools", "rejected", N_("The model has no Google Search."), source=takes.source
        )
    if spec.google_search and spec.response_schema.strip():
        yield Finding(
            "tools",
            "advised_against",
            N_("Structured output and Google Search together are often refused."),
            source=takes.source,
            fixable=False,
        )
    if spec.functions.strip() and not takes.functions:
        yield Finding(
            "tools",
            "rejected",
            N_("The model takes no function declarations."),
            source=takes.source,
            fixable=False,
        )
    if spec.response_schema.strip() and not takes.structured_output:
        yield Finding(
            "tools",
            "rejected",
            N_("The model has no structured output."),
            source=takes.source,
            fixable=False,
        )


def _media(spec: PromptSpec, takes: Capabilities) -> Iterator[Finding]:
    sent = {part.media.mime_type for turn in spec.turns for part in turn.parts if part.media}
    for kind in sorted(sent - set(takes.media)) if takes.known else ():
        yield Finding(
            "media",
            "rejected",
            N_("The model takes no files of type {kind}."),
            {"kind": kind},
            source=takes.source,
            fixable=False,
        )


def _location(location: str, takes: Capabilities) -> Iterator[Finding]:
    if location and takes.locations and location not in takes.locations:
        yield Finding(
            "location",
            "rejected",
            N_(
                "The model is not served in {location}; it is "
                "in {locations}. Set GOOGLE_CLOUD_LOCATION."
            ),
            {"location": location, "locations": ", ".join(takes.locations)},
            source=takes.source,
            fixable=False,
        )
