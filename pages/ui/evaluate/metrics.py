"""What is measured: computed metrics, metrics that a model judges, their options and the judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.errors import WorkbenchError
from core.evaluation.managed import VERSIONS
from core.evaluation.metrics import registry
from core.evaluation.metrics.metric import Definition, Option
from core.records.metrics import MetricSpec
from pages.ui import badges
from pages.ui.evaluate.words import metric_title
from pages.ui.language import N_, _, say
from pages.ui.prompt.settings import model_options, ref_of
from pages.ui.resources import workbench
from pages.ui.rubric import custom as rubric_custom
from pages.ui.rubric import editor as rubric_editor
from pages.ui.text import label, visible

FIRST = ("exact_match",)
JUDGE_LANGUAGES = {"same": N_("as the answer"), "ja": "日本語", "en": "English"}
MOST_SAMPLES = 8


def computed(
    key: str, columns: Sequence[str], chosen: Sequence[MetricSpec] = ()
) -> list[MetricSpec]:
    """Computed metrics with their options; `columns` are those of the dataset."""
    known = definitions()
    names = list(known)
    given = {one.name: one.options for one in chosen if one.name in names}
    # What is copied or imported stays as it is, also when only a judge scores it.
    default = list(given) if chosen else [one for one in FIRST if "reference" in columns]
    picked = st.multiselect(
        _("Computed metrics"), names, default=default, key=f"{key}.computed",
        format_func=lambda name: f"{plain_title(name)} – {_(known[name].summary)}",
        placeholder=_("Choose metrics"),
        help=_("The same answer always gets the same score, and no model is asked."),
    )  # fmt: skip
    specs = []
    for name in picked:
        definition = known[name]
        missing = sorted(need for need in definition.needs if need == "reference"
                         and need not in columns)  # fmt: skip
        if missing:
            st.caption(_(":orange[{metric}: the dataset has no column {column}.]").format(
                metric=metric_title(name), column=label(missing[0])))  # fmt: skip
        specs.append(MetricSpec(name, options(key, definition, given.get(name, {}))))
    return specs


def definitions() -> Mapping[str, Definition]:
    """The metrics to choose from; without the administrator's own where those will not do."""
    try:
        return workbench().evaluations.computed_metrics()
    except WorkbenchError as error:
        say(error)
        return registry.DEFINITIONS


def options(key: str, definition: Definition, given: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a metric that differ from what it begins with."""
    if not definition.options:
        return {}
    wanted = any(option.required for option in definition.options)
    with st.expander(_("Options of {metric}").format(metric=metric_title(definition.name)),
                     expanded=wanted):  # fmt: skip
        values = {
            option.name: field(f"{key}.{definition.name}.{option.name}", option,
                               given.get(option.name, option.default))
            for option in definition.options
        }  # fmt: skip
    return {
        option.name: list(value) if isinstance(value, tuple) else value
        for option in definition.options
        if (value := values[option.name]) != option.default or option.required
    }


def field(key: str, option: Option, value: Any) -> Any:
    """One option in the widget of its kind."""
    title, help_ = label(option.name.replace("_", " ")), _(option.help)
    if option.kind == "toggle":
        return st.toggle(title, bool(value), key=key, help=help_)
    if option.kind == "choice":
        choices = list(option.choices)
        return st.selectbox(title, choices, index=choices.index(value) if value in choices else 0,
                            key=key, help=help_)  # fmt: skip
    if option.kind == "number":
        return float(st.number_input(title, value=float(value), key=key, help=help_))
    if option.kind == "list":
        text = st.text_input(title, ", ".join(value), key=key, help=help_)
        parts = text.replace("、", ",").split(",")
        return tuple(part.strip() for part in parts if part.strip())
    return st.text_input(title, str(value), key=key, help=help_)


def judged(
    key: str, chosen: Sequence[MetricSpec] = (), judge: str = "", *, single: bool = False
) -> tuple[list[MetricSpec], str]:
    """Metrics that a model judges, and the judge; both may be edited and added to.

    `single` offers only those that score one answer by themselves, with any judge.
    """
    names = single_names() if single else [*workbench().rubrics.names(), *platform_names()]
    given = [one.name for one in chosen if one.name in names]
    picked = st.multiselect(
        _("Metrics that a model judges"), names, default=given, key=f"{key}.judged",
        format_func=plain_title,
        placeholder=_("Choose metrics"),
        help=_("Each answer, or each pair of answers in both orders, is read by a judge that "
               "follows a rubric. You can read and change every rubric."),
    )  # fmt: skip
    with st.container(horizontal=True):
        rubrics = [name for name in picked if name not in VERSIONS]
        if rubrics and st.button(_("Rubrics"), icon=":material/edit_note:",
                                 key=f"{key}.rubrics"):  # fmt: skip
            show_rubrics(rubrics)
        if st.button(_("Own metric"), icon=":material/add:", type="tertiary", key=f"{key}.own"):
            show_custom()
    if not picked:
        return [], judge
    before = next((one.options for one in chosen if one.name in rubrics), {})
    judge, shared = judge_fields(key, judge, before) if rubrics else (judge, {})
    return [MetricSpec(name, {} if name in VERSIONS else shared) for name in picked], judge


def judge_fields(key: str, judge: str, before: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The judge, how often it is asked, how warm, in which language; `before` is what it was."""
    options = list(dict.fromkeys([*([judge] if judge else []), *model_options()]))
    left, middle, warm, right = st.columns([3, 1, 1, 2])
    with left:
        chosen = st.selectbox(
            _("Judge"), options, key=f"{key}.judge", accept_new_options=True,
            format_func=lambda one: badges.model_words(ref_of(one)),
        )  # fmt: skip
    with middle:
        samples = st.number_input(
            _("Votes"), 1, MOST_SAMPLES, min(int(before.get("samples", 1)), MOST_SAMPLES),
            key=f"{key}.samples",
            help=_("How often the judge is asked about each answer."),
        )  # fmt: skip
    with warm:
        temperature = st.number_input(
            _("Temperature"), 0.0, 2.0, float(before.get("temperature", 0.0)), 0.1,
            key=f"{key}.temperature",
            help=_("Of the judge: the higher, the more its verdicts vary. Usual is 0."),
        )  # fmt: skip
    with right:
        languages = list(JUDGE_LANGUAGES)
        spoken = st.selectbox(_("Language of the rubric"), languages,
                              index=languages.index(before.get("language", "same")),
                              key=f"{key}.spoken",
                              format_func=lambda one: _(JUDGE_LANGUAGES[one]))  # fmt: skip
    settings: dict[str, Any] = {"samples": int(samples), "language": spoken}
    if temperature:
        settings["temperature"] = round(float(temperature), 2)
    return str(ref_of(chosen)) if chosen else "", settings


def plain_title(name: str) -> str:
    """A metric as an option of a list, where nothing is Markdown."""
    return visible(metric_title(name).replace("\\", ""))


def single_names() -> list[str]:
    """Metrics that score an answer without another one beside it."""
    rubrics = workbench().rubrics
    return [name for name in rubrics.names() if rubrics.get(name).kind != "pairwise"]


def platform_names() -> list[str]:
    """Metrics of the platform's evaluation service, where there is a connection to it."""
    return list(VERSIONS) if workbench().connections["platform"].live else []


def show_rubrics(names: Sequence[str]) -> None:
    """The rubrics in a dialog."""

    @st.dialog(_("Rubrics"), width="large")
    def dialog() -> None:
        name = st.selectbox(_("Metric"), names, key="evaluate.rubric", format_func=plain_title)
        if name:
            rubric_editor.editor(name)

    dialog()


def show_custom() -> None:
    """The form for a metric of one's own, in a dialog."""

    @st.dialog(_("Own metric"), width="large")
    def dialog() -> None:
        if rubric_custom.custom_metric():
            st.rerun()

    dialog()
