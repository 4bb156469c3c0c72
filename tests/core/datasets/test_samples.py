"""The sample datasets: as the script makes them, and worth evaluating prompts on."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from core.datasets.datasets import Datasets
from core.datasets.samples import FOLDER, SAMPLES, load_samples
from core.prompts.rendering import render_request
from core.prompts.starters import load_starters
from core.records.datasets import Case
from core.records.models import ModelRef
from core.records.prompts import PromptSpec
from core.records.runs import CallContext
from core.workbench import Workbench
from data.samples.making.__main__ import DATASETS, lines

PRIORITIES = {"緊急", "高", "中", "低"}
BARE = "問い合わせの優先度を、緊急・高・中・低 のいずれかに分類してください。ラベルだけを答えてください。"
EXAMPLES = """
例:
今朝から全店舗でログインできず、営業が止まっています。 → 緊急
他社の顧客名簿が表示されています。情報漏えいではないでしょうか。 → 緊急
請求書の金額が契約と違います。支払期限が明日なので確認してください。 → 高
締めの期限が今日なのに、エラーで作業が止まっています。 → 高
設定方法を教えてください。メニューが見つかりません。 → 中
How do I change the settings? Where can I add a user? → 中
とても便利で感謝しています。ダークモードがあると嬉しいです。 → 低
Thank you, love the new look. A feature wish. → 低"""


@pytest.mark.parametrize("name", SAMPLES)
def test_the_files_are_what_the_script_makes(name: str) -> None:
    assert (FOLDER / f"{name}.jsonl").read_text("utf-8") == lines(DATASETS[name]())


def cases_of(datasets: Datasets, name: str) -> list[Case]:
    return list(datasets.cases(datasets.find(f"{name}@1").id))


def test_triage_has_four_priorities_two_languages_and_new_products(datasets: Datasets) -> None:
    load_samples(datasets, actor="sample")
    cases = cases_of(datasets, "support-triage")
    assert len(cases) >= 320
    labels = Counter(case.reference for case in cases)
    assert labels.keys() == PRIORITIES
    assert min(labels.values()) > 40
    english = sum(case.fields["language"] == "en" for case in cases) / len(cases)
    assert 0.15 < english < 0.27
    months = sorted({case.fields["month"] for case in cases})
    assert (months[0], months[-1], len(months)) == ("2026-01", "2026-08", 8)
    early = {case.fields["product"] for case in cases if case.fields["month"] < "2026-06"}
    late = {case.fields["product"] for case in cases}
    assert late - early == {"デンピョAI", "レジカナGo"}


def test_reviews_have_summaries_of_one_or_two_sentences(datasets: Datasets) -> None:
    load_samples(datasets, actor="sample")
    cases = cases_of(datasets, "product-reviews-ja")
    assert len(cases) >= 300
    for case in cases:
        assert case.reference is not None
        assert case.reference.endswith("。") and case.reference.count("。") in (1, 2)
        assert len(case.reference) < len(case.fields["レビュー"])


def test_nothing_is_there_twice_or_looks_personal(datasets: Datasets) -> None:
    load_samples(datasets, actor="sample")
    load_samples(datasets, actor="sample")
    assert len(datasets.list()) == 2
    for line in datasets.list():
        profile = datasets.profile(line.latest.id)
        assert (profile.duplicates, profile.pii) == ([], [])
        assert min(datasets.split_counts(line.latest.id).values()) > 40


def accuracy(bench: Workbench, system: str, cases: list[Case]) -> float:
    """Share of right answers of the sandbox's middle model."""
    starter = next(one.spec for one in load_starters() if one.name == "triage-ja")
    spec = PromptSpec.from_dict({**starter.to_dict(), "system": system})
    ref = ModelRef.parse("sandbox:sandbox-flash-2", "sandbox")
    calls = []
    for case in cases:
        request = render_request(spec, {"問い合わせ": case.fields["問い合わせ"]}, ref)
        calls.append((case, bench.engine.submit(request, CallContext("test"))))
    right = 0
    for case, call in calls:
        assert call.wait(30) and call.reply is not None
        right += call.reply.text.strip() == case.reference
    return right / len(cases)


def test_definitions_help_and_examples_help_more(bench: Workbench) -> None:
    load_samples(bench.datasets, actor="sample")
    cases = cases_of(bench.datasets, "support-triage")[::3]
    defined = next(one.spec.system for one in load_starters() if one.name == "triage-ja")
    bare = accuracy(bench, BARE, cases)
    with_definitions = accuracy(bench, defined, cases)
    with_examples = accuracy(bench, defined + EXAMPLES, cases)
    assert bare < with_definitions - 0.1 < with_examples - 0.2


def test_what_is_past_its_last_day_goes_when_the_workbench_opens(bench: Workbench) -> None:
    load_samples(bench.datasets, actor="sample")
    id_ = bench.datasets.find("support-triage").dataset_id
    bench.datasets.keep_until(id_, datetime.now(UTC) - timedelta(minutes=1), actor="ada")
    settings = bench.settings
    bench.close()
    again = Workbench.open(settings)
    assert [line.dataset.name for line in again.datasets.list()] == ["product-reviews-ja"]
    again.close()
