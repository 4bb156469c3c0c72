"""A new round: what is judged, what reviewers read, and how items are handed out."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import streamlit as st

from core.errors import WorkbenchError
from core.records.reasons import REASONS
from core.records.review import (
    MOST_REVIEWERS,
    ORDERS,
    SCALES,
    ReviewExample,
    ReviewKind,
    ReviewScale,
    RoundSettings,
    RubricLine,
)
from pages.ui.history.address import browser_zone
from pages.ui.language import _, language, say
from pages.ui.resources import person, workbench
from pages.ui.review import address as review_address
from pages.ui.review import source as review_source
from pages.ui.review.source import KEY, Make
from pages.ui.review.words import ORDER_WORDS, SCALE_WORDS, reason_title
from pages.ui.rubric.titles import rubric_title
from pages.ui.text import visible

LAST_MINUTE = time(23, 59)
MOST_LINES = 9
"""Each has a key of its own."""


def form() -> None:
    """The whole form, from top to bottom."""
    st.button(_("All rounds"), icon=":material/arrow_back:", type="tertiary", key="review.back",
              on_click=review_address.show)  # fmt: skip
    st.header(_("What is judged"), anchor=False)
    found = review_source.source()
    if found is None:
        return
    kind, make, proposed = found
    scale, rubric = scale_fields(kind)
    st.header(_("What reviewers read"), anchor=False)
    title = st.text_input(_("Title"), proposed, max_chars=200, key=f"{KEY}.title.{proposed}",
                          help=_("Reviewers see it; do not name models or versions."))  # fmt: skip
    instructions = st.text_area(
        _("Instructions"), height=130, key=f"{KEY}.instructions",
        placeholder=_("Who will read these answers? What makes one good? What must not happen?"),
    )  # fmt: skip
    examples = examples_field()
    reasons = st.multiselect(
        _("Reasons to choose from"), list(REASONS), default=list(REASONS), key=f"{KEY}.reasons",
        format_func=reason_title, accept_new_options=True,
    )  # fmt: skip
    reference = st.toggle(_("Show the expected answer"), key=f"{KEY}.reference",
                          help=_("Where the dataset has one."))  # fmt: skip
    st.header(_("How items are handed out"), anchor=False)
    settings = handing_fields(
        {
            "title": title.strip(),
            "kind": kind,
            "scale": scale,
            "rubric": rubric,
            "instructions": instructions.strip(),
            "examples": examples,
            "reasons": tuple(reasons),
            "show_reference": reference,
        }
    )
    create(make, settings)


def scale_fields(kind: ReviewKind) -> tuple[ReviewScale, tuple[RubricLine, ...]]:
    """How single answers are judged; a pair has its six choices."""
    if kind == "pair":
        return "pass_fail", ()
    scale: ReviewScale = st.segmented_control(
        _("Verdict"), SCALES, format_func=lambda one: _(SCALE_WORDS[one]), default="rating",
        required=True, key=f"{KEY}.scale",
    )  # fmt: skip
    if scale != "rubric":
        return scale, ()
    text = st.text_area(
        _("Points, one a line; yes must be good"), criteria_of(rubric_field()), height=120,
        key=f"{KEY}.rubric.{st.session_state[f'{KEY}.rubric.from']}",
        placeholder=_("The answer names the deadline.\nThe tone is polite."),
    )  # fmt: skip
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_LINES:
        st.caption(_("Up to {count} points, so that each has a key.").format(count=MOST_LINES))
    return scale, tuple(
        RubricLine(f"p{number}", line) for number, line in enumerate(lines[:MOST_LINES], 1)
    )


def rubric_field() -> str:
    """A rubric whose criteria are the points to begin with; empty for none."""
    rubrics = [one.name for one in workbench().rubrics.all() if one.kind == "pointwise"]
    chosen: str = st.selectbox(
        _("Begin with the criteria of a rubric"), ["", *rubrics], key=f"{KEY}.rubric.from",
        format_func=lambda one: visible(rubric_title(one).replace("\\", "")) or "–",
        help=_("People then say yes or no to what a judge looks at."),
    )  # fmt: skip
    return chosen


def criteria_of(name: str) -> str:
    """The rubric's criteria in the page's language, one a line."""
    if not name:
        return ""
    template = workbench().rubrics.get(name).in_language(language())
    return "\n".join(one.text for one in template.criteria)


def examples_field() -> tuple[ReviewExample, ...]:
    """Answers with what to say of them."""
    with st.expander(_("Examples"), icon=":material/lightbulb:", key=f"{KEY}.examples"):
        rows: list[dict[str, Any]] = st.data_editor(
            [{"answer": "", "verdict": "", "why": ""}],
            column_config={
                "answer": st.column_config.TextColumn(_("Answer"), width="large"),
                "verdict": st.column_config.TextColumn(_("Verdict")),
                "why": st.column_config.TextColumn(_("Why"), width="medium"),
            },
            num_rows="dynamic", hide_index=True, key=f"{KEY}.examples.rows",
        )  # fmt: skip
    return tuple(
        ReviewExample(str(row["answer"]), str(row.get("verdict") or ""), str(row.get("why") or ""))
        for row in rows
        if str(row.get("answer") or "").strip()
    )


def handing_fields(given: dict[str, Any]) -> RoundSettings:
    """Who gets how much of it, in which order, until when."""
    names = st.multiselect(
        _("Only these people"), [], key=f"{KEY}.assigned", accept_new_options=True,
        placeholder=_("Anybody who has a link"),
        help=_("Their names as they will enter them, or their e-mail addresses when people sign "
               "in. Each gets the items that fall to them."),
    )  # fmt: skip
    left, middle, right = st.columns(3)
    with left:
        reviewers = int(st.number_input(_("Reviewers per item"), 1, MOST_REVIEWERS, 2,
                                        key=f"{KEY}.reviewers"))  # fmt: skip
    with middle:
        overlap = 100
        if reviewers > 1:
            overlap = st.slider(
                _("Items that get all of them, %"), 0, 100, 100, 5, key=f"{KEY}.overlap",
                help=_("Drawn at random. The others get one reviewer each; agreement is measured "
                       "on those that get more."),
            )  # fmt: skip
    with right:
        most = int(st.number_input(_("Items at most (0: all)"), 0, 1_000_000, 100,
                                   key=f"{KEY}.most"))  # fmt: skip
    left, middle, right = st.columns(3)
    with left:
        order = st.selectbox(_("Order"), ORDERS, format_func=lambda one: _(ORDER_WORDS[one]),
                             key=f"{KEY}.order")  # fmt: skip
    with middle:
        repeats = st.slider(
            _("Hidden repeats, %"), 0, 20, 5, key=f"{KEY}.repeats",
            help=_("Items that a reviewer sees a second time. They tell how consistent somebody "
                   "is."),
        )  # fmt: skip
    with right:
        due: date | None = st.date_input(
            _("Due"), None, min_value=datetime.now(UTC).date() + timedelta(days=1),
            key=f"{KEY}.due",
        )  # fmt: skip
    if order != "random":
        st.caption(_("A random sample stays marked as such: only that part counts for estimates of "
                     "all cases."))  # fmt: skip
    return RoundSettings(
        **given,
        reviewers=reviewers,
        overlap=overlap / 100,
        assigned=tuple(one.strip() for one in names if one.strip()),
        due_at=datetime.combine(due, LAST_MINUTE, browser_zone()) if due else None,
        order=order,
        most=most or None,
        repeats=repeats / 100,
    )


def create(make: Make, settings: RoundSettings) -> None:
    """Keep the round and show it."""
    if not st.button(_("Create the round"), type="primary", icon=":material/check:",
                     key="review.create"):  # fmt: skip
        return
    reviews = workbench().reviews
    try:
        with st.spinner(_("Putting the items together…")):
            kept = reviews.create_round(make(settings), person())
    except WorkbenchError as error:
        say(error)
        return
    review_address.show(kept.id)
    st.rerun()
