"""The leaderboard in sentences: who leads, everybody against the baseline, what to heed."""

from __future__ import annotations

import streamlit as st

from core.evaluation.board import Board, Line
from core.evaluation.model_metric import self_preference
from core.evaluation.sentences import sentences, served_sentences
from core.records.models import ModelRef
from pages.ui import badges
from pages.ui.language import _
from pages.ui.leaderboard.address import entry_title
from pages.ui.text import label, visible

LONGEST = 600


def headline(board: Board) -> None:
    """The one sentence that a reader should take along."""
    challenger = next(
        (line for line in board.lines if line.contrast is not None and line.interval is not None),
        None,
    )
    if challenger is None or challenger.contrast is None:
        st.info(label(leaders(board), LONGEST), icon=":material/flag:")
        return
    words = label(compared(board, challenger), LONGEST)
    verdict = challenger.contrast.verdict
    if verdict == "better":
        st.success(words, icon=":material/trending_up:")
    elif verdict in ("worse", "incomplete", "not_comparable"):
        st.warning(words, icon=":material/warning:")
    else:
        st.info(words, icon=":material/drag_handle:")


def compared(board: Board, line: Line) -> str:
    """What the comparison with the baseline says."""
    entries = [one.entry for one in board.lines]
    base = next(one for one in board.lines if one.entry == board.baseline)
    if line.contrast is None:
        return ""
    said = sentences(
        line.contrast,
        entry_title(base.entry, entries),
        entry_title(line.entry, entries),
        board.info.scale,
        base.errors + line.errors,
    )
    return " ".join(one.words(_) for one in said)


def leaders(board: Board) -> str:
    """Who has the first place, alone or with others."""
    entries = [one.entry for one in board.lines]
    first = [entry_title(line.entry, entries) for line in board.lines if line.place == 1]
    if not first:
        return _(
            "Nobody can be placed yet: every line has too many errors, no score, or "
            "answers of another model."
        )
    if len(first) == 1 and len(board.lines) == 1:
        return _("{name} is alone here. Evaluate a second candidate on the same cases to compare.",
                 ).format(name=first[0])  # fmt: skip
    if len(first) == 1:
        return _("{name} leads, and that is unlikely to be luck.").format(name=first[0])
    return _("{names} share the first place: no difference between them is shown.").format(
        names=", ".join(first)
    )


def every_comparison(board: Board) -> None:
    """One sentence for each line, on demand."""
    told = [line for line in board.lines if line.contrast is not None]
    if not told:
        return
    with st.expander(_("Every comparison in words"), icon=":material/notes:"):
        st.markdown("- " + label(leaders(board), LONGEST))
        for line in told:
            st.markdown("- " + label(compared(board, line), LONGEST))


def how_to_read() -> None:
    """What the columns mean, and which statistics stand behind them."""
    with st.popover(_("How to read this"), icon=":material/help:"):
        st.markdown(
            _("- **Place**: candidates with the same place are not shown to differ. A place counts "
              "how many are shown to be better, with all pairs adjusted for each other (Holm); in "
              "battles, simultaneous intervals over all pairs stand for that.\n"
              "- **95 %**: where the true value is likely to be. Answers to one case count as one "
              "case. Two overlapping intervals do not mean that there is no difference: the "
              "comparison goes case by case.\n"
              "- **Against the baseline**: the difference on the cases that both have. Where "
              "several are compared, each is decided at a stricter level than 95 % (Holm) and has "
              "the interval of that level; it holds zero unless there is a winner.\n"
              "- **Errors** are no zeros: they are counted and left out. With more than 2 % of "
              "them a line has no place and can win nothing.\n"
              "- Scores that were made otherwise (another version, tokenizer, rubric or judge) "
              "stand in a table of their own and are never averaged together.")
        )  # fmt: skip


def notes(board: Board) -> None:
    """Where the numbers come from, and what should make a reader careful."""
    counted = f"{board.cases:,}"
    if board.kind == "verdicts":
        words = _("{cases} cases · judged by {people} in comparisons on cases of this dataset")
        text = words.format(cases=counted, people=board.judge)
    else:
        words = _("{cases} cases · signature {signature}")
        text = words.format(cases=counted, signature=board.info.signature or "–")
    st.caption(label(text, 200))
    if board.cluster:
        st.caption(label(cluster_words(board.cluster), LONGEST))
    if board.judge and board.kind != "verdicts":
        _judge(board)
    if len(board.parts) > 1:
        parts = "; ".join(", ".join(part) for part in board.parts)
        st.warning(
            label(_("Some never met, so they cannot be compared. Apart stand: {parts}.").format(
                parts=parts), LONGEST),
            icon=":material/link_off:",
        )  # fmt: skip
    if any(line.entry.model.startswith("sandbox:") for line in board.lines):
        st.caption(_("Sandbox models are simulated: their scores say nothing about real models."))


def cluster_words(column: str) -> str:
    """What it means that cases belong together."""
    words = _(
        "Cases with the same {column} belong together: they vary as one, so intervals and "
        "comparisons rest on cluster-robust errors."
    )
    return words.format(column=visible(column))


def _judge(board: Board) -> None:
    """Which model judged, whether it is still itself, and what to hold of it."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.caption(_("Judged by"), width="content")
        badges.model(ModelRef.parse(board.judge, "sandbox"), board.judge_served or None)
    if board.consistency is not None:
        st.caption(
            _("In {share} of the pairs the judge said the same in both orders; all others count "
              "as ties.").format(share=f"{board.consistency:.0%}")
        )  # fmt: skip
    if self_preference(board.judge, [line.entry.model for line in board.lines]):
        st.warning(
            _("The judge is also a candidate here. Models tend to prefer their own answers."),
            icon=":material/balance:",
        )


def warning_of(line: Line) -> str:
    """Short words for the table: errors, retirement, another model behind the name."""
    parts = []
    if line.incomplete:
        parts.append(_("incomplete"))
    if line.served is not None:
        parts.append(" ".join(one.words(_) for one in served_sentences(line.served)))
    fate = badges.fate(badges.info(ModelRef.parse(line.entry.model, "sandbox")))
    if fate:
        parts.append(fate)
    return " · ".join(parts)
