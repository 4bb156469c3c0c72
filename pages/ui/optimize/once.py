"""One-shot on the prompt page: a better instruction from one call, read before it is taken."""

from __future__ import annotations

import streamlit as st

from core.errors import WorkbenchError
from core.optimization.improve import MANAGED, Improvement
from core.optimization.meta_prompts import read_improvement
from core.optimization.parts import instruction_of
from core.records.optimizations import Feedback
from core.records.prompts import PromptSpec
from pages.ui import badges, difference, state
from pages.ui.language import _, say
from pages.ui.optimize.words import REJECTIONS
from pages.ui.prompt.session import Editor, replace_draft
from pages.ui.prompt.settings import model_options, ref_of
from pages.ui.resources import actor, workbench
from pages.ui.text import label
from pages.ui.verbatim import plain


def improve(editor: Editor, spec: PromptSpec) -> None:
    """What is wished for, the model that rewrites, and what it proposed."""
    with st.expander(_("Improve this prompt"), icon=":material/auto_fix_high:",
                     key=editor.key("improve")):  # fmt: skip
        wishes = st.text_area(
            _("What should be better? (optional)"), key=editor.key("improve.feedback"), height=80,
            placeholder=_("For example: the answers are too long; say what to do without data."),
        )  # fmt: skip
        own = str(ref_of(spec.model)) if spec.model else ""
        options = rewriters(own)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            model = st.selectbox(
                _("Model that rewrites"), options, key=editor.key("improve.model"),
                format_func=model_title, accept_new_options=True,
            )  # fmt: skip
            asked = st.button(
                _("Propose"), key=editor.key("improve.ask"), icon=":material/auto_fix_high:",
                disabled=not model or not instruction_of(spec).strip(),
            )  # fmt: skip
        if model == MANAGED:
            st.caption(
                _("The zero-shot optimizer of Agent Platform. It reads the prompt alone, no "
                  "wishes; the service bills it by itself, outside the caps kept here.")
            )  # fmt: skip
        if asked:
            ask(editor, spec, wishes, str(model))
        kept = state.IMPROVED.get()
        if kept is not None and kept[0] == (editor.epoch, spec):
            proposal(editor, spec, kept[1])
        else:
            st.caption(_("One call; nothing is measured. Variables stay as they are, and nothing "
                         "changes before you say so."))  # fmt: skip
        measured(editor)


def rewriters(first: str) -> list[str]:
    """Models that can be asked, `first` before the others; then the service, where it is live."""
    service = [MANAGED] if workbench().connections["platform"].live else []
    return list(dict.fromkeys([*([first] if first else []), *model_options(), *service]))


def model_title(option: str) -> str:
    """A model, or the platform's own optimizer."""
    if option == MANAGED:
        return _("Managed: prompt optimizer of Agent Platform")
    return badges.model_words(ref_of(option))


def ask(editor: Editor, spec: PromptSpec, wishes: str, model: str) -> None:
    """Ask once, and keep the answer for as long as the prompt stays the same."""
    feedback = [Feedback(line.strip()) for line in wishes.splitlines() if line.strip()]
    try:
        with st.spinner(_("The model is writing …")):
            found = workbench().rewriting.once(spec, feedback, model=model, actor=actor())
    except WorkbenchError as error:
        say(error)
    else:
        state.IMPROVED.set(((editor.epoch, spec), found))


def proposal(editor: Editor, spec: PromptSpec, found: Improvement) -> None:
    """What was proposed, and a button that takes it."""
    if not shown(spec, found, editor.key("improve")):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(_("Make these changes"), type="primary", icon=":material/check:",
                  key=editor.key("improve.take"), on_click=take, args=(editor, found))  # fmt: skip
        st.caption(_("It goes into the draft; the draft before can be brought back. Whether it is "
                     "better, nobody knows yet."))  # fmt: skip


def shown(spec: PromptSpec, found: Improvement, key: str) -> bool:
    """The list of changes and the difference; or, when it cannot be used, why, and the answer."""
    if found.rejected is not None:
        unread = found.rejected.reason == "empty" and bool(found.raw.strip())
        reason = _(REJECTIONS[found.rejected.reason])
        if unread:
            reason = _("No instruction could be read in the answer; it is shown as it came.")
        st.warning(_("The proposal cannot be used. {reason}").format(
            reason=reason + label(f" {found.rejected.detail}", most=200)))  # fmt: skip
        with st.expander(_("What the model answered"), expanded=unread):
            plain(found.raw or " ")
        return False
    if found.changes:
        told = bool(read_improvement(found.raw)[1])
        words = _("Changes, in the words of the model") if told else _("Changes, line by line")
        st.markdown(f"**{words}**")
        st.markdown("\n".join(f"- {label(one, most=300)}" for one in found.changes))
    difference.show(instruction_of(spec), instruction_of(found.spec), (_("Now"), _("Proposed")),
                    key)  # fmt: skip
    if found.simulated:
        st.caption(_("Simulated, not a language model"))
    return True


def take(editor: Editor, found: Improvement) -> None:
    """Into the draft, with undo."""
    state.IMPROVED.set(None)
    replace_draft(editor, found.spec)


def measured(editor: Editor) -> None:
    """The way to a job that measures."""
    if editor.prompt is not None:
        query = {"view": "new", "prompt": editor.prompt.id}
        if editor.base is not None:
            query["version"] = editor.base.id
        st.page_link("pages/improve/optimize.py", label=_("Optimize on a dataset, with a verdict"),
                     icon=":material/speed:", query_params=query)  # fmt: skip
    else:
        st.caption(_("A saved prompt can also be optimized on a dataset, with a verdict."))
