"""Configurations of the managed data-driven optimizer (VAPO): read, checked, written. Pure.

A key that this release does not know is reported, never dropped: a typo must not change a job.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from core.errors import InvalidInput
from core.optimization.meta_prompts import LANGUAGES
from core.optimization.parts import instruction_of
from core.records.metrics import MetricSpec
from core.records.models import SURFACES
from core.records.optimizations import (
    AGGREGATIONS,
    MODES,
    Aggregation,
    Mode,
    OptimizationDraft,
    WeightedMetric,
)
from core.records.prompts import DEFAULTS, Part, PromptSpec, Turn

Kind = Literal["text", "whole", "number", "texts", "numbers", "object", "toggle"]
KEYS: Mapping[str, Kind] = {
    "project": "text", "system_instruction": "text", "system_instruction_path": "text",
    "prompt_template": "text", "prompt_template_path": "text", "target_model": "text",
    "target_model_location": "text", "target_model_qps": "number",
    "target_model_endpoint_url": "text", "thinking_budget": "whole", "optimization_mode": "text",
    "eval_metric": "text", "eval_metrics_types": "texts", "eval_metrics_weights": "numbers",
    "aggregation_type": "text", "custom_metric_name": "text",
    "custom_metric_cloud_function_name": "text", "input_data_path": "text", "output_path": "text",
    "num_steps": "whole", "num_template_eval_per_step": "whole",
    "num_demo_set_candidates": "whole", "demo_set_size": "whole", "data_limit": "whole",
    "source_model": "text", "source_model_location": "text", "source_model_qps": "number",
    "optimizer_model": "text", "optimizer_model_location": "text", "optimizer_model_qps": "number",
    "eval_model": "text", "eval_model_location": "text", "eval_qps": "number",
    "response_mime_type": "text", "response_schema": "text", "language": "text",
    "placeholder_to_content": "object", "translation_source_field_name": "text",
    "has_multimodal_inputs": "toggle", "tools": "text", "tool_config": "text",
    # The evolutionary form of the same job.
    "train_input_data_path": "text", "test_input_data_path": "text", "data_vars": "texts",
    "label_variable": "text", "demo_and_query_template": "text", "batch_size": "whole",
    "population_size": "whole", "num_mutants_per_candidate": "whole", "num_ucb_steps": "whole",
    "eval_all_candidates_on_full_train": "toggle", "eval_all_candidates_on_full_test": "toggle",
    "eval_model_qps": "number",
    # Ours: limits that the managed service does not know.
    "max_calls": "whole", "max_usd": "number", "seed": "whole", "max_characters": "whole",
    # Who the managed job runs as, and its container when it is not the SDK's.
    "service_account": "text", "service_account_project_number": "text", "image_uri": "text",
}  # fmt: skip
HUGE = 1e15
"""No number of a configuration is as large."""
OWN = (
    "max_calls", "max_usd", "seed", "max_characters", "service_account",
    "service_account_project_number", "image_uri",
)  # fmt: skip
LOCAL_NAMES = {"rouge_l_sum": "rouge_lsum", "rouge_1": "rouge_1", "rouge_2": "rouge_2"}
NOT_LOCAL = ("comet", "metricx", "question_answering_correctness")
CUSTOM = "custom_metric"
TARGET = "target"
_DOUBLE = re.compile(r"\{\{\s*([^\s{}]{1,200})\s*\}\}")
_MEDIA = re.compile(r"@@@\w+/[\w.+-]+")
_TYPES: Mapping[Kind, str] = {
    "text": "a text", "whole": "a whole number", "number": "a number", "texts": "a list of texts",
    "numbers": "a list of numbers", "object": "an object of texts", "toggle": "true or false",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class VapoConfig:
    """A configuration as it was read. `problems` forbid starting, `unknown` keys are among them."""

    values: Mapping[str, Any]
    unknown: tuple[str, ...] = ()
    problems: tuple[InvalidInput, ...] = ()

    def text(self, name: str) -> str:
        """A text, empty when it is not there."""
        return str(self.values.get(name) or "")

    def number(self, name: str, default: int) -> int:
        """A whole number."""
        value = self.values.get(name)
        return default if value in (None, "") else int(cast("int", value))


def read_config(text: str | bytes) -> VapoConfig:
    """Read and check a configuration. InvalidInput only when it is no JSON object at all."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("The configuration is not JSON: {problem}.", problem=error) from None
    if not isinstance(data, dict):
        raise InvalidInput("The configuration must be a JSON object: put braces around it.")
    problems = [problem for name, value in data.items() if (problem := _wrong(name, value))]
    unknown = tuple(name for name in data if name not in KEYS)
    problems += [
        InvalidInput("The configuration has the unknown key {key}. Check its spelling.", key=name)
        for name in unknown
    ]
    known = VapoConfig(data)
    problems += [*_missing(known), *_choices(known), *_metric_problems(known)]
    return VapoConfig(data, unknown, tuple(problems))


def well_typed(config: VapoConfig) -> VapoConfig:
    """What of it can be read at all, to look at its data though other keys are wrong."""
    kept = {name: value for name, value in config.values.items()
            if name in KEYS and _wrong(name, value) is None}  # fmt: skip
    return VapoConfig(kept)


def _wrong(name: str, value: Any) -> InvalidInput | None:
    kind = KEYS.get(name)
    # The published notebooks send "" and null for what is not set.
    if kind is None or value is None or value == "":
        return None
    if _is(kind, value):
        return None
    return InvalidInput(
        "The key {key} must be {expected}, not {value}.",
        key=name, expected=_TYPES[kind], value=json.dumps(value, ensure_ascii=False)[:80],
    )  # fmt: skip


def _is(kind: Kind, value: Any) -> bool:
    def number(one: Any) -> bool:
        # JSON has no NaN and no Infinity, but Python reads them; a cap must be a number.
        return isinstance(one, int | float) and not isinstance(one, bool) and abs(one) < HUGE

    if kind == "text":
        return isinstance(value, str)
    if kind == "whole":
        return number(value) and float(value).is_integer()
    if kind == "number":
        return number(value)
    if kind == "toggle":
        return isinstance(value, bool)
    if kind == "object":
        return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())
    inner = number if kind == "numbers" else lambda one: isinstance(one, str)
    return isinstance(value, list) and all(inner(one) for one in value)


def _missing(config: VapoConfig) -> list[InvalidInput]:
    wanted = [
        (("system_instruction", "system_instruction_path", "prompt_template",
          "prompt_template_path"), "system_instruction"),
        (("target_model",), "target_model"),
        (("input_data_path", "train_input_data_path"), "input_data_path"),
        (("eval_metric", "eval_metrics_types"), "eval_metrics_types"),
    ]  # fmt: skip
    return [
        InvalidInput("The configuration lacks the key {key}.", key=shown)
        for names, shown in wanted
        if not any(config.values.get(name) for name in names)
    ]


def _choices(config: VapoConfig) -> list[InvalidInput]:
    known: Mapping[str, Sequence[str]] = {
        "optimization_mode": MODES,
        "aggregation_type": AGGREGATIONS,
        "language": LANGUAGES,
        "response_mime_type": ("text/plain", "application/json", "text/x.enum"),
    }
    return [
        InvalidInput(
            "The key {key} is {value}; it can be: {known}.",
            key=name,
            value=config.text(name),
            known=", ".join(allowed),
        )
        for name, allowed in known.items()
        if config.text(name) and config.text(name) not in allowed
    ]


def _metric_problems(config: VapoConfig) -> list[InvalidInput]:
    names, weights = config.values.get("eval_metrics_types"), config.values.get(
        "eval_metrics_weights"
    )  # fmt: skip
    found = []
    if isinstance(names, list) and isinstance(weights, list) and len(names) != len(weights):
        found.append(
            InvalidInput(
                "There are {metrics} metrics and {weights} weights. Give each metric a weight.",
                metrics=len(names),
                weights=len(weights),
            )
        )
    if isinstance(names, list) and names.count(CUSTOM) > 1:
        found.append(InvalidInput("At most one metric can be a custom_metric."))
    return found


# -- to a draft --


def local_problems(config: VapoConfig) -> list[InvalidInput]:
    """What the local engine cannot do of it."""
    found = [
        InvalidInput(
            "The local engine has no metric {metric}. Choose another, or the managed engine.",
            metric=name,
        )
        for name in metric_names(config)
        if name in NOT_LOCAL
    ]
    template = config.text("prompt_template") + config.text("system_instruction")
    if config.values.get("has_multimodal_inputs") or _MEDIA.search(template):
        found.append(
            InvalidInput("Files in cases need the managed engine; the local one sends texts only.")
        )
    if CUSTOM in metric_names(config) and not config.text("custom_metric_name"):
        found.append(InvalidInput("The configuration lacks the key {key}.",
                                  key="custom_metric_name"))  # fmt: skip
    return found


def metric_names(config: VapoConfig) -> list[str]:
    """The metrics as the configuration names them."""
    several = config.values.get("eval_metrics_types")
    if isinstance(several, list) and several:
        return [str(one) for one in several]
    return [config.text("eval_metric")] if config.text("eval_metric") else []


def local_names(config: VapoConfig) -> list[str]:
    """The metrics as we name them."""
    return [_local_name(name, config) for name in metric_names(config)]


def weighted_metrics(config: VapoConfig) -> tuple[WeightedMetric, ...]:
    """The metrics under our names, with their weights; equal ones when none are given."""
    names = metric_names(config)
    given = config.values.get("eval_metrics_weights")
    weights = given if isinstance(given, list) and given else [1 / len(names)] * len(names)
    return tuple(
        WeightedMetric(MetricSpec(_local_name(name, config)), float(weight))
        for name, weight in zip(names, weights, strict=True)
    )


def _local_name(name: str, config: VapoConfig) -> str:
    return config.text("custom_metric_name") if name == CUSTOM else LOCAL_NAMES.get(name, name)


def single_braces(template: str) -> str:
    """`{{name}}` as `{name}`: both mean a variable there."""
    return _DOUBLE.sub(lambda found: f"{{{found[1]}}}", template)


def without_target(template: str) -> str:
    """The template without `{target}`: it marks where the answer stands, and is never sent."""
    return template.replace(f"{{{TARGET}}}", "").rstrip()


def spec_of(config: VapoConfig) -> PromptSpec:
    """The start prompt."""
    template = without_target(single_braces(config.text("prompt_template")))
    budget = config.values.get("thinking_budget")
    parameters = DEFAULTS
    if isinstance(budget, int) and budget >= 0:
        parameters = type(DEFAULTS)(thinking_budget=budget)
    schema = ""
    if config.text("response_mime_type") == "application/json":
        schema = config.text("response_schema")
    return PromptSpec(
        system=single_braces(config.text("system_instruction")),
        turns=(Turn("user", (Part(template),)),),
        parameters=parameters,
        response_schema=schema,
        functions=_functions(config.text("tools")),
    )


def _functions(tools: str) -> str:
    if not tools.strip():
        return ""
    try:
        data = json.loads(tools)
        listed = data["tools"] if isinstance(data, dict) else data
        declared = [one for tool in listed for one in tool["function_declarations"]]
    except (ValueError, KeyError, TypeError):
        raise InvalidInput(
            "The key tools must be the JSON text of an object with tools, each with "
            "function_declarations."
        ) from None
    return json.dumps(declared, ensure_ascii=False)


def draft_of(
    config: VapoConfig, *, title: str, dataset_version_id: str, default_surface: str
) -> OptimizationDraft:
    """The job. Models without a surface belong to `default_surface`."""

    def model(name: str) -> str:
        given = config.text(name)
        if not given or given.partition(":")[0] in SURFACES:
            return given
        return f"{default_surface}:{given}"

    spec = spec_of(config)
    if not spec.turns[0].text.strip():
        spec = PromptSpec(turns=(Turn("user", (Part(spec.system),)),), parameters=spec.parameters)
    return OptimizationDraft(
        title=title,
        spec=spec,
        dataset_version_id=dataset_version_id,
        target_model=model("target_model"),
        metrics=weighted_metrics(config),
        optimizer_model=model("optimizer_model"),
        judge=model("eval_model"),
        source_model=model("source_model"),
        aggregation=cast("Aggregation", config.text("aggregation_type") or "weighted_sum"),
        mode=cast("Mode", config.text("optimization_mode") or "instruction"),
        steps=config.number("num_steps", 10),
        candidates_per_step=config.number("num_template_eval_per_step", 2),
        demo_set_size=config.number("demo_set_size", 3),
        demo_candidates=config.number("num_demo_set_candidates", 10),
        data_limit=config.number("data_limit", 100),
        max_calls=config.number("max_calls", 1_000),
        max_usd=float(5.0 if (usd := config.values.get("max_usd")) in (None, "") else usd),
        language=config.text("language"),
        frozen={
            single_braces(name).strip("{}"): str(content)
            for name, content in (config.values.get("placeholder_to_content") or {}).items()
        },
        max_characters=config.number("max_characters", 8_000),
        seed=config.number("seed", 1),
        vapo=dict(config.values),
    )


def config_of(draft: OptimizationDraft, **places: str) -> dict[str, Any]:
    """The draft as a configuration; `places` are keys such as `input_data_path`. Only what a
    configuration knows, and what it was imported with."""
    spec = draft.spec
    whole: dict[str, Any] = {
        **draft.vapo,
        "system_instruction": spec.system,
        "prompt_template": _template(draft),
        "target_model": _bare(draft.target_model),
        "optimization_mode": draft.mode,
        "eval_metrics_types": [_vapo_name(one.metric.name) for one in draft.metrics],
        "eval_metrics_weights": [one.weight for one in draft.metrics],
        "aggregation_type": draft.aggregation,
        "num_steps": draft.steps,
        "num_template_eval_per_step": draft.candidates_per_step,
        "num_demo_set_candidates": draft.demo_candidates,
        "demo_set_size": draft.demo_set_size,
        "data_limit": draft.data_limit,
        "max_calls": draft.max_calls,
        "max_usd": draft.max_usd,
        "seed": draft.seed,
        "max_characters": draft.max_characters,
        **places,
    }
    optional = {
        "optimizer_model": _bare(draft.optimizer_model),
        "source_model": _bare(draft.source_model),
        "eval_model": _bare(draft.judge),
        "language": draft.language,
        "placeholder_to_content": dict(draft.frozen),
        "thinking_budget": spec.parameters.thinking_budget,
        "response_schema": spec.response_schema,
    }
    whole |= {name: value for name, value in optional.items() if value not in ("", None, {})}
    if spec.response_schema:
        whole["response_mime_type"] = "application/json"
    if spec.functions:
        declared = {"tools": [{"function_declarations": json.loads(spec.functions)}]}
        whole["tools"] = json.dumps(declared, ensure_ascii=False)
    if instruction_of(spec) != spec.system:
        # Without a system instruction the message is what is rewritten.
        whole["system_instruction"] = instruction_of(spec)
    whole.pop("eval_metric", None)
    return whole


def _template(draft: OptimizationDraft) -> str:
    """The message; as it was imported unless somebody changed it, with its `{target}`."""
    message = "\n".join(turn.text for turn in draft.spec.turns)
    imported = str(draft.vapo.get("prompt_template") or "")
    same = without_target(single_braces(imported)) == message
    return imported if imported and same else message


def managed_config(draft: OptimizationDraft, **places: str) -> dict[str, Any]:
    """The configuration without the keys that the managed service does not know."""
    return {
        name: value
        for name, value in config_of(draft, **places).items()
        if name in KEYS and name not in OWN
    }


def _vapo_name(name: str) -> str:
    return {ours: theirs for theirs, ours in LOCAL_NAMES.items()}.get(name, name)


def _bare(model: str) -> str:
    """The model as the service names it; other surfaces than the platform keep theirs."""
    surface, colon, name = model.partition(":")
    return name if colon and surface == "platform" else model
