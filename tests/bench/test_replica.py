from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext
from streamlit.testing.v1 import AppTest

from bench import replica

PAGE = """
import pandas as pd
import streamlit as st

st.title("Prompt")
left, right = st.columns([2, 1])
left.text_area("Text", "Hello {name}", key="text", help="Braces")
right.selectbox("Model", ["flash", "pro"], index=1, key="model")
right.number_input("Repeat", 1, 10, 3, key="repeat")
right.slider("Temperature", 0.0, 2.0, 1.0, key="temperature")
with st.expander("More"):
    st.toggle("Search", key="search")
    st.segmented_control("View", ["Text", "Raw"], default="Raw", key="view")
one, two = st.tabs(["One", "Two"])
one.caption("small")
two.button("Run", key="run", type="primary")
st.dataframe(pd.DataFrame({"n": [1, 2]}), hide_index=True)
"""


def sent_by(script: str, monkeypatch: pytest.MonkeyPatch) -> list[ForwardMsg]:
    """The changes to the page that a run of the script hands to its session."""
    found: list[ForwardMsg] = []
    enqueue = ScriptRunContext.enqueue

    def noting(self: ScriptRunContext, message: ForwardMsg) -> None:
        if message.HasField("delta"):
            found.append(ForwardMsg.FromString(message.SerializeToString()))
        enqueue(self, message)

    with monkeypatch.context() as patch:
        patch.setattr(ScriptRunContext, "enqueue", noting)
        test = AppTest.from_string(script).run()
    assert not test.exception
    return found


def places(messages: list[ForwardMsg]) -> list[tuple[tuple[int, ...], str | None]]:
    return sorted((tuple(m.metadata.delta_path), m.delta.WhichOneof("type")) for m in messages)


def test_the_replica_sends_the_same_widgets_in_the_same_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "prompt.json"
    real = sent_by(PAGE, monkeypatch)
    replica.save(real, file)
    script = f"""
from pathlib import Path
from bench import replica
replica.draw(replica.load(Path({str(file)!r})))
"""
    copy = sent_by(script, monkeypatch)
    assert places(copy) == places(real)
    test = AppTest.from_string(script).run()
    assert test.text_area(key="text").value == "Hello {name}"
    assert test.selectbox(key="model").options == ["flash", "pro"]
    assert test.selectbox(key="model").value == "pro"
    assert test.number_input(key="repeat").value == 3
    assert test.caption[0].value == "small"
    assert test.button(key="run").label == "Run"
    pd.testing.assert_frame_equal(test.dataframe[0].value, pd.DataFrame({"n": [1, 2]}))


def test_the_inventory_is_counted_by_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "prompt.json"
    replica.save(sent_by(PAGE, monkeypatch), file)
    kinds = replica.kinds(file)
    assert (kinds["text_area"], kinds["tab"], kinds["column"], kinds["button"]) == (1, 2, 2, 1)
