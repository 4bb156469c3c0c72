from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from core.errors import InvalidInput
from core.prompts.sdk_format import is_sdk_prompt, prompt_from_sdk, prompt_to_sdk
from core.records.prompts import Media, Parameters, Part, PromptSpec, Turn, ValueSet

PICTURE = b"\xfb\xff\xfe picture"  # base64 with both special characters of each alphabet
MEDIA = Media("image/png", hashlib.sha256(PICTURE).hexdigest(), "図.png", len(PICTURE))
SPEC = PromptSpec(
    system="Be {tone}.",
    turns=(
        Turn("user", (Part("Hi {名前}"), Part(media=MEDIA))),
        Turn("model", (Part("Hello"),)),
        Turn("user", (Part("Go on"),)),
    ),
    parameters=Parameters(
        temperature=0.0,
        top_k=4,
        stop_sequences=("END",),
        seed=0,
        thinking_level="LOW",
        include_thoughts=True,
    ),
    functions=json.dumps([{"name": "f", "parameters": {"type": "object"}}], indent=2),
    google_search=True,
    response_schema=json.dumps({"type": "object", "properties": {"z": {}, "a": {}}}, indent=2),
    value_sets=(ValueSet("1", {"tone": "brief", "名前": "Ada"}),),
    model="gemini-3.8-flash",
)


def upload(data: bytes, name: str) -> Media:
    return Media("image/png", hashlib.sha256(data).hexdigest(), name, len(data))


def written(spec: PromptSpec = SPEC, **more: Any) -> dict[str, Any]:
    return json.loads(json.dumps(prompt_to_sdk("N", spec, lambda _: PICTURE, **more)))


def test_a_prompt_comes_back() -> None:
    back = prompt_from_sdk(written(memo="note"), upload)
    assert (back.name, back.spec, back.memo, back.ignored) == ("N", SPEC, "note", ())


def test_an_empty_prompt_comes_back() -> None:
    spec = replace(PromptSpec(), model="m")
    assert prompt_from_sdk(written(spec), upload).spec == spec


def test_the_shape_is_that_of_the_sdk() -> None:
    value = written()
    metadata = value["metadata"]
    assert value["modelReference"] == "gemini-3.8-flash"
    assert metadata["prompt_type"] == "multimodal_freeform"
    assert metadata["has_prompt_variable"] is True
    schema = metadata["prompt_api_schema"]
    assert schema["api_schema_version"] == "1.0.0"
    assert schema["executions"][0]["arguments"]["名前"] == {
        "part_list": {"parts": [{"text": "Ada"}]}
    }
    message = schema["multimodal_prompt"]["prompt_message"]
    assert [content["role"] for content in message["contents"]] == ["user", "model", "user"]


def camel(value: Any) -> Any:
    """The names as the REST service spells them."""
    if isinstance(value, list):
        return [camel(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key
        if not key.isascii()
        else "".join(w.capitalize() if i else w for i, w in enumerate(key.split("_"))): camel(item)
        for key, item in value.items()
    }


def test_camel_case_and_url_safe_base64_are_read_too() -> None:
    value = camel(written())
    parts = value["metadata"]["promptApiSchema"]["multimodalPrompt"]["promptMessage"]["contents"]
    inline = parts[0]["parts"][1]["inlineData"]
    inline["data"] = inline["data"].replace("+", "-").replace("/", "_").rstrip("=")
    assert is_sdk_prompt(value)
    assert prompt_from_sdk(value, upload).spec == SPEC


def test_a_schema_in_openapi_types_becomes_json_schema() -> None:
    value = written(replace(SPEC, response_schema=""))
    config = value["metadata"]["prompt_api_schema"]["multimodal_prompt"]["prompt_message"]
    config["generation_config"]["response_schema"] = {
        "type": "OBJECT", "properties": {"type": {"type": "STRING"}},
    }  # fmt: skip
    assert json.loads(prompt_from_sdk(value, upload).spec.response_schema) == {
        "type": "object", "properties": {"type": {"type": "string"}},
    }  # fmt: skip


def test_what_has_no_place_here_is_told() -> None:
    value = written()
    message = value["metadata"]["prompt_api_schema"]["multimodal_prompt"]["prompt_message"]
    message["safety_settings"] = []
    message["generation_config"]["logprobs"] = 3
    message["tools"].append({"code_execution": {}})
    assert set(prompt_from_sdk(value, upload).ignored) == {
        "safety_settings", "generation_config.logprobs", "tools.code_execution",
    }  # fmt: skip


def test_a_resource_name_of_a_model_is_its_id() -> None:
    value = written(replace(SPEC, model="platform:gemini-3.8-flash"))
    message = value["metadata"]["prompt_api_schema"]["multimodal_prompt"]["prompt_message"]
    assert message["model"] == "gemini-3.8-flash"
    message["model"] = "projects/p/locations/l/publishers/google/models/gemini-3.8-flash"
    assert prompt_from_sdk(value, upload).spec.model == "gemini-3.8-flash"


@pytest.mark.parametrize(
    "wrong",
    [
        {"contents": []},
        {"contents": "text"},
        {"contents": [{"parts": [{"fileData": {"fileUri": "gs://x"}}]}]},
        {"contents": [{"parts": [{"inline_data": {"data": "!"}}]}]},
        {"generation_config": {"temperature": "hot"}},
        {"generation_config": {"stop_sequences": "END"}},
        {"tools": {}},
        {"system_instruction": "text"},
    ],
)
def test_malformed(wrong: dict[str, Any]) -> None:
    value = written()
    value["metadata"]["prompt_api_schema"]["multimodal_prompt"]["prompt_message"] |= wrong
    with pytest.raises(InvalidInput):
        prompt_from_sdk(value, upload)


def test_a_long_memo_is_cut_to_what_the_service_takes() -> None:
    note = written(memo="あ" * 1_000)["metadata"]["note"]
    assert len(note.encode()) <= 2_000


@pytest.mark.soak
@pytest.mark.filterwarnings("ignore")  # the platform SDK's own deprecations
def test_the_sdk_reads_and_writes_the_same() -> None:
    # Importing the platform SDK takes seconds.
    from agentplatform._genai import _prompt_management_utils as sdk
    from agentplatform._genai import types

    metadata = types.SchemaTextPromptDatasetMetadata.model_validate(written()["metadata"])
    prompt = sdk._create_prompt_from_dataset_metadata(types.Dataset(metadata=metadata))
    again = sdk._create_dataset_metadata_from_prompt(prompt, prompt.prompt_data.variables)
    for by_alias in (False, True):
        value = json.loads(again.model_dump_json(exclude_none=True, by_alias=by_alias))
        back = prompt_from_sdk({"displayName": "N", "metadata": value}, upload).spec
        assert back == SPEC
