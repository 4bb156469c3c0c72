"""The part of a prompt that is rewritten: taken out, put back, with examples after it. Pure.

Frozen parts are `{name}` placeholders while an optimizer sees the text, so it cannot touch them;
their content is put back in before anything is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.evaluation.rubrics import is_japanese
from core.prompts.template import partly, variables
from core.records.datasets import Case
from core.records.optimizations import Demonstration
from core.records.prompts import Part, PromptSpec

_HEADINGS = {"ja": ("例", "入力", "出力"), "en": ("Examples", "Input", "Output")}


def instruction_of(spec: PromptSpec) -> str:
    """The system instruction; without one, the first text of the first message."""
    if spec.system.strip():
        return spec.system
    return next((part.text for turn in spec.turns for part in turn.parts if part.media is None), "")


def with_instruction(spec: PromptSpec, text: str) -> PromptSpec:
    """The spec with another text where `instruction_of` found its own."""
    if spec.system.strip():
        return replace(spec, system=text)
    turns = list(spec.turns)
    for number, turn in enumerate(turns):
        for place, part in enumerate(turn.parts):
            if part.media is None:
                parts = (*turn.parts[:place], Part(text), *turn.parts[place + 1 :])
                turns[number] = replace(turn, parts=parts)
                return replace(spec, turns=tuple(turns))
    return replace(spec, system=text)


def masked(text: str, frozen: Mapping[str, str]) -> str:
    """The text with each frozen content replaced by its `{name}`."""
    for name, content in sorted(frozen.items(), key=lambda one: -len(one[1])):
        if content:
            text = text.replace(content, f"{{{name}}}")
    return text


def unmasked(text: str, frozen: Mapping[str, str]) -> str:
    """The text with the content of its frozen parts, however wide their names are written."""
    return partly(text, frozen) if frozen else text


def spec_with(
    spec: PromptSpec,
    instruction: str,
    demonstrations: Sequence[Demonstration] = (),
    frozen: Mapping[str, str] | None = None,
) -> PromptSpec:
    """The prompt as it is sent: another instruction, and examples at the end of the system one."""
    made = with_instruction(spec, unmasked(instruction, frozen or {}))
    if not demonstrations:
        return made
    shown = shown_demonstrations(demonstrations)
    return replace(made, system=f"{made.system.rstrip()}\n\n{shown}".lstrip())


def shown_demonstrations(demonstrations: Sequence[Demonstration]) -> str:
    """Examples as text, in the language of their inputs."""
    joined = "".join(one.input for one in demonstrations)
    heading, first, second = _HEADINGS["ja" if is_japanese(joined) else "en"]
    pairs = [f"{first}: {one.input}\n{second}: {one.output}" for one in demonstrations]
    return "\n\n".join([f"# {heading}", *pairs])


def input_of(case: Case, spec: PromptSpec, frozen: Mapping[str, str] | None = None) -> str:
    """What of a case goes into the prompt: the value of its variable, or `name: value` lines."""
    texts = [spec.system, *(part.text for turn in spec.turns for part in turn.parts)]
    names = dict.fromkeys(name for text in texts for name in variables(text))
    used = [name for name in names if name in case.fields and name not in (frozen or {})]
    if not used:
        return case.fields.get("prompt", "")
    if len(used) == 1:
        return case.fields[used[0]]
    return "\n".join(f"{name}: {case.fields[name]}" for name in used)
