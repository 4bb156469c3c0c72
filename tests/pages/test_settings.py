"""The settings page tells what is missing and never tells a key."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core import workbench
from core.samples import FILLED
from tests.pages.conftest import ROOT, Open

SECRET = "AIzaSECRETSECRETSECRET"
PAGES = ("operate/home", "studio/prompt", "studio/history", "operate/settings")


def texts(at: AppTest) -> str:
    """Everything that was sent to the browser, as the elements' own messages."""
    return "\n".join(str(one.proto) for one in at.main if hasattr(one, "proto")) + str(at)


def test_missing_variables_are_named(open_page: Open) -> None:
    at = open_page("operate/settings")
    assert not at.exception
    said = "\n".join(one.value for one in at.markdown).replace("\\", "")
    assert "GEMINI_API_KEY" in said
    assert "GOOGLE_CLOUD_PROJECT" in said or "GOOGLE_GENAI_USE" in said


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("variable", ["GEMINI_API_KEY", "GOOGLE_API_KEY"])
def test_no_page_shows_a_key(environment: pytest.MonkeyPatch, page: str, variable: str) -> None:
    environment.setenv(variable, SECRET)
    workbench.current().store.settings.put(FILLED, True)
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=20).run()
    at.switch_page(f"pages/{page}.py").run()
    assert not at.exception
    assert at.title
    assert SECRET not in texts(at)


def test_the_test_of_a_connection_lists_the_models(open_page: Open) -> None:
    at = open_page("operate/settings")
    at.button(key="settings.test.sandbox").click().run()
    assert any("lists 3 models" in one.value for one in at.success)
    assert any("sandbox-flash-1" in one.value for one in at.code)


def test_the_language_is_kept_for_the_person(open_page: Open) -> None:
    at = open_page("operate/settings")
    at.radio(key="settings.language").set_value("ja").run()
    assert at.title[0].value == "設定"
    assert open_page("operate/settings").title[0].value == "設定"
