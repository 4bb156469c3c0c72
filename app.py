"""The front door: who may come in, which pages there are, and the page to run."""

import streamlit as st

from pages.ui import access, frame, page_language
from pages.ui.language import _, begin
from pages.ui.review import entry as review_entry

st.set_page_config(page_title="Prompt Workbench", page_icon="🧭", layout="wide")

begin()
access.require_person()
page_language.announce()
frame.draw()

PAGES = (
    ("pages/operate/home.py", _("Home"), ":material/home:", ""),
    ("pages/studio/prompt.py", _("Prompt"), ":material/edit_note:", "prompt"),
    ("pages/studio/history.py", _("History"), ":material/history:", "history"),
    ("pages/studio/compare.py", _("Compare"), ":material/view_column_2:", "compare"),
    ("pages/improve/datasets.py", _("Datasets"), ":material/table_rows:", "datasets"),
    ("pages/improve/evaluate.py", _("Evaluate"), ":material/speed:", "evaluate"),
    ("pages/improve/leaderboard.py", _("Leaderboard"), ":material/leaderboard:", "leaderboard"),
    ("pages/improve/optimize.py", _("Optimize"), ":material/auto_fix_high:", "optimize"),
    ("pages/improve/review.py", _("Review"), ":material/rate_review:", "review"),
    ("pages/operate/models.py", _("Models"), ":material/event_upcoming:", "models"),
    ("pages/operate/migrate.py", _("Migrate"), ":material/move_up:", "migrate"),
    ("pages/operate/settings.py", _("Settings"), ":material/settings:", "settings"),
)

# Who reviews has this one page and no way to the others.
bare = review_entry.only_reviews()
review = next(page for page in PAGES if page[-1] == "review")
# The one at the root needs a path, too, which nobody sees.
pages = ((*review[:-1], "start"), review) if bare else PAGES

st.navigation(
    [
        st.Page(path, title=title, icon=icon, url_path=url or None, default=one == 0)
        for one, (path, title, icon, url) in enumerate(pages)
    ],
    position="hidden" if bare else "sidebar",
).run()
