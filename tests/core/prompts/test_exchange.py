from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.prompts.authoring import Authoring
from core.prompts.exchange import Exchange
from core.records.prompts import (
    Parameters,
    Part,
    PromptSpec,
    Turn,
    ValueSet,
)
from core.store import Store

PDF = b"%PDF-1.7\n1 0 obj\n<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
SPECS = st.builds(
    PromptSpec,
    system=TEXT,
    turns=st.lists(
        st.builds(
            Turn,
            st.sampled_from(["user", "model"]),
            st.lists(st.builds(Part, TEXT), min_size=1, max_size=3).map(tuple),
        ),
        min_size=1,
        max_size=3,
    ).map(tuple),
    parameters=st.builds(
        Parameters,
        temperature=st.none() | st.floats(0, 2),
        top_k=st.none() | st.integers(1, 99),
        stop_sequences=st.lists(TEXT, max_size=2).map(tuple),
        thinking_level=st.none() | st.just("LOW"),
        include_thoughts=st.booleans(),
    ),
    functions=TEXT,
    google_search=st.booleans(),
    response_schema=TEXT,
    value_sets=st.lists(
        st.builds(ValueSet, TEXT, st.dictionaries(TEXT, TEXT, max_size=3)), max_size=2
    ).map(tuple),
    model=st.sampled_from(["", "gemini:m", "sandbox:s"]),
)


@pytest.fixture
def file(store: Store) -> dict[str, Any]:
    """The export of a prompt with two versions, a label, memos and an attached file."""
    authoring = Authoring(store)
    media = authoring.upload(PDF, "報告.pdf")
    first = authoring.save_new(
        "挨拶",
        PromptSpec(turns=(Turn("user", (Part("{名前}"), Part(media=media))),)),
        message="one",
        memo="about",
        actor="ada",
    ).version
    second = authoring.save_version(
        first.prompt_id, PromptSpec(system="二"), message="two", actor="ada"
    ).version
    authoring.write_memo("version", second.id, "about two", actor="ada")
    authoring.label(first.id, "production", actor="ada")
    value = json.loads(Exchange(store).export_prompt(first.prompt_id))
    assert isinstance(value, dict)
    return value


def as_bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def without_dates(value: dict[str, Any]) -> dict[str, Any]:
    value = copy.deepcopy(value)
    for version in value["versions"]:
        del version["created_at"], version["created_by"]
    return value


def test_a_prompt_arrives_whole_in_another_database(file: dict[str, Any]) -> None:
    other = Store.open(":memory:")
    made = Exchange(other).import_file(as_bytes(file), actor="bob")
    assert (made.name, made.versions, made.ignored) == ("挨拶", 2, ())
    again = json.loads(Exchange(other).export_prompt(made.prompt_id))
    assert without_dates(again) == without_dates(file)
    assert other.prompts.versions(made.prompt_id)[0].created_by == "bob"
    other.close()


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None
)
@given(spec=SPECS)
def test_round_trip_of_any_spec(store: Store, spec: PromptSpec) -> None:
    authoring, exchange = Authoring(store), Exchange(store)
    saved = authoring.save_new(authoring.free_name("any"), spec, actor="ada").version
    text = exchange.export_prompt(saved.prompt_id)
    made = exchange.import_file(text.encode(), actor="ada", name="copy")
    assert store.prompts.versions(made.prompt_id)[0].spec == spec
    assert exchange.read_spec(text.encode()) == spec


def test_one_version_alone(store: Store, file: dict[str, Any]) -> None:
    prompt = store.prompts.find("挨拶")
    assert prompt is not None
    newest = store.prompts.versions(prompt.id)[0]
    alone = json.loads(Exchange(store).export_prompt(prompt.id, newest.id))
    assert [version["number"] for version in alone["versions"]] == [2]
    assert alone["labels"] == {}
    assert alone["media"] == {}


def test_a_taken_name_gets_a_number(store: Store, file: dict[str, Any]) -> None:
    made = Exchange(store).import_file(as_bytes(file), actor="ada")
    assert made.name == "挨拶 (2)"
    renamed = Exchange(store).import_file(as_bytes(file), actor="ada", name="Other")
    assert renamed.name == "Other"


def test_unknown_fields_are_reported_and_left_out(store: Store, file: dict[str, Any]) -> None:
    file["color"] = "red"
    file["versions"][0]["spec"]["judge"] = {}
    file["versions"][0]["spec"]["turns"][0]["parts"][1]["media"]["pages"] = 3
    file["versions"][0]["spec"]["parameters"]["mood"] = 1
    made = Exchange(store).import_file(as_bytes(file), actor="ada")
    assert sorted(made.ignored) == [
        "color",
        "versions[0].spec.judge",
        "versions[0].spec.parameters.mood",
        "versions[0].spec.turns[0].parts[1].media.pages",
    ]


def change(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def act(file: dict[str, Any]) -> None:
        *steps, last = path.split(".")
        node: Any = file
        for step in steps:
            node = node[int(step)] if isinstance(node, list) else node[step]
        node[int(last) if isinstance(node, list) else last] = value

    return act


def swap_media(file: dict[str, Any]) -> None:
    (blob,) = file["media"].values()
    blob["base64"] = base64.b64encode(PDF + b"x").decode()


@pytest.mark.parametrize(
    ("act", "words"),
    [
        pytest.param(change("format", "other"), "not a prompt", id="format"),
        pytest.param(change("format_version", 2), "newer release", id="newer"),
        pytest.param(change("format_version", "1"), "format_version", id="not a number"),
        pytest.param(change("versions", []), "versions", id="no versions"),
        pytest.param(change("versions.0.spec.turns.0.role", "admin"), "role", id="role"),
        pytest.param(change("versions.0.number", -1), "number", id="number"),
        pytest.param(change("versions.0.spec.parameters.top_k", "9"), "top_k", id="type"),
        pytest.param(change("versions.0.spec.system", 5), "system", id="not a text"),
        pytest.param(change("versions.0.spec.system", "\x00"), r"U\+0000", id="NUL"),
        pytest.param(change("name", ""), "name", id="no name"),
        pytest.param(change("labels", {"a b": 1}), "cannot be a label", id="label"),
        pytest.param(change("media", {}), "missing", id="file missing", marks=[]),
        pytest.param(swap_media, "was changed", id="file changed"),
    ],
)
def test_hostile_files_are_refused_and_leave_nothing(
    file: dict[str, Any], act: Callable[[dict[str, Any]], None], words: str
) -> None:
    act(file)
    other = Store.open(":memory:")
    with pytest.raises(InvalidInput, match=words):
        Exchange(other).import_file(as_bytes(file), actor="ada")
    assert list(other.prompts.list()) == []
    other.close()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not valid JSON"),
        (b"[]", "must hold a JSON object"),
        (b"{}", "not a prompt"),
        (b"\xff\xfe", "not UTF-8"),
        (b'{"a":' * 100_000, "not valid JSON"),
        (b'{"name": 1e999}', "not valid JSON"),
        (b'{"name": NaN}', "not valid JSON"),
        (b'{"format": "prompt-workbench/prompt", "name": "\\ud800"}', "not a prompt"),
    ],
)
def test_what_is_no_prompt_file(store: Store, data: bytes, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        Exchange(store).import_file(data, actor="ada")


def test_the_sdk_format_goes_both_ways(store: Store, file: dict[str, Any]) -> None:
    prompt = store.prompts.find("挨拶")
    assert prompt is not None
    first = store.prompts.version_by_number(prompt.id, 1)
    exchange = Exchange(store)
    text = exchange.export_sdk(prompt.id, first.id)
    made = exchange.import_file(text.encode(), actor="ada", name="back")
    assert store.prompts.versions(made.prompt_id)[0].spec == first.spec
    assert exchange.read_spec(text.encode()) == first.spec
