"""Prompts, versions and labels against a model of a few dictionaries."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from core.errors import InvalidInput
from core.store import Store
from tests.core.store.conftest import text_spec

NAMES = st.sampled_from(["mail", "要約", "Mail"])
LABELS = st.sampled_from(["production", "staging"])
TEXTS = st.sampled_from(["a", "b {x}", "日本語"])


@dataclass
class ModelPrompt:
    name: str
    deleted: bool = False
    texts: dict[int, str] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    labels: dict[str, int] = field(default_factory=dict)
    moves: int = 0


class PromptsMachine(RuleBasedStateMachine):
    prompts = Bundle("prompts")
    versions = Bundle("versions")

    def __init__(self) -> None:
        super().__init__()
        self.store = Store.open(":memory:")
        self.model: dict[str, ModelPrompt] = {}

    def teardown(self) -> None:
        self.store.close()

    def taken(self, name: str, besides: str = "") -> bool:
        return any(
            prompt.name == name and not prompt.deleted and id_ != besides
            for id_, prompt in self.model.items()
        )

    @rule(target=prompts, name=NAMES, text=TEXTS)
    def create(self, name: str, text: str) -> str:
        if self.taken(name):
            try:
                self.store.prompts.create(name, text_spec(text), actor="ada")
            except InvalidInput:
                return next(iter(self.model))
            raise AssertionError(f"{name} was taken")
        version = self.store.prompts.create(name, text_spec(text), actor="ada")
        self.model[version.prompt_id] = ModelPrompt(name, texts={1: text})
        return version.prompt_id

    @rule(target=versions, prompt=prompts, text=TEXTS)
    def save(self, prompt: str, text: str) -> tuple[str, int]:
        version = self.store.prompts.save_version(prompt, text_spec(text), actor="ada")
        known = self.model[prompt]
        assert version.number == max(known.texts) + 1
        known.texts[version.number] = text
        return prompt, version.number

    @rule(prompt=prompts, name=NAMES)
    def rename(self, prompt: str, name: str) -> None:
        try:
            self.store.prompts.rename(prompt, name, actor="ada")
        except InvalidInput:
            assert self.taken(name, besides=prompt)
        else:
            assert not self.taken(name, besides=prompt)
            self.model[prompt].name = name

    @rule(prompt=prompts)
    def delete(self, prompt: str) -> None:
        self.store.prompts.delete(prompt, actor="ada")
        self.model[prompt].deleted = True

    @rule(prompt=prompts)
    def restore(self, prompt: str) -> None:
        try:
            self.store.prompts.restore(prompt, actor="ada")
        except InvalidInput:
            assert self.taken(self.model[prompt].name, besides=prompt)
        else:
            self.model[prompt].deleted = False

    @rule(version=versions)
    def hide(self, version: tuple[str, int]) -> None:
        prompt, number = version
        one = self.store.prompts.version_by_number(prompt, number)
        self.store.prompts.delete_version(one.id, actor="ada")
        self.model[prompt].hidden.add(number)

    @rule(version=consumes(versions))
    def show(self, version: tuple[str, int]) -> None:
        prompt, number = version
        one = self.store.prompts.version_by_number(prompt, number)
        self.store.prompts.undelete_version(one.id, actor="ada")
        self.model[prompt].hidden.discard(number)

    @rule(version=versions, label=LABELS)
    def label(self, version: tuple[str, int], label: str) -> None:
        prompt, number = version
        one = self.store.prompts.version_by_number(prompt, number)
        self.store.prompts.set_label(one.id, label, actor="ada")
        self.model[prompt].labels[label] = number
        self.model[prompt].moves += 1

    @rule(prompt=prompts, label=LABELS)
    def unlabel(self, prompt: str, label: str) -> None:
        self.store.prompts.remove_label(prompt, label, actor="ada")
        self.model[prompt].labels.pop(label, None)
        self.model[prompt].moves += 1

    @invariant()
    def the_store_says_what_the_model_says(self) -> None:
        lines = {line.prompt.id: line for line in self.store.prompts.list()}
        assert {id_ for id_, known in self.model.items() if not known.deleted} == set(lines)
        for id_, known in self.model.items():
            prompt = self.store.prompts.get(id_)
            assert (prompt.name, prompt.deleted_at is not None) == (known.name, known.deleted)
            found = self.store.prompts.versions(id_, deleted=True)
            assert [v.number for v in found] == sorted(known.texts, reverse=True)
            for version in found:
                assert version.spec == text_spec(known.texts[version.number])
                assert (version.deleted_at is not None) == (version.number in known.hidden)
                assert set(version.labels) == {
                    label for label, number in known.labels.items() if number == version.number
                }
            assert len(self.store.prompts.label_moves(id_)) == known.moves


PromptsMachine.TestCase.settings = settings(
    max_examples=12, stateful_step_count=20, deadline=None, derandomize=True
)
TestPrompts = PromptsMachine.TestCase
