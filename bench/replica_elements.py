"""From a sent container or element back to the Streamlit call that makes one like it.

Each function takes the protobuf and returns the call; the key is kept, so that a benchmark finds
the same widget on the page and on its replica.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pandas as pd
import pyarrow as pa
from streamlit.proto.Block_pb2 import Block
from streamlit.proto.Element_pb2 import Element

Call = Callable[[Any], Any]  # takes the container, returns what was drawn
HEADINGS = {"h1": "title", "h2": "header", "h3": "subheader"}
LABELS = {0: "visible", 1: "hidden", 2: "collapsed"}
ALERTS = {1: "error", 2: "warning", 3: "info", 4: "success"}


def width(config: Any) -> dict[str, Any]:
    """`width=` as it was asked for; nothing when it was left alone."""
    kind = config.WhichOneof("width_spec")
    if kind == "pixel_width":
        return {"width": config.pixel_width}
    return {"width": kind.removeprefix("use_")} if kind in ("use_stretch", "use_content") else {}


def common(proto: Any, place: str) -> dict[str, Any]:
    """Key, help, label visibility and whether it is disabled: what nearly every widget has."""
    user_key = proto.id.split("-", 2)[2]
    options: dict[str, Any] = {"key": place if user_key == "None" else user_key}
    if getattr(proto, "help", ""):
        options["help"] = proto.help
    if getattr(proto, "disabled", False):
        options["disabled"] = True
    if hasattr(proto, "label_visibility"):
        options["label_visibility"] = LABELS[proto.label_visibility.value]
    return options


def container(block: Block, place: str, children: list[Block]) -> Call:
    """The call for a container; columns and tabs are all made at once by their parent."""
    kind = block.WhichOneof("type")
    firsts = {child.WhichOneof("type") for child in children}
    if "column" in firsts:
        weights = [child.column.weight for child in children]
        border = any(child.column.show_border for child in children)
        return lambda parent: parent.columns(weights, border=border)
    if kind == "tab_container":
        labels = [child.tab.label for child in children]
        return lambda parent: parent.tabs(labels)
    if kind in ("column", "tab"):
        number = int(place.rpartition(".")[2])
        return lambda parent: parent[number]
    if kind == "expandable":
        open_, label = block.expandable.expanded, block.expandable.label
        return lambda parent: parent.expander(label, expanded=open_)
    if kind == "popover":
        return lambda parent: parent.popover(block.popover.label)
    if kind == "form":
        border = block.form.border
        return lambda parent: parent.form(place, border=border)
    if kind == "flex_container":
        border = block.flex_container.border
        across = block.flex_container.direction == block.flex_container.HORIZONTAL
        key = block.id.split("-", 2)[2] if block.id.startswith("$$ID-") else place
        return lambda parent: parent.container(horizontal=across, border=border, key=key)
    return lambda parent: parent.container()


def button(p: Any, place: str, options: dict[str, Any]) -> Call:
    """A button, or the one that submits its form."""
    options |= {"type": p.type, "icon": p.icon or None}
    name = "form_submit_button" if p.is_form_submitter else "button"
    return lambda parent: getattr(parent, name)(p.label, **options)


def button_group(p: Any, place: str, options: dict[str, Any]) -> Call:
    """Pills or a segmented control."""
    names = [option.content for option in p.options]
    name = "pills" if p.style == p.PILLS else "segmented_control"
    default = [names[i] for i in p.default] or None
    several = p.click_mode == p.MULTI_SELECT
    options["selection_mode"] = "multi" if several else "single"
    chosen = default if several or default is None else default[0]
    return lambda parent: getattr(parent, name)(p.label, names, default=chosen, **options)


def checkbox(p: Any, place: str, options: dict[str, Any]) -> Call:
    """A checkbox or a toggle."""
    name = "toggle" if p.type == p.TOGGLE else "checkbox"
    return lambda parent: getattr(parent, name)(p.label, p.default, **options)


def selectbox(p: Any, place: str, options: dict[str, Any]) -> Call:
    """A select box with the same options and the same one chosen."""
    index = p.default if p.HasField("default") else None
    return lambda parent: parent.selectbox(p.label, list(p.options), index, **options)


def multiselect(p: Any, place: str, options: dict[str, Any]) -> Call:
    """A multiselect with the same options."""
    names = list(p.options)
    chosen = [names[i] for i in p.default]
    return lambda parent: parent.multiselect(p.label, names, chosen, **options)


def number_input(p: Any, place: str, options: dict[str, Any]) -> Call:
    """A number input with the same limits."""
    as_type = int if p.data_type == p.INT else float
    limits = {
        "min_value": as_type(p.min) if p.has_min else None,
        "max_value": as_type(p.max) if p.has_max else None,
        "value": as_type(p.default) if p.HasField("default") else None,
        "step": as_type(p.step) or None,
    }
    return lambda parent: parent.number_input(p.label, **limits, **options)


def slider(p: Any, place: str, options: dict[str, Any]) -> Call:
    """A slider over numbers, or over the same choices."""
    if p.options:
        names = list(p.options)
        chosen = names[int(p.default[0])]
        return lambda parent: parent.select_slider(p.label, names, chosen, **options)
    as_type = int if p.data_type == p.INT else float
    low, high, value, step = (as_type(x) for x in (p.min, p.max, p.default[0], p.step))
    return lambda parent: parent.slider(p.label, low, high, value, step, **options)


def text_area(p: Any, place: str, options: dict[str, Any]) -> Call:
    """A text area with the same text in it."""
    text = p.value if p.set_value else p.default
    return lambda parent: parent.text_area(p.label, text, placeholder=p.placeholder, **options)


def text_input(p: Any, place: str, options: dict[str, Any]) -> Call:
    """A text input with the same text in it."""
    text = p.value if p.set_value else p.default
    return lambda parent: parent.text_input(p.label, text, placeholder=p.placeholder, **options)


def radio(p: Any, place: str, options: dict[str, Any]) -> Call:
    """Radio buttons."""
    names = list(p.options)
    index = p.default if p.HasField("default") else None
    return lambda parent: parent.radio(p.label, names, index, horizontal=p.horizontal, **options)


def date_input(p: Any, place: str, options: dict[str, Any]) -> Call:
    """A date, or a range of dates."""
    value: Any = () if p.is_range else None
    return lambda parent: parent.date_input(p.label, value, **options)


def file_uploader(p: Any, place: str, options: dict[str, Any]) -> Call:
    """A file uploader for the same types."""
    several, types = p.multiple_files, list(p.type) or None
    return lambda parent: parent.file_uploader(
        p.label, types, accept_multiple_files=several, **options
    )


def download_button(p: Any, place: str, options: dict[str, Any]) -> Call:
    """A download button; what it gives is small, as the page's is made on the click."""
    return lambda parent: parent.download_button(p.label, "", on_click="ignore", **options)


def dataframe(p: Any) -> Call:
    """A table of the same rows."""
    with pa.ipc.open_stream(p.arrow_data.data) as reader:
        rows: pd.DataFrame = reader.read_pandas()
    settings = json.loads(p.columns) if p.columns else {}
    hidden = bool(settings.get("_index", {}).get("hidden"))
    return lambda parent: parent.dataframe(rows, hide_index=hidden)


WIDGETS: dict[str, Callable[[Any, str, dict[str, Any]], Call]] = {
    "button": button,
    "button_group": button_group,
    "checkbox": checkbox,
    "selectbox": selectbox,
    "multiselect": multiselect,
    "number_input": number_input,
    "slider": slider,
    "text_area": text_area,
    "text_input": text_input,
    "radio": radio,
    "date_input": date_input,
    "file_uploader": file_uploader,
    "download_button": download_button,
}


def text(kind: str, proto: Any) -> Call | None:
    """The call for an element that nobody operates; None when there is none like it."""
    body = getattr(proto, "body", "")
    if kind == "heading":
        name = HEADINGS.get(proto.tag, "subheader")
        return lambda parent: getattr(parent, name)(body)
    if kind == "markdown":
        caption = proto.element_type == proto.CAPTION
        return lambda parent: parent.caption(body) if caption else parent.markdown(body)
    if kind == "alert":
        return lambda parent: getattr(parent, ALERTS.get(proto.format, "info"))(body)
    if kind == "metric":
        return lambda parent: parent.metric(proto.label, body, proto.delta or None)
    if kind == "code":
        return lambda parent: parent.code(proto.code_text, language=proto.language or None)
    return None


def element(sent: Element, place: str) -> Call:
    """The call that makes an element like this one; an empty place when there is none."""
    kind = sent.WhichOneof("type")
    if kind is None:
        return lambda parent: parent.empty()
    proto: Any = getattr(sent, kind)
    if kind in WIDGETS:
        return WIDGETS[kind](proto, place, common(proto, place))
    if kind == "dataframe":
        return dataframe(proto)
    if kind in ("text", "json", "progress"):
        value = proto.value if kind == "progress" else proto.body
        return lambda parent: getattr(parent, kind)(value)
    return text(kind, proto) or (lambda parent: parent.empty())
