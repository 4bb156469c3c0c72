"""The table of `docs/metrics.md`: `python -m core.evaluation.metrics.table` writes it anew."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from core.evaluation.metrics import registry
from core.evaluation.metrics.metric import Definition, Option
from core.records.metrics import MetricSpec

PAGE = Path(__file__).resolve().parents[3] / "docs" / "metrics.md"
BEGIN, END = "<!-- the table: made from the registry -->\n", "<!-- the end of the table -->\n"
_BETTER = {"higher": "higher", "lower": "lower", "zero": "nearer to 0"}
_EXAMPLES: dict[str, object] = {
    "schema": '{"type": "object"}',
    "pattern": "[0-9]+",
    "tool_name": "search",
    "limit": 100,
}


def table() -> str:
    """A row for each metric of the registry."""
    lines = [
        "| metric | what it measures | range | better | needs | options (default) | signature |",
        "|---|---|---|---|---|---|---|",
        *(_row(registry.definition(name)) for name in registry.names()),
    ]
    return "\n".join(lines) + "\n"


def _row(one: Definition) -> str:
    needed = {option.name: _EXAMPLES[option.name] for option in one.options if option.required}
    signature = registry.make(MetricSpec(one.name, needed), language="ja").info.signature
    # The page must not change with every release of another program.
    signature = re.sub(r"sacrebleu:[\d.]+", "sacrebleu:2.x", signature)
    cells = (
        f"`{one.name}`",
        one.summary,
        f"{one.low:g} to {'∞' if one.high is None else f'{one.high:g}'}",
        _BETTER[one.direction],
        ", ".join(f"`{need}`" for need in sorted(one.needs)) or "-",
        "; ".join(map(_option, one.options)) or "-",
        f"`{signature}`",
    )
    # A bar would end the cell.
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _option(option: Option) -> str:
    if option.required:
        return f"`{option.name}` (must be given)"
    if isinstance(option.default, bool):
        return f"`{option.name}` ({'on' if option.default else 'off'})"
    others = [choice for choice in option.choices if choice != option.default]
    default = str(option.default or ("0" if option.kind == "number" else "none"))
    return f"`{option.name}` ({' or '.join(filter(None, [default, ', '.join(others)]))})"


def with_table(page: str) -> str:
    """The page with its table as it should be."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return before + BEGIN + "\n" + table() + "\n" + END + after


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text("utf-8")), "utf-8")
    sys.exit(0)
