"""The prompt page against a real store and sandbox, without a browser."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.records.prompts import Part, PromptSpec, Turn, ValueSet
from core.workbench import Workbench
from tests.pages.conftest import Open

PAGE = "studio/prompt"


def by_key(elements: Any, end: str) -> Any:
    """The widget whose key ends so."""
    return next(one for one in elements if str(one.key).endswith(end))


def spoken(at: AppTest) -> str:
    """All messages of the page."""
    found = [*at.error, *at.warning, *at.caption, *at.info]
    return "\n".join(one.value for one in found).replace("\\", "")


def write(at: AppTest, end: str, text: str) -> AppTest:
    by_key(at.text_area, end).set_value(text)
    return at.run()


def test_a_version_is_saved_with_its_message(open_page: Open, bench: Workbench) -> None:
    at = write(open_page(PAGE), ".turn.0", "Classify: {ticket}")
    at = write(at, ".value.0.ticket", "It burns")
    name, message = (
        one
        for one in at.text_input
        if one.label in ("Name of the prompt", "What changed, and why?")
    )
    name.set_value("Triage")
    message.set_value("first")
    next(one for one in at.button if one.label == "Save").click()
    at.run()
    assert not at.exception
    (line,) = bench.store.prompts.list()
    (version,) = bench.store.prompts.versions(line.prompt.id)
    assert (line.prompt.name, version.message) == ("Triage", "first")
    assert version.spec.turns[0].text == "Classify: {ticket}"
    assert dict(version.spec.value_sets[0].values) == {"ticket": "It burns"}
    assert at.title[0].value == "Triage"


def test_a_run_answers_and_is_kept(open_page: Open, bench: Workbench) -> None:
    at = write(open_page(PAGE), ".turn.0", "Summarise in 1 sentence: The sky is blue. It rains.")
    by_key(at.button, "prompt.run").click()
    at.run()
    assert not at.exception
    (run,) = bench.history.group(at.query_params["group"])
    assert run.reply.outcome == "ok"
    assert run.reply.text
    assert run.context.actor == "tester"


@pytest.mark.parametrize("name", ["ticket", "問い合わせ"])
def test_a_missing_value_is_named(open_page: Open, name: str) -> None:
    at = write(open_page(PAGE), ".turn.0", f"Classify: {{{name}}}")
    by_key(at.button, "prompt.run").click()
    at.run()
    assert any(name in one.value.replace("\\", "") for one in at.error)
    assert "group" not in at.query_params


def test_a_malformed_schema_says_the_line(open_page: Open) -> None:
    at = write(open_page(PAGE), ".schema", '{\n  "type": "object",\n  oops\n}')
    assert "line 3" in spoken(at).lower()
    assert not at.exception


def test_an_unknown_model_may_be_typed(open_page: Open, bench: Workbench) -> None:
    spec = PromptSpec(turns=(Turn("user", (Part("hello"),)),), model="sandbox:nobody-knows")
    version = bench.authoring.save_new("P", spec, actor="x").version
    at = open_page(PAGE, version=version.id)
    assert "not in the catalogue" in spoken(at)
    by_key(at.button, "prompt.run").click()
    at.run()
    assert not at.exception
    assert "No price is known for sandbox:nobody-knows" in spoken(at)


def test_a_huge_paste_is_refused_and_the_page_lives(open_page: Open) -> None:
    at = write(open_page(PAGE), ".turn.0", "あ" * 7_000_000)
    assert not at.exception
    assert any("MB" in one.value or "large" in one.value or "long" in one.value for one in at.error)
    at = write(at, ".turn.0", "short again")
    assert not at.exception
    assert not at.error


def test_a_nul_is_named_and_nothing_is_lost(open_page: Open) -> None:
    at = write(open_page(PAGE), ".turn.0", "a\x00b")
    assert not at.exception
    assert any("U+0000" in one.value.replace("\\", "") for one in at.error)
    assert by_key(at.text_area, ".turn.0").value == "a\x00b"


@pytest.mark.parametrize("where", ["prompt", "version", "open"])
@pytest.mark.parametrize("value", ["nobody", "019ab000-0000-7000-8000-000000000000", "'; drop"])
def test_an_unknown_address_says_so(open_page: Open, where: str, value: str) -> None:
    at = open_page(PAGE, **{where: value})
    assert not at.exception
    assert at.error
    next(one for one in at.button if one.label == "Start a new prompt").click()
    at.run()
    assert not at.error


def test_the_draft_is_there_in_another_session(open_page: Open) -> None:
    write(open_page(PAGE), ".turn.0", "half a thought")
    at = open_page(PAGE)
    assert by_key(at.text_area, ".turn.0").value == "half a thought"


@pytest.mark.parametrize("address", ["prompt", "version"])
def test_a_saved_prompt_opens_by_its_address(
    open_page: Open, bench: Workbench, address: str
) -> None:
    spec = PromptSpec(turns=(Turn("user", (Part("kept"),)),), model="sandbox:sandbox-pro-2")
    version = bench.authoring.save_new("P", spec, actor="x").version
    at = open_page(PAGE, **{address: version.prompt_id if address == "prompt" else version.id})
    assert by_key(at.text_area, ".turn.0").value == "kept"
    assert by_key(at.selectbox, ".model").value == "sandbox:sandbox-pro-2"


def test_restoring_makes_the_older_the_newest(open_page: Open, bench: Workbench) -> None:
    def spec(text: str) -> PromptSpec:
        return PromptSpec(turns=(Turn("user", (Part(text),)),))

    first = bench.authoring.save_new("P", spec("one"), actor="x").version
    bench.authoring.save_version(first.prompt_id, spec("two"), actor="x")
    at = open_page(PAGE, prompt=first.prompt_id)
    assert by_key(at.text_area, ".turn.0").value == "two"
    by_key(at.button, f"versions.restore.{first.id}").click()
    at.run()
    assert not at.exception
    assert by_key(at.text_area, ".turn.0").value == "one"
    assert [one.number for one in bench.store.prompts.versions(first.prompt_id)] == [3, 2, 1]


def test_a_prompt_is_renamed_deleted_and_brought_back(open_page: Open, bench: Workbench) -> None:
    spec = PromptSpec(turns=(Turn("user", (Part("kept"),)),))
    bench.authoring.save_new("Taken", spec, actor="x")
    prompt_id = bench.authoring.save_new("P", spec, actor="x").version.prompt_id

    def rename(at: AppTest, name: str) -> AppTest:
        next(one for one in at.text_input if one.value in ("P", "Taken")).set_value(name)
        next(one for one in at.button if one.label == "Rename").click()
        return at.run()

    at = rename(open_page(PAGE, prompt=prompt_id), "Taken")
    assert any("Taken" in one.value for one in at.error)
    assert bench.store.prompts.get(prompt_id).name == "P"
    at = rename(open_page(PAGE, prompt=prompt_id), "Priorities")
    assert at.title[0].value == "Priorities"
    by_key(at.button, "prompt.delete").click()
    at.run()
    assert at.title[0].value == "New prompt"
    assert prompt_id not in {line.prompt.id for line in bench.store.prompts.list()}
    by_key(at.button, "prompt.undelete").click()
    at.run()
    assert at.title[0].value == "Priorities"
    assert not at.exception


def test_many_versions_are_shown_in_parts(open_page: Open, bench: Workbench) -> None:
    def spec(number: int) -> PromptSpec:
        return PromptSpec(turns=(Turn("user", (Part(f"text {number}"),)),))

    prompt_id = bench.authoring.save_new("P", spec(1), actor="x").version.prompt_id
    for number in range(2, 13):
        bench.authoring.save_version(prompt_id, spec(number), actor="x")
    at = open_page(PAGE, prompt=prompt_id)

    def restorable(at: AppTest) -> int:
        return sum(str(one.key).startswith("versions.restore.") for one in at.button)

    assert restorable(at) == 10
    by_key(at.button, "versions.more").click()
    at.run()
    assert restorable(at) == 12


def test_two_tabs_on_one_draft_lose_nothing(open_page: Open, bench: Workbench) -> None:
    one, other = open_page(PAGE), open_page(PAGE)
    write(one, ".turn.0", "from the first tab")
    other = write(other, ".turn.0", "from the second tab")
    assert "Another tab changed this draft" in spoken(other)
    draft = bench.authoring.draft("tester", "new")
    assert draft is not None
    assert draft.spec.turns[0].text == "from the second tab"
    next(one for one in other.button if one.label == "Bring back the earlier draft").click()
    other.run()
    assert by_key(other.text_area, ".turn.0").value == "from the first tab"
    assert "Another tab" not in spoken(other)


def test_one_tab_alone_hears_of_no_other(open_page: Open, bench: Workbench) -> None:
    at = write(open_page(PAGE), ".turn.0", "once")
    at = write(at, ".turn.0", "twice")
    assert "Another tab" not in spoken(at)
    again = write(open_page(PAGE), ".turn.0", "thrice, after a reload")
    assert "Another tab" not in spoken(again)


PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAIAQAAAADsdIMmAAAAEElEQVR4nGP4/5+BFAQAMxcH+Wz7nJYAAAAASUVORK5CYII="
)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("broken.png", PNG[:30], "broken.png is broken"),
        ("empty.pdf", b"", "empty.pdf is empty"),
        ("fine.png", PNG, ""),
    ],
)
def test_a_file_that_cannot_be_read_says_so(
    open_page: Open, name: str, data: bytes, words: str
) -> None:
    at = open_page(PAGE)
    next(one for one in at.file_uploader if ".files." in str(one.key)).set_value(
        (name, data, "image/png")
    )
    at = at.run()
    by_key(at.button, ".attach").click()
    at = at.run()
    assert not at.exception
    assert [one for one in at.error if words in one.value.replace("\\", "")] == list(at.error)
    assert bool(at.error) == bool(words)
    assert any(name in one.value.replace("\\", "") for one in at.caption) != bool(words)


def two_sets(bench: Workbench, text: str, model: str = "sandbox:sandbox-flash-2") -> str:
    """A prompt with two value sets; its id."""
    sets = (ValueSet("first", {"order_id": "A1"}), ValueSet("second", {"order_id": "B2"}))
    spec = PromptSpec(turns=(Turn("user", (Part(text),)),), value_sets=sets, model=model)
    return bench.authoring.save_new("P", spec, actor="x").version.prompt_id


def run_both(at: AppTest) -> AppTest:
    """Run both value sets."""
    pills = next(one for one in at.button_group if str(one.key).endswith(".sets"))
    pills.set_value([*pills.value, 1]).run()
    by_key(at.button, "prompt.run").click()
    return at.run()


def test_each_answer_names_its_value_set(open_page: Open, bench: Workbench) -> None:
    at = open_page(PAGE, prompt=two_sets(bench, "Where is {order_id}?"))
    assert "`order_id`" in [one.label for one in at.text_area]
    at = run_both(at)
    assert not at.exception
    titles = [one.value for one in at.caption if one.value.startswith("**")]
    assert titles == ["**first** · A1", "**second** · B2"]


def test_a_retired_model_leads_to_its_successor_from_every_answer(
    open_page: Open, bench: Workbench
) -> None:
    asked = two_sets(bench, "{order_id} [[fault:not_found]]", "sandbox:sandbox-flash-1")
    at = run_both(open_page(PAGE, prompt=asked))
    assert not at.exception
    instead = [one for one in at.button if one.label.startswith("Use ")]
    assert len(instead) == 2
    instead[1].click()
    at = at.run()
    assert by_key(at.selectbox, ".model").value == "sandbox:sandbox-flash-2"


def test_why_nothing_was_begun_is_told_until_something_changes(open_page: Open) -> None:
    at = write(open_page(PAGE), ".turn.0", "Classify: {ticket}")
    by_key(at.button, "prompt.run").click()
    at = at.run()
    assert at.error
    at = write(at, ".value.0.ticket", "It burns")
    assert not at.error


def test_a_structured_answer_is_indented(open_page: Open, bench: Workbench) -> None:
    schema = '{"type": "object", "properties": {"city": {"type": "string"}}}'
    spec = PromptSpec(
        turns=(Turn("user", (Part("The city is Paris."),)),), response_schema=schema,
        model="sandbox:sandbox-flash-2",
    )  # fmt: skip
    at = open_page(PAGE, version=bench.authoring.save_new("P", spec, actor="x").version.id)
    by_key(at.button, "prompt.run").click()
    at = at.run()
    assert any(one.value.startswith('{\n  "city": ') for one in at.code)


def test_a_deleted_prompt_says_so_and_comes_back(open_page: Open, bench: Workbench) -> None:
    spec = PromptSpec(turns=(Turn("user", (Part("kept"),)),))
    prompt_id = bench.authoring.save_new("P", spec, actor="x").version.prompt_id
    bench.authoring.delete(prompt_id, actor="x")
    at = open_page(PAGE, prompt=prompt_id)
    assert any("was deleted" in one.value for one in at.warning)
    by_key(at.button, "prompt.back").click()
    at = at.run()
    assert not at.warning
    assert [line.prompt.id for line in bench.store.prompts.list()] == [prompt_id]
