"""What the parts of a review round are called on a page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from core.records.comparisons import Choice
from core.records.reasons import REASONS
from core.records.review import Judgement, ReviewOrder, ReviewRound, ReviewScale, RoundState
from pages.ui.language import N_, _
from pages.ui.memo import when
from pages.ui.text import label, visible

CHOICE_WORDS: Mapping[Choice, str] = {
    "left": N_("Left is better"),
    "slightly_left": N_("Slightly left"),
    "same": N_("The same"),
    "slightly_right": N_("Slightly right"),
    "right": N_("Right is better"),
    "both_bad": N_("Both are bad"),
}
# By choice: the words, and which of the two answers they name.
TITLED: Mapping[str, tuple[str, int]] = {
    "left": (N_("{title} is better"), 0),
    "slightly_left": (N_("{title} is slightly better"), 0),
    "slightly_right": (N_("{title} is slightly better"), 1),
    "right": (N_("{title} is better"), 1),
}
SIDE_WORDS: Mapping[str, str] = {"better": N_("Preferred"), "worse": N_("Not preferred")}
RATING_WORDS: Mapping[int, str] = {
    1: N_("Useless"),
    2: N_("Poor"),
    3: N_("Fair"),
    4: N_("Good"),
    5: N_("Very good"),
}
PASS_WORDS: Mapping[int, str] = {1: N_("Good enough"), 0: N_("Not good enough")}
SCALE_WORDS: Mapping[ReviewScale, str] = {
    "pass_fail": N_("Good enough or not"),
    "rating": N_("1 to 5"),
    "rubric": N_("A list of points, yes or no each"),
}
ORDER_WORDS: Mapping[ReviewOrder, str] = {
    "random": N_("Random"),
    "judges_disagree": N_("First where judges disagree"),
    "outputs_differ": N_("First where the answers differ most"),
    "reviewers_split": N_("First where reviewers disagree"),
}
STATES: Mapping[RoundState, tuple[str, str]] = {
    "open": (N_("Taking verdicts"), "green"),
    "closed": (N_("Closed to verdicts"), "gray"),
    "deleted": (N_("Deleted round"), "red"),
}
SKIP_REASONS: Mapping[str, str] = {
    "unclear": N_("I do not understand the task"),
    "not_my_field": N_("I do not know enough about it"),
    "broken": N_("It cannot be displayed properly"),
    "known": N_("I know who wrote it"),
    "later": N_("Not now"),
}


def reason_title(code: str) -> str:
    """A reason chip; words of one's own stay as they are."""
    return _(REASONS[code]) if code in REASONS else visible(code)


def due_words(asked: ReviewRound) -> str:
    """Until when it should be done, and whether that is over; empty without a day."""
    due = asked.settings.due_at
    if due is None:
        return ""
    told = _("due {when}").format(when=label(when(due)))
    over = asked.open and due < datetime.now(UTC)
    return f":orange[{told} – {_('overdue')}]" if over else told


def label_words(asked: ReviewRound, name: str) -> str:
    """A label as agreement counts it: who is better, 0 or 1, a rating, or how many points.

    What is said of one answer of a pair is `better` or `worse`; "" stands for a split.
    """
    if not name:
        return _("Undecided")
    settings = asked.settings
    if settings.kind == "pair":
        titles = [visible(one.title) for one in asked.competitors]
        named = dict(zip(("first", "second"), titles, strict=False))
        choices: dict[str, str] = {str(key): words for key, words in CHOICE_WORDS.items()}
        said = choices.get(name) or SIDE_WORDS.get(name)
        return named.get(name) or (_(said) if said else visible(name))
    if settings.scale == "pass_fail" and name in ("0", "1"):
        return _(PASS_WORDS[int(name)])
    if name in ("pass", "fail"):  # as far as people and a judge can be compared
        return _(PASS_WORDS[int(name == "pass")])
    if settings.scale == "rubric":
        return f"{name}/{len(settings.rubric)}"
    return visible(name)


def judgement_words(asked: ReviewRound, judgement: Judgement) -> str:
    """A verdict in words; of a pair with the names of the answers, since results are not blind."""
    if judgement.choice is not None:
        name = TITLED.get(judgement.choice)
        if name is None or len(asked.competitors) < 2:
            return _(CHOICE_WORDS[judgement.choice])
        words, place = name
        return _(words).format(title=visible(asked.competitors[place].title))
    if asked.settings.scale == "pass_fail" and judgement.value is not None:
        return _(PASS_WORDS[judgement.value])
    if asked.settings.scale == "rubric":
        told = [(one.text, judgement.lines.get(one.key)) for one in asked.settings.rubric]
        return ", ".join(f"{'✓' if value else '✗'} {visible(text)}" for text, value in told)
    return "–" if judgement.value is None else str(judgement.value)
