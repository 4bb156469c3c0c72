"""Leaderboard: every evaluated prompt version and model under one metric."""

import streamlit as st

from core.errors import WorkbenchError
from pages.ui.language import _, say
from pages.ui.leaderboard import address as leaderboard_address
from pages.ui.leaderboard import chart as leaderboard_chart
from pages.ui.leaderboard import export as leaderboard_export
from pages.ui.leaderboard import people as leaderboard_people
from pages.ui.leaderboard import table as leaderboard_table
from pages.ui.leaderboard import words as leaderboard_words
from pages.ui.resources import workbench

st.title(_("Leaderboard"), anchor=False)

choices = workbench().leaderboard.choices()
if not choices:
    st.markdown(
        _("**Nothing was evaluated yet.** Evaluate prompt versions and models on a dataset; they "
          "are compared here, with intervals instead of guesses.")
    )  # fmt: skip
    st.page_link("pages/improve/evaluate.py", label=_("Evaluate"), icon=":material/speed:")
    st.stop()

wanted = leaderboard_address.wanted(choices)
try:
    found = workbench().leaderboard.boards(
        wanted.choice.version_id,
        wanted.metric,
        wanted.which,
        baseline=st.query_params.get("with"),
        cluster=leaderboard_address.chosen_cluster(wanted.choice),
    )
except WorkbenchError as error:
    say(error)
    st.stop()

if not found.boards:
    st.info(_("There is no score of these cases. Choose others, or evaluate on them."))
    st.stop()

newest, *others = found.boards
leaderboard_words.headline(newest)
leaderboard_table.table(newest, key="leaderboard.table")
with st.container(horizontal=True, vertical_alignment="bottom"):
    leaderboard_address.baseline(found.entries, found.baseline)
    leaderboard_address.cluster(wanted.choice)
    leaderboard_words.how_to_read()
    leaderboard_export.export(wanted, found.boards)
leaderboard_chart.chart(newest, key="leaderboard.chart")
leaderboard_words.notes(newest)
leaderboard_words.every_comparison(newest)
leaderboard_people.estimates(wanted.choice.version_id, wanted.metric)

if others:
    st.subheader(_("Scored otherwise"), anchor=False)
    st.caption(
        _("Another signature or another model that judged. These scores are not comparable with "
          "those above and are not averaged with them.")
    )  # fmt: skip
for number, board in enumerate(others):
    leaderboard_table.table(board, key=f"leaderboard.other.{number}")
    leaderboard_words.notes(board)
