"""What an evaluation asks: its units, and what they will cost and can show. Pure.

Every action on an evaluation (start, go on, other metrics, only what failed) is the same plan:
all that is wanted, less what is there. So nothing that was answered is asked again.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from core.errors import InvalidInput, WorkbenchError
from core.evaluation.managed import TOGETHER as SENT_TOGETHER
from core.evaluation.power import detectable_difference
from core.lifecycle.pricing import cost
from core.prompts.rendering import render_request
from core.prompts.template import variables_of
from core.records.catalogue import Price
from core.records.comparisons import Candidate
from core.records.datasets import Case
from core.records.evaluations import AnswerKey
from core.records.jobs import Unit
from core.records.models import ModelRef
from core.records.prompts import Part, PromptSpec, Turn
from core.records.runs import Request, Usage

Payload = Mapping[str, Any]
TOGETHER = 100
"""Answers whose computed metrics are one unit."""
PROMPT = "prompt"
INPUT = "input"
OUTPUT_TOKENS = 300.0
CALL_MS = 2_000.0
VERDICT_TOKENS = 150.0
RUBRIC_TOKENS = 700.0
LOOKED_AT = 200
"""Cases from which the length of all requests is guessed."""


class PairKey(NamedTuple):
    """Names two answers of one repeat to one case, to be judged against each other."""

    case_id: str
    a: str
    b: str
    repeat: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """The signatures of the metrics, by how they are scored."""

    computed: tuple[str, ...] = ()
    judged: tuple[str, ...] = ()
    paired: tuple[str, ...] = ()
    managed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """What is there already: answers, scores by signature, judged pairs by signature."""

    answers: Collection[AnswerKey] = frozenset()
    scores: Collection[tuple[AnswerKey, str]] = frozenset()
    pairs: Collection[tuple[PairKey, str]] = frozenset()


NOTHING_DONE = Done()


# -- requests --


def case_request(candidate: Candidate, case: Case) -> Request:
    """What a candidate is asked for a case: the prompt with the case's columns as values.

    A prompt without variables gets the column `prompt` as the end of its last message; one with
    `{input}` gets it there when there is no column of that name. Raises InvalidInput.
    """
    spec, values = candidate.spec, dict(case.fields)
    names = variables_of(spec)
    message = values.get(PROMPT)
    if message is not None:
        if not names:
            spec = with_message(spec, f"{{{PROMPT}}}")
        elif INPUT in names:
            values.setdefault(INPUT, message)
    return render_request(spec, values, ModelRef.parse(candidate.model, "sandbox"))


def with_message(spec: PromptSpec, text: str) -> PromptSpec:
    """The prompt with a text at the end of the last message of the user."""
    turns = tuple(
        turn for turn in spec.turns if any(part.media or part.text for part in turn.parts)
    )
    if turns and turns[-1].role == "user":
        turns = (*turns[:-1], replace(turns[-1], parts=(*turns[-1].parts, Part(text))))
    else:
        turns = (*turns, Turn("user", (Part(text),)))
    return replace(spec, turns=turns)


def check_columns(candidate: Candidate, columns: Collection[str]) -> None:
    """InvalidInput when the dataset cannot fill the prompt, or has nothing to put into it."""
    names = variables_of(candidate.spec)
    known = {*columns, *({INPUT} if PROMPT in columns else ())}
    missing = [name for name in names if name not in known]
    if missing:
        raise InvalidInput(
            "{candidate} uses {names}, and the dataset has no such column. It has: {columns}.",
            candidate=candidate.title,
            names=", ".join(f"{{{name}}}" for name in missing),
            columns=", ".join(columns),
        )
    if not names and PROMPT not in columns:
        raise InvalidInput(
            "{candidate} has no variable, and the dataset no column named prompt, so every case "
            "would ask the same. Put a variable such as {example} into the prompt.",
            candidate=candidate.title,
            example=f"{{{next(iter(columns), 'text')}}}",
        )


def request_name(request: Request) -> str:
    """SHA-256 of the request as it is sent."""
    return hashlib.sha256(request.to_json().encode("utf-8", "surrogatepass")).hexdigest()


def sample_name(case: Case, answer: str) -> str:
    """SHA-256 of what metrics see: the case's columns and the answer."""
    return _name([sorted(case.fields.items()), answer])


def _name(content: object) -> str:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


# -- units --


def answer_keys(
    case_ids: Sequence[str], candidates: Sequence[Candidate], repeats: int
) -> Iterator[AnswerKey]:
    """Every answer that is wanted, case by case, so that candidates advance together."""
    for case_id, repeat, candidate in itertools.product(case_ids, range(repeats), candidates):
        yield AnswerKey(case_id, candidate.key, repeat)


def pair_keys(
    case_ids: Sequence[str], candidates: Sequence[Candidate], repeats: int
) -> Iterator[PairKey]:
    """Every pair of candidates on every case."""
    pairs = list(itertools.combinations([candidate.key for candidate in candidates], 2))
    for case_id, repeat, (a, b) in itertools.product(case_ids, range(repeats), pairs):
        yield PairKey(case_id, a, b, repeat)


def units(
    cases: Sequence[Case],
    candidates: Sequence[Candidate],
    repeats: int,
    wanted: Wanted,
    done: Done = NOTHING_DONE,
) -> list[Unit]:
    """All that is left to do: answers with what is computed of them, then what judges say.

    Scores wait for their answers, so the order matters (`core.evaluation.run`).
    """
    ids = [case.id for case in cases]
    keys = list(answer_keys(ids, candidates, repeats))
    pairs = list(pair_keys(ids, candidates, repeats)) if wanted.paired else []
    asked = _asked(cases, candidates)
    payloads: list[Payload] = []
    for start in range(0, len(keys), TOGETHER):
        # Computed while the next answers are on their way.
        some = keys[start : start + TOGETHER]
        payloads += [asked(key) for key in some if key not in done.answers]
        payloads += _computed(some, wanted.computed, done)
    payloads += [
        {"stage": "judge", "key": key, "signature": signature}
        for key, signature in itertools.product(keys, wanted.judged)
        if (key, signature) not in done.scores
    ]
    payloads += _managed(keys, candidates, wanted.managed, done)
    payloads += [
        {"stage": "pair", "key": pair, "signature": signature}
        for pair, signature in itertools.product(pairs, wanted.paired)
        if (pair, signature) not in done.pairs
    ]
    return [Unit(_name(payload), number, payload) for number, payload in enumerate(payloads)]


def _asked(
    cases: Sequence[Case], candidates: Sequence[Candidate]
) -> Callable[[AnswerKey], Payload]:
    """Makes the payload of an answer."""
    by_id = {case.id: case for case in cases}
    by_key = {candidate.key: candidate for candidate in candidates}

    def payload(key: AnswerKey) -> Payload:
        try:
            name = request_name(case_request(by_key[key.candidate], by_id[key.case_id]))
        except WorkbenchError:
            # The unit says so when it runs: one bad row must not keep the others from it.
            name = ""
        return {"stage": "answer", "key": key, "request": name}

    return payload


def _computed(keys: Sequence[AnswerKey], signatures: Sequence[str], done: Done) -> list[Payload]:
    missing = [
        key for key in keys if any((key, signature) not in done.scores for signature in signatures)
    ]
    return (
        [{"stage": "compute", "keys": missing, "signatures": list(signatures)}] if missing else []
    )


def _managed(
    keys: Sequence[AnswerKey],
    candidates: Sequence[Candidate],
    signatures: Sequence[str],
    done: Done,
) -> Iterator[Payload]:
    """The service is sent the answers of one candidate at a time."""
    for signature, candidate in itertools.product(signatures, candidates):
        left = [
            key
            for key in keys
            if key.candidate == candidate.key and (key, signature) not in done.scores
        ]
        for start in range(0, len(left), SENT_TOGETHER):
            together = left[start : start + SENT_TOGETHER]
            yield {"stage": "managed", "keys": together, "signature": signature}


# -- before starting --


@dataclass(frozen=True, slots=True)
class Called:
    """A model and how it usually answers: its price, its length, its time."""

    model: str
    price: Price | None
    output_tokens: float = OUTPUT_TOKENS
    total_ms: float = CALL_MS
    at_once: int = 32


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an evaluation will take. `cost_usd` None: some model has no known price (`unpriced`).

    `detectable` is the smallest true difference of two pass rates that so many cases find in
    four runs of five, or None for fewer than two cases.
    """

    cases: int
    calls: int
    judge_calls: int
    cost_usd: float | None
    seconds: float
    detectable: float | None
    unpriced: tuple[str, ...] = ()


def estimate(
    cases: Sequence[Case],
    candidates: Sequence[Candidate],
    repeats: int,
    models: Mapping[str, Called],
    judge_calls: Mapping[str, int],
) -> Estimate:
    """Before any call is made. `judge_calls` counts those of each judge over all cases."""
    calls: dict[str, float] = {}
    total = 0.0
    for candidate in candidates:
        called = models[candidate.model]
        count = len(cases) * repeats
        calls[called.model] = calls.get(called.model, 0) + count
        output = min(called.output_tokens, candidate.spec.parameters.max_output_tokens or 1e9)
        total += count * _one_call(called.price, _mean_input(candidate, cases), output)
    answer_tokens = sum(models[one.model].output_tokens for one in candidates) / len(candidates)
    for judge, count in judge_calls.items():
        called = models[judge]
        calls[called.model] = calls.get(called.model, 0) + count
        read = RUBRIC_TOKENS + answer_tokens + _mean_case(cases)
        total += count * _one_call(called.price, read, VERDICT_TOKENS)
    unpriced = tuple(sorted(one.model for one in models.values() if one.price is None))
    return Estimate(
        cases=len(cases),
        calls=len(cases) * repeats * len(candidates),
        judge_calls=sum(judge_calls.values()),
        cost_usd=None if unpriced else total,
        seconds=sum(
            calls.get(one.model, 0) * one.total_ms / 1000 / one.at_once for one in models.values()
        ),
        detectable=detectable_difference(len(cases)),
        unpriced=unpriced,
    )


def _one_call(price: Price | None, read: float, written: float) -> float:
    if price is None:
        return 0.0
    return cost(price, Usage(input=round(read), output=round(written))) or 0.0


def _mean_input(candidate: Candidate, cases: Sequence[Case]) -> float:
    """Tokens of a request, from some of the cases."""
    lengths = []
    for case in cases[:: max(1, len(cases) // LOOKED_AT)]:
        try:
            request = case_request(candidate, case)
        except WorkbenchError:
            continue
        lengths.append(approximate_tokens(request.system + "".join(t.text for t in request.turns)))
    return sum(lengths) / len(lengths) if lengths else 0.0


def _mean_case(cases: Sequence[Case]) -> float:
    some = cases[:: max(1, len(cases) // LOOKED_AT)]
    lengths = [approximate_tokens("".join(case.fields.values())) for case in some]
    return sum(lengths) / len(lengths) if lengths else 0.0


def approximate_tokens(text: str) -> float:
    """A guess: four characters of ASCII are a token, one of any other script nearly is."""
    plain = len(text.encode("ascii", "ignore"))
    return plain / 4 + (len(text) - plain) * 0.8
