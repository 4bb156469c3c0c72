"""Why an answer scored as it did, in words.

A score keeps its reason as English text. `reason_words` recognises the sentence it was made from
and says it in another language; what a judge, a library or an administrator's function said stays
as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from core.errors import fill
from core.records.messages import N_

DIFFERS = N_("The answer differs from the expected one.")
NOTHING_SOUGHT = N_("The text to look for is empty.")
ABSENT = N_("Not in the answer: {texts}")
PRESENT = N_("In the answer: {texts}")
NO_MATCH = N_("The answer does not match the pattern.")
NO_COLUMN = N_("The case has no {column}.")
NOT_JSON = N_("Not JSON: line {line}, column {column}: {problem}")
UNKNOWN_LABEL = N_("The expected label {label} is none of the labels.")
OTHER_LABEL = N_("{found} instead of {expected}.")
NO_LABEL = N_("There is no clear label.")
NOTHING_EXPECTED = N_("The expected answer has none, so there is nothing to compare.")
MISSING_AND_EXTRA = N_("Missing: {missing}. Not expected: {extra}.")
MISSING = N_("Missing: {missing}.")
EXTRA = N_("Not expected: {extra}.")
TOO_LONG = N_("The texts are too long to compare: more than {most} characters or sentences.")
NOT_MEASURED = N_("{what} of this answer is not known.")
TOO_MANY = N_("{count} is more than {limit}.")
TOO_FEW = N_("{count} is fewer than {limit}.")
EXPECTED_WITHOUT_LETTERS = N_("The expected answer has no letters.")
WITHOUT_LETTERS = N_("The answer has no letters.")
EMPTY = N_("The answer is empty.")
OTHER_LANGUAGE = N_("The answer is in {found}, not {wanted}.")
CALL_IS_NO_OBJECT = N_("A call must be a JSON object.")
CALL_WITHOUT_NAME = N_("A call has no name.")
ARGUMENTS_ARE_NO_OBJECT = N_("The arguments of {name} are not a JSON object.")
NO_TOOL_CALLS = N_("The JSON has no list tool_calls.")
NO_CALL = N_("The answer has no call.")
UNREADABLE = N_("{column} cannot be read as calls. {problem}")
UNEXPECTED_CALL = N_("{name} was called, and no call was expected.")
NOT_CALLED = N_("{name} was not called.")
NO_ANSWER = N_("There is no answer.")
GIVEN_UP = N_("It took too long several times and is not called any more.")
TOO_SLOW = N_("It took more than {seconds} s.")
NO_NUMBER = N_("It returned {value}, not a number or a dict with score.")
OUT_OF_RANGE = N_("It returned {value}, which is outside of {low} to {high}.")
NO_RATING = N_("The judge gave no rating but {found}.")
OFF_SCALE = N_("The judge rated {rating}, which is no step of the scale ({steps}).")
NO_WINNER = N_("The judge named no winner but {found}.")
NO_VERDICT = N_("The judge gave no verdict on question {id} ({text}).")
VERDICT_NOT_JSON = N_("The judge's answer is not JSON: {found}")
VERDICT_NO_OBJECT = N_("The judge's answer is not a JSON object: {found}")
NO_QUESTIONS = N_("The judge made no questions about the case.")
JUDGE_SILENT = N_("The judge did not answer ({outcome}): {problem}")
JUDGE_STOPPED = N_("The call of the judge was stopped before it was sent.")
SERVICE_SILENT = N_("The evaluation service gave no result.")
SERVICE_NO_NUMBER = N_("The evaluation service gave no number.")

TEMPLATES = tuple(
    value for name, value in list(globals().items()) if name.isupper() and isinstance(value, str)
)
_WITHIN = "problem"
"""The value that is a reason itself."""


def because(template: str, **values: object) -> str:
    """The reason in English, with its values."""
    return fill(template, values)


def reason_words(reason: str, translate: Callable[[str], str]) -> str:
    """The reason in the language of `translate`. Values in it, such as labels, stay as they are."""
    for template, pattern in _patterns():
        match = pattern.fullmatch(reason)
        if match:
            values = match.groupdict()
            if _WITHIN in values:
                values[_WITHIN] = reason_words(values[_WITHIN], translate)
            return because(translate(template), **values)
    return translate(reason) if reason else ""


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Templates with values, those with the most words of their own first."""
    found = []
    for template in TEMPLATES:
        parts = re.split(r"\{(\w+)\}", template)
        if len(parts) > 1:
            pattern = "".join(
                f"(?P<{part}>.*)" if place % 2 else re.escape(part)
                for place, part in enumerate(parts)
            )
            words = sum(map(len, parts[::2]))
            found.append((words, template, re.compile(pattern, re.DOTALL)))
    found.sort(key=lambda one: -one[0])
    return tuple((template, pattern) for _, template, pattern in found)
