"""A leaderboard with everything on it: used by the page's tests."""

from __future__ import annotations

import random
from dataclasses import replace

from core.records.comparisons import Candidate
from core.records.evaluations import BattleResult
from core.records.metrics import MetricSpec
from core.samples import FILLED
from core.store import Store
from tests.core.evaluation.boards import FLASH, JUDGE, PRO, Scene

OLD = "sandbox:sandbox-flash-1"
SHARES = {"現行の指示": 0.62, "例を足した指示": 0.86, "短い指示": 0.6, "長い指示": 0.84}


def sample(store: Store, cases: int = 120) -> Scene:
    """Four prompts, one also on two other models; scores, ratings, battles, some errors."""
    store.settings.put(FILLED, True)
    scene = Scene(store, cases=cases, name="問い合わせの優先度")
    rng = random.Random(7)
    saved = {
        name: scene.saved(name, f"{name}: 優先度を答えてください。",
                          label="production" if name == "現行の指示" else "")
        for name in SHARES
    }  # fmt: skip
    best = saved["例を足した指示"]
    candidates = [
        *saved.values(),
        replace(best, key="pro", model=PRO),
        replace(best, key="old", model=OLD),
    ]
    shares = {**SHARES, "pro": 0.93, "old": 0.7}
    pairs = MetricSpec("pairwise_text_quality", {"judge": JUDGE})
    coherence = MetricSpec("coherence", {"judge": JUDGE})
    evaluation = scene.evaluation(candidates, scene.metric, coherence, pairs)
    cost = {FLASH: 0.0004, PRO: 0.0031, OLD: 0.0002}
    for one in candidates:
        hard = [rng.random() for _ in range(cases)]
        values: list[float | None] = [float(h < shares[one.key]) for h in hard]
        if one.key == "長い指示":
            values[:5] = [None] * 5
        scene.score(evaluation, {one.key: values}, name="exact_match", cost=cost[one.model],
                    ms=2_400 if one.model == PRO else 900)  # fmt: skip
        rated = [
            float(min(5, max(1, round(rng.gauss(1 + 4 * shares[one.key], 0.7))))) for _ in hard
        ]
        scene.score(evaluation, {one.key: rated}, name="coherence", judge=JUDGE,
                    served="sandbox-pro-2", cost=cost[one.model], ms=900)  # fmt: skip
    fight(scene, evaluation, candidates, shares, rng)
    return scene


def fight(scene, evaluation, candidates: list[Candidate], shares, rng) -> None:  # type: ignore[no-untyped-def]
    """Every pair on every second case."""
    for n, a in enumerate(candidates):
        for b in candidates[n + 1 :]:
            results: list[BattleResult | None] = []
            for _ in range(0, scene.cases, 2):
                luck = rng.random() + shares[b.key] - shares[a.key]
                results.append("b" if luck > 0.6 else "a" if luck < 0.4 else "tie")
            scene.battle(evaluation, a.key, b.key, results)
