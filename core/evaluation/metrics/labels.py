"""Is the label in the answer the right one? And, over all answers, which are mixed up."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from core.evaluation.metrics import reasons
from core.evaluation.metrics.json_checks import without_fence
from core.evaluation.metrics.metric import (
    REFERENCE_OPTION,
    Definition,
    Language,
    Metric,
    Option,
    OptionValues,
    against_reference,
    passed,
    quoted,
)
from core.evaluation.metrics.reasons import because
from core.evaluation.metrics.text import nfkc
from core.prompts.json_text import read_json
from core.records.datasets import REFERENCE
from core.records.messages import N_
from core.records.metrics import Score

NO_LABEL = None
_EDGES = " \t\r\n*_`#>-・\"'“”‘’「」『』【】[]()（）。、.,:：;!！"
_SPACES = re.compile(r"\s+")
# "Label: high", "優先度：高": what stands before the colon is a heading.
_HEADING = re.compile(r"[^:：]{1,30}[:：]\s*(.+)")
_USUAL_FIELDS = ("label", "category", "class", "answer")


class Found(NamedTuple):
    """A label and how it was found: exact, field, first_line, heading or mention."""

    label: str
    how: str


def plain(text: str) -> str:
    """A label as it is compared: NFKC, without case, edges and doubled spaces."""
    return _SPACES.sub(" ", nfkc(text).casefold().strip(_EDGES))


def labels_of(expected: Iterable[str]) -> tuple[str, ...]:
    """The distinct labels among expected answers, sorted: what an answer may be.

    Of labels that differ in case or width alone, the first is kept.
    """
    distinct: dict[str, str] = {}
    for text in expected:
        if plain(text):
            distinct.setdefault(plain(text), text.strip())
    return tuple(sorted(distinct.values()))


class LabelFinder:
    """Finds the label that an answer gives.

    `labels` are those allowed; without them any text can be one, and mentions do not count.
    `fields` are the fields of a JSON answer where it may stand, the likeliest first.
    """

    def __init__(self, labels: Sequence[str] = (), fields: Sequence[str] = ()) -> None:
        self._known = {plain(label): label for label in labels}
        self._fields = [field.casefold() for field in (*fields, *_USUAL_FIELDS) if field]
        longest_first = sorted(filter(None, self._known), key=len, reverse=True)
        self._mention = re.compile("|".join(map(_pattern, longest_first)))

    def find(self, answer: str) -> Found | None:
        """None when the answer gives no label, or several.

        In this order: a field of a JSON answer, the whole answer, its first line, the first line
        after a heading such as "Label:", or the only label that is mentioned anywhere.
        """
        value, problem = read_json(without_fence(answer))
        if problem is None and isinstance(value, dict):
            return self._in_object(value)
        line = next((line for line in answer.splitlines() if plain(line)), "")
        headed = _HEADING.fullmatch(line)
        tries = (("exact", answer), ("first_line", line), ("heading", headed[1] if headed else ""))
        if not self._known:
            how, text = tries[2] if headed else tries[1]
            return Found(plain(text), how) if plain(text) else None
        for how, text in tries:
            label = self._known.get(plain(text))
            if label is not None:
                return Found(label, how)
        mentioned = set(self._mention.findall(nfkc(answer).casefold()))
        return Found(self._known[mentioned.pop()], "mention") if len(mentioned) == 1 else None

    def _in_object(self, value: Mapping[str, object]) -> Found | None:
        texts = {key.casefold(): item for key, item in value.items() if isinstance(item, str)}
        named = [texts[field] for field in self._fields if field in texts]
        if not self._known:
            # The only text of the object needs no name.
            chosen = named or (list(texts.values()) if len(texts) == 1 else [])
            return Found(plain(chosen[0]), "field") if chosen and plain(chosen[0]) else None
        for pool in (named, texts.values()):
            labels = {self._known[plain(text)] for text in pool if plain(text) in self._known}
            if labels:
                return Found(labels.pop(), "field") if len(labels) == 1 else None
        return None


def _pattern(label: str) -> str:
    """A Latin label is a word of its own, also next to Japanese; others may stand in a sentence."""
    before = r"(?<![a-z0-9_])" if re.match("[a-z0-9_]", label) else ""
    after = r"(?![a-z0-9_])" if re.search("[a-z0-9_]$", label) else ""
    return before + re.escape(label) + after


def _label_accuracy(definition: Definition, values: OptionValues, language: Language) -> Metric:
    labels, column, field = values["labels"], str(values["reference"]), str(values["field"])
    assert isinstance(labels, tuple)
    known = {plain(label): label for label in labels}
    finder = LabelFinder(labels, (field,) if field else (column,))

    def compare(answer: str, expected: str) -> Score:
        wanted = known.get(plain(expected)) if known else plain(expected)
        if not wanted:
            return Score(None, "error", because(reasons.UNKNOWN_LABEL, label=expected[:80]))
        found = finder.find(answer)
        details = {
            "expected": wanted,
            "found": found.label if found else NO_LABEL,
            "how": found.how if found else "",
        }
        right = found is not None and found.label == wanted
        reason = reasons.NO_LABEL
        if found is not None:
            reason = because(reasons.OTHER_LABEL, found=found.label[:80], expected=wanted)
        return passed(right, reason, **details)

    return against_reference(
        definition,
        values,
        compare,
        "nfkc",
        "casefold",
        quoted("labels", *labels) if labels else "",
        quoted("field", field) if field else "",
    )


# -- over all answers --


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often each expected label got each answer; None is an answer without a label."""

    labels: tuple[str, ...]
    counts: Mapping[tuple[str, str | None], int]

    def count(self, expected: str, found: str | None) -> int:
        """How often `found` was the answer where `expected` was right."""
        return self.counts.get((expected, found), 0)

    def mistaken(self, expected: str) -> list[tuple[str | None, int]]:
        """What a label was taken for instead, the most frequent first."""
        wrong = [(found, count) for (wanted, found), count in self.counts.items()
                 if wanted == expected and found != expected and count]  # fmt: skip
        return sorted(wrong, key=lambda one: (-one[1], one[0] or ""))


@dataclass(frozen=True, slots=True)
class ClassScore:
    """One label. Precision is None when no answer gave it, recall when no case expected it."""

    label: str
    precision: float | None
    recall: float | None
    f1: float
    expected: int


def label_pairs(scores: Iterable[Score]) -> list[tuple[str, str | None]]:
    """Expected and found label of each score of `label_accuracy`; errors are left out."""
    return [(s.details["expected"], s.details["found"]) for s in scores if s.status == "ok"]


def confusion(pairs: Iterable[tuple[str, str | None]]) -> Confusion:
    """The confusion matrix of single answers."""
    return confusion_of(Counter(pairs))


def confusion_of(counts: Mapping[tuple[str, str | None], int]) -> Confusion:
    """The confusion matrix. The labels are those expected or found, sorted."""
    labels = {label for pair in counts for label in pair if label is not None}
    return Confusion(tuple(sorted(labels)), counts)


def class_scores(matrix: Confusion) -> list[ClassScore]:
    """Precision, recall and F1 of each label."""
    given: Counter[str | None] = Counter()
    wanted: Counter[str] = Counter()
    for (expected, found), number in matrix.counts.items():
        wanted[expected] += number
        given[found] += number
    return [
        _class_score(label, matrix.count(label, label), given[label], wanted[label])
        for label in matrix.labels
    ]


def _class_score(label: str, hits: int, given: int, wanted: int) -> ClassScore:
    return ClassScore(
        label,
        hits / given if given else None,
        hits / wanted if wanted else None,
        2 * hits / (given + wanted),
        wanted,
    )


def macro_f1(matrix: Confusion) -> float | None:
    """The plain mean of F1 over the labels; None when there are none."""
    scores = class_scores(matrix)
    return sum(score.f1 for score in scores) / len(scores) if scores else None


DEFINITIONS = (
    Definition(
        "label_accuracy",
        N_("The label in the answer is the expected one; wherever in the answer it stands."),
        _label_accuracy,
        (
            Option(
                "labels",
                "list",
                (),
                N_("The labels there are. They are needed to find one within a sentence."),
            ),
            Option("field", "text", "", N_("The field of a JSON answer that holds the label.")),
            REFERENCE_OPTION,
        ),
        needs=frozenset({REFERENCE}),
    ),
)
