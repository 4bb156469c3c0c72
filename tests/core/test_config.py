from __future__ import annotations

from pathlib import Path

import pytest

from core.config import Settings
from core.errors import InvalidInput


def settings(tmp_path: Path, **environ: str) -> Settings:
    return Settings.from_environment({"WORKBENCH_DB": str(tmp_path / "w.duckdb"), **environ})


def test_without_a_key_only_the_sandbox_is_live(tmp_path: Path) -> None:
    found = settings(tmp_path)
    assert {name: c.live for name, c in found.connections.items()} == {
        "gemini": False,
        "platform": False,
        "sandbox": True,
    }
    assert found.default_surface == "sandbox"
    assert found.connections["gemini"].problem == "GEMINI_API_KEY"


@pytest.mark.parametrize("name", ["GEMINI_API_KEY", "GOOGLE_API_KEY"])
def test_a_key_makes_the_gemini_api_live_and_the_default(tmp_path: Path, name: str) -> None:
    found = settings(tmp_path, **{name: "k-123"})
    assert found.connections["gemini"].live
    assert found.default_surface == "gemini"
    assert found.secrets.gemini_api_key == "k-123"


def test_google_api_key_wins_as_in_the_sdk(tmp_path: Path) -> None:
    found = settings(tmp_path, GEMINI_API_KEY="gemini", GOOGLE_API_KEY="google")
    assert found.secrets.gemini_api_key == "google"


def test_a_key_is_not_in_the_printed_settings(tmp_path: Path) -> None:
    assert "k-123" not in repr(settings(tmp_path, GEMINI_API_KEY="k-123"))


@pytest.mark.parametrize(
    ("environ", "live", "problem"),
    [
        pytest.param({"GOOGLE_GENAI_USE_VERTEXAI": "true"}, False, "GOOGLE_CLOUD_PROJECT"),
        pytest.param(
            {"GOOGLE_CLOUD_PROJECT": "p"}, False, "GOOGLE_GENAI_USE_ENTERPRISE", id="not asked for"
        ),
        pytest.param(
            {"GOOGLE_GENAI_USE_VERTEXAI": "1", "GOOGLE_CLOUD_PROJECT": "p"}, True, "", id="old name"
        ),
        pytest.param(
            {"GOOGLE_GENAI_USE_ENTERPRISE": "true", "GOOGLE_CLOUD_PROJECT": "p"},
            True,
            "",
            id="new name",
        ),
        pytest.param(
            {
                "GOOGLE_GENAI_USE_ENTERPRISE": "false",
                "GOOGLE_GENAI_USE_VERTEXAI": "true",
                "GOOGLE_CLOUD_PROJECT": "p",
            },
            False,
            "GOOGLE_GENAI_USE_ENTERPRISE",
            id="the newer variable wins",
        ),
    ],
)
def test_agent_platform(tmp_path: Path, environ: dict[str, str], live: bool, problem: str) -> None:
    platform = settings(tmp_path, **environ).connections["platform"]
    assert (platform.live, platform.problem) == (live, problem)


def test_base_urls_come_from_the_variables_of_the_sdk(tmp_path: Path) -> None:
    found = settings(
        tmp_path, GOOGLE_GEMINI_BASE_URL="http://a:1", GOOGLE_VERTEX_BASE_URL="http://b:2"
    )
    assert found.connections["gemini"].base_url == "http://a:1"
    assert found.connections["platform"].base_url == "http://b:2"


def test_the_admin_file_sets_caps_and_the_environment_wins(tmp_path: Path) -> None:
    (tmp_path / "admin.toml").write_text(
        '[gemini]\napi_key = "file"\n[caps]\nuser_day_usd = 3.5\n[concurrency]\ngemini = 4\n'
    )
    found = settings(tmp_path, GEMINI_API_KEY="env")
    assert found.secrets.gemini_api_key == "env"
    assert found.caps.user_day_usd == 3.5
    assert found.concurrency == {"gemini": 4}


@pytest.mark.parametrize(
    ("text", "part"),
    [
        pytest.param("[caps\n", "TOML", id="not TOML"),
        pytest.param("[caps]\nuser_day = 1\n", "caps.user_day", id="a misspelt key is named"),
        pytest.param("[concurrency]\nopenai = 1\n", "openai", id="an unknown connection"),
    ],
)
def test_a_wrong_admin_file_says_what_is_wrong(tmp_path: Path, text: str, part: str) -> None:
    (tmp_path / "admin.toml").write_text(text)
    with pytest.raises(InvalidInput, match=part):
        settings(tmp_path)


def test_a_wrong_admin_file_does_not_show_the_key(tmp_path: Path) -> None:
    (tmp_path / "admin.toml").write_text('[gemini]\napi_key = ["AIzaSecret"]\n')
    with pytest.raises(InvalidInput) as caught:
        settings(tmp_path)
    assert "AIzaSecret" not in str(caught.value)


@pytest.mark.parametrize("port", ["http", "-1", "70000", "８５０１"])
def test_a_wrong_port_is_refused(tmp_path: Path, port: str) -> None:
    with pytest.raises(InvalidInput, match="PORT"):
        settings(tmp_path, PORT=port)
