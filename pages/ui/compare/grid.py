"""The grid: every answer, its facts and figures, and what can be done with them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.comparison import assets
from core.errors import WorkbenchError
from pages.ui.compare import address as compare_address
from pages.ui.compare.address import Address
from pages.ui.compare.items import all_pairs, items_of
from pages.ui.language import language, say
from pages.ui.resources import actor, workbench
from pages.ui.state import Key

if TYPE_CHECKING:
    from pages.ui.compare.head import Shown

PROBLEM = Key[WorkbenchError | None]("compare.grid.problem", None)


ACTIONS = ("rerun_cell", "rerun_row", "rerun_column", "open_run", "verdict")
# The address and the presenter follow each other: a scene that is in the address is shown, one
# that the reader goes to comes back as an action.
_SCRIPT = """
const mounted = new WeakMap()
export default function ({ data, parentElement, setTriggerValue }) {
  const host = parentElement.querySelector('.wb-host')
  let one = mounted.get(host)
  if (one) one.shown.update(data.view)
  else {
    one = { scene: 0 }
    mounted.set(host, one)
    const onAction = (action) => {
      if (action.type === 'scene') {
        if (action.scene === one.scene) return
        one.scene = action.scene
      }
      one.send('action', action)
    }
    one.shown = mountComparison(host, data.view, { onAction, actions: data.actions })
  }
  one.send = setTriggerValue
  if (data.scene === one.scene) return
  one.scene = data.scene
  data.scene ? one.shown.present(data.scene) : one.shown.close()
}
"""


@cache
def component() -> Any:
    """The grid and the presenter as one component; nothing in it can become markup."""
    return st.components.v2.component(
        "workbench_comparison",
        html="<div class='wb-host'></div>",
        css=assets.style(),
        js=assets.script() + _SCRIPT,
    )


def grid(shown: Shown, here: Address) -> None:
    """All answers; while they are hidden, in the order of each row and without names."""
    problem = PROBLEM.get()
    if problem is not None:
        say(problem)
        PROBLEM.set(None)
    comparison = shown.comparison
    found = workbench().comparisons.view(comparison, shown.cells, shown.verdicts, language())
    data = {
        "view": found,
        "actions": ["verdict"] if comparison.blind else ACTIONS,
        "scene": here.scene if here.view == "present" and not comparison.blind else 0,
    }
    key = f"compare.grid.{comparison.id}.{comparison.blind}"
    said = component()(data=data, key=key, on_action_change=lambda: None)
    if isinstance(said.action, dict):
        try:
            perform(shown, said.action)
        except WorkbenchError as error:
            PROBLEM.set(error)
        st.rerun()


def perform(shown: Shown, action: dict[str, Any]) -> None:
    """What the reader asked for in the grid: run again, stop, open a run, judge, go to a scene."""
    comparison = shown.comparison
    kind, row, column = (action.get(name) for name in ("type", "row", "column"))
    if kind == "open_run":
        st.switch_page("pages/studio/history.py", query_params={"run": str(action.get("run"))})
    elif kind in ("rerun_cell", "rerun_row", "rerun_column"):
        workbench().comparisons.rerun(comparison.id, row, column, actor=actor())
    elif kind == "verdict":
        items = items_of(comparison, shown.cells, all_pairs(comparison))
        place = next((n for n, one in enumerate(items, 1) if one.row.key == row), 1)
        compare_address.show(comparison.id, "judge")
        compare_address.show_item(place)
    elif kind == "scene" and action.get("scene"):
        compare_address.show(comparison.id, "present")
        compare_address.show_scene(int(action["scene"]))
    elif kind == "scene":
        compare_address.show(comparison.id)
