from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from core.access import Person
from core.lifecycle import price_package
from core.prompts.field_names import name_of
from core.records.models import ModelRef
from core.records.prompts import PromptSpec
from core.workbench import Workbench
from tests.pages.conftest import Open


def words(at: object) -> str:
    return " ".join(
        str(one.value)
        for kind in ("markdown", "caption", "title", "header", "info", "warning", "error")
        for one in getattr(at, kind)
    )


def test_a_retiring_model_in_use_is_an_alert_that_opens_it(
    open_page: Open, bench: Workbench
) -> None:
    spec = PromptSpec(model="sandbox:sandbox-flash-1")
    bench.authoring.save_new("triage", spec, actor="mika")
    at = open_page("operate/models")
    assert not at.exception
    assert "sandbox" in words(at) and "successor" in words(at)
    at.button(key="models.alert.sandbox:sandbox-flash-1").click().run()
    assert not at.exception
    assert at.query_params["model"] in ("sandbox:sandbox-flash-1", ["sandbox:sandbox-flash-1"])
    assert "What depends on it" in words(at)


def test_nothing_in_use_says_so(open_page: Open, bench: Workbench) -> None:
    assert "No model that you use ends" in words(open_page("operate/models"))


@pytest.mark.parametrize("model", ["sandbox:sandbox-pro-2", "gemini:never-heard-of", "", "x:y:z"])
def test_any_address_opens(open_page: Open, bench: Workbench, model: str) -> None:
    assert not open_page("operate/models", model=model).exception


def test_where_sources_differ_is_shown(open_page: Open, bench: Workbench) -> None:
    at = open_page("operate/models", model="platform:gemini-2.5-pro")
    shown = words(at)
    assert "Where sources differ" in shown
    assert "10\\-16" in shown and "06\\-17" in shown


def test_a_date_that_is_none_is_refused_and_one_that_is_holds(
    open_page: Open, bench: Workbench
) -> None:
    at = open_page("operate/models", model="sandbox:sandbox-pro-2")
    at.selectbox[0].select("ends_on")
    source, value = at.text_input
    value.set_value("soon")
    source.set_value("a phone call")
    at.button[-1].click().run()
    assert "is no day" in words(at).replace("\\", "")
    at.text_input[1].set_value("2027-02-01")
    at.button[-1].click().run()
    assert not at.exception
    assert "retires on 2027-02-01" in words(at)


def test_a_clock_set_wrong_is_said(open_page: Open, bench: Workbench) -> None:
    assert "clock" not in words(open_page("operate/models"))
    bench.engine.wall_clock.ahead = timedelta(days=-30)
    assert "43,200 minutes behind the service" in words(open_page("operate/models"))


def test_prices_of_the_package_are_proposed_and_accepted(
    open_page: Open, bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    dear = SimpleNamespace(input_mtok=77, output_mtok=88)
    google = SimpleNamespace(
        id="google", models=[SimpleNamespace(id="gemini-3.5-flash", prices=dear)]
    )
    monkeypatch.setattr(price_package, "is_installed", lambda: False)
    at = open_page("operate/models")
    assert not [one for one in at.button if one.key == "models.refresh.prices"]
    monkeypatch.setattr(price_package, "is_installed", lambda: True)
    monkeypatch.setattr(price_package, "installed", lambda: price_package.Prices([google], "p 1"))
    at = open_page("operate/models")
    at.button(key="models.refresh.prices").click().run()
    at.button(key="models.accept.all").click().run()
    assert not at.exception
    for surface in ("gemini", "platform"):
        found = bench.catalogue.price(surface, "gemini-3.5-flash", datetime.now(UTC))
        if found is not None:
            assert (found.input, found.output, found.source) == (77, 88, "p 1")


def test_what_a_model_takes_is_told_with_its_source(open_page: Open, bench: Workbench) -> None:
    at = open_page("operate/models", model="gemini:gemini-4-argon")
    [rules] = [one.value for one in at.dataframe if "status" in one.value.columns]
    found = {row["what"]: (row["status"], row["source"]) for _, row in rules.iterrows()}
    assert found["Temperature"][0] == "ignored" and found["Temperature"][1].startswith("https://")
    assert found["Prefilled answer"][0] == "refused (400)"
    assert "Nothing is known" not in words(at)
    at = open_page("operate/models", model="gemini:gemini-9-boron")
    assert not at.exception
    assert "Nothing is known of this model" in words(at)


def test_models_on_which_sources_differ_are_marked_in_the_table(
    open_page: Open, bench: Workbench
) -> None:
    at = open_page("operate/models")
    at.toggle(key="models.ended").set_value(True).run()
    [table] = [one.value for one in at.dataframe if "successor" in one.value.columns]
    ends = {(row["model"], row["surface"]): row["end"] for _, row in table.iterrows()}
    marked = {model for (model, _), end in ends.items() if "≠" in end}
    assert "gemini-2.5-pro" in marked and "sandbox-flash-1" not in marked


def test_an_editor_sees_no_button_that_would_be_refused(
    open_page: Open, bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = Person("ed", signed_in=True, role="editor")
    for module in ("detail", "refresh"):
        monkeypatch.setattr(f"pages.ui.models.{module}.person", lambda: editor)
    at = open_page("operate/models", model="sandbox:sandbox-pro-2")
    assert not at.text_input and "An administrator can add" in words(at)


def test_what_nobody_checked_for_long_is_marked_by_its_age(
    open_page: Open, bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = ModelRef("sandbox", "sandbox-ultra-9")
    long_ago = datetime.now(UTC) - timedelta(days=75)
    bench.models.add(ref, "note", "seen once", source="a talk", actor="ada", now=long_ago)
    table = open_page("operate/models").dataframe[0].value
    assert list(table[table["model"] == ref.model]["checked"]) == [f"{long_ago.date()} ⚠"]
    assert not any("⚠" in text for text in table[table["model"] != ref.model]["checked"])
    assert "checked 75 days ago" in words(open_page("operate/models", model=str(ref)))
    shown = words(open_page("operate/models", model="sandbox:sandbox-pro-2"))
    assert "days ago" not in shown


def test_limits_and_rules_are_shown_with_source_and_day(open_page: Open, bench: Workbench) -> None:
    at = open_page("operate/models", model="platform:gemini-3.6-flash")
    assert not at.exception
    assert "input 1,048,576, output 65,536" in words(at)
    rules = next(one.value for one in at.dataframe if "status" in one.value.columns)
    [top_p] = rules[rules["what"] == name_of("top_p")].to_dict("records")
    assert (top_p["status"], top_p["checked"]) == ("ignored", "2026-11-24")
    assert top_p["source"].endswith("/models/gemini/3-6-flash")
    facts = next(one.value for one in at.dataframe if "kind" in one.value.columns)
    assert f"Parameter: {name_of('top_p')}" in set(facts["fact"]) and "65,536" in set(
        facts["value"]
    )
    assert "input not known" in words(open_page("operate/models", model="gemini:never-heard-of"))
