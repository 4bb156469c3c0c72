from __future__ import annotations

from collections.abc import Callable

import pytest

from core.errors import InvalidInput
from core.prompts.authoring import NEW_PROMPT, Authoring, checked_label, checked_name, read_spec
from core.prompts.fingerprint import fingerprint
from core.records.prompts import Part, PromptSpec, Turn
from core.store import Store

ME = {"actor": "ada"}
PDF = b"%PDF-1.7\n1 0 obj\n<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"


def text_spec(text: str) -> PromptSpec:
    return PromptSpec(turns=(Turn("user", (Part(text),)),))


@pytest.fixture
def authoring(store: Store) -> Authoring:
    return Authoring(store)


def test_saving_numbers_the_versions(authoring: Authoring, store: Store) -> None:
    first = authoring.save_new("Mail", text_spec("a"), message="start", memo="why", **ME).version
    second = authoring.save_version(first.prompt_id, text_spec("b"), message="b", **ME)
    assert (first.number, second.version.number) == (1, 2)
    assert second.same_as is None
    assert second.version.parent_id == first.id
    memo = authoring.memo("prompt", first.prompt_id)
    assert memo is not None
    assert memo.text == "why"
    assert store.prompts.version(second.version.id).fingerprint == fingerprint(text_spec("b"))


def test_saving_the_same_again_is_allowed_and_told(authoring: Authoring) -> None:
    first = authoring.save_new("Mail", text_spec("a"), **ME).version
    again = authoring.save_version(first.prompt_id, text_spec("a"), **ME)
    assert (again.version.number, again.same_as) == (2, 1)


def test_restoring_makes_a_new_version(authoring: Authoring, store: Store) -> None:
    first = authoring.save_new("Mail", text_spec("a"), **ME).version
    authoring.save_version(first.prompt_id, text_spec("b"), **ME)
    restored = authoring.restore(first.id, **ME).version
    assert (restored.number, restored.message) == (3, "Restored from version 1")
    assert restored.spec == first.spec
    assert [v.number for v in store.prompts.versions(first.prompt_id)] == [3, 2, 1]


def test_a_fork_is_a_prompt_of_its_own(authoring: Authoring) -> None:
    first = authoring.save_new("Mail", text_spec("a"), **ME).version
    fork = authoring.fork(first.id, "Mail, short", **ME).version
    assert fork.prompt_id != first.prompt_id
    assert fork.spec == first.spec
    assert fork.message == "Forked from Mail, version 1"


def test_names_are_unique_until_deleted(authoring: Authoring) -> None:
    first = authoring.save_new("Mail", text_spec("a"), **ME).version
    with pytest.raises(InvalidInput, match="already a prompt named Mail"):
        authoring.save_new("  Mail ", text_spec("b"), **ME)
    authoring.rename(first.prompt_id, "Mail", **ME)
    authoring.delete(first.prompt_id, **ME)
    second = authoring.save_new("Mail", text_spec("b"), **ME).version
    with pytest.raises(InvalidInput, match="already"):
        authoring.undelete(first.prompt_id, **ME)
    authoring.rename(second.prompt_id, "Letter", **ME)
    authoring.undelete(first.prompt_id, **ME)
    assert authoring.free_name("Mail") == "Mail (2)"


@pytest.mark.parametrize("name", ["", "  \n ", "x" * 201, "a\x00b"])
def test_unusable_names(name: str) -> None:
    with pytest.raises(InvalidInput):
        checked_name(name)


def test_names_are_composed() -> None:
    assert checked_name(" か\u3099  b ") == "が b"


@pytest.mark.parametrize("label", ["", "3", "a b", "a@b", "x" * 61, "12"])
def test_unusable_labels(label: str) -> None:
    with pytest.raises(InvalidInput):
        checked_label(label)


def test_references(authoring: Authoring) -> None:
    first = authoring.save_new("挨拶 @home", text_spec("a"), **ME).version
    second = authoring.save_version(first.prompt_id, text_spec("b"), **ME).version
    authoring.label(first.id, "production", **ME)

    def number(reference: str) -> int:
        return authoring.find(reference)[1].number

    assert number("挨拶 @home") == second.number
    assert number("挨拶 @home@1") == 1
    assert number("挨拶 @home@production") == 1
    authoring.label(second.id, "production", **ME)
    assert number("挨拶 @home@production") == 2
    authoring.unlabel(first.prompt_id, "production", **ME)
    for unknown, words in [
        ("nope", "no prompt named nope"),
        ("nope@1", "no prompt named nope"),
        ("挨拶 @home@9", "no version 9. The newest is 2"),
        ("挨拶 @home@production", "no version labelled production"),
    ]:
        with pytest.raises(InvalidInput, match=words):
            authoring.find(unknown)


def test_a_deleted_version_is_hidden_and_comes_back(authoring: Authoring) -> None:
    first = authoring.save_new("Mail", text_spec("a"), **ME).version
    second = authoring.save_version(first.prompt_id, text_spec("b"), **ME).version
    authoring.delete_version(second.id, **ME)
    assert authoring.find("Mail")[1].number == 1
    assert authoring.save_version(first.prompt_id, text_spec("c"), **ME).version.number == 3
    authoring.undelete_version(second.id, **ME)
    assert authoring.find("Mail@2")[1].id == second.id


def test_drafts_come_back_exactly(authoring: Authoring) -> None:
    spec = PromptSpec(system="half", functions='[{"na', response_schema="{")
    authoring.autosave("ada", NEW_PROMPT, spec, memo="m")
    draft = authoring.draft("ada", NEW_PROMPT)
    assert draft is not None
    assert (draft.spec, draft.memo) == (spec, "m")
    assert [d.slot for d in authoring.drafts("ada")] == [NEW_PROMPT]
    assert authoring.draft("bob", NEW_PROMPT) is None
    authoring.discard_draft("ada", NEW_PROMPT)
    assert authoring.draft("ada", NEW_PROMPT) is None


def test_a_memo_keeps_its_earlier_texts(authoring: Authoring) -> None:
    first = authoring.save_new("Mail", text_spec("a"), **ME).version
    for text in ("one", "二", ""):
        authoring.write_memo("version", first.id, text, **ME)
    assert authoring.memo("version", first.id) is None
    assert [memo.text for memo in authoring.memo_history("version", first.id)] == ["", "二", "one"]


def test_uploads(authoring: Authoring) -> None:
    media = authoring.upload(PDF, "report.png")
    assert (media.mime_type, media.name, media.size) == ("application/pdf", "report.png", len(PDF))
    assert authoring.media_bytes(media) == PDF
    with pytest.raises(InvalidInput, match="not an image or a PDF"):
        authoring.upload(b"hello", "a.png")


@pytest.mark.parametrize(
    "act",
    [
        lambda a, spec: a.save_new("Mail", spec, **ME),
        lambda a, spec: a.autosave("ada", NEW_PROMPT, spec),
        lambda a, spec: a.keep_spec(spec),
    ],
    ids=["save", "draft", "keep"],
)
@pytest.mark.parametrize("text", ["a\x00", "\ud800", "x" * 21_000_000], ids=["NUL", "half", "21MB"])
def test_what_cannot_be_stored_is_refused(
    authoring: Authoring, act: Callable[[Authoring, PromptSpec], object], text: str
) -> None:
    with pytest.raises(InvalidInput):
        act(authoring, text_spec(text))


def test_a_kept_spec_comes_back(authoring: Authoring, store: Store) -> None:
    spec = text_spec("{名前}")
    assert read_spec(store.blobs.get(authoring.keep_spec(spec))) == spec
