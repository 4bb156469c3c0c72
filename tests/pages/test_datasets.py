"""The datasets page against a real store, without a browser."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from core.datasets.splits import rule_of
from core.records.datasets import Case, CaseSlice, DatasetVersion, SplitRule
from core.records.prompts import Part, Turn
from core.records.runs import CallContext, Reply, Request
from core.workbench import Workbench
from tests.core.datasets.files import TRIAGE, xlsx
from tests.pages.conftest import Open

PAGE = "improve/datasets"
VIEWS = ("rows", "profile", "versions", "split", "manage")
CASES = [
    Case(str(n), {"問い合わせ": f"質問 {n}", "reference": ("高", "低")[n % 2]}) for n in range(60)
]


def make(bench: Workbench, name: str = "triage", split: SplitRule | None = None) -> DatasetVersion:
    return bench.datasets.create(name, CASES, actor="ada", source="a.csv", split=split)


def texts(at: AppTest) -> str:
    return "\n".join(str(one.value) for one in [*at.markdown, *at.caption, *at.code])


def upload(at: AppTest, name: str, data: bytes) -> AppTest:
    return at.file_uploader[0].upload(name, data).run()


def test_an_empty_list_teaches(open_page: Open) -> None:
    at = open_page(PAGE)
    assert not at.exception
    assert "No dataset yet" in texts(at)


def test_the_list_leads_to_the_rows(open_page: Open, bench: Workbench) -> None:
    version = make(bench)
    at = open_page(PAGE)
    at.button(key=f"datasets.open.{version.dataset_id}").click().run()
    assert not at.exception
    assert list(at.dataframe[0].value.columns) == ["id", "問い合わせ", "reference"]
    assert len(at.dataframe[0].value) == 50
    at.button(key="datasets.next").click().run()
    assert list(at.dataframe[0].value["id"]) == [str(n) for n in range(50, 60)]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("sealed", [False, True])
def test_every_view_can_be_opened(
    open_page: Open, bench: Workbench, view: str, sealed: bool
) -> None:
    version = make(bench, split=rule_of((0.4, 0.2, 0.4)))
    bench.datasets.add_cases(version.dataset_id, [Case("1", {"a": "b"})], actor="a", source="edit")
    bench.datasets.save_slice(
        version.dataset_id, CaseSlice(split="test", name="hidden"), actor="ada"
    )
    if sealed:
        bench.datasets.seal(version.dataset_id, actor="ada")
    at = open_page(PAGE, dataset=version.dataset_id, view=view)
    assert not at.exception
    assert not at.error


@pytest.mark.parametrize(
    "query",
    [
        {"dataset": "nobody"},
        {"dataset": "019ab000-0000-7000-8000-000000000000", "view": "x"},
        {"dataset": "D", "version": "nobody"},
        {"dataset": "D", "page": "99"},
        {"dataset": "D", "page": "-1", "split": "x", "column": "no", "value": "%"},
        {"dataset": "D", "q": "%_'\"\\"},
        {"dataset": "nobody", "view": "import"},
    ],
    ids=str,
)
def test_a_strange_address_never_breaks_the_page(
    open_page: Open, bench: Workbench, query: dict[str, str]
) -> None:
    version = make(bench)
    at = open_page(PAGE, **{k: version.dataset_id if v == "D" else v for k, v in query.items()})
    assert not at.exception
    assert at.title[0].value == "Datasets"


def test_asking_for_a_sealed_split_by_address_is_refused(open_page: Open, bench: Workbench) -> None:
    version = make(bench, split=rule_of((0.4, 0.2, 0.4)))
    bench.datasets.seal(version.dataset_id, actor="ada")
    at = open_page(PAGE, dataset=version.dataset_id, split="test")
    assert "sealed" in at.error[0].value
    assert not at.dataframe


@pytest.mark.parametrize("view", VIEWS)
def test_names_and_texts_are_never_markup(open_page: Open, bench: Workbench, view: str) -> None:
    evil = "<img src=x> ![i](https://evil.example/i) [l](javascript:x) :red[x] $x$"
    cases = [Case(f"{n} {evil}", {evil: evil, "reference": evil}) for n in range(4)]
    version = bench.datasets.create(evil, cases, actor=evil, source=evil, message=evil)
    bench.datasets.save_slice(
        version.dataset_id, CaseSlice({evil: evil}, evil, name=evil), actor=evil
    )
    bench.datasets.record_use(version.id, "evaluation", "x", evil, actor=evil)
    bench.datasets.add_cases(version.dataset_id, [Case("new", {evil: ""})], actor=evil, source="x")
    at = open_page(PAGE, dataset=version.dataset_id, view=view, column=evil, value=evil)
    assert not at.exception
    rendered = [*at.markdown, *at.caption, *at.header, *at.subheader, *at.warning, *at.button]
    said = [str(getattr(one, "label", "") or one.value) for one in rendered]
    assert [one for one in said if re.search(r"(?<!\\)(<img|!\[|\]\(|:red\[)", one)] == []


# -- importing --


def test_a_file_is_read_mapped_masked_and_imported(open_page: Open, bench: Workbench) -> None:
    text = TRIAGE + "3,電話は 090-1234-5678,高\n"
    at = upload(open_page(PAGE, view="import"), "問い合わせ.csv", text.encode("cp932"))
    assert not at.exception
    encoding = next(box for box in at.selectbox if box.label == "Encoding")
    assert encoding.value == "cp932"
    assert "Phone number: 1 of 3 rows" in at.warning[0].value
    at.text_input(key="datasets.name").set_value("mine")
    at.button(key="datasets.import").click().run()
    assert not at.exception
    version = bench.datasets.find("mine@1")
    assert bench.datasets.cases(version.id) == [
        Case("1", {"問い合わせ": "ログイン, できない", "reference": "高"}),
        Case("2", {"問い合わせ": "ありがとう", "reference": "低"}),
        Case("3", {"問い合わせ": "電話は [PHONE]", "reference": "高"}),
    ]
    assert version.source == "問い合わせ.csv"
    assert at.query_params["version"] == version.id


def test_what_was_understood_can_be_corrected(open_page: Open, bench: Workbench) -> None:
    at = upload(open_page(PAGE, view="import"), "a.csv", b"key;label\nA;x\nB;y\n")
    for title, value in (("The id of each row", "label"), ("key", "prompt")):
        next(box for box in at.selectbox if box.label == title).set_value(value).run()
    at.button(key="datasets.import").click().run()
    assert not at.exception
    version = bench.datasets.find("a")
    assert bench.datasets.cases(version.id) == [
        Case("x", {"prompt": "A"}), Case("y", {"prompt": "B"}),
    ]  # fmt: skip


def test_a_wrong_delimiter_can_be_corrected(open_page: Open) -> None:
    at = upload(open_page(PAGE, view="import"), "a.csv", b"a;b,c\n1;2,3\n")
    box = next(box for box in at.selectbox if box.label == "Columns are divided by")
    other = "," if box.value == ";" else ";"
    box.set_value(other).run()
    assert not at.exception
    assert list(at.dataframe[0].value.columns) == (["a;b", "c"] if other == "," else ["a", "b,c"])


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.csv", b"a,b\n", "no row of data"),
        ("a.xlsx", b"PK\x03\x04nothing", "no XLSX workbook"),
        ("a.parquet", b"PAR1nothingPAR1", "Parquet file is damaged"),
        ("a.csv", b"a,b\n\xff\xfe\xfd,1\n", "cannot be read as UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(
    open_page: Open, name: str, data: bytes, words: str
) -> None:
    at = upload(open_page(PAGE, view="import"), name, data)
    assert not at.exception
    assert words in at.error[0].value.replace("\\", "")
    assert not [button for button in at.button if button.key == "datasets.import"]


def test_a_name_that_is_taken_is_refused(open_page: Open, bench: Workbench) -> None:
    make(bench, "a")
    at = upload(open_page(PAGE, view="import"), "a.csv", b"x\n1\n")
    at.button(key="datasets.import").click().run()
    assert "already a dataset named a" in at.error[0].value.replace("\\", "")


@pytest.mark.parametrize(("add", "rows"), [(False, 2), (True, 61)])
def test_a_file_can_become_a_new_version(
    open_page: Open, bench: Workbench, add: bool, rows: int
) -> None:
    version = make(bench)
    at = upload(
        open_page(PAGE, dataset=version.dataset_id, view="import"), "b.xlsx",
        xlsx(["id", "問い合わせ"], [1, "新しい"], ["new", "もう一つ"]),
    )  # fmt: skip
    at.radio(key="datasets.how").set_value(add).run()
    at.button(key="datasets.import").click().run()
    newest = bench.datasets.newest(version.dataset_id)
    assert (newest.number, newest.rows) == (2, rows)


# -- what is done with a dataset --


def test_a_row_is_added_by_hand(open_page: Open, bench: Workbench) -> None:
    version = make(bench)
    at = open_page(PAGE, dataset=version.dataset_id)
    at.text_area(key="datasets.add.問い合わせ").set_value("手で")
    next(button for button in at.button if button.label == "Add").click().run()
    assert not at.exception
    newest = bench.datasets.newest(version.dataset_id)
    assert bench.datasets.cases(newest.id)[-1].fields == {"問い合わせ": "手で"}


def test_a_filter_can_be_kept_as_a_slice(open_page: Open, bench: Workbench) -> None:
    version = make(bench)
    at = open_page(PAGE, dataset=version.dataset_id, column="reference", value="高")
    next(box for box in at.text_input if box.label == "Name of the slice").set_value("急ぎ")
    next(button for button in at.button if button.label == "Keep").click().run()
    assert bench.datasets.slices(version.dataset_id) == [
        CaseSlice({"reference": "高"}, name="急ぎ")
    ]


def test_dividing_and_sealing(open_page: Open, bench: Workbench) -> None:
    version = make(bench)
    at = open_page(PAGE, dataset=version.dataset_id, view="split")
    next(button for button in at.button if button.label == "Divide").click().run()
    assert bench.datasets.version(version.id).split == SplitRule()
    assert at.button(key="datasets.seal").disabled
    at.checkbox(key="datasets.seal.sure").check().run()
    at.button(key="datasets.seal").click().run()
    assert bench.datasets.version(version.id).split == SplitRule(sealed=True)
    assert "never opened" in texts(at)


def test_deleting_needs_the_name(open_page: Open, bench: Workbench) -> None:
    version = make(bench)
    at = open_page(PAGE, dataset=version.dataset_id, view="manage")
    assert at.button(key="datasets.delete").disabled
    at.text_input(key="datasets.delete.name").set_value("triage").run()
    at.button(key="datasets.delete").click().run()
    assert not at.exception
    assert "No dataset yet" in texts(at)
    assert bench.datasets.get(version.dataset_id).deleted_at is not None


def test_what_is_past_its_last_day_goes_when_somebody_looks(
    open_page: Open, bench: Workbench
) -> None:
    version = make(bench)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    bench.datasets.keep_until(version.dataset_id, yesterday, actor="ada")
    assert "No dataset yet" in texts(open_page(PAGE))


# -- from the history --


def run_of(bench: Workbench, text: str) -> str:
    run_id = bench.store.new_id()
    request = Request("sandbox", "sandbox-flash-2", (Turn("user", (Part(text),)),))
    context = CallContext("tester", values={"問い合わせ": text})
    bench.store.ledger.reserve_and_send(run_id, 1, request, context, 0.0).result()
    bench.store.ledger.settle_run(run_id, 1, Reply("ok", "低"), 0.001).result()
    return run_id


def test_a_run_is_kept_as_a_case(open_page: Open, bench: Workbench) -> None:
    run_id = run_of(bench, "ありがとう")
    at = open_page("studio/history", run=run_id)
    at.session_state["datasets.from.one"] = True
    at.run()
    at.text_input(key="datasets.from.one.name").set_value("from runs")
    at.checkbox(key="datasets.from.one.vouched").check()
    at.button(key="datasets.from.one.add").click().run()
    assert not at.exception
    version = bench.datasets.find("from runs")
    assert bench.datasets.cases(version.id) == [
        Case(run_id, {"問い合わせ": "ありがとう", "reference": "低"})
    ]
    assert version.source == "history"


def test_the_filtered_runs_are_added_to_a_dataset(open_page: Open, bench: Workbench) -> None:
    version = make(bench)
    for text in ("ありがとう 1", "ありがとう 2", "別の話"):
        run_of(bench, text)
    at = open_page("studio/history", q="ありがとう")
    at.session_state["datasets.from.filtered"] = True
    at.run()
    at.button(key="datasets.from.filtered.add").click().run()
    assert not at.exception
    newest = bench.datasets.newest(version.dataset_id)
    assert (newest.number, newest.rows) == (2, 62)
    assert json.dumps([c.fields["response"] for c in bench.datasets.cases(newest.id)[-2:]])
