"""What a rewritten instruction must not do."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.evaluation.plan import case_request
from core.optimization.candidates import Measured, Tried
from core.optimization.desk import Desk, MemoryJournal
from core.optimization.guard import folded, quoted, rejection
from core.optimization.meta_prompts import read_proposal
from core.optimization.parts import masked, spec_with, unmasked
from core.optimization.search import Search, Task, Wish
from core.prompts.rendering import render_request
from core.prompts.template import variables, variables_of
from core.records.comparisons import Candidate
from core.records.datasets import Case
from core.records.models import ModelRef
from core.records.prompts import Part, PromptSpec, Turn

START = "Sort {ticket} for {team}. Answer {ticket} with one word."


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "empty", id="empty"),
        pytest.param(" \n\t", "empty", id="only white space"),
        pytest.param(START, "unchanged", id="unchanged"),
        pytest.param(f"  {START}\n", "unchanged", id="only white space changed"),
        pytest.param("Sort {ticket} for {team}.", "variables", id="one use dropped"),
        pytest.param("Sort {Ticket}, {ticket} for {team}", "variables", id="renamed"),
        pytest.param(START + " {new}", "variables", id="added"),
        pytest.param("{{ticket}} {team} {ticket}", "variables", id="doubled braces"),
        pytest.param("{ ticket } {team} {ticket}", "variables", id="spaces in braces"),
        pytest.param("{ticket} {team} {ticket}" + "x" * 500, "too_long", id="too long"),
        pytest.param("{ticket} {team} {ticket}\x00", "characters", id="a NUL"),
        pytest.param("seen {ticket} {team} {ticket}", "duplicate", id="tried before"),
        pytest.param("{ticket} {ticket} {team}: sort.", None, id="other order"),
        pytest.param('{ticket} {ticket} {team} {"a": 1}', None, id="JSON braces are text"),
        pytest.param("{ticket} {ticket} {ｔｅａｍ}", None, id="full-width is the same name"),
    ],
)
def test_a_text_is_taken_or_rejected_with_a_reason(text: str, reason: str | None) -> None:
    seen = {folded("seen {ticket} {team} {ticket}")}
    found = rejection(text, START, seen=seen, most_characters=200)
    assert (found.reason if found else None) == reason


def test_the_changed_variables_are_named() -> None:
    found = rejection("{ticket} {other}", START, seen=(), most_characters=200)
    assert found is not None
    assert found.detail == "{other}, {team}, {ticket}"


PIECES = st.sampled_from(
    ["{ticket}", "{team}", "{{ticket}}", "{", "}", "{}", "{x}", "{team", "ticket}", "{ticket }",
     "{ｔｉｃｋｅｔ}", "\n", "を", "word ", '{"k": "v"}', "```", "\u0301", "{1}", "\U0001f600"]
)  # fmt: skip


@settings(deadline=None)  # the machine may be busy
@given(st.lists(PIECES, max_size=12), st.randoms(use_true_random=False))
def test_an_accepted_prompt_always_renders_with_the_same_variables(
    pieces: list[str], chance: object
) -> None:
    # Half of the fuzz keeps the variables, so that much of it is accepted.
    text = "".join(["{ticket}", *pieces, "{ticket} {team}"])
    found = rejection(text, START, seen=(), most_characters=1_000)
    if found is not None:
        return
    assert sorted(variables(text)) == sorted(variables(START))
    spec = PromptSpec(system=text, turns=(Turn("user", (Part("go"),)),))
    request = render_request(spec, {"ticket": "T", "team": "M"}, ModelRef("sandbox", "m"))
    assert "{team}" not in request.system and "{ticket}" not in request.system


@settings(deadline=None)  # the machine may be busy
@given(st.text(max_size=60))
def test_any_text_is_judged_without_an_exception(text: str) -> None:
    found = rejection(text, START, seen=(), most_characters=40)
    assert found is None or found.reason


def test_what_quotes_a_case_is_found_whatever_its_white_space() -> None:
    inputs = {"a": "Nobody can log in\nsince last night.", "b": "How do I print?", "c": "short"}
    text = "Sort.\n\nInput: Nobody  can log in since last night.\nOutput: urgent. short"
    assert quoted(text, inputs) == {"a"}


def test_frozen_parts_are_placeholders_while_an_optimizer_sees_them() -> None:
    frozen = {"legal": "Never promise a refund.", "tone": "Be kind."}
    text = "Answer {q}. Never promise a refund. Be kind."
    assert masked(text, frozen) == "Answer {q}. {legal} {tone}"
    assert unmasked("{tone} Reply to {q}. {legal}", frozen) == (
        "Be kind. Reply to {q}. Never promise a refund."
    )
    assert unmasked("{ｔｏｎｅ} {q}", frozen) == "Be kind. {q}"
    changed = rejection("Reply to {q}. {tone}", masked(text, frozen), seen=(), most_characters=200)
    assert changed is not None and changed.reason == "variables"


def test_a_prompt_without_system_instruction_has_its_message_rewritten() -> None:
    spec = PromptSpec(turns=(Turn("user", (Part("タスク:\n{review}を簡単にいうと?"),)),))
    made = spec_with(spec, "{review}の要点を1文で。")
    assert made.system == ""
    assert made.turns[0].text == "{review}の要点を1文で。"
    assert variables_of(made) == ["review"]


# -- ten thousand rewrites --

FROZEN = {"legal": "Never promise a refund.", "tone": "Be kind to everybody."}
FUZZED = 10_000
CASES = {f"c{n}": Case(f"c{n}", {"ticket": f"T-{n:02}", "team": f"M-{n:02}"}) for n in range(2)}
WRITTEN = "Sort {ticket} for {team}. Answer {ticket} with one word. " + " ".join(FROZEN.values())
NAMES = ("ticket", "team", "legal", "tone", "new")
WORDS = ("word", "短く", "{", "}", "{}", "{{", "```", '{"k": "v"}', "\n", "\u0301", "{1}", "\x00",
         "<prompt>", "</prompt>", "{ticket", "team}", "{a b}", "${team}", "\U0001f600",
         *FROZEN.values())  # fmt: skip


def rewritten(text: str, chance: random.Random) -> str:
    """What a careless, a helpful or a hostile optimizer makes of it."""

    def braces(name: str) -> str:
        wide = "".join(chr(ord(one) + 0xFEE0) for one in name)
        forms = [f"{{{name}}}"] * 4 + [f"{{{wide}}}", f"{{{{{name}}}}}", f"{{ {name} }}", name,
                                       f"{{{name.title()}}}", f"{{{name}}}" * 2, f"<{name}>"]  # fmt: skip
        return chance.choice(forms)

    for _ in range(chance.choice([0, 0, 1, 1, 2, 4])):
        name = chance.choice(NAMES)
        text = text.replace(f"{{{name}}}", braces(name), chance.choice([1, -1]))
    pieces = text.split(" ")
    for _ in range(chance.randrange(1, 6)):
        pieces.insert(chance.randrange(len(pieces) + 1), chance.choice(WORDS))
    if chance.random() < 0.1:
        pieces.insert(chance.randrange(len(pieces)), braces(chance.choice(NAMES)))
    if chance.random() < 0.1:
        del pieces[chance.randrange(len(pieces)) :]
    if chance.random() < 0.3:
        chance.shuffle(pieces)
    text = " ".join(pieces)
    return f"Here it is:\n```\n{text}\n```" if chance.random() < 0.1 else text


class Careless:
    """An optimizer whose every rewriting is fuzz, and a target that looks at what it is sent."""

    worst_calls = 1

    def __init__(self) -> None:
        self.chance = random.Random(7)
        self.written = 0
        self.sent: set[str] = set()
        self.spec = PromptSpec(system=WRITTEN, turns=(Turn("user", (Part("Go."),)),))

    async def propose(self, wish: Wish) -> str:
        self.written += 1
        return read_proposal(rewritten(wish.instruction, self.chance))

    async def measure(self, tried: Tried, case_id: str, repeat: int) -> Measured:
        if tried.instruction not in self.sent:
            self.sent.add(tried.instruction)
            spec = spec_with(self.spec, tried.instruction, (), FROZEN)
            candidate = Candidate("c", "c", spec, "sandbox:m")
            self.is_whole(case_request(candidate, CASES[case_id]).system, CASES[case_id])
        return Measured("answer", 0.5)

    def is_whole(self, sent: str, case: Case) -> None:
        """Every value and every frozen part is in it, as often as it was in the start."""
        assert sent.count(case.fields["ticket"]) == 2
        assert sent.count(case.fields["team"]) == 1
        for content in FROZEN.values():
            assert content in sent
        for name in NAMES[:4]:
            assert f"{{{name}}}" not in sent


def test_of_ten_thousand_rewrites_none_with_a_broken_variable_is_sent() -> None:
    roles = Careless()
    journal = MemoryJournal()
    task = Task(
        start=masked(WRITTEN, FROZEN), cases=tuple(CASES), inputs=dict.fromkeys(CASES, ""),
        steps=FUZZED // 20, candidates_per_step=20, patience=FUZZED,
    )  # fmt: skip
    desk = Desk(journal, max_calls=10**9)
    asyncio.run(Search(task, roles, desk).run())
    reasons = Counter(data["reason"] for kind, data in journal.told if kind == "rejected")
    assert roles.written == FUZZED
    # It is no proof of anything unless many were sent and many were broken.
    assert len(roles.sent) > FUZZED // 10
    assert reasons["variables"] > FUZZED // 10
    assert len(roles.sent) - 1 + reasons.total() == FUZZED
