"""A prompt in production, and cases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.prompts.starters import load_starters
from core.records.datasets import Case
from core.records.metrics import MetricSpec
from core.records.model_migrations import MigrationPlan
from core.records.prompts import Parameters
from core.workbench import Workbench

LABELS = ("緊急", "高", "中", "低")
TICKETS = {
    "緊急": (
        "サービス全体が停止しています",
        "顧客データが失われました",
        "個人情報が漏えいしました",
    ),
    "高": (
        "請求書の金額が誤っています",
        "支払い期限が明日に迫っています",
        "業務に支障が出ています",
    ),
    "中": ("設定方法を教えてください", "一部の機能が使いにくいです", "通知の使い方を質問します"),
    "低": ("とても気に入っています。お礼まで", "新しい色の要望です", "使ってみた感想です"),
}


def cases(count: int) -> list[Case]:
    """So many tickets, the four priorities in turn."""
    made = []
    for number in range(count):
        label = LABELS[number % 4]
        text = TICKETS[label][number // 4 % 3]
        fields = {"問い合わせ": f"{text}（受付{number}）", "reference": label}
        made.append(Case(f"t{number:03}", fields))
    return made


@pytest.fixture
def plan(bench: Workbench) -> MigrationPlan:
    """The triage starter in production on the retiring model, to be moved to its successor."""
    starter = next(one for one in load_starters() if one.name == "triage-ja")
    spec = replace(
        starter.spec,
        model="sandbox:sandbox-flash-1",
        parameters=Parameters(temperature=0.0, presence_penalty=0.5, thinking_budget=256),
    )
    saved = bench.authoring.save_new("triage", spec, actor="ada", message="in production")
    bench.authoring.label(saved.version.id, "production", actor="ada")
    version = bench.datasets.create("tickets", cases(120), actor="ada", source="test")
    return MigrationPlan(
        prompt_id=saved.version.prompt_id,
        source_version_id=saved.version.id,
        source_model="",
        target_model="sandbox:sandbox-flash-2",
        dataset_version_id=version.id,
        metrics=(MetricSpec("label_accuracy"),),
        reason="sandbox-flash-1 retires",
    )
