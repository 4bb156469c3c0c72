"""The compare page against a real store and sandbox, without a browser."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.comparison.example import load_example
from core.records.comparisons import Candidate, Comparison
from core.records.prompts import Part, PromptSpec, Turn, ValueSet
from core.workbench import Workbench
from tests.pages.conftest import Open
from tests.waiting import until

PAGE = "studio/compare"
MODELS = ("sandbox:sandbox-flash-1", "sandbox:sandbox-flash-2", "sandbox:sandbox-pro-2")


def by_key(elements: Any, end: str) -> Any:
    """The widget whose key ends so."""
    return next(one for one in elements if str(one.key).endswith(end))


def spoken(at: AppTest) -> str:
    """All messages of the page."""
    found = [*at.error, *at.warning, *at.caption, *at.info, *at.markdown]
    return "\n".join(one.value for one in found).replace("\\", "")


def finished(bench: Workbench, comparison_id: str) -> None:
    """Wait until every cell has come to something."""
    until(lambda: not bench.comparisons.running(comparison_id))


def answered(bench: Workbench, columns: int = 2, *, blind: bool = False) -> Comparison:
    """The example's first three inputs, answered by so many models."""
    example = load_example()
    candidates = [
        Candidate(key, f"Column {key}", example.spec, model)
        for key, model in zip("abc"[:columns], MODELS, strict=False)
    ]
    made = bench.comparisons.create(
        "Triage", candidates, example.inputs[:3], actor="tester", blind=blind
    )
    bench.comparisons.start(made.id, actor="tester")
    finished(bench, made.id)
    return made


def saved_prompt(bench: Workbench) -> str:
    """A prompt of two versions with two value sets."""
    sets = (ValueSet("1", {"ticket": "It burns"}), ValueSet("2", {"ticket": "Thank you"}))

    def spec(text: str) -> PromptSpec:
        return PromptSpec(turns=(Turn("user", (Part(text),)),), value_sets=sets, model=MODELS[1])

    version = bench.authoring.save_new("Triage", spec("Sort {ticket}"), actor="x").version
    bench.authoring.save_version(version.prompt_id, spec("Classify {ticket}"), actor="x")
    return version.prompt_id


# -- the list --


def test_an_empty_list_says_what_comparing_is_good_for(open_page: Open) -> None:
    at = open_page(PAGE)
    assert not at.exception
    assert "Nothing was compared yet" in spoken(at)


def test_the_example_runs_in_one_click(open_page: Open, bench: Workbench) -> None:
    at = open_page(PAGE)
    by_key(at.button, "compare.example").click().run()
    assert not at.exception
    (line,) = bench.comparisons.latest()
    finished(bench, line.id)
    (line,) = bench.comparisons.latest()
    assert (len(line.candidates), line.inputs, line.answered) == (3, 10, 30)


def test_deleting_can_be_undone(open_page: Open, bench: Workbench) -> None:
    made = answered(bench)
    at = open_page(PAGE)
    by_key(at.button, f"compare.delete.{made.id}").click().run()
    assert bench.comparisons.latest() == []
    by_key(at.button, "compare.undo").click().run()
    assert [line.id for line in bench.comparisons.latest()] == [made.id]
    assert not at.exception


@pytest.mark.parametrize(
    "query",
    [
        {"comparison": "nobody"},
        {"comparison": "019ab000-0000-7000-8000-000000000000"},
        {"comparison": "'; drop", "view": "judge", "item": "99999999999999", "pair": "x-y"},
    ],
    ids=str,
)
def test_an_unknown_address_says_so(open_page: Open, query: dict[str, str]) -> None:
    at = open_page(PAGE, **query)
    assert not at.exception
    assert at.error
    by_key(at.button, "compare.list").click().run()
    assert at.title[0].value == "Compare"


# -- the form --


def test_the_newest_prompt_is_suggested_on_two_models(open_page: Open, bench: Workbench) -> None:
    prompt_id = saved_prompt(bench)
    at = open_page(PAGE, new="yes")
    assert not at.exception
    sources = [one.value for one in at.selectbox if str(one.key).endswith(".source")]
    models = [one.value for one in at.selectbox if str(one.key).endswith(".model")]
    assert sources == [prompt_id, prompt_id]
    assert models[0] == MODELS[1]
    assert models[1] != models[0]
    assert "2 columns × 2 inputs × 1 = 4 calls" in spoken(at)


def test_a_text_that_is_written_here_sends_only_what_is_seen(
    open_page: Open, bench: Workbench
) -> None:
    spec = PromptSpec(
        system="Be short.", turns=(Turn("user", (Part("first"),)), Turn("model", (Part("ok"),)),
        Turn("user", (Part("Message: {x}"),))), response_schema='{"type": "object"}',
        functions='[{"name": "f"}]', google_search=True, model=MODELS[1],
    )  # fmt: skip
    bench.authoring.save_new("P", spec, actor="x")
    at = open_page(PAGE, new="yes")
    assert "Structured output" in spoken(at)
    for one in [one for one in at.selectbox if str(one.key).endswith(".source")]:
        at = by_key(at.selectbox, str(one.key)).set_value("text").run()
    assert not at.exception
    assert by_key(at.text_area, ".message").value == "Message: {x}"
    assert by_key(at.text_area, ".system").value == "Be short."
    assert not [
        words for words in ("Structured output", "Functions", "Grounded") if words in spoken(at)
    ]


def test_one_click_gives_the_other_version(open_page: Open, bench: Workbench) -> None:
    saved_prompt(bench)
    at = open_page(PAGE, new="yes")
    by_key(at.button, "otherversion").click().run()
    versions = [one.value for one in at.selectbox if str(one.key).endswith(".version")]
    models = [one.value for one in at.selectbox if str(one.key).endswith(".model")]
    assert len(set(versions[:2])) == 2
    assert models[0] == models[1]


def test_columns_end_at_six_and_move(open_page: Open, bench: Workbench) -> None:
    saved_prompt(bench)
    at = open_page(PAGE, new="yes")
    for _ in range(4):
        by_key(at.button, "compare.add").click().run()
    models = [one.value for one in at.selectbox if str(one.key).endswith(".model")]
    assert len(models) == 6
    assert "The same as column" in spoken(at)
    assert not any(str(one.key).endswith("compare.add") for one in at.button)
    next(one for one in at.button if str(one.key).endswith(".move1")).click().run()
    moved = [one.value for one in at.selectbox if str(one.key).endswith(".model")]
    assert moved[:2] == models[1::-1]
    assert not at.exception


def test_a_comparison_is_run_from_the_form(open_page: Open, bench: Workbench) -> None:
    saved_prompt(bench)
    at = open_page(PAGE, new="yes")
    by_key(at.text_area, ".memo").set_value("Which one?")
    by_key(at.text_input, ".title").set_value("二つのモデル")
    by_key(at.button, "compare.run").click().run()
    assert not at.exception
    assert at.title[0].value == "二つのモデル"
    (line,) = bench.comparisons.latest()
    assert (line.title, line.memo, line.inputs) == ("二つのモデル", "Which one?", 2)
    assert at.query_params["comparison"] in (line.id, [line.id])
    # Begun again, the form is as new.
    assert by_key(open_page(PAGE, new="yes").text_input, ".title").value == ""


def test_the_form_is_there_in_another_session(open_page: Open, bench: Workbench) -> None:
    saved_prompt(bench)
    at = open_page(PAGE, new="yes")
    by_key(at.text_input, ".title").set_value("half a thought")
    by_key(at.button, "compare.add").click()
    at.run()
    at = open_page(PAGE, new="yes")
    assert by_key(at.text_input, ".title").value == "half a thought"
    assert sum(str(one.key).endswith(".model") for one in at.selectbox) == 3


def test_a_prompt_is_written_in_the_column(open_page: Open, bench: Workbench) -> None:
    at = open_page(PAGE, new="yes")
    for area in at.text_area:
        if str(area.key).endswith(".message") and area.label == "User message":
            area.set_value("Summarise in 1 sentence: {text}")
    at.run()
    assert "No value for" in spoken(at)
    by_key(at.text_area, ".value.0").set_value("The sky is blue. It rains.")
    at.run()
    by_key(at.button, "compare.run").click().run()
    assert not at.exception
    (line,) = bench.comparisons.latest()
    finished(bench, line.id)
    assert all(cell.answered for cell in bench.comparisons.grid(line.id))


def test_a_file_gives_the_rows(open_page: Open, bench: Workbench) -> None:
    saved_prompt(bench)
    at = open_page(PAGE, new="yes")
    by_key(at.get("button_group"), ".source").set_value("file").run()
    upload = by_key(at.file_uploader, ".file")
    upload.upload(
        "a.csv", "ticket,reference\n動きません,high\nThanks,low\n".encode("cp932"), "text/csv"
    )
    at.run()
    assert not at.exception
    assert "動きません" in spoken(at)
    assert "2 columns × 2 inputs × 1 = 4 calls" in spoken(at)
    by_key(at.button, "compare.run").click().run()
    (line,) = bench.comparisons.latest()
    rows = bench.comparisons.get(line.id).inputs
    assert [(dict(row.values), row.reference) for row in rows] == [
        ({"ticket": "動きません"}, "high"), ({"ticket": "Thanks"}, "low"),
    ]  # fmt: skip


# -- a comparison --


def test_a_comparison_opens_by_its_address(open_page: Open, bench: Workbench) -> None:
    at = open_page(PAGE, comparison=answered(bench).id)
    assert not at.exception
    assert at.title[0].value == "Triage"


def test_unanswered_cells_can_be_run_later(open_page: Open, bench: Workbench) -> None:
    example = load_example()
    candidates = [Candidate(k, k, example.spec, m) for k, m in zip("ab", MODELS, strict=False)]
    made = bench.comparisons.create("Later", candidates, example.inputs[:2], actor="tester")
    at = open_page(PAGE, comparison=made.id)
    assert by_key(at.button, "compare.continue").label == "Run the rest (4)"
    by_key(at.button, "compare.continue").click().run()
    finished(bench, made.id)
    assert all(cell.answered for cell in bench.comparisons.grid(made.id))
    at = open_page(PAGE, comparison=made.id)
    assert not any(str(one.key).endswith("compare.continue") for one in at.button)


def test_a_form_is_filled_from_a_comparison(open_page: Open, bench: Workbench) -> None:
    at = open_page(PAGE, comparison=answered(bench, 3).id)
    by_key(at.button, "compare.again").click().run()
    assert not at.exception
    assert sum(str(one.key).endswith(".model") for one in at.selectbox) == 3
    assert "3 columns × 3 inputs × 1 = 9 calls" in spoken(at)


# -- verdicts --


def test_a_verdict_is_kept_and_the_next_item_shown(open_page: Open, bench: Workbench) -> None:
    made = answered(bench)
    at = open_page(PAGE, comparison=made.id, view="judge")
    by_key(at.text_input, ".note.1.a.b").set_value("nearer")
    by_key(at.button, "compare.choice.slightly_right").click().run()
    assert not at.exception
    (verdict,) = bench.comparisons.verdicts(made.id)
    assert (verdict.left, verdict.right, verdict.choice) == ("a", "b", "slightly_right")
    assert (verdict.memo, verdict.blind) == ("nearer", False)
    assert "1 of 3 judged" in at.get("progress")[0].proto.text
    by_key(at.button, "compare.unjudge").click().run()
    assert bench.comparisons.verdicts(made.id) == []


def test_blind_nothing_tells_who_is_who(open_page: Open, bench: Workbench) -> None:
    made = answered(bench, 3, blind=True)
    for view in ("grid", "judge"):
        at = open_page(PAGE, comparison=made.id, view=view)
        assert not at.exception
        whole = str(at.main)
        for secret in ("Column a", "Column c", "sandbox-flash-1", "sandbox-pro-2", "first token"):
            assert secret not in whole


def test_all_verdicts_are_revealed_with_a_sentence(open_page: Open, bench: Workbench) -> None:
    made = answered(bench, blind=True)
    at = open_page(PAGE, comparison=made.id, view="judge")
    for _ in range(3):
        by_key(at.button, "compare.choice.left").click().run()
    assert [one.value for one in at.success] == ["Everything is judged."]
    assert all(one.blind for one in bench.comparisons.verdicts(made.id))
    by_key(at.button, "compare.reveal").click().run()
    assert not at.exception
    assert "of 3" in spoken(at)
    assert "95 % interval" in spoken(at)


def test_columns_change_sides_while_they_are_hidden(open_page: Open, bench: Workbench) -> None:
    made = answered(bench, 3, blind=True)
    at = open_page(PAGE, comparison=made.id, view="judge")
    for _ in range(9):
        by_key(at.button, "compare.choice.left").click().run()
    sides = {(one.left, one.right) for one in bench.comparisons.verdicts(made.id)}
    assert any((right, left) in sides for left, right in sides)


# -- ways in --


def test_the_prompt_page_opens_the_form_with_its_draft(open_page: Open, bench: Workbench) -> None:
    at = open_page("studio/prompt")
    by_key(at.text_area, ".turn.0").set_value("Say {word}").run()
    by_key(at.button, "prompt.compare").click().run()
    assert not at.exception
    assert "Say {word}" in spoken(at)
    assert any(one.label == "`word`" for one in at.text_area)


def test_two_runs_open_the_form(open_page: Open, bench: Workbench) -> None:
    made = answered(bench)
    first, second = (cell.run_id for cell in bench.comparisons.grid(made.id)[:2])
    assert first and second
    at = open_page("studio/history", **{"run": first, "with": second})
    by_key(at.button, "history.compare.open").click().run()
    assert not at.exception
    assert sum(str(one.key).endswith(".model") for one in at.selectbox) == 2


def test_home_shows_the_way(open_page: Open, bench: Workbench) -> None:
    at = open_page("operate/home")
    by_key(at.button, "home.compare.example").click().run()
    assert not at.exception
    assert bench.comparisons.latest()
