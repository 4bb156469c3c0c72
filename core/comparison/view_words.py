"""The words of the grid and the presenter, so that one script speaks both languages."""

from __future__ import annotations

from collections.abc import Mapping

from core.i18n import translator
from core.records.comparisons import Choice
from core.records.runs import Outcome

Words = Mapping[str, str]


def words_of(language: str) -> dict[str, str]:
    """Everything the scripts say, by a short name; `{n}` and the like are filled in there."""
    _ = translator(language)
    return {
        # The bar over the grid.
        "bar": _("How to read the grid"),
        "only_different": _("Only rows that differ"),
        "shown_rows": _("{shown} of {all} rows"),
        "base": _("Difference against"),
        "base_none": _("no difference"),
        "base_reference": _("the reference"),
        "present": _("Present"),
        "grid": _("Answers by input and column"),
        "all_same": _("In all rows the columns say exactly the same."),
        "no_rows": _("There are no rows yet."),
        # Columns.
        "simulated": _("Simulated, not a language model"),
        "served_by": _("served by {model}"),
        "served_some": _("{n} served by {model}"),
        "answers": _("{done} of {all} answered"),
        "median": _("median {time}"),
        "median_first": _("first token {time}"),
        "tokens": _("{input} tokens in, {output} out"),
        "cost": _("cost {cost}"),
        "cost_at_most": _("cost at most {cost}"),
        "at_most": _("at most {cost}"),
        # Rows.
        "reference": _("Reference"),
        "show_all": _("Show all"),
        "show_less": _("Show less"),
        # Cells.
        "waiting": _("Not answered yet"),
        "running": _("Answering…"),
        "empty": _("(no text)"),
        "distinct": _("{distinct} distinct of {answers}"),
        "times": "×{n}",
        "failed_too": _("{n} failed"),
        "variant": _("Wording {n} of {all}"),
        "variant_previous": _("Previous wording"),
        "variant_next": _("Next wording"),
        "identical_to": _("identical to {columns}"),
        "identical_all": _("identical in all columns"),
        "same_as_base": _("no difference to {base}"),
        "unlike": _("hardly anything in common with {base}"),
        "no_base": _("nothing to compare with here"),
        "removed": _("only in {base}"),
        "added": _("only here"),
        # Facts.
        "facts": _("Facts"),
        "characters": _("{n} characters"),
        "ja": _("Japanese"),
        "en": _("English"),
        "other": _("another language"),
        "polite": _("polite (desu/masu)"),
        "plain": _("plain (da/dearu)"),
        "mixed": _("polite and plain mixed"),
        "json_valid": _("valid JSON"),
        "json_fenced": _("JSON in a code fence"),
        "json_invalid": _("not valid JSON"),
        "has": _("only here: {facts}"),
        "lacks": _("missing here: {facts}"),
        "finish": _("finish reason {reason}"),
        "first_token": _("first token {time}"),
        "total": _("total {time}"),
        "tokens_out": _("{n} tokens"),
        "thinking": _("{n} thinking"),
        # What the page can do.
        "rerun_cell": _("Run this cell again"),
        "rerun_row": _("Run this row again"),
        "rerun_column": _("Run this column again"),
        "stop_cell": _("Stop"),
        "open_run": _("Open the run"),
        "verdict": _("Judge"),
        # The presenter.
        "presenter": _("Presenter"),
        "scene": _("Scene {n} of {all}"),
        "play": _("Play"),
        "pause": _("Pause"),
        "restart": _("From the beginning"),
        "previous": _("Previous scene"),
        "next": _("Next scene"),
        "close": _("Close"),
        "speed": _("Speed"),
        "speed_real": _("real speed"),
        "times_speed": "{n}×",
        "speed_instant": _("all at once"),
        "finished_in": _("finished in {time}"),
        "assumed": _("The pace was not recorded; shown at an assumed {n} characters a second."),
        "keys": _("Space plays and pauses, R restarts, left and right change the scene, "
                  "1 to 4 choose the speed, Escape closes."),
        # The exported page.
        "exported": _("A comparison made with Prompt Workbench"),
        "created": _("{when}, by {who}"),
        "memo": _("Memo"),
        "verdicts": _("Verdicts"),
        "notices": _("What to know before reading"),
        "without_script": _("This page works best with scripts allowed; all answers are below."),
    }  # fmt: skip


def outcome_words(language: str) -> dict[Outcome, str]:
    """How a call can end."""
    _ = translator(language)
    return {
        "ok": _("Answered"),
        "blocked": _("Blocked"),
        "truncated": _("Cut at the output limit"),
        "empty": _("Empty answer"),
        "rate_limited": _("Rate limited"),
        "unavailable": _("Service unavailable"),
        "refused_by_server": _("Refused by the service"),
        "timed_out": _("Timed out"),
        "cancelled": _("Stopped"),
        "unknown": _("Unknown: may have been paid"),
    }


def choice_words(language: str) -> dict[Choice, str]:
    """What a verdict says; `{left}` and `{right}` are columns."""
    _ = translator(language)
    return {
        "left": _("{left} is better"),
        "slightly_left": _("{left} is slightly better"),
        "same": _("{left} and {right} are the same"),
        "slightly_right": _("{right} is slightly better"),
        "right": _("{right} is better"),
        "both_bad": _("{left} and {right} are both bad"),
    }
