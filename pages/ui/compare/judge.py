"""Verdicts: two answers at a time, six choices, by mouse or by the keys 1 to 6."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from core.errors import WorkbenchError
from core.records.comparisons import (
    CHOICES,
    Cell,
    Choice,
    Comparison,
    Verdict,
)
from core.records.reasons import REASONS
from pages.ui import difference
from pages.ui.compare import address as compare_address
from pages.ui.compare import tally as compare_tally
from pages.ui.compare.address import Address
from pages.ui.compare.items import Item, all_pairs, items_of, next_open
from pages.ui.language import N_, _, say
from pages.ui.resources import actor, workbench
from pages.ui.state import Key
from pages.ui.text import label, sanitised, visible

CHOICE_WORDS: Mapping[Choice, str] = {
    "left": N_("Left is better"),
    "slightly_left": N_("Slightly left"),
    "same": N_("The same"),
    "slightly_right": N_("Slightly right"),
    "right": N_("Right is better"),
    "both_bad": N_("Both are bad"),
}
JUDGED = Key[tuple[tuple[str, int], ...]]("compare.judged", ())
PROBLEM = Key[WorkbenchError | None]("compare.verdict.problem", None)
# The answers stand on the same line and are easy to read; the choices fill the line.
STYLE = """
[class*="st-key-compare-side"] { min-height: 9rem; }
[class*="st-key-compare-side"] p { font-size: 1.05rem; white-space: pre-wrap; }
.st-key-compare-choices button { min-height: 2.75rem; }
@media (max-width: 640px) {
  .st-key-compare-choices > div { flex: 1 1 45%; }
}
"""


def judging(comparison: Comparison, cells: Sequence[Cell], here: Address) -> None:
    """The item of the address with its choices, and how far one is."""
    st.html(f"<style>{STYLE}</style>")
    pairs = chosen_pairs(comparison, here)
    items = items_of(comparison, cells, pairs)
    mine = workbench().comparisons.verdicts(comparison.id, actor())
    given = {number: v for number, one in enumerate(items) for v in mine if one.is_of(v)}
    problem = PROBLEM.get()
    if problem is not None:
        say(problem)
        PROBLEM.set(None)
    if not items:
        st.info(_("No row has two answers to judge yet. Run the comparison, or run the cells "
                  "again that failed."))  # fmt: skip
        return
    place = min(here.item, len(items)) - 1
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(
            len(given) / len(items),
            text=_("{done} of {all} judged").format(done=len(given), all=len(items)),
        )
        walk(items, place, given)
    skipped = len(comparison.inputs) * len(pairs) - len(items)
    if skipped:
        st.caption(_("Not shown, because an answer is missing: {count}").format(count=skipped))
    show(comparison, items[place], given.get(place))
    choices(comparison, items, place, given)
    if len(given) == len(items):
        st.success(_("Everything is judged."), icon=":material/done_all:")
    compare_tally.reveal(comparison, finished=len(given) == len(items))


def chosen_pairs(comparison: Comparison, here: Address) -> list[tuple[str, str]]:
    """All pairs of columns, or the one that was chosen."""
    pairs = all_pairs(comparison)
    if len(pairs) == 1:
        return pairs
    titles = {one.key: one.title for one in comparison.candidates}
    names = {"": _("All pairs")}
    for number, (left, right) in enumerate(pairs, 1):
        words = f"{label(titles[left])} – {label(titles[right])}"
        hidden = _("Pair {number}").format(number=number)
        names[f"{left}-{right}"] = hidden if comparison.blind else words
    now = "-".join(here.pair) if here.pair in pairs else ""
    st.session_state["compare.pair"] = now
    # Not a list to type in: the keys 1 to 6 shall work as soon as one is chosen.
    st.pills(_("Pair"), list(names), key="compare.pair", required=True, wrap=True,
             format_func=lambda one: names.get(one, one), on_change=choose_pair)  # fmt: skip
    return [here.pair] if here.pair in pairs and here.pair else pairs


def choose_pair() -> None:
    """Bring the pair into the address; judging begins with its first row."""
    JUDGED.set(())
    compare_address.show_pair(st.session_state["compare.pair"])


def walk(items: Sequence[Item], place: int, given: Mapping[int, Verdict]) -> None:
    """Back and forth by arrow keys, and to the next one without a verdict."""
    open_ = next_open(len(items), place, given)
    for name, icon, key, to, off in (
        (_("Previous"), ":material/arrow_back:", "Left", place, place == 0),
        (_("Next"), ":material/arrow_forward:", "Right", place + 2, place == len(items) - 1),
    ):
        st.button(name, icon=icon, shortcut=key, key=f"compare.go.{key.lower()}", disabled=off,
                  on_click=compare_address.show_item, args=(to,))  # fmt: skip
    if open_ is not None and open_ != place:
        st.button(_("Next open"), key="compare.go.open", type="tertiary",
                  on_click=compare_address.show_item, args=(open_ + 1,))  # fmt: skip


def show(comparison: Comparison, item: Item, verdict: Verdict | None) -> None:
    """The input and the two answers."""
    st.markdown(f"**{label(item.row.title, most=200)}**")
    asked = item.row.message or "\n".join(item.row.values.values())
    if asked and asked != item.row.title:
        st.caption(label(visible(asked), most=1_200))
    if item.row.reference:
        st.caption(_("A good answer: {text}").format(text=label(item.row.reference, most=600)))
    titles = {one.key: one.title for one in comparison.candidates}
    names = (_("Left answer"), _("Right answer"))
    if not comparison.blind:
        names = (f"{names[0]} · {titles[item.left]}", f"{names[1]} · {titles[item.right]}")
    same = item.texts[0].rstrip() == item.texts[1].rstrip()
    marked = not same and st.toggle(_("Mark differences"), key="compare.marked")
    if marked:
        difference.show(*item.texts, names=(visible(names[0]), visible(names[1])), key="judge")
    else:
        for number, side in enumerate(st.columns(2, gap="medium")):
            with side, st.container(border=True, key=f"compare.side.{number}"):
                st.caption(label(names[number]))
                st.markdown(sanitised(item.texts[number]))
    if same:
        st.badge(_("Identical"), icon=":material/equal:", color="gray")
    if verdict is not None:
        words = _(CHOICE_WORDS[item.choice_of(verdict)])
        st.caption(_("Your verdict: {words}").format(words=f"**{words}**"))


def choices(
    comparison: Comparison, items: Sequence[Item], place: int, given: Mapping[int, Verdict]
) -> None:
    """The six choices, and why."""
    item, before = items[place], given.get(place)
    chosen = item.choice_of(before) if before is not None else None
    with st.container(horizontal=True, gap="small", key="compare.choices"):
        for number, choice in enumerate(CHOICES, 1):
            st.button(
                _(CHOICE_WORDS[choice]),
                key=f"compare.choice.{choice}",
                shortcut=str(number),
                width="stretch",
                type="primary" if choice == chosen else "secondary",
                on_click=decide,
                args=(comparison, items, place, choice, tuple(given)),
            )
    if before is not None and item.key("why") not in st.session_state:
        recall(item, before)
    reasons, memo = st.columns(2, gap="medium")
    with reasons:
        st.pills(_("Reasons"), list(REASONS), selection_mode="multi", key=item.key("why"),
                 format_func=lambda one: _(REASONS[one]) if one in REASONS else one,
                 wrap=True)  # fmt: skip
    with memo:
        st.text_input(_("Memo on the verdict"), key=item.key("note"))
    if any(judged == comparison.id for judged, _place in JUDGED.get()):
        st.button(_("Undo last verdict"), icon=":material/undo:", key="compare.unjudge",
                  shortcut="U", type="tertiary", on_click=take_back,
                  args=(comparison, items))  # fmt: skip


def recall(item: Item, verdict: Verdict) -> None:
    """Show the reasons and the memo of a verdict again."""
    st.session_state[item.key("why")] = [one for one in verdict.reasons if one in REASONS]
    st.session_state[item.key("note")] = verdict.memo


def decide(
    comparison: Comparison, items: Sequence[Item], place: int, choice: Choice,
    given: Sequence[int],
) -> None:  # fmt: skip
    """Keep the verdict, and go on to the next item without one."""
    item = items[place]
    try:
        workbench().comparisons.verdict(
            comparison.id,
            item.row.key,
            item.left,
            item.right,
            choice,
            actor=actor(),
            blind=comparison.blind,
            reasons=tuple(st.session_state.get(item.key("why")) or ()),
            memo=str(st.session_state.get(item.key("note")) or ""),
        )
    except WorkbenchError as error:
        PROBLEM.set(error)
        return
    JUDGED.set((*JUDGED.get(), (comparison.id, place)))
    following = next_open(len(items), place, {*given, place})
    compare_address.show_item((place if following is None else following) + 1)


def take_back(comparison: Comparison, items: Sequence[Item]) -> None:
    """Undo the last verdict, and show its item again."""
    mine = [one for one in JUDGED.get() if one[0] == comparison.id]
    place = mine.pop()[1]
    JUDGED.set(tuple(mine))
    if place < len(items):
        item = items[place]
        for verdict in workbench().comparisons.verdicts(comparison.id, actor()):
            if item.is_of(verdict):
                recall(item, verdict)
        workbench().comparisons.undo_verdict(
            comparison.id, item.row.key, item.left, item.right, actor=actor()
        )
    compare_address.show_item(place + 1)
