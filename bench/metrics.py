"""Text metrics beside the programs whose numbers they give: rouge-score and sacrebleu.

Both score the same made pairs, a thousand at a time by turns, in processor time of one core.
Ours is what an evaluation does: the metric by its name, sample by sample, with normalisation.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Sequence

import sacrebleu
from rouge_score.rouge_scorer import RougeScorer

from bench.report import Report, Row, arguments, publish
from core.evaluation.metrics import registry
from core.evaluation.metrics.metric import Language
from core.evaluation.metrics.tokens import characters
from core.records.metrics import MetricSpec, Sample

PAIRS = 20_000
TURN = 1_000
# ROUGE at least 4 times as fast, BLEU and chrF at least 0.95 times.
ROUGE_BOUND = 1 / 4
SACREBLEU_BOUND = 1 / 0.95

Scorer = Callable[[Sequence[Sample]], object]

_ENGLISH = """
    the a of to and in is for we your order was with that it on be as this are our you not will at
    have from has by an if can please thank refund delivery invoice customer account shipped late
    return damaged item payment received support today tomorrow week price changed cancelled box
    address email phone number wrong missing replacement policy within days working contact team
    request open closed urgent quality product review battery screen cable works broken after two
    months used good poor excellent value money expected description colour size large small
"""
_JAPANESE = """
    の は を に が で と も です ます した して ください ありがとう ございます ご注文
    商品 配送 返品 交換 返金 お客様 確認 対応 連絡 住所 電話 請求 支払い 遅れて 届いて
    壊れて いない ある なる 今日 明日 三日 以内 品質 価格 変更 取消 画面 電池 動作 説明
    期待 以上 満足 不満 急ぎ 担当者 窓口 規約 、 。
"""
ENGLISH, JAPANESE = _ENGLISH.split(), _JAPANESE.split()


class Characters:
    """Our Japanese tokens for rouge-score."""

    def tokenize(self, text: str) -> list[str]:
        return characters(text.lower())


def made_pairs(words: Sequence[str], space: str, length: int, count: int) -> list[Sample]:
    """Answers that share about two words in three with what was expected."""
    rng = random.Random(20261125)
    weights = [1 / (rank + 3) for rank in range(len(words))]

    def some(number: int) -> list[str]:
        return rng.choices(words, weights, k=number)

    pairs = []
    for _ in range(count):
        expected = some(rng.randint(length // 2, length * 3 // 2))
        answer = [word if rng.random() < 0.65 else some(1)[0] for word in expected]
        pairs.append(Sample("", space.join(answer), {"reference": space.join(expected)}))
    return pairs


def ours(names: Sequence[str], language: Language) -> Scorer:
    """Our metrics, sample by sample, as an evaluation runs them."""
    metrics = [registry.make(MetricSpec(name), language=language) for name in names]

    def score(samples: Sequence[Sample]) -> object:
        return [metric.score(sample).value for sample in samples for metric in metrics]

    return score


def rouge_score(types: Sequence[str], language: Language) -> Scorer:
    """rouge-score with its own tokenizer, or with ours in Japanese, where its own finds nothing."""
    scorer = RougeScorer(types, tokenizer=Characters() if language == "ja" else None)
    return lambda samples: [scorer.score(one.fields["reference"], one.response) for one in samples]


def sentence_scores(metric: sacrebleu.BLEU | sacrebleu.CHRF) -> Scorer:
    """sacrebleu, sentence by sentence."""
    return lambda samples: [
        metric.sentence_score(one.response, [one.fields["reference"]]) for one in samples
    ]


def times(one: Scorer, other: Scorer, pairs: Sequence[Sample]) -> tuple[float, float]:
    """Seconds of each, by turns; who begins changes too."""
    spent = {one: 0.0, other: 0.0}
    for turn, start in enumerate(range(0, len(pairs), TURN)):
        part = pairs[start : start + TURN]
        for scorer in (one, other) if turn % 2 else (other, one):
            begun = time.process_time()
            scorer(part)
            spent[scorer] += time.process_time() - begun
    return spent[one], spent[other]


def rows(name: str, one: Scorer, other: Scorer, pairs: Sequence[Sample], bound: float) -> list[Row]:
    """How long ours took, and how that compares."""
    # Both have imported and compiled what they need.
    times(one, other, pairs[:200])
    mine, theirs = times(one, other, pairs)
    note = f"{theirs / mine:.2f} times as fast; theirs {theirs * 1000:,.0f} ms"
    return [
        Row(f"{name}: {len(pairs):,} pairs", mine * 1000),
        Row.at_most(f"{name}: our time / theirs", mine / theirs, bound, "", note),
    ]


def measured(pairs: Sequence[Sample], language: Language, title: str) -> list[Row]:
    """Everything for one language."""
    rouge = ("rouge_1", "rouge_2", "rouge_l"), ("rouge1", "rouge2", "rougeL")
    bleu = sacrebleu.BLEU(tokenize="char" if language == "ja" else "13a", effective_order=True)
    found = rows(
        f"ROUGE-1, -2 and -L, {title}",
        ours(rouge[0], language),
        rouge_score(rouge[1], language),
        pairs,
        ROUGE_BOUND,
    )
    for name, theirs in (("BLEU", bleu), ("chrF", sacrebleu.CHRF())):
        mine = ours([name.lower()], language)
        found += rows(f"{name}, {title}", mine, sentence_scores(theirs), pairs, SACREBLEU_BOUND)
    return found


def main() -> int:
    """Measure and print."""
    options = arguments(__doc__ or "").parse_args()
    count = PAIRS // 5 if options.quick else PAIRS
    found = measured(made_pairs(ENGLISH, " ", 13, count), "en", "English")
    found += measured(made_pairs(JAPANESE, "", 13, count), "ja", "Japanese")
    return publish(Report("metrics", "python -m bench metrics", found), options.json)


if __name__ == "__main__":
    sys.exit(main())
