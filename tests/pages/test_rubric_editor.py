"""The rubric editor: versions, an edit, a preview and a metric of one's own."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.records.metrics import MetricSpec
from core.records.rubrics import ScaleStep
from core.workbench import Workbench
from pages.ui.rubric import titles as rubric_titles
from tests.core.evaluation.evaluating import cases_of, draft


def show_editor(name: str) -> AppTest:
    def script(name: str) -> None:
        from pages.ui.rubric import editor as rubric_editor

        rubric_editor.editor(name)

    return AppTest.from_function(script, default_timeout=20, args=(name,)).run()


def show_custom() -> AppTest:
    def script() -> None:
        from pages.ui.rubric import custom as rubric_custom

        rubric_custom.custom_metric()

    return AppTest.from_function(script, default_timeout=20).run()


def by_key(elements: Any, end: str) -> Any:
    """The widget whose key ends so."""
    return next(one for one in elements if str(one.key).endswith(end))


def codes(at: AppTest) -> str:
    return "\n".join(one.value for one in at.code)


def click(at: AppTest, label: str) -> AppTest:
    next(one for one in at.button if one.label == label).click()
    return at.run()


def test_a_rubric_is_read_and_its_prompt_seen(bench: Workbench) -> None:
    at = show_editor("coherence")
    assert not at.exception
    rubric = bench.rubrics.get("coherence")
    english = rubric.in_language("en")
    assert english.definition in codes(at)
    assert '<data name="response"' in codes(at)
    assert any(rubric.sha256[:12] in one.value for one in at.caption)
    assert [one.value for one in at.selectbox] == [1]


def test_the_other_language_is_a_choice(bench: Workbench) -> None:
    at = show_editor("pairwise_safety")
    at.session_state["rubric.pairwise_safety.language"] = "ja"
    at.run()
    japanese = bench.rubrics.get("pairwise_safety").in_language("ja")
    assert not at.exception
    assert by_key(at.text_area, ".instruction").value == japanese.instruction
    assert by_key(at.text_area, ".scale").value.startswith("first: 一つ目")


def test_an_edit_is_kept_as_a_new_version_and_the_old_one_can_be_opened(bench: Workbench) -> None:
    at = show_editor("fluency")
    by_key(at.text_area, ".definition").set_value("Whether it reads well.")
    by_key(at.text_area, ".steps").set_value("1. Read it.\n\n- Rate it.")
    by_key(at.text_input, ".message").set_value("shorter")
    click(at, "Save as a new version")
    assert not at.exception
    newest, shipped = bench.rubrics.versions("fluency")
    assert (newest.rubric.version, newest.message, newest.created_by) == (2, "shorter", "tester")
    english, japanese = newest.rubric.templates
    assert english.definition == "Whether it reads well."
    assert english.steps == ("Read it.", "Rate it.")
    assert japanese == shipped.rubric.templates[1]
    assert by_key(at.text_area, ".definition").value == "Whether it reads well."
    at.toggle[0].set_value(True)
    at.run()
    assert not at.exception
    at.selectbox[0].set_value(1)
    at.run()
    assert len(at.toggle) == 0
    assert by_key(at.text_area, ".definition").value == shipped.rubric.templates[0].definition


def test_a_preview_keeps_nothing(bench: Workbench) -> None:
    at = show_editor("general_quality")
    by_key(at.text_area, ".instruction").set_value("Check it closely.")
    click(at, "Preview")
    assert "Check it closely." in codes(at)
    assert len(bench.rubrics.versions("general_quality")) == 1


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        pytest.param(".scale", "5: good\n4: good", "share a description", id="equal steps"),
        pytest.param(".scale", "five: good", "does not begin with a value", id="no number"),
        pytest.param(".criteria", "just words", "has no colon", id="no name"),
        pytest.param(".definition", " ", "needs an instruction", id="nothing written"),
    ],
)
def test_what_a_judge_could_not_use_is_refused(
    bench: Workbench, field: str, text: str, words: str
) -> None:
    at = show_editor("coherence")
    by_key(at.text_area, field).set_value(text)
    click(at, "Save as a new version")
    assert any(words in one.value.replace("\\", "") for one in at.error)
    assert len(bench.rubrics.versions("coherence")) == 1


def test_saving_without_a_change_says_so(bench: Workbench) -> None:
    at = click(show_editor("coherence"), "Save as a new version")
    assert any("Nothing was changed" in one.value.replace("\\", "") for one in at.error)


def test_a_metric_of_ones_own_is_made_from_a_form(bench: Workbench) -> None:
    at = show_custom()
    assert not at.exception
    by_key(at.text_input, ".name").set_value("politeness")
    by_key(at.text_area, ".definition").set_value("Whether the answer is polite.")
    by_key(at.text_area, ".criteria").set_value("Words: It says please.\nTone：落ち着いている")
    by_key(at.text_area, ".scale").set_value("-1: Rude.\n0: Plain.\n1: Polite.")
    click(at, "Save the metric")
    assert not at.exception
    assert [one.value for one in at.error] == []
    rubric = bench.rubrics.get("politeness")
    assert (rubric.version, rubric.kind, rubric.empty, rubric.inputs) == (
        1, "pointwise", -1, ("prompt",),
    )  # fmt: skip
    template = rubric.in_language("ja")
    assert template.scale[0] == ScaleStep(1, "Polite.")
    assert [one.name for one in template.criteria] == ["Words", "Tone"]
    click(at, "Save the metric")
    assert any("already" in one.value.replace("\\", "") for one in at.error)


def test_a_name_that_will_not_do_is_refused(bench: Workbench) -> None:
    at = show_custom()
    by_key(at.text_input, ".name").set_value("2 words!")
    by_key(at.text_area, ".definition").set_value("x")
    by_key(at.text_area, ".criteria").set_value("a: b")
    click(at, "Save the metric")
    assert any("cannot be a metric" in one.value.replace("\\", "") for one in at.error)


def test_every_shipped_metric_has_a_title(bench: Workbench) -> None:
    families = {one.removeprefix("pairwise_") for one in bench.rubrics.names()}
    assert families == set(rubric_titles.TITLES)


def test_questions_are_reviewed_on_the_page(bench: Workbench) -> None:
    kept = bench.evaluations.create(
        draft(bench, cases_of(2), metrics=(MetricSpec("general_quality"),))
    )

    def script(evaluation_id: str) -> None:
        from pages.ui.rubric import questions as question_review

        question_review.review(evaluation_id)

    at = AppTest.from_function(script, default_timeout=20, args=(kept.id,)).run()
    assert "0 of 2" in at.caption[0].value
    at = click(at, "Make questions")
    assert not at.exception
    assert "2 of 2" in at.caption[0].value
    at.text_area[0].set_value("1. Is it short?\n\n2. Is it kind?")
    at = click(at, "Keep these questions")
    assert at.text_area[0].value == "Is it short?\nIs it kind?"
    at = click(at, "Make them final")
    assert not at.exception
    assert len(at.text_area) == 0
    assert "- Is it short?\n- Is it kind?" in codes(at)
