"""Ten thousand uploads that nobody should make: each is read or refused in time and memory."""

from __future__ import annotations

import io
import json
import os
import random
import resource
import zipfile
from collections.abc import Callable

import pytest

from core.datasets.checks import pii_findings
from core.datasets.mapping import apply, proposed
from core.datasets.reading import read_file
from core.errors import InvalidInput
from tests.core.datasets.files import TRIAGE, parquet, repeated, with_part, with_sheet, xlsx

pytestmark = pytest.mark.soak

BATCHES, UPLOADS = 20, 500
SECONDS = 5.0
MEGABYTES = 512
Chance = random.Random


def damaged(chance: Chance, whole: bytes) -> bytes:
    """A few bytes changed, cut out, doubled or put in."""
    data = bytearray(whole)
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(data) + 1)
        piece = chance.randbytes(chance.randint(0, 30))
        data[place : place + chance.choice((0, 1, len(piece), 200))] = piece
    return bytes(data)


def bad_encoding(chance: Chance) -> bytes:
    encoding = chance.choice(("utf-8", "cp932", "utf-16", "utf-16-be", "euc_jp", "iso2022_jp"))
    return damaged(chance, (TRIAGE * chance.randint(1, 50)).encode(encoding, "replace"))


def ragged(chance: Chance) -> bytes:
    delimiter = chance.choice(",\t;|")
    rows = [
        delimiter.join(
            chance.choice(("", "x", '"', '"a"', "日本", "=1+1"))
            for _ in range(chance.randint(0, 30))
        )
        for _ in range(chance.randint(1, 200))
    ]
    return "\n".join(rows).encode()


def headers(chance: Chance) -> bytes:
    names = [
        chance.choice(("", "a", "a", "id", "a_2", " ", "x" * 300))
        for _ in range(chance.randint(1, 40))
    ]
    return (",".join(names) + "\n" + ",".join("1" for _ in names)).encode()


def long_cell(chance: Chance) -> bytes:
    cell = chance.choice(("x", "日", '""')) * chance.choice((2**20, 5 * 2**20, 8_000_000))
    return (
        chance.choice(('a,b\n1,"{}"\n', '{{"a": "{}"}}\n', "a\n{}"))
        .format(cell[:20_000_000])
        .encode()[: 25 * 2**20]
    )


def wide(chance: Chance) -> bytes:
    count = chance.choice((1_000, 1_001, 10_000))
    if chance.random() < 0.5:
        return (",".join(f"c{n}" for n in range(count)) + "\n" + "," * (count - 1)).encode() * 3
    return json.dumps({f"c{n}": n for n in range(count)}).encode()


def nested(chance: Chance) -> bytes:
    deep = chance.choice((10, 900, 50_000))
    return chance.choice((
        '{"a": ' + "[" * deep + "]" * deep + "}",
        "[" * deep,
        '{"a":' * deep + "1" + "}" * deep,
        '[{"a": 1},' * deep,
        '{"a": NaN, "b": Infinity, "c": -0.0, "d": ' + "9" * 5_000 + "}",
        '{"a": [' + "[]," * deep * 20 + "[]]}",
        '[{"a": [' + "[]," * deep * 20 + "[]]}]",
    )).encode()  # fmt: skip


def workbook(chance: Chance) -> bytes:
    return damaged(chance, xlsx(["id", "text"], [1, "日本"], [2, None], [3.5, True]))


def workbook_bomb(chance: Chance) -> bytes:
    size = chance.choice((1, 30, 60)) * 2**20
    row = b'<row><c t="str"><v>x</v></c></row>'
    return chance.choice((
        lambda: with_part(xlsx(["a"]), "xl/sharedStrings.xml", b"<sst>" + b" " * size + b"</sst>"),
        lambda: with_sheet(row * (size // 64)),
        lambda: with_sheet(b'<row r="1048576"><c r="XFD1048576" t="str"><v>x</v></c></row>'),
        lambda: with_sheet(b'<row r="1">' + b'<c t="str"><v>x</v></c>' * (size // 64) + b"</row>"),
        lambda: with_part(xlsx(["a"]), "xl/styles.xml", b"<styleSheet>" + b"<a>" * 200_000),
        lambda: zipped({f"{n}.xml": b"x" for n in range(3_000)}),
    ))()  # fmt: skip


def zipped(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def columns(chance: Chance) -> bytes:
    return damaged(
        chance, parquet(a=["x", "日本", None], n=[1.5, None, 2.0], o=[{"k": [1]}, None, None])
    )


def columns_bomb(chance: Chance) -> bytes:
    return chance.choice((
        lambda: repeated("x" * chance.choice((1_000, 900_000)), chance.choice((1_000, 150_000))),
        lambda: parquet(a=[[1] * 2_000_000]),
        lambda: parquet(a=["x" * 30_000_000]),
        lambda: parquet(**{f"c{n}": ["x"] for n in range(2_000)}),
    ))()  # fmt: skip


def noise(chance: Chance) -> bytes:
    start = chance.choice((b"", b"PAR1", b"PK\x03\x04", b"\xff\xfe", b"\xef\xbb\xbf", b"{", b"[{"))
    return start + chance.randbytes(chance.randint(0, 2_000))


# How often each is made in a hundred: files that need a process of their own take longest.
MAKERS: tuple[tuple[Callable[[Chance], bytes], int], ...] = (
    (bad_encoding, 25), (ragged, 20), (headers, 10), (long_cell, 3), (wide, 5), (nested, 8),
    (workbook, 8), (workbook_bomb, 1), (columns, 8), (columns_bomb, 1), (noise, 11),
)  # fmt: skip


def worked() -> float:
    """Seconds of work of this process and its children, however busy the machine is.

    By the clock, a child that unpacks a file is ended after `core.datasets.table.SECONDS`.
    """
    return sum(os.times()[:4])


@pytest.mark.parametrize("batch", range(BATCHES))
def test_every_upload_is_read_or_refused_in_time_and_memory(batch: int) -> None:
    chance = random.Random(20261125 + batch)
    makers, weights = zip(*MAKERS, strict=True)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    slowest = (0.0, "")
    outcomes = {"read": 0, "refused": 0}
    for number in range(UPLOADS):
        maker = chance.choices(makers, weights)[0]
        data = maker(chance)[: 25 * 2**20]
        start = worked()
        try:
            preview = read_file(data, f"{number}")
            mapped = apply(preview.table, proposed(preview.table.columns))
            pii_findings(mapped.cases[:1_000])
        except InvalidInput as error:
            outcomes["refused"] += 1
            assert str(error)
        else:
            outcomes["read"] += 1
        slowest = max(slowest, (worked() - start, f"{number} {maker.__name__}"))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"{outcomes}, slowest {slowest[0]:.2f} s ({slowest[1]}), grown by {grown:.0f} MB")
    assert min(outcomes.values()) > UPLOADS // 20
    assert slowest[0] < SECONDS, slowest
    # The process that unpacks workbooks and Parquet has a limit of its own.
    assert grown < MEGABYTES
