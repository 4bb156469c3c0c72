"""Review: people judge answers, blind; by a link this is all that a reviewer sees."""

import streamlit as st

from core.access import MAY
from core.errors import WorkbenchError
from pages.ui.language import _, say
from pages.ui.resources import person, workbench
from pages.ui.review import address as review_address
from pages.ui.review import entry as review_entry
from pages.ui.review import feedback as review_feedback
from pages.ui.review import head as review_head
from pages.ui.review import judge as review_judge
from pages.ui.review import judges as review_judges
from pages.ui.review import listing as review_list
from pages.ui.review import new as review_new
from pages.ui.review import results as review_results
from pages.ui.review import splits as review_splits

here = review_address.address()

try:
    reviews = workbench().reviews
    if here.token:
        reviewer = review_entry.guest(here)
        review_judge.page(reviews.round(reviewer.round_id or here.round_id, reviewer), reviewer)
        review_entry.who(reviewer)
    elif MAY[person().role] == {"review"}:
        if here.round_id:
            review_judge.page(reviews.round(here.round_id, person()), person())
        else:
            review_list.handed_out()
        review_entry.who(person())
    elif here.view == review_address.NEW:
        st.title(_("New round"), anchor=False)
        review_new.form()
    elif not here.round_id:
        st.title(_("Review"), anchor=False)
        review_list.listing()
    elif here.view == review_address.JUDGE:
        st.button(_("Back to the round"), icon=":material/arrow_back:", type="tertiary",
                  key="review.back", on_click=review_address.show,
                  args=(here.round_id,))  # fmt: skip
        review_judge.page(reviews.round(here.round_id, person()), person())
    else:
        asked = reviews.round(here.round_id, person())
        review_head.heading(asked)
        view = review_head.views(here.view)
        if view == "progress":
            review_results.progress(asked, reviews.progress(asked.id, person()))
        elif view == "judges":
            review_judges.judges(asked)
        elif view == "feedback":
            review_feedback.feedback(asked)
        elif view == "results":
            review_results.results(reviews.results(asked.id, person()))
        else:
            review_splits.splits(asked, reviews.results(asked.id, person()).splits)
except WorkbenchError as error:
    say(error)
    if not review_entry.only_reviews():
        st.button(_("All rounds"), key="review.back.error", on_click=review_address.show)
