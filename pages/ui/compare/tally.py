"""What the verdicts come to, and the end of a blind comparison."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.comparison.tally import PairTally, sentence, tally
from core.errors import WorkbenchError
from core.records.comparisons import Comparison, Verdict
from pages.ui.compare import address as compare_address
from pages.ui.language import _, language, say
from pages.ui.resources import actor, workbench
from pages.ui.text import label

WIDTH = 40


def reveal(comparison: Comparison, *, finished: bool) -> None:
    """Take the blindfold off, at the end or earlier."""
    if not comparison.blind:
        st.button(_("Show the grid"), icon=":material/grid_view:", key="compare.grid",
                  on_click=compare_address.show, args=(comparison.id,))  # fmt: skip
        return
    st.button(
        _("Reveal"),
        icon=":material/visibility:",
        key="compare.reveal",
        type="primary" if finished else "tertiary",
        on_click=uncover,
        args=(comparison,),
        help=_("Shows which answer came from whom, and what the verdicts come to."),
    )


def uncover(comparison: Comparison) -> None:
    """Show who is who, with the tally."""
    try:
        workbench().comparisons.set_blind(comparison.id, False, actor=actor())
    except WorkbenchError as error:
        say(error)
    else:
        compare_address.show(comparison.id)


def results(comparison: Comparison, verdicts: Sequence[Verdict]) -> None:
    """A plain sentence and a bar for every pair that was judged."""
    keys = [one.key for one in comparison.candidates]
    names = {one.key: one.title for one in comparison.candidates}
    found = tally(verdicts, keys)
    if not found:
        return
    st.header(_("Verdicts"), anchor=False)
    for pair in found:
        left, right = names[pair.left], names[pair.right]
        with st.container(border=True, gap="small", key=f"compare.tally.{pair.left}.{pair.right}"):
            st.markdown(label(sentence(pair, left, right, language()), most=2_000))
            bar(pair, left, right)


def bar(pair: PairTally, left: str, right: str) -> None:
    """How the verdicts fell, from left to right."""
    parts = (
        (_("{name} better").format(name=left), pair.left_wins, "blue"),
        (_("{name} slightly").format(name=left), pair.left_slight, "blue"),
        (_("the same"), pair.same, "gray"),
        (_("both bad"), pair.both_bad, "orange"),
        (_("{name} slightly").format(name=right), pair.right_slight, "violet"),
        (_("{name} better").format(name=right), pair.right_wins, "violet"),
    )
    with st.container(horizontal=True, gap="small"):
        for name, count, colour in parts:
            if count:
                st.badge(f"{label(name)}: {count}", color=colour)  # type: ignore[arg-type]
