"""`--metric NAME` with `--option NAME.KEY=VALUE`, as several verbs take them."""

from __future__ import annotations

from collections.abc import Sequence

from core.commands.verb import WrongUsage


def metric_options(names: Sequence[str], pairs: Sequence[str]) -> dict[str, dict[str, str]]:
    """The options of each metric that was named. WrongUsage for one of none of them."""
    chosen: dict[str, dict[str, str]] = {name: {} for name in names}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        name, dot, option = key.partition(".")
        if not equals or not dot or not option:
            raise WrongUsage(f"--option {pair}: write NAME.KEY=VALUE.")
        if name not in chosen:
            raise WrongUsage(f"--option {pair}: there is no --metric {name}.")
        chosen[name][option] = value
    return chosen
