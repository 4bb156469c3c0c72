from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from core.comparison.export_html import export_html
from core.comparison.view_data import view_of
from tests.browser.hostile_payloads import payloads
from tests.core.comparison.making import answered, comparison, verdict


class Read(HTMLParser):
    """The file as a parser sees it: every tag with its attributes, scripts and cells."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self._open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self._open):
            self.texts[tag][-1] += data


def exported(*texts: str, title: str = "Tone", memo: str = "") -> str:
    made = comparison(rows=len(texts), title=title)
    cells = [
        answered(row.key, column.key, text)
        for row, text in zip(made.inputs, texts, strict=True)
        for column in made.candidates
    ]
    return export_html(view_of(made, cells, [verdict(1, "left")], memo, language="en"))


def data_of(html: str) -> dict[str, object]:
    found = next(text for text in Read(html).texts["script"] if text.startswith("{"))
    loaded: dict[str, object] = json.loads(found)
    return loaded


def test_the_policy_names_every_script_and_style_and_allows_nothing_else() -> None:
    html = exported("hello")
    read = Read(html)
    (policy,) = [
        a["content"] for tag, a in read.tags if a.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy is not None
    directives = {
        name: rest for name, _, rest in (part.strip().partition(" ") for part in policy.split(";"))
    }
    hashes = {
        kind: {
            f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
            for text in re.findall(rf"<{kind}>(.*?)</{kind}>", html, re.DOTALL)
        }
        for kind in ("script", "style")
    }
    assert (
        directives["default-src"] == directives["base-uri"] == directives["form-action"] == "'none'"
    )
    assert set(directives["script-src"].split()) == hashes["script"]
    assert set(directives["style-src"].split()) == hashes["style"]
    assert set(directives) == {"default-src", "base-uri", "form-action", "script-src", "style-src"}


def test_nothing_in_it_points_outside() -> None:
    allowed = {"class", "id", "lang", "scope", "type", "http-equiv", "content", "charset", "name"}
    for tag, attributes in Read(exported("x")).tags:
        assert set(attributes) <= allowed, tag


@pytest.mark.parametrize("text", payloads()[:40])
def test_hostile_text_stays_text(text: str) -> None:
    html = exported(text, title=text, memo=text)
    read, plain = Read(html), Read(exported("x", title="x", memo="x"))
    assert [tag for tag, _ in read.tags] == [tag for tag, _ in plain.tags]
    assert read.texts["td"] == [text, text]
    assert read.texts["h1"] == [text]


@pytest.mark.parametrize(
    "text",
    [
        "</script><script>alert(1)</script>",
        "<!--<script>",
        "a\u2028b\u2029c",
        "]]>",
        "&lt;&amp;",
        "\\u003c",
        "{name} %s",
    ],
)
def test_the_data_cannot_end_its_element(text: str) -> None:
    html = exported("x", title=text)
    assert data_of(html)["title"] == text
    inside = html.partition('id="data">')[2].partition("</script>")[0]
    assert not set(inside) & set("<>\u2028\u2029")


@pytest.mark.parametrize(
    "text", ["a\r\nb\rc\n", "\n first", "  spaced  out  ", "日本語\t🇯🇵", "", "null"]
)
def test_answers_are_in_the_file_once_and_exactly(text: str) -> None:
    html = exported(text)
    assert Read(html).texts["td"] == [text, text]
    (row,) = data_of(html)["rows"]  # type: ignore[misc]
    assert [cell["variants"][0]["text"] for cell in row["cells"]] == [None, None]


def test_other_wordings_and_failures_are_told() -> None:
    made = comparison(columns=2, repeats=2)
    cells = [answered("i1", "c1", "one", 1), answered("i1", "c1", "two", 2),
             answered("i1", "c2", "", 1, outcome="blocked")]  # fmt: skip
    html = export_html(view_of(made, cells, language="en"))
    first, second = Read(html).texts["td"]
    assert first == "one\n[2 distinct of 2]"
    assert second == "Blocked: said blocked"
    assert '<span class="text">one</span>' in html


def test_what_to_know_comes_before_the_answers() -> None:
    view = view_of(comparison(), [answered("i1", "c1", "x")], [verdict(1, "right")], "On <tone>",
                   language="ja", notices=["A and B are the same model."])  # fmt: skip
    html = export_html(view)
    order = [
        html.index(one) for one in ("On &lt;tone&gt;", "the same model", "符号検定", "<table>")
    ]
    assert order == sorted(order)
    assert '<html lang="ja">' in html


def test_it_is_the_same_each_time() -> None:
    assert exported("x") == exported("x")
