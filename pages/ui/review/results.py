"""What a round found: progress by reviewer, figures, and how far reviewers agree."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.errors import NotAllowed
from core.evaluation.agreement import RELIABLE, TENTATIVE, Alpha, Confusion, Kappa
from core.evaluation.statistics import Interval
from core.records.review import ReviewProgress, ReviewRound
from core.review.outcome import Agreement, PairFigure, ReviewerFigure, RoundResults
from pages.ui.evaluate.words import seconds_words
from pages.ui.language import _, words
from pages.ui.resources import person, workbench
from pages.ui.review import address as review_address
from pages.ui.review.words import label_words, reason_title
from pages.ui.text import label, visible

UNSURE = "–"


def progress(asked: ReviewRound, told: ReviewProgress) -> None:
    """How far the round is, in all and by reviewer."""
    st.progress(
        min(1.0, told.verdicts / told.wanted) if told.wanted else 1.0,
        text=_("{done} of {wanted} verdicts; {settled} of {items} items have all they need").format(
            done=f"{told.verdicts:,}", wanted=f"{told.wanted:,}",
            settled=f"{told.settled:,}", items=f"{told.items:,}",
        ),
    )  # fmt: skip
    if told.stop is not None and told.stop.can_stop and asked.open:
        st.success(_("The round can stop: its result will not flip."), icon=":material/flag:")
    try:
        people = workbench().reviews.results(asked.id, person()).reviewers
    except NotAllowed as error:
        # Who reviews in an open round waits for its end; how far it is they may know.
        st.caption(label(words(error), most=400))
        return
    if not people:
        st.caption(_("Nobody has judged anything yet. Invite somebody, or review it yourself."))
        return
    st.dataframe([line(one, asked) for one in people], hide_index=True, width="stretch")
    st.caption(_("Consistency is the share of hidden repeats that got the same verdict again. Of "
                 "verdicts that name a side, about half should name the left one."))  # fmt: skip


def line(one: ReviewerFigure, asked: ReviewRound) -> Mapping[str, str | int]:
    """A reviewer in the table."""
    told: dict[str, str | int] = {
        _("Reviewer"): visible(one.name),
        _("Verdicts"): one.verdicts,
        _("Skipped"): one.skipped,
        _("Median time"): UNSURE if one.median_s is None else seconds_words(one.median_s),
        _("Consistency"): (
            UNSURE if one.consistency is None
            else f"{share(one.consistency)} ({one.repeats})"
        ),
    }  # fmt: skip
    if asked.settings.kind == "pair":
        told[_("Left side")] = UNSURE if one.left_share is None else share(one.left_share)
    return told


def results(found: RoundResults) -> None:
    """What people said of the answers."""
    if found.pair is not None:
        pair(found.pair)
    if found.singles:
        settings = found.round.settings
        percent = settings.scale != "rating"
        st.dataframe(
            [
                {
                    _("Answers of"): visible(one.competitor.title),
                    _("Mean"): UNSURE if one.interval is None
                    else amount(one.interval.value, percent),
                    _("95 % interval"): interval_words(one.interval, percent),
                    _("Items"): one.items,
                }
                for one in found.singles
            ],
            hide_index=True, width="stretch",
        )  # fmt: skip
    reasons(found)
    st.header(_("How far reviewers agree"), anchor=False)
    agreement(found.round, found.agreement)


def pair(one: PairFigure) -> None:
    """Who won how often, and whether that may be luck."""
    first, second = label(one.first.title), label(one.second.title)
    if one.share is None:
        st.info(_("There is no verdict yet."), icon=":material/hourglass_empty:")
        return
    if one.share.low > 0.5:
        st.success(_("**{better}** is preferred over {other}; that is unlikely to be luck.").format(
            better=second, other=first))  # fmt: skip
    elif one.share.high < 0.5:
        st.success(_("**{better}** is preferred over {other}; that is unlikely to be luck.").format(
            better=first, other=second))  # fmt: skip
    else:
        st.info(_("No difference is shown: {first} and {second} may be equally good.").format(
            first=first, second=second), icon=":material/balance:")  # fmt: skip
    with st.container(horizontal=True, gap="large"):
        st.metric(_("{title} won").format(title=first), one.first_won, width="content")
        st.metric(_("{title} won").format(title=second), one.second_won, width="content")
        st.metric(_("Ties"), one.ties, width="content")
        if one.undecided:
            st.metric(_("Undecided"), one.undecided, width="content")
        st.metric(_("Share of {title}").format(title=second), share(one.share.value),
                  width="content")  # fmt: skip
    st.caption(
        _("95 % interval of the share: {interval}. A tie counts half. Among the ties: both bad "
          "{bad}, identical answers {same}.").format(
            interval=interval_words(one.share, True), bad=one.both_bad, same=one.identical)
    )  # fmt: skip


def reasons(found: RoundResults) -> None:
    """How often each chip was chosen."""
    titles = {one.key: one.title for one in found.round.competitors}
    rows = [
        {
            **({_("Answers of"): visible(titles.get(key, key))} if key else {}),
            _("Reason"): reason_title(code),
            _("Times"): count,
        }
        for key, counted in found.reasons.items()
        for code, count in sorted(counted.items(), key=lambda one: -one[1])
    ]
    if rows:
        st.header(_("Reasons"), anchor=False)
        st.dataframe(rows, hide_index=True, width="stretch")
        st.button(_("Make a rubric or feedback of them"), icon=":material/rule:",
                  key="review.reasons.use", on_click=review_address.show,
                  args=(found.round.id, "feedback"))  # fmt: skip


def agreement(asked: ReviewRound, found: Agreement) -> None:
    """Coefficient, shares and the matrix together: raw agreement alone misleads."""
    if found.raw is None:
        st.caption(_("No item has verdicts of two people yet, so nothing can be said."))
        return
    with st.container(horizontal=True, gap="large"):
        st.metric(_("Same verdict"), share(found.raw), width="content")
        st.metric(kappa_title(found.weighted), kappa_words(found.kappa), width="content")
        st.metric(_("Krippendorff's alpha"), number(found.alpha.value if found.alpha else None),
                  width="content")  # fmt: skip
    st.markdown(alpha_words(found.alpha))
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"**{_('How often each verdict was given')}**")
        rates(asked, {"": found.base_rates})
    with right:
        st.markdown(f"**{_('What one said and what another said')}**")
        matrix(asked, found.confusion)
    if len(found.pairs) > 1:
        with st.expander(_("By pairs of reviewers"), key="review.raters"):
            st.dataframe(
                [
                    {
                        _("Reviewers"): visible(f"{one.first} – {one.second}"),
                        _("Items"): one.kappa.n,
                        _("Same verdict"): share(one.raw),
                        kappa_title(found.weighted): kappa_words(one.kappa),
                    }
                    for one in found.pairs
                ],
                hide_index=True, width="stretch",
            )  # fmt: skip


def alpha_words(alpha: Alpha | None) -> str:
    """What the coefficient means, with its interval."""
    if alpha is None:
        return _("Everybody said the same of everything, or there is too little: no coefficient "
                 "can be given.")  # fmt: skip
    interval = f"[{number(alpha.low)}, {number(alpha.high)}]"
    if alpha.low >= RELIABLE:
        told = _("Reviewers agree well: these labels can be relied on.")
    elif alpha.value >= TENTATIVE:
        told = _("Reviewers agree fairly well: good for tentative conclusions.")
    else:
        told = _("Reviewers agree little: make the instructions clearer, or talk about the "
                 "disagreements, before anything is built on these labels.")  # fmt: skip
    return f"{told}  \n" + _("95 % interval of alpha: {interval}, from {n} items.").format(
        interval=interval, n=alpha.n
    )


def rates(asked: ReviewRound, columns: Mapping[str, Mapping[str, float]]) -> None:
    """Base rates, one column or several side by side."""
    names = list(dict.fromkeys(name for column in columns.values() for name in column))
    st.dataframe(
        [
            {
                _("Verdict"): label_words(asked, name),
                **{
                    title or _("Share"): share(column.get(name, 0.0))
                    for title, column in columns.items()
                },
            }
            for name in names
        ],
        hide_index=True, width="stretch",
    )  # fmt: skip


def matrix(asked: ReviewRound, found: Confusion | None) -> None:
    """The confusion matrix: rows the first, columns the second."""
    if found is None:
        return
    names = [label_words(asked, name) for name in found.labels]
    # Two labels may read the same when somebody gave two answers one title.
    heads = [f"{name} ({n})" if names.count(name) > 1 else name for n, name in enumerate(names, 1)]
    st.dataframe(
        [
            {"": name, **dict(zip(heads, counts, strict=True))}
            for name, counts in zip(heads, found.counts, strict=True)
        ],
        hide_index=True, width="stretch",
    )  # fmt: skip


def kappa_title(weighted: bool) -> str:
    """Which kappa it is."""
    return _("Weighted kappa") if weighted else _("Cohen's kappa")


def kappa_words(kappa: Kappa | None) -> str:
    """A kappa; a dash where chance would agree always."""
    return number(kappa.value if kappa else None)


def number(value: float | None) -> str:
    """A coefficient."""
    return UNSURE if value is None else f"{value:.2f}"


def share(value: float) -> str:
    """A share in percent."""
    return f"{100 * value:.0f} %"


def amount(value: float, percent: bool) -> str:
    """A mean in its unit."""
    return share(value) if percent else f"{value:.2f}"


def interval_words(interval: Interval | None, percent: bool) -> str:
    """An interval in its unit."""
    if interval is None:
        return UNSURE
    return f"{amount(interval.low, percent)} – {amount(interval.high, percent)}"
