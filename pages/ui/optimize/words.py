"""What the parts of an optimization are called, and its verdict in one sentence."""

from __future__ import annotations

from core.optimization.ledger import Ledger
from core.records.optimizations import (
    Aggregation,
    Mode,
    OptimizationStatus,
    StopReason,
    Template,
    Verdict,
    VerdictName,
)
from pages.ui.language import N_, _

STATUSES: dict[OptimizationStatus, tuple[str, str]] = {
    "draft": (N_("Not started"), "gray"),
    "running": (N_("Running"), "blue"),
    "paused": (N_("Paused"), "orange"),
    "done": (N_("Done"), "green"),
    "cancelled": (N_("Stopped"), "gray"),
    "failed": (N_("Stopped by a problem"), "red"),
}
VERDICTS: dict[VerdictName, tuple[str, str]] = {
    "better": (N_("Better"), "green"),
    "not_shown": (N_("Not shown to be better"), "gray"),
    "worse": (N_("Worse"), "red"),
}
MODES: dict[Mode, str] = {
    "instruction": N_("Instruction"),
    "demonstration": N_("Examples"),
    "instruction_and_demo": N_("Instruction and examples"),
}
MODE_HELP = N_(
    "Instruction: the text is rewritten from what the answers got wrong. Examples: good answers of "
    "the target model itself are put into the prompt. Both: first the one, then the other."
)
MODE_STEPS = {
    "instruction": N_("Instruction: step {done} of {total} at most"),
    "demonstration": N_("Examples: set {done} of {total} at most"),
}
AGGREGATIONS: dict[Aggregation, str] = {
    "weighted_average": N_("divided by the sum of the weights"),
    "weighted_sum": N_("as they are (they add up to 1)"),
}
STOPS: dict[StopReason, str] = {
    "no_headroom": N_("The start makes no mistake on the tuning cases, so there was nothing to "
                      "gain."),
    "perfect": N_("The best prompt makes no mistake on the tuning cases any more."),
    "no_improvement": N_("Further steps brought no gain."),
    "steps": N_("All steps were done."),
    "budget_calls": N_("The limit of calls was reached."),
    "budget_usd": N_("The limit in US dollars was reached."),
    "user_stop": N_("Somebody ended the search."),
    "service": N_("The service ended the job."),
}  # fmt: skip
TEMPLATE_STATES = {
    "racing": N_("being scored"),
    "dropped": N_("dropped early"),
    "accepted": N_("took over"),
    "lost": N_("not better"),
    "rejected": N_("rejected"),
}
REJECTIONS = {
    "empty": N_("The answer was empty."),
    "unchanged": N_("Nothing was changed."),
    "duplicate": N_("This text was tried already."),
    "too_long": N_("It is longer than allowed."),
    "variables": N_("It drops, adds or alters a variable or a frozen part."),
    "characters": N_("It has characters that cannot be sent."),
    "rows": N_("It quotes too many of the cases it was to learn from."),
}
EVENTS = (
    N_("Started"), N_("Paused"), N_("Resumed"), N_("Cancelled"), N_("Done"),
    N_("Resumed after the process ended"),
)  # fmt: skip
"""What `core.jobs` writes into a log; other lines are problems in their own words."""


def points(share: float | None, *, signed: bool = False) -> str:
    """A score, or a difference of two, in points of a hundred; a dash when unknown."""
    if share is None:
        return "–"
    value = 0.0 if abs(share) < 0.0005 else 100 * share
    return f"{value:+.1f}" if signed else f"{value:.1f}"


def tuning_words(one: Template | None) -> str:
    """A tuning score with its interval."""
    if one is None or one.score is None:
        return "–"
    if one.low is None or one.high is None:
        return points(one.score)
    return f"{points(one.score)} ({points(one.low)} – {points(one.high)})"


def interval_words(found: Verdict) -> str:
    """The difference and between what it may be."""
    difference = points(found.difference, signed=True)
    if found.low is None or found.high is None:
        return difference
    return _("{difference} points (95 %: {low} to {high})").format(
        difference=difference, low=points(found.low, signed=True),
        high=points(found.high, signed=True),
    )  # fmt: skip


def verdict_words(found: Verdict) -> str:
    """The verdict in one sentence, and what a reader should make of it in another."""
    if found.reason == "start_is_best":
        return _("Not shown to be better: no prompt that was tried did better than the start on "
                 "the tuning cases, so the test cases stayed closed. The start stays.")  # fmt: skip
    if found.difference is None:
        return _("Not shown to be better: no test case could be scored for both prompts.")
    values = {
        "n": found.n, "difference": interval_words(found), "wins": found.wins,
        "losses": found.losses, "ties": found.ties,
    }  # fmt: skip
    return f"{_(_verdict_template(found)).format(**values)} {_advice(found)}".strip()


def _verdict_template(found: Verdict) -> str:
    if found.reason == "too_few":
        return N_("Cannot tell: {n} test cases are too few for a claim. Seen was {difference}; "
                  "better in {wins}, worse in {losses}, the same in {ties}.")  # fmt: skip
    if found.verdict == "better":
        return N_("Better: {difference} on {n} test cases that were not tuned on; better in "
                  "{wins}, worse in {losses}, the same in {ties}. That is unlikely to be "
                  "luck.")  # fmt: skip
    if found.verdict == "worse":
        return N_("Worse: {difference} on {n} test cases that were not tuned on; better in "
                  "{wins}, worse in {losses}, the same in {ties}. That is unlikely to be "
                  "luck.")  # fmt: skip
    if found.low is not None and found.low > 0:
        return N_("Not shown to be better: {difference} on {n} test cases that were not tuned on; "
                  "better in {wins}, worse in {losses}, the same in {ties}. The interval leaves "
                  "out zero, but the exact test does not exclude luck.")  # fmt: skip
    return N_("Not shown to be better: {difference} on {n} test cases that were not tuned on; "
              "better in {wins}, worse in {losses}, the same in {ties}. Luck alone may do "
              "that.")  # fmt: skip


def _advice(found: Verdict) -> str:
    """How many cases would be needed, or that none would help."""
    if found.verdict == "better":
        return ""
    if found.verdict == "worse":
        return _("Keep the start.")
    if found.needed is not None:
        return _("To show a gain of this size about {needed} test cases would be needed.").format(
            needed=f"{found.needed:,}"
        )
    return _("Nothing points to a gain, so more cases would hardly show one.")


def stop_words(ledger: Ledger) -> str:
    """Why the search ended; empty while it goes on."""
    return _(STOPS[ledger.stop]) if ledger.stop is not None else ""


def template_state(one: Template, best: int) -> str:
    """What became of a prompt that was tried."""
    if one.number == best:
        return _("best so far") if one.number else _("start, still the best")
    return _("start") if one.number == 0 else _(TEMPLATE_STATES[one.state])
