"""The file format of one prompt: outside data, so it is checked before anything is made of it."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import InvalidInput
from core.prompts.authoring import MAX_MEMO, MAX_MESSAGE, MAX_NAME
from core.prompts.json_text import read_json
from core.records.prompts import PromptSpec

FORMAT = "prompt-workbench/prompt"
FORMAT_VERSION = 1
MAX_FILE_BYTES = 100_000_000

Text = Annotated[str, Field(max_length=20_000_000)]
Short = Annotated[str, Field(max_length=1_000)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Model(BaseModel):
    # Unknown fields are kept apart, so that the import can report them.
    model_config = ConfigDict(extra="allow", strict=True, allow_inf_nan=False)


class MediaModel(_Model):
    """A reference to a file in `media`."""

    mime_type: Short
    sha256: Sha256
    name: Short = ""
    size: Annotated[int, Field(ge=0)] = 0


class PartModel(_Model):
    """A piece of a turn."""

    text: Text = ""
    media: MediaModel | None = None


class TurnModel(_Model):
    """What one side says."""

    role: Literal["user", "model"]
    parts: Annotated[list[PartModel], Field(max_length=1_000)]


class ParametersModel(_Model):
    """Generation parameters."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    max_output_tokens: int | None = None
    stop_sequences: Annotated[list[Short], Field(max_length=100)] = []
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    thinking_level: Short | None = None
    thinking_budget: int | None = None
    include_thoughts: bool = False
    candidate_count: int | None = None


class ValueSetModel(_Model):
    """Values for the variables."""

    name: Short
    values: Annotated[dict[Short, Text], Field(max_length=1_000)] = {}


class SpecModel(_Model):
    """The whole content of a prompt."""

    system: Text = ""
    turns: Annotated[list[TurnModel], Field(max_length=1_000)] = []
    parameters: ParametersModel = ParametersModel()
    functions: Text = ""
    google_search: bool = False
    response_schema: Text = ""
    value_sets: Annotated[list[ValueSetModel], Field(max_length=1_000)] = []
    model: Short = ""


class VersionModel(_Model):
    """One version; `created_at` and `created_by` inform, the import writes its own."""

    number: Annotated[int, Field(ge=1)]
    message: Annotated[str, Field(max_length=MAX_MESSAGE)] = ""
    created_at: Short = ""
    created_by: Short = ""
    memo: Annotated[str, Field(max_length=MAX_MEMO)] = ""
    spec: SpecModel


class BlobModel(_Model):
    """The bytes of an attached file."""

    mime_type: Short
    base64: str


class PromptFile(_Model):
    """One prompt as one file."""

    format: Literal["prompt-workbench/prompt"]
    format_version: int
    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
    memo: Annotated[str, Field(max_length=MAX_MEMO)] = ""
    labels: Annotated[dict[Short, int], Field(max_length=1_000)] = {}
    versions: Annotated[list[VersionModel], Field(min_length=1, max_length=10_000)]
    media: Annotated[dict[Sha256, BlobModel], Field(max_length=1_000)] = {}


def read_object(data: bytes) -> dict[str, Any]:
    """The JSON object in a file. InvalidInput says what is wrong and where."""
    if len(data) > MAX_FILE_BYTES:
        raise InvalidInput(
            "The file has {size} MB; the limit is {limit} MB.",
            size=len(data) // 1_000_000,
            limit=MAX_FILE_BYTES // 1_000_000,
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(
            "The file is not UTF-8 text (byte {position}). Save it as UTF-8 and import it again.",
            position=error.start + 1,
        ) from error
    value, problem = read_json(text)
    if problem:
        raise InvalidInput(
            "The file is not valid JSON: line {line}, column {column}: {reason}.",
            **problem._asdict(),
        )
    if not isinstance(value, dict):
        raise InvalidInput("The file is not a prompt: it must hold a JSON object.")
    return value


def parse_prompt_file(value: dict[str, Any]) -> PromptFile:
    """The checked file. InvalidInput names the first field that is wrong."""
    if value.get("format") != FORMAT:
        raise InvalidInput(
            "The file is not a prompt. Prompt Workbench reads its own export and the SDK's "
            "prompt format."
        )
    version = value.get("format_version")
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise InvalidInput(
            "The file was written by a newer release (format version {version}; this release "
            "reads up to {known}). Update Prompt Workbench and import it again.",
            version=version,
            known=FORMAT_VERSION,
        )
    try:
        return PromptFile.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise InvalidInput(
            "The file is not a prompt: {place}: {problem}.",
            place=".".join(str(step) for step in first["loc"]) or "$",
            problem=first["msg"],
        ) from error


def unknown_fields(model: BaseModel, place: str = "") -> Iterator[str]:
    """The fields this release does not know, as `versions[0].spec.new_field`."""
    for name in model.model_extra or {}:
        yield f"{place}{name}"
    for name in type(model).model_fields:
        yield from _unknown_in(getattr(model, name), f"{place}{name}")


def _unknown_in(value: Any, place: str) -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield from unknown_fields(value, f"{place}.")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknown_in(item, f"{place}[{index}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _unknown_in(item, f"{place}.{key}")


def spec_of(model: SpecModel) -> PromptSpec:
    """The record for a checked spec; what this release does not know is left out."""
    known = model.model_dump()
    for turn in known["turns"]:
        for part in turn["parts"]:
            if part["media"]:
                part["media"] = {k: part["media"][k] for k in MediaModel.model_fields}
    return PromptSpec.from_dict(known)


def blob_bytes(sha256: str, blob: BlobModel) -> bytes:
    """The bytes of an attached file, if they are what their name says."""
    try:
        data = base64.b64decode(blob.base64, validate=True)
    except binascii.Error as error:
        raise InvalidInput(
            "The attached file {file} is not base64. Export the prompt again.", file=sha256[:12]
        ) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise InvalidInput(
            "The attached file {file} was changed after the export. Export the prompt again.",
            file=sha256[:12],
        )
    return data
