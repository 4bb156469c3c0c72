"""Sets of parameters with which the same prompt versions are evaluated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from core.records.catalogue import Capabilities, ParameterRule
from core.records.models import ModelRef
from core.records.prompts import Parameters
from pages.ui import badges, state
from pages.ui.language import _
from pages.ui.prompt.settings import NAMES, field
from pages.ui.text import label, shortened

Value = float | int | bool | str | tuple[str, ...]
NOT_TAKEN = ("ignored", "rejected")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a set's widgets are."""

    prefix: str

    def key(self, name: str) -> str:
        """The key of a widget."""
        return f"{self.prefix}.{name}"


def sets_fields(group: int, models: Sequence[ModelRef]) -> list[Mapping[str, Value]]:
    """The sets of a group, each as what it changes of the versions; the first may change nothing.

    What no chosen model takes is not offered.
    """
    numbers = sets_of(group)
    found = []
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for number in numbers:
            found.append(one_set(group, number, models))
        st.button(_("Also with other parameters"), icon=":material/add:", type="tertiary",
                  key=f"evaluate.group.{group}.more", on_click=add_set,
                  args=(group,))  # fmt: skip
    for ref in models:
        refused = {name for changes in found for name in changes if not takes(ref, name)}
        if refused:
            st.caption(_("Not sent to {model}: {names}").format(
                model=label(ref.model), names=", ".join(_(NAMES[one]) for one in NAMES
                                                        if one in refused)))  # fmt: skip
    return found


def one_set(group: int, number: int, models: Sequence[ModelRef]) -> Mapping[str, Value]:
    """The fields of a set, in a popover that says how many are filled in."""
    place = Place(f"evaluate.group.{group}.set.{number}")
    before = chosen(place)
    title = _("Parameters: {count} set").format(count=len(before)) if before else _("Parameters")
    known = shared([badges.capabilities(ref) for ref in models])
    with st.popover(title, icon=":material/tune:", key=place.key("popover")):
        st.caption(_("What is left empty stays as in the version."))
        for name, words in NAMES.items():
            rule = known.parameters.get(name)
            if rule is None:
                st.session_state[place.key(f"parameter.{name}")] = (
                    [] if name == "stop_sequences" else None
                )
            else:
                field(place, name, _(words), rule, known, _("As in the version"))
        if number != sets_of(group)[0]:
            st.button(_("Remove"), icon=":material/close:", type="tertiary",
                      key=place.key("remove"), on_click=remove_set,
                      args=(group, number))  # fmt: skip
    return chosen(place)


def chosen(place: Place) -> Mapping[str, Value]:
    """What is filled in."""
    found: dict[str, Value] = {}
    for name in NAMES:
        value = st.session_state.get(place.key(f"parameter.{name}"))
        if name == "stop_sequences":
            value = tuple(value or ()) or None
        if value is not None:
            found[name] = value
    return found


def sets_of(group: int) -> tuple[int, ...]:
    """The numbers of a group's sets."""
    return state.EVALUATE_SETS.get().get(group, (0,))


def add_set(group: int) -> None:
    """One more set."""
    numbers = sets_of(group)
    state.EVALUATE_SETS.set({**state.EVALUATE_SETS.get(), group: (*numbers, max(numbers) + 1)})


def remove_set(group: int, number: int) -> None:
    """One set fewer."""
    rest = tuple(one for one in sets_of(group) if one != number)
    state.EVALUATE_SETS.set({**state.EVALUATE_SETS.get(), group: rest})


def takes(ref: ModelRef, name: str) -> bool:
    """Whether a model takes a parameter."""
    rule = badges.capabilities(ref).parameters.get(name)
    return rule is not None and rule.status not in NOT_TAKEN


def shared(found: Sequence[Capabilities]) -> Capabilities:
    """What at least one of the models takes, within the bounds of all that take it."""
    rules: dict[str, ParameterRule] = {}
    for known in found:
        for name, rule in known.parameters.items():
            if rule.status not in NOT_TAKEN:
                rules[name] = narrower(rules[name], rule) if name in rules else rule
    levels = dict.fromkeys(level for known in found for level in known.thinking_levels)
    return Capabilities(rules, tuple(levels))


def narrower(one: ParameterRule, other: ParameterRule) -> ParameterRule:
    """A rule that keeps to both."""
    lows = [rule.minimum for rule in (one, other) if rule.minimum is not None]
    highs = [rule.maximum for rule in (one, other) if rule.maximum is not None]
    return replace(one, minimum=max(lows, default=None), maximum=min(highs, default=None))


def changed(given: Parameters, changes: Mapping[str, Value], ref: ModelRef) -> Parameters:
    """The version's parameters with those changes that the model takes."""
    return replace(given, **sent(changes, ref))  # type: ignore[arg-type]


def sent(changes: Mapping[str, Value], ref: ModelRef) -> Mapping[str, Value]:
    """The changes that the model takes."""
    return {name: value for name, value in changes.items() if takes(ref, name)}


def words(changes: Mapping[str, Value]) -> str:
    """The changes as they stand in a candidate's title."""
    return "".join(f" · {name}={value_words(value)}" for name, value in changes.items())


def value_words(value: Value) -> str:
    """A value in a title."""
    if isinstance(value, tuple):
        return shortened(", ".join(value), 20)
    return f"{value:g}" if isinstance(value, float) else str(value).lower()
