"""Several candidates of one call: the first is kept, all are paid, old requests keep their text."""

from __future__ import annotations

from google.genai import types

from core.engine.request import config
from core.engine.reservation import reservation
from core.engine.sender import Gathered
from core.records.catalogue import Price
from core.records.prompts import Parameters, Part, Turn
from core.records.runs import Request

ASK = (Turn("user", (Part("hi"),)),)


def test_a_request_without_it_is_written_as_before_there_was_it() -> None:
    plain = Request("sandbox", "m", ASK)
    several = Request("sandbox", "m", ASK, parameters=Parameters(candidate_count=3))
    assert "candidate_count" not in plain.to_json()
    assert Request.from_json(plain.to_json()) == plain
    assert Request.from_json(several.to_json()) == several


def test_all_of_them_are_reserved_for() -> None:
    price = Price(input=0.0, output=1_000_000.0)
    costs = [
        reservation(Request("sandbox", "m", ASK, parameters=Parameters(
            max_output_tokens=10, candidate_count=count)), price, (), 100)
        for count in (None, 1, 3)
    ]  # fmt: skip
    assert costs == [10.0, 10.0, 30.0]


def test_it_is_sent_and_the_first_is_kept_of_a_mixed_stream() -> None:
    request = Request("sandbox", "m", ASK, parameters=Parameters(candidate_count=2))
    assert config(request).candidate_count == 2
    gathered = Gathered(clock=lambda: 0.0, started=0.0)
    for index, text in ((0, "he"), (1, "no"), (None, "ll"), (1, "no"), (0, "o")):
        content = types.Content(role="model", parts=[types.Part(text=text)])
        candidate = types.Candidate(index=index, content=content)
        gathered.take(types.GenerateContentResponse(candidates=[candidate]))
    assert gathered.reply().text == "hello"
