"""The address of the optimize page: the list, the form, rewriting from examples, or one job."""

from __future__ import annotations

import re
from dataclasses import dataclass

import streamlit as st

from pages.ui.language import _

NEW, EXAMPLES = "new", "examples"
SEPARATOR = "\n"
"""Between reasons in the address: the one thing that none has in it."""
_NUMBER = re.compile(r"[0-9]{1,6}")


@dataclass(frozen=True, slots=True)
class Address:
    """What the page shows. `template` is a prompt that was tried, by number.

    `is_local` makes a copy run on our own engine. `review` is the round whose comments become
    wishes; of some `reasons` only, where any are named. Examples are the answers of a `candidate`
    in an evaluation.
    """

    optimization_id: str = ""
    view: str = ""
    template: int | None = None
    case_id: str = ""
    prompt_id: str = ""
    version_id: str = ""
    dataset_version_id: str = ""
    model: str = ""
    copy_of: str = ""
    review: str = ""
    reasons: tuple[str, ...] = ()
    is_local: bool = False
    evaluation_id: str = ""
    candidate: str = ""


def address() -> Address:
    """Read the page's own address; what cannot be read is left out."""
    query = {name: st.query_params[name] for name in st.query_params}
    template = query.get("template", "")
    return Address(
        optimization_id=query.get("optimization", ""),
        view=view if (view := query.get("view", "")) in (NEW, EXAMPLES) else "",
        template=int(template) if _NUMBER.fullmatch(template) else None,
        case_id=query.get("case", ""),
        prompt_id=query.get("prompt", ""),
        version_id=query.get("version", ""),
        dataset_version_id=query.get("dataset", ""),
        model=query.get("model", ""),
        copy_of=query.get("copy", ""),
        review=query.get("review", ""),
        reasons=tuple(one for one in query.get("reasons", "").split(SEPARATOR) if one),
        is_local=query.get("engine") == "local",
        evaluation_id=query.get("evaluation", ""),
        candidate=query.get("candidate", ""),
    )


def show(optimization_id: str = "", **more: str) -> None:
    """Show the list, or a job."""
    named = {"optimization": optimization_id, **more}
    st.query_params.from_dict({name: text for name, text in named.items() if text})


def show_new(**more: str) -> None:
    """Show the form; `more` is what it begins with, named as in the address."""
    st.query_params.from_dict({"view": NEW, **{name: text for name, text in more.items() if text}})


def show_examples() -> None:
    """Show rewriting from examples."""
    st.query_params.from_dict({"view": EXAMPLES})


def examples_link(evaluation_id: str) -> None:
    """A link to rewriting from the answers of an evaluation."""
    st.page_link("pages/improve/optimize.py", label=_("Rewrite from rated answers"),
                 icon=":material/auto_fix_high:",
                 query_params={"view": EXAMPLES, "evaluation": evaluation_id})  # fmt: skip


def put(name: str, text: str) -> None:
    """Set or take off one part."""
    if text:
        st.query_params[name] = text
    else:
        st.query_params.pop(name, None)
