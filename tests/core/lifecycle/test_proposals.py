"""Bringing the catalogue up to date: files, statuses, lists."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.lifecycle.catalogue import CATALOGUE, Catalogue, load_shipped
from core.lifecycle.catalogue_file import read_catalogue
from core.lifecycle.models import Models
from core.lifecycle.proposals import from_file, from_list, from_reroutes, from_statuses
from core.records.model_use import ServedBy
from core.records.models import ListedModel, ModelRef
from core.records.prompts import Part, Turn
from core.records.runs import CallContext, Reply, Request
from core.store import Store

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
FLASH_1 = ModelRef("sandbox", "sandbox-flash-1")


def row(**change: Any) -> dict[str, Any]:
    return {"surface": "gemini", "model": "gemini-9", "fact": "ends_on", "value": "2027-05-01",
            "source": "a page", **change}  # fmt: skip


def file(*rows: Any, **more: Any) -> bytes:
    lines = ",\n".join(json.dumps(one) for one in rows)
    head = json.dumps({"checked_on": "2026-11-20", **more})[:-1]
    return f'{head},\n"facts": [\n{lines}\n]}}'.encode()


def test_the_shipped_file_is_one_that_can_be_read() -> None:
    data = (CATALOGUE / "models.json").read_bytes()
    facts = read_catalogue(data, actor="mika")
    assert len(facts) == len(load_shipped())
    assert from_file(Catalogue(load_shipped()), facts) == []


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        pytest.param([row(), row(value="soon")], "Line 4: value is soon", id="no day"),
        pytest.param([row(), row(color="red")], "Line 4: color is not known", id="unknown key"),
        pytest.param([row(), row()], "Line 4 says something about the same time as line 3",
                     id="said twice"),
        pytest.param([row(valid_from="2027-01-01", valid_to="2026-01-01")], "not after",
                     id="ends before it begins"),
        pytest.param([row(valid_to="2027-01-01"), row(valid_from="2026-12-01", value="2028-01-01")],
                     "same time", id="overlapping"),
        pytest.param([row(surface="mars")], "surface is mars", id="unknown surface"),
        pytest.param([row(fact="colour")], "fact is colour", id="unknown fact"),
        pytest.param([row(fact="price", value={"input": -1, "output": 2})], "a price needs",
                     id="a price below zero"),
        pytest.param([row(fact="price", value="cheap")], "a price needs", id="no price"),
        pytest.param([row(fact="output_limit", value="many")], "Line 3: value is many, which is "
                     "no number of tokens", id="no number"),
        pytest.param([row(fact="input_limit", value=True)], "no number", id="a truth value"),
        pytest.param([row(fact="media", value="image/png")], "list of texts", id="no list"),
        pytest.param([row(fact="locations", value=[""])], "list of texts", id="an empty text"),
        pytest.param([row(fact="parameter.top_k", value="maybe")], "parameter.top_k is maybe",
                     id="no status"),
        pytest.param([row(fact="parameter.colour", value="ok")], "fact is parameter.colour",
                     id="no parameter"),
        pytest.param([row(fact="title", value=3)], "title needs a text", id="no text"),
        pytest.param([row(value="20270501")], "Line 3: value is 20270501", id="a day in short"),
        pytest.param([row(), row(fact="released", value="2027-06-01")],
                     "Line 3: gemini-9 would end on 2027-05-01, before its release on 2027-06-01",
                     id="ends before its release"),
        pytest.param([{"surface": "gemini"}], "a fact needs", id="incomplete"),
        pytest.param(["x"], "a fact needs", id="no fact at all"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_the_line(rows: list[Any], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        read_catalogue(file(*rows), actor="mika")


def test_the_line_is_found_whatever_comes_first_and_however_it_is_written() -> None:
    rows = json.dumps([{"source": 'a { " facts', **row()}, row(model="x", value="soon")], indent=1)
    data = f'{{"note": "\\"facts\\": [", "checked_on": "2026-11-20",\n"facts": {rows}}}'.encode()
    line = data.decode().split('"soon"')[0].count("\n") + 1
    with pytest.raises(InvalidInput, match=rf"Line {line - 4}: value is soon"):
        read_catalogue(data, actor="mika")


def test_a_name_that_is_given_twice_is_refused_with_the_line() -> None:
    data = file(row(), row(model="other")).replace(b'"other"', b'"other", "model": "third"')
    with pytest.raises(InvalidInput, match="Line 4: model is given twice"):
        read_catalogue(data, actor="mika")


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"\xff\xfe", b'{"facts": 3}', b"null"])
def test_what_is_no_catalogue_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_catalogue(data, actor="mika")


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_reader(data: bytes) -> None:
    with suppress(InvalidInput):
        read_catalogue(data, actor="mika")


def test_times_that_touch_do_not_overlap() -> None:
    facts = read_catalogue(
        file(row(valid_to="2027-01-01"), row(valid_from="2027-01-01", value="2028-01-01")),
        actor="mika",
    )
    assert len(facts) == 2


def test_a_status_with_another_day_is_proposed_and_the_same_day_is_not() -> None:
    catalogue = Catalogue(load_shipped())
    same = {("sandbox", "sandbox-flash-1"): {"retirement_time": "2026-12-24T00:00:00Z"}}
    other = {("sandbox", "sandbox-flash-1"): {"retirement_time": "2027-01-31T00:00:00Z"}}
    assert from_statuses(catalogue, same, NOW) == []
    (proposal,) = from_statuses(catalogue, other, NOW)
    assert (proposal.now, proposal.fact.value) == ("2026-12-24", '"2027-01-31"')


def test_models_that_are_listed_and_unknown_are_proposed() -> None:
    listed = [ListedModel("sandbox-flash-1"), ListedModel("sandbox-ultra-3", "Ultra 3")]
    (proposal,) = from_list(Catalogue(load_shipped()), "sandbox", listed, NOW)
    assert proposal.fact.model == "sandbox-ultra-3"


def test_limits_that_are_listed_otherwise_are_proposed() -> None:
    listed = [
        ListedModel("sandbox-flash-1", "", 1_048_576, 65_536),
        ListedModel("sandbox-flash-2", "", 1_048_576, 8_192),
        ListedModel("sandbox-ultra-3", "Ultra 3", 100, None),
    ]
    found = from_list(Catalogue(load_shipped()), "sandbox", listed, NOW)
    assert [(one.fact.model, one.fact.fact, one.now, one.fact.value) for one in found] == [
        ("sandbox-flash-2", "output_limit", "65536", "8192"),
        ("sandbox-ultra-3", "title", "", '"Ultra 3"'),
        ("sandbox-ultra-3", "input_limit", "", "100"),
    ]


def test_a_reroute_is_proposed_once_known_it_is_not() -> None:
    catalogue = Catalogue(load_shipped())
    seen = [ServedBy("sandbox", "sandbox-flash-1", "sandbox-flash-2", 3, NOW, NOW)]
    (proposal,) = from_reroutes(catalogue, seen, NOW)
    catalogue.add(proposal.fact)
    assert from_reroutes(catalogue, seen, NOW) == []


def test_what_is_accepted_outranks_what_was_shipped_and_stays() -> None:
    store = Store.open(":memory:", now=lambda: NOW)
    try:
        models = Models(Catalogue(load_shipped()), store.model_use, store.facts, "sandbox")
        run_id = store.new_id()
        request = Request("sandbox", "sandbox-flash-1", (Turn("user", (Part("hi"),)),))
        status = {"model_status": {"retirement_time": "2027-01-31T00:00:00Z"}}
        store.ledger.reserve_and_send(run_id, 1, request, CallContext("mika"), 0.0).result()
        reply = Reply("ok", "ok", served_model="sandbox-flash-1", extras=status)
        store.ledger.settle_run(run_id, 1, reply, 0.1).result()
        found = models.proposals(NOW)
        models.accept(found, actor="mika")
        assert models.proposals(NOW) == []
        again = Catalogue([*load_shipped(), *store.facts.all()])
        assert again.info(FLASH_1, NOW).ends_on == date(2027, 1, 31)
    finally:
        store.close()
