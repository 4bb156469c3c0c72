"""Files that commands write: whole or not at all, and why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.commands.printing import check_writable, write_file
from core.commands.verb import WrongUsage


def test_a_file_that_cannot_be_written_is_wrong_usage_and_leaves_nothing(tmp_path: Path) -> None:
    for place in (tmp_path / "no" / "x.csv", tmp_path):
        with pytest.raises(WrongUsage, match="cannot be written"):
            write_file(str(place), [b"x"])
        with pytest.raises(WrongUsage, match="cannot be written"):
            check_writable(str(place))
    assert list(tmp_path.parent.glob("*.part")) == []


@pytest.mark.parametrize("path", [None, "", "-"])
def test_nothing_to_write_is_nothing_to_check(path: str | None) -> None:
    check_writable(path)


def test_a_file_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    target = tmp_path / "x.csv"
    target.write_text("old")
    check_writable(str(target))
    assert write_file(str(target), [b"ne", b"w"]) == 3
    assert target.read_text() == "new"
