"""A judged metric of one's own, made from a form."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import streamlit as st

from core.errors import WorkbenchError
from core.records.datasets import KNOWN_FIELDS
from core.records.metrics import Direction
from core.records.rubrics import LANGUAGES, Rubric, RubricKind, RubricLanguage, RubricTemplate
from pages.ui.language import N_, _, language, say
from pages.ui.resources import actor, workbench
from pages.ui.rubric.editor import LANGUAGE_NAMES, fields
from pages.ui.text import label

KINDS = {"pointwise": N_("Rates one answer"), "pairwise": N_("Compares two answers")}
DIRECTIONS = {
    "higher": N_("Higher is better"),
    "lower": N_("Lower is better"),
    "zero": N_("Nearer to zero is better"),
}

# In the rubric's language, which need not be the page's.
INSTRUCTIONS = {
    (False, "en"): "You rate a response by the rubric below. You rate the response alone, on the "
    "given scale, and give a reason.",
    (
        False,
        "ja",
    ): "以下の評価基準に従って回答を評価します。評価するのは回答だけです。示された尺度で"
    "評点を付け、理由を述べてください。",
    (True, "en"): "You compare two responses to the same prompt by the rubric below. Say which of "
    "the two is better, and why.",
    (True, "ja"): "以下の評価基準に従い、同じプロンプトに対する二つの回答を比べます。どちらのほうが"
    "良いかを判断し、理由を述べてください。",
}


def custom_metric() -> str | None:
    """A form for a metric of one's own; returns its name once it is saved."""
    key = "rubric.custom"
    with st.container(horizontal=True):
        kind = st.segmented_control(
            _("Kind"), list(KINDS), default="pointwise", required=True, key=f"{key}.kind",
            format_func=lambda one: _(KINDS[one]),
        )  # fmt: skip
        chosen = st.segmented_control(_("Language of the rubric"), list(LANGUAGES),
                                      default=language(), required=True, key=f"{key}.language",
                                      format_func=LANGUAGE_NAMES.__getitem__)  # fmt: skip
    first = first_template(cast("RubricKind", kind), cast("RubricLanguage", chosen))
    with st.form(f"{key}.form", border=False):
        name = st.text_input(_("Name of the metric"), key=f"{key}.name",
                             help=_("Letters, digits, _ and -; the scores carry it."))  # fmt: skip
        direction = st.selectbox(_("Direction"), list(DIRECTIONS), key=f"{key}.direction",
                                 format_func=lambda one: _(DIRECTIONS[one]),
                                 disabled=kind == "pairwise")  # fmt: skip
        inputs = st.multiselect(
            _("The judge needs"), input_fields(), default=["prompt"], key=f"{key}.inputs",
            accept_new_options=True, help=_("Columns of the dataset; the answer is always there."),
        )  # fmt: skip
        draft = fields(f"{key}.{kind}.{chosen}", first, cast("RubricKind", kind))
        sent = st.form_submit_button(_("Save the metric"), type="primary", key=f"{key}.save")
    if not sent:
        return None
    try:
        template = draft.template(first.language)
        values = [step.value for step in template.scale]
        worst = {"higher": min, "lower": max, "zero": min}[direction]
        rubric = Rubric(
            name.strip(), 1, cast("RubricKind", kind),
            "higher" if kind == "pairwise" else cast("Direction", direction), tuple(inputs), (),
            worst(values) if values else None, (template,),
        )  # fmt: skip
        saved = workbench().rubrics.create(rubric, actor=actor())
    except WorkbenchError as error:
        say(error)
        return None
    st.toast(_("Saved the metric {name}.").format(name=label(saved.rubric.name)))
    return saved.rubric.name


def first_template(kind: RubricKind, chosen: RubricLanguage) -> RubricTemplate:
    """What the form of a custom metric begins with: a family's steps, all else to be written."""
    shipped = workbench().rubrics.get("pairwise_text_quality" if kind == "pairwise" else
                                      "text_quality", 1)  # fmt: skip
    first = replace(shipped.in_language(chosen), definition="", criteria=())
    return replace(first, instruction=INSTRUCTIONS[kind == "pairwise", chosen])


def input_fields() -> list[str]:
    """Columns with a meaning that a judge can be shown."""
    return [name for name in KNOWN_FIELDS if name not in ("response", "baseline_model_response")]
