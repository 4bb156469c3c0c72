"""Equal, contains, does not contain, matches: the plain comparisons of two texts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from core.errors import InvalidInput
from core.evaluation.metrics import reasons
from core.evaluation.metrics.metric import (
    REFERENCE_OPTION,
    Definition,
    Language,
    Measured,
    Metric,
    Option,
    OptionValues,
    against_reference,
    not_applicable,
    passed,
    quoted,
)
from core.evaluation.metrics.reasons import because
from core.evaluation.metrics.text import NFKC_OPTION, TOGGLES, encodable, nfkc, normal_of
from core.records.datasets import REFERENCE
from core.records.messages import N_
from core.records.metrics import Sample, Score


def _exact_match(definition: Definition, values: OptionValues, language: Language) -> Metric:
    normal, parts = normal_of(values)
    # Space at the ends is how models end their answers, seldom what is asked about.
    trim = bool(values["trim"])

    def compare(answer: str, expected: str) -> Score:
        one, other = normal(answer), normal(expected)
        if trim:
            one, other = one.strip(), other.strip()
        return passed(one == other, reasons.DIFFERS)

    return against_reference(definition, values, compare, *parts, "trim" if trim else "")


def _contains(
    wanted: bool, definition: Definition, values: OptionValues, language: Language
) -> Metric:
    """With `texts`, all (or any) of them; else the expected answer."""
    normal, parts = normal_of(values)
    texts = values["texts"]
    assert isinstance(texts, tuple)
    any_of = values.get("match") == "any"

    def compare(answer: str, sought: tuple[str, ...]) -> Score:
        if not all(map(normal, sought)):
            # The empty text is in every answer, which would say nothing.
            return not_applicable(reasons.NOTHING_SOUGHT)
        whole = normal(answer)
        found = [text for text in sought if normal(text) in whole]
        absent = [text for text in sought if text not in found]
        if wanted:
            right = bool(found) if any_of else not absent
            return passed(right, because(reasons.ABSENT, texts=", ".join(absent)), missing=absent)
        return passed(not found, because(reasons.PRESENT, texts=", ".join(found)), found=found)

    if not texts:
        return against_reference(
            definition, values, lambda answer, expected: compare(answer, (expected,)), *parts
        )
    info = definition.info(
        *parts,
        quoted("texts", *texts),
        "any" if wanted and any_of else "",
        needs=frozenset(),
    )
    return Measured(info, lambda sample: compare(sample.response, texts))


def _regex(definition: Definition, values: OptionValues, language: Language) -> Metric:
    normalise = bool(values["nfkc"])
    pattern = str(values["pattern"])
    matches = _searcher(pattern, ignore_case=bool(values["ignore_case"]))

    def measure(sample: Sample) -> Score:
        answer = nfkc(sample.response) if normalise else sample.response
        return passed(matches(encodable(answer)), reasons.NO_MATCH)

    info = definition.info(
        "nfkc" if normalise else "raw",
        "ignorecase" if values["ignore_case"] else "",
        quoted("pattern", pattern),
    )
    return Measured(info, measure)


def _searcher(pattern: str, *, ignore_case: bool) -> Callable[[str], bool]:
    # Pydantic's engine takes linear time; Python's `re` can take exponential time and holds the
    # interpreter meanwhile. Here, not above: few evaluations use patterns.
    from pydantic_core import SchemaError, SchemaValidator, core_schema

    # Dot matches line breaks too: answers have lines, and people mean "somewhere in it".
    flags = "(?si)" if ignore_case else "(?s)"
    try:
        validator = SchemaValidator(core_schema.str_schema(pattern=flags + encodable(pattern)))
    except SchemaError as error:
        raise InvalidInput(
            "The pattern {pattern} cannot be used: {problem}. Look-around and back-references "
            "are not supported.",
            pattern=pattern[:80],
            problem=str(error).strip().splitlines()[-1][:200],
        ) from error
    return validator.isinstance_python


_TEXTS = Option(
    "texts", "list", (), N_("What to look for. Left empty, the expected answer is looked for.")
)
_REGEX_CASE = Option("ignore_case", "toggle", False, N_("Upper and lower case are the same."))

DEFINITIONS = (
    Definition(
        "exact_match",
        N_("The answer equals the expected one."),
        _exact_match,
        (
            *TOGGLES,
            Option("trim", "toggle", True, N_("Leave out space at both ends.")),
            REFERENCE_OPTION,
        ),
        needs=frozenset({REFERENCE}),
    ),
    Definition(
        "contains",
        N_("The answer contains the expected text, or the texts you name."),
        partial(_contains, True),
        (
            _TEXTS,
            Option("match", "choice", "all", N_("All of them or any."), ("all", "any")),
            *TOGGLES,
            REFERENCE_OPTION,
        ),
        needs=frozenset({REFERENCE}),
    ),
    Definition(
        "not_contains",
        N_("The answer contains none of the texts you name."),
        partial(_contains, False),
        (_TEXTS, *TOGGLES, REFERENCE_OPTION),
        needs=frozenset({REFERENCE}),
    ),
    Definition(
        "regex",
        N_("A pattern (regular expression) is found in the answer."),
        _regex,
        (
            Option("pattern", "text", "", N_("The pattern to look for."), required=True),
            _REGEX_CASE,
            NFKC_OPTION,
        ),
    ),
)
