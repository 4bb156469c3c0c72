"""A model that ends leads to its dates and to its successor, wherever its answers are."""

from __future__ import annotations

from typing import Any

import pytest

from core.records.comparisons import Candidate, ComparedInput
from core.records.prompts import Part, PromptSpec, Turn
from core.records.runs import CallContext, Request
from core.workbench import Workbench
from tests.pages.conftest import Open

ENDS, STAYS = "sandbox:sandbox-flash-1", "sandbox:sandbox-flash-2"
CHECK = "Check the prompt for sandbox-flash-2"


def links(at: Any) -> list[str]:
    assert not at.exception
    return [one.proto.label.replace("\\", "") for one in at.get("page_link")]


def spec(model: str) -> PromptSpec:
    """The successor refuses that it ends with a turn of the model."""
    turns = (Turn("user", (Part("hello"),)), Turn("model", (Part("{"),)))
    return PromptSpec(turns=turns, model=model)


@pytest.mark.parametrize(("model", "leads"), [(ENDS, True), (STAYS, False)])
def test_a_run_in_the_history(open_page: Open, bench: Workbench, model: str, leads: bool) -> None:
    surface, _, name = model.partition(":")
    request = Request(surface, name, (Turn("user", (Part("hi"),)),))
    run = bench.engine.submit(request, CallContext("ada"))
    run.wait(20)
    found = links(open_page("studio/history", run=run.run_id))
    assert (CHECK in found) == leads == ("Dates and successor of sandbox-flash-1" in found)


def test_a_column_of_a_comparison(open_page: Open, bench: Workbench) -> None:
    sides = [Candidate(key, key, spec(model), model) for key, model in zip("ab", (ENDS, STAYS),
                                                                           strict=True)]  # fmt: skip
    made = bench.comparisons.create("x", sides, [ComparedInput("1", "1", {})], actor="ada")
    # Nothing was answered, so there is nothing to check yet.
    found = links(open_page("studio/compare", comparison=made.id))
    assert found.count("Dates and successor of sandbox-flash-1") == 1 and CHECK not in found
    for job in [bench.comparisons.start(made.id, actor="ada")]:
        assert bench.jobs.wait(job.id, 20)
    found = links(open_page("studio/compare", comparison=made.id))
    assert found.count(CHECK) == 1 and "Dates and successor of sandbox-flash-2" not in found


def test_the_address_of_a_check_opens_it(open_page: Open, bench: Workbench) -> None:
    saved = bench.authoring.save_new("greeting", spec(ENDS), actor="ada").version
    at = open_page("studio/prompt", version=saved.id, check=STAYS)
    assert not at.exception
    [chosen] = [one for one in at.selectbox if "lint.model" in str(one.key)]
    assert chosen.value == STAYS
    said = " ".join(one.value for one in at.markdown)
    assert "prefilled" in said, said
    at = open_page("studio/prompt", version=saved.id, check="nonsense")
    assert not at.exception
