"""The dossier of a migration: one page for the meeting that approves it.

Made from the store alone, so that it can be made again later and offline. Dates and prices are
those that were known when something last happened to the migration, so the same migration makes
the same page; what it rests on is named by a hash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

import numpy as np

from core.errors import fill
from core.evaluation import sentences
from core.evaluation.results import Contrast, Figure, Results
from core.evaluation.titles import metric_title
from core.evaluation.words import served_of
from core.i18n import translator
from core.lifecycle.clock import ClockDoubt
from core.lifecycle.lint import fixed
from core.lifecycle.pricing import cost
from core.migration import evidence
from core.migration.document import Marked, Paragraph, Section, Table, as_html
from core.migration.evidence import Paired
from core.prompts.field_names import name_of
from core.prompts.spec_difference import spec_difference
from core.prompts.template import variables_of
from core.records.catalogue import ModelInfo
from core.records.lint import EFFECT_WORDS
from core.records.messages import N_
from core.records.metrics import MetricInfo
from core.records.model_migrations import NEW, OLD, ModelMigration
from core.records.models import ModelRef
from core.records.prompts import Version
from core.records.runs import Usage

if TYPE_CHECKING:
    from core.datasets.datasets import Datasets
    from core.evaluation.evaluations import Evaluations
    from core.lifecycle.catalogue import Catalogue
    from core.migration.migrations import Migrations
    from core.review.outcome import RoundResults
    from core.store import Store

MOST_WORSE = 20
MOST_SLICES = 12
LONGEST = 400
Translate = Callable[[str], str]
CHOICES = {
    "switch": N_("Switch to the new model"),
    "keep": N_("Stay with the old model"),
}


class Dossiers:
    """Makes dossiers."""

    def __init__(
        self, store: Store, migrations: Migrations, evaluations: Evaluations, datasets: Datasets,
        catalogue: Catalogue, results: Callable[[str], RoundResults],
    ) -> None:  # fmt: skip
        self._store = store
        self._migrations = migrations
        self._evaluations = evaluations
        self._datasets = datasets
        self._catalogue = catalogue
        self._results = results

    def html(self, migration_id: str, language: str) -> str:
        """The dossier as one printable file in a language. NotFound."""
        migration = self._migrations.get(migration_id)
        _ = translator(language)
        name = self._store.prompts.get(migration.plan.prompt_id).name
        title = fill(_(N_("Migration of {name}")), {"name": name})
        made = fill(_(N_("State of {date}, made from the records of the workbench")),
                    {"date": f"{self._moment(migration):%Y-%m-%d %H:%M} UTC"})  # fmt: skip
        return as_html(title, made, self.sections(migration, _), language)

    def sections(self, migration: ModelMigration, _: Translate) -> Iterator[Section]:
        """Every section that there is something to say in."""
        plan = migration.plan
        old = self._store.prompts.version(plan.source_version_id)
        yield self._decision(migration, _)
        yield Section(_(N_("Why")), (Paragraph(plan.reason or "–"),))
        yield self._models(migration, _)
        new = None
        if migration.candidate_version_id is not None:
            new = self._store.prompts.version(migration.candidate_version_id)
            yield from self._changes(migration, old, new, _)
        if migration.evaluation_id is not None:
            yield from self._numbers(migration, _)
        if migration.review_id is not None:
            yield self._people(migration.review_id, _)
        yield self._basis(migration, _)

    def _moment(self, migration: ModelMigration) -> datetime:
        """When something last happened to it."""
        return max((one.created_at for one in migration.events), default=migration.created_at)

    def _known(self, migration: ModelMigration) -> datetime:
        """Up to when statements about models count; not before what came with the workbench."""
        shipped = self._catalogue.shipped_on or date.min
        return max(self._moment(migration), datetime.combine(shipped, time.min, UTC))

    def _decision(self, migration: ModelMigration, _: Translate) -> Section:
        parts: list[Paragraph | Table] = []
        if migration.gate is not None:
            template, values = evidence.sentence(migration.gate)
            parts.append(Paragraph(fill(_(template), values), strong=True))
        if any(
            ModelRef.parse(model, "sandbox").surface == "sandbox"
            for model in (migration.plan.source_model, migration.plan.target_model)
        ):
            parts.append(Paragraph(_(N_("Simulated: the sandbox's models are a text engine with "
                                        "fixed rules, not language models."))))  # fmt: skip
        if migration.decision is None:
            parts.append(Paragraph(_(N_("Not decided yet."))))
        else:
            memo = next((event.data.get("memo", "") for event in reversed(migration.events)
                         if event.kind == "decision"), "")  # fmt: skip
            rows = [
                (_(N_("Decision")), _(CHOICES[migration.decision])),
                (_(N_("Decided by")), migration.decided_by),
                (_(N_("On")), f"{migration.decided_at:%Y-%m-%d %H:%M} UTC"),
            ]
            if memo:
                rows.append((_(N_("Memo")), str(memo)))
            parts.append(Table((), tuple(rows)))
        return Section(_(N_("Decision")), tuple(parts))

    def _models(self, migration: ModelMigration, _: Translate) -> Section:
        plan, at, known = migration.plan, self._moment(migration), self._known(migration)
        answered = self._answered(migration)
        rows = []
        for words, key, model in ((_(N_("Now")), OLD, plan.source_model),
                                  (_(N_("New")), NEW, plan.target_model)):  # fmt: skip
            ref = ModelRef.parse(model, "sandbox")
            info = self._catalogue.info(ref, at, known)
            ends = self._catalogue.fact(ref, "ends_on", at, known)
            ends = ends or self._catalogue.fact(ref, "ends_not_before", at, known)
            rows.append(
                (words, str(ref), answered.get(key, "–"), str(info.released or "–"),
                 _end_words(info), ends.source if ends else "–",
                 str(info.checked_on or "–"))
            )  # fmt: skip
        head = (_(N_("Side")), _(N_("Model")), _(N_("Answered by")), _(N_("Released")),
                _(N_("Ends on")), _(N_("Source")), _(N_("Checked on")))  # fmt: skip
        return Section(_(N_("Models and dates")), (*self._clock(migration, _),
                                                   Table(head, tuple(rows))))  # fmt: skip

    def _answered(self, migration: ModelMigration) -> Mapping[str, str]:
        """Which models answered for each side, and how many times."""
        if migration.evaluation_id is None:
            return {}
        found: dict[str, list[str]] = {}
        served = self._store.model_use.served_in(migration.evaluation_id)
        for key, _asked, model, answers in served:
            found.setdefault(key, []).append(f"{model} ({answers:,})")
        return {key: ", ".join(models) for key, models in found.items()}

    def _clock(self, migration: ModelMigration, _: Translate) -> Iterator[Paragraph]:
        """What spoke against the clock when the gate decided; before that, what does now."""
        doubts = self._migrations.clock_doubts()
        if migration.gate is not None:
            doubts = [ClockDoubt(**one) for one in migration.gate.get("clock", ())]
        for text in dict.fromkeys(fill(_(one.template), one.values) for one in doubts):
            yield Paragraph(text, strong=True)

    def _changes(
        self, migration: ModelMigration, old: Version, new: Version, _: Translate
    ) -> Iterator[Section]:
        found = self._migrations.findings(migration, now=self._moment(migration))
        if found:
            rows = tuple(
                (
                    _(name_of(one.place)),
                    _(EFFECT_WORDS[one.effect]),
                    fill(_(one.template), dict(one.values)),
                    one.source,
                )
                for one in found
            )
            head = (_(N_("What")), _(N_("Effect")), _(N_("Meaning")), _(N_("Source")))
            left = fixed(old.spec, found).parameters == new.spec.parameters
            note = (
                _(N_("All proposed changes were made."))
                if left
                else _(N_("The version differs from what was proposed; see the differences below."))
            )
            yield Section(_(N_("What the new model does not take")),
                          (Table(head, rows), Paragraph(note)))  # fmt: skip
        parts = tuple(
            Marked(_(name_of(one.field)), one.difference.spans)
            for one in spec_difference(old.spec, new.spec)
        )
        words = fill(_(N_("Version {old} to version {new}: {message}")),
                     {"old": old.number, "new": new.number, "message": new.message})  # fmt: skip
        yield Section(_(N_("Changes of the prompt")), (Paragraph(words), *parts))

    def _numbers(self, migration: ModelMigration, _: Translate) -> Iterator[Section]:
        found = self._evaluations.results(str(migration.evaluation_id))
        names = {OLD: _(N_("the old")), NEW: _(N_("the new"))}
        served = [Paragraph(text, strong=True) for text in served_of(found, _, names)]
        yield Section(_(N_("Quality")), (*served, *self._quality(found, _)))
        values = self._migrations.values(migration)
        info = found.infos[self._migrations.signature(migration)]
        sliced = self._slices(migration, values, info)
        if sliced:
            head = (_(N_("Slice")), _(N_("Cases")), _(N_("Now")), _(N_("New")),
                    _(N_("Win / tie / loss")))  # fmt: skip
            yield Section(_(N_("By slice")), (Table(head, tuple(sliced)),))
        yield self._worse(migration, values, info, _)
        yield self._running(migration, found, _)

    def _quality(self, found: Results, _: Translate) -> Iterator[Paragraph | Table]:
        rows = []
        pairs = [one for one in found.contrasts if (one.a, one.b) == (OLD, NEW)]
        for signature, info in found.infos.items():
            sides = {one.candidate: one for one in found.figures if one.signature == signature}
            pair = next((one for one in pairs if one.signature == signature), None)
            void = pair is not None and pair.verdict == "not_comparable"
            rows.append(
                (metric_title(info.name, _), _figure(sides.get(OLD), info),
                 _figure(sides.get(NEW), info),
                 _(N_("not comparable")) if void else _contrast(pair, info))
            )  # fmt: skip
        head = (_(N_("Metric")), _(N_("Now")), _(N_("New")), _(N_("Win / tie / loss")))
        yield Table(head, tuple(rows))
        for pair in pairs:
            if pair.signature in found.infos:
                info = found.infos[pair.signature]
                for said in sentences.sentences(pair, _(N_("the old")), _(N_("the new")),
                                                info.scale):  # fmt: skip
                    yield Paragraph(f"{metric_title(info.name, _)}: {said.words(_)}")

    def _slices(
        self, migration: ModelMigration, values: Paired, info: MetricInfo
    ) -> list[tuple[str, ...]]:
        """Means of both sides, and who is better how often, by the values of narrow columns."""
        cases = {one.id: one for one in self._evaluations.table(str(migration.evaluation_id)).cases}
        places: dict[tuple[str, str], list[int]] = {}
        for number, case_id in enumerate(values.cases):
            for column, value in cases[case_id].fields.items():
                places.setdefault((column, value), []).append(number)
        kinds: dict[str, int] = {}
        for column, _value in places:
            kinds[column] = kinds.get(column, 0) + 1
        rows = []
        for (column, value), numbers in sorted(places.items()):
            if 2 <= kinds[column] <= MOST_SLICES and len(numbers) >= 5:
                old, new = ([side[n] for n in numbers] for side in (values.old, values.new))
                better = sum(after > before for before, after in zip(old, new, strict=True))
                worse = sum(after < before for before, after in zip(old, new, strict=True))
                rows.append((f"{column} = {_short(value)}", str(len(numbers)),
                             *(_amount(_as_measured(float(np.mean(side)), info), info)
                               for side in (old, new)),
                             f"{better} / {len(numbers) - better - worse} / {worse}"))  # fmt: skip
        return rows

    def _worse(
        self, migration: ModelMigration, values: Paired, info: MetricInfo, _: Translate
    ) -> Section:
        lost = evidence.worse(values)
        if not lost:
            return Section(_(N_("Rows that got worse")), (Paragraph(_(N_("None."))),))
        rows = []
        spec = self._store.prompts.version(migration.plan.source_version_id).spec
        names = variables_of(spec)
        for case_id, before, after in lost[:MOST_WORSE]:
            detail = self._evaluations.detail(str(migration.evaluation_id), case_id)
            answers = {one.candidate: one.text for one in detail.answers} if detail else {}
            fields = detail.case.fields if detail else {}
            rows.append(
                (
                    case_id,
                    _short(evidence.asked(fields, names)),
                    f"{_short(answers.get(OLD, ''))} ({_as_measured(before, info):.3g})",
                    f"{_short(answers.get(NEW, ''))} ({_as_measured(after, info):.3g})",
                    _short(fields.get("reference", "")),
                )
            )
        head = (_(N_("Case")), _(N_("Input")), _(N_("Now")), _(N_("New")), _(N_("Reference")))
        words = fill(_(N_("{count} of {n} cases; the greatest losses first.")),
                     {"count": len(lost), "n": len(values.cases)})  # fmt: skip
        return Section(_(N_("Rows that got worse")), (Paragraph(words), Table(head, tuple(rows))))

    def _people(self, round_id: str, _: Translate) -> Section:
        """What reviewers said, and how far they agree."""
        found = self._results(round_id)
        agreement = found.agreement
        if not agreement.verdicts:
            # Pairs that are alike count as ties; without a person that says nothing of people.
            return Section(_(N_("Reviewers' verdicts")), (Paragraph(_(N_("No verdict yet."))),))
        rows = [
            (_(N_("Verdicts")), str(agreement.verdicts)),
            (_(N_("Reviewers")), str(agreement.reviewers)),
        ]
        if found.pair is not None:
            pair = found.pair
            rows += [
                (_(N_("Win / tie / loss")), f"{pair.second_won} / {pair.ties} / {pair.first_won}"),
                (_(N_("Both bad")), str(pair.both_bad)),
            ]
            if pair.share is not None:
                low, high = (f"{100 * bound:.0f}" for bound in pair.share[1:3])
                share = f"{100 * pair.share[0]:.0f} % ({low}–{high})"
                rows.append((_(N_("Share of the new, a tie counting half")), share))
        if agreement.alpha is not None:
            rows.append(("Krippendorff α", f"{agreement.alpha[0]:.2f}"))
        return Section(_(N_("Reviewers' verdicts")), (Table((), tuple(rows)),))

    def _running(self, migration: ModelMigration, found: Results, _: Translate) -> Section:
        rows = []
        costs = self._store.evaluations.call_costs(str(migration.evaluation_id))
        for words, key, model in (
            (_(N_("Now")), OLD, migration.plan.source_model),
            (_(N_("New")), NEW, migration.plan.target_model),
        ):
            one = next((m for m in found.measured if m.candidate == key), None)
            ref = ModelRef.parse(model, "sandbox")
            at, known = self._moment(migration), self._known(migration)
            later = self._catalogue.next_price(ref.surface, ref.model, at, known)
            price = self._catalogue.price(ref.surface, ref.model, at, known)
            per = costs.get(key)
            ratio = None
            if per is not None and price is not None and later is not None:
                even = Usage(input=1000, output=200)
                ratio = (cost(later, even) or 0.0) / (cost(price, even) or 1.0)
            rows.append(
                (words, model, "–" if per is None else f"${1000 * per:.4f}",
                 "–" if ratio is None or later is None or later.valid_from is None
                 else f"${1000 * (per or 0) * ratio:.4f} ({later.valid_from.date()})",
                 *(("–" if ms is None else f"{ms:,.0f} ms")
                   for ms in ((one.p50_ms, one.p95_ms) if one else (None, None))))
            )  # fmt: skip
        head = (_(N_("Side")), _(N_("Model")), _(N_("Cost per 1,000 calls")),
                _(N_("After the next change of price")), "p50", "p95")  # fmt: skip
        return Section(_(N_("Cost and latency")), (Table(head, tuple(rows)),))

    def _basis(self, migration: ModelMigration, _: Translate) -> Section:
        plan = migration.plan
        version = self._datasets.version(plan.dataset_version_id)
        dataset = self._datasets.get(version.dataset_id)
        rows = [
            (_(N_("Dataset")), f"{dataset.name}@{version.number} ({version.rows})"),
            (_(N_("Hash of the dataset")), version.sha256),
            (_(N_("Margin")), fill(_(N_("{points} points")), {"points": f"{100 * plan.margin:g}"})),
            (_(N_("Repeats")), str(plan.repeats)),
            (_(N_("Migration")), migration.id),
            (_(N_("Begun by")), f"{migration.created_by}, {migration.created_at:%Y-%m-%d}"),
        ]
        if migration.evaluation_id:
            rows.append((_(N_("Evaluation")), migration.evaluation_id))
        if migration.optimization_id:
            rows.append((_(N_("Optimization")), migration.optimization_id))
        if migration.gate is not None:
            rows.append((_(N_("Metric of the gate")), self._metric(migration, _)))
            rows.append((_(N_("Hash of the evidence")), str(migration.gate["evidence_sha256"])))
        for step, text in migration.notes.items():
            rows.append((step, text))
        return Section(_(N_("What this rests on")), (Table((), tuple(rows)),))

    def _metric(self, migration: ModelMigration, _: Translate) -> str:
        """What decided, as people call it, with the signature that names it exactly."""
        assert migration.gate is not None
        signature = str(migration.gate["metric"])
        return f"{metric_title(migration.plan.metrics[0].name, _)} ({signature})"


def _end_words(info: ModelInfo) -> str:
    """The day of the end, or the one before which it does not end."""
    if info.ends_on is not None:
        return str(info.ends_on)
    return f"≥ {info.ends_not_before}" if info.ends_not_before is not None else "–"


def _as_measured(value: float, info: MetricInfo) -> float:
    """A paired value, which is turned so that more is better, as the metric gives it."""
    return value if info.direction == "higher" else -value + 0.0


def _amount(value: float, info: MetricInfo) -> str:
    return f"{100 * value:.3g} %" if info.scale == "share" else f"{value:.3g}"


def _figure(one: Figure | None, info: MetricInfo) -> str:
    if one is None or one.interval is None:
        return "–"
    scale = 100.0 if info.scale == "share" else 1.0
    unit = " %" if info.scale == "share" else ""
    value, low, high = (f"{scale * part:.3g}" for part in one.interval[:3])
    errors = f", {one.errors} ✕" if one.errors else ""
    return f"{value}{unit} ({low}–{high}), n={one.interval.n}{errors}"


def _contrast(pair: Contrast | None, info: MetricInfo) -> str:
    if pair is None or pair.difference is None:
        return "–"
    low, high = (sentences.amount(bound, info.scale) for bound in (pair.low, pair.high))
    # The interval stays on one line.
    return f"{pair.better} / {pair.same} / {pair.worse} ({low}\u00a0…\u00a0{high})"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"
