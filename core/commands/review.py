"""`python -m core review`: list rounds of human review, show what one found, export it."""

from __future__ import annotations

import base64
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.access import operator
from core.commands.printing import note, print_json, print_text, write_file
from core.commands.verb import DONE, Arguments, Events, Perform, Verb, WrongUsage
from core.evaluation.statistics import Interval
from core.records.review import RoundLine
from core.review.outcome import RoundResults

if TYPE_CHECKING:
    from core.workbench import Workbench

_PIECE = 3_000_000


def describe(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "action", nargs="?", choices=("list", "results", "export"), default="list",
        help="list (the default); results: what a round found; export: every verdict",
    )  # fmt: skip
    parser.add_argument("round", nargs="?", metavar="ID", help="results, export: which round")
    parser.add_argument("--format", choices=("csv", "jsonl", "parquet"), default="csv")
    parser.add_argument("--out", default="-", metavar="FILE", help="export: stdout when left out")


def execute(workbench: Workbench, arguments: Arguments) -> Events:
    """Yield a round per event, its results, or the pieces of a file."""
    person, reviews = operator(workbench.settings.person), workbench.reviews
    if arguments["action"] == "results":
        yield results_line(reviews.results(arguments["round"], person))
    elif arguments["action"] == "export":
        data = reviews.export(arguments["round"], arguments["format"], person)
        for start in range(0, len(data), _PIECE):
            yield {"piece": base64.b64encode(data[start : start + _PIECE]).decode("ascii")}
    else:
        for line in reviews.rounds(person):
            yield round_line(line)


def round_line(line: RoundLine) -> dict[str, Any]:
    """A round as JSON data."""
    round_ = line.round
    return {
        "id": round_.id,
        "title": round_.settings.title,
        "kind": round_.settings.kind,
        "source": round_.source.kind,
        "source_id": round_.source.id,
        "state": round_.state,
        "items": round_.items,
        "verdicts": line.verdicts,
        "wanted": line.wanted,
        "reviewers": line.reviewers,
        "created_at": round_.created_at.isoformat(),
        "created_by": round_.created_by,
    }


def results_line(found: RoundResults) -> dict[str, Any]:
    """What a round found as JSON data; null where there is nothing."""
    pair, agreed = found.pair, found.agreement
    return {
        "id": found.round.id,
        "state": found.round.state,
        "singles": [
            {"candidate": one.competitor.title, "items": one.items, **_interval(one.interval)}
            for one in found.singles
        ],
        "pair": None if pair is None else {
            "first": pair.first.title, "second": pair.second.title,
            "first_won": pair.first_won, "second_won": pair.second_won, "ties": pair.ties,
            "both_bad": pair.both_bad, "identical": pair.identical,
            "undecided": pair.undecided, "second_share": _interval(pair.share),
        },
        "agreement": {
            "items": agreed.items, "reviewers": agreed.reviewers, "verdicts": agreed.verdicts,
            "raw": agreed.raw, "kappa": agreed.kappa.value if agreed.kappa else None,
            "weighted": agreed.weighted,
            "alpha": agreed.alpha._asdict() if agreed.alpha else None,
            "base_rates": dict(agreed.base_rates),
        },
        "reviewers": [
            {"name": one.name, "verdicts": one.verdicts, "skipped": one.skipped,
             "median_s": one.median_s, "repeats": one.repeats, "consistency": one.consistency}
            for one in found.reviewers
        ],
        "splits": [one.item.slot.position + 1 for one in found.splits],
    }  # fmt: skip


def _interval(found: Interval | None) -> dict[str, Any]:
    """JSON knows no infinity: a bound that is not known is null."""
    if found is None:
        return {"value": None, "low": None, "high": None, "n": 0}
    low, high = (None if abs(one) == float("inf") else one for one in (found.low, found.high))
    return {"value": found.value, "low": low, "high": high, "n": found.n}


def present(options: Namespace, perform: Perform) -> int:
    """Print a line per round, the results, or write the file."""
    if options.action != "list" and not options.round:
        raise WrongUsage(f"Name the round: python -m core review {options.action} ID")
    asked = {"action": options.action, "round": options.round, "format": options.format}
    events = perform(asked)
    if options.action == "export":
        size = write_file(options.out, (base64.b64decode(one["piece"]) for one in events))
        note(f"{size:,} bytes")
        return DONE
    for line in events:
        if options.json:
            print_json(line)
        elif options.action == "results":
            _print_results(line)
        else:
            done = f"{line['verdicts']}/{line['wanted']}"
            print_text(f"{line['id']}  {line['state']:<7}  {line['kind']:<6}  {done:>11}  "
                       f"{line['title']}")  # fmt: skip
    return DONE


def _print_results(line: Mapping[str, Any]) -> None:
    for one in line["singles"]:
        print_text(f"{one['candidate']}  {_figure(one)}")
    if line["pair"] is not None:
        pair = line["pair"]
        print_text(f"{pair['first']}  won {pair['first_won']}")
        print_text(f"{pair['second']}  won {pair['second_won']}, {_figure(pair['second_share'])}")
        print_text(f"ties {pair['ties']}, undecided {pair['undecided']}")
    agreed = line["agreement"]
    alpha = agreed["alpha"]
    words = (
        "-" if alpha is None else f"{alpha['value']:.2f} [{alpha['low']:.2f}, {alpha['high']:.2f}]"
    )
    print_text(f"agreement: alpha {words} on {agreed['items']} items by {agreed['reviewers']}")
    for one in line["reviewers"]:
        print_text(f"{one['name']}  {one['verdicts']} verdicts, {one['skipped']} skipped")


def _figure(found: Mapping[str, Any]) -> str:
    if found["value"] is None:
        return "-"
    bounds = (f"{one:.3f}" if one is not None else "?" for one in (found["low"], found["high"]))
    return f"{found['value']:.3f} [{', '.join(bounds)}] n={found['n']}"


VERB = Verb(describe, present, execute)
