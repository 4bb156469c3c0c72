"""What a migration rests on: progress of its evaluations, figures, worse rows, the dossier."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.errors import InvalidInput
from core.evaluation import sentences
from core.evaluation.titles import metric_title
from core.evaluation.words import served_of
from core.i18n import translator
from core.migration import evidence, pdf
from core.prompts.template import variables_of
from core.records.model_migrations import NEW, OLD, ModelMigration
from pages.ui.facts import money, seconds
from pages.ui.language import _, language
from pages.ui.resources import actor, person, workbench
from pages.ui.text import label, visible

MOST_WORSE = 50


def progress(evaluation_id: str, key: str) -> None:
    """How far an evaluation is; watched while it runs."""
    bench = workbench()
    if bench.evaluations.is_busy(bench.evaluations.get(evaluation_id)):
        watched(evaluation_id, key)
        return
    found = bench.evaluations.progress(evaluation_id)
    job = found.job
    with st.container(horizontal=True, vertical_alignment="center"):
        words = _("Ended: {done} of {total}, {failed} failed, spent {cost}").format(
            done=job.done if job else 0, total=job.total if job else 0,
            failed=job.failed if job else 0, cost=label(money(found.spent_usd)),
        )  # fmt: skip
        st.caption(words, width="content")
        st.page_link("pages/improve/evaluate.py", label=_("Open the evaluation"),
                     query_params={"evaluation": evaluation_id},
                     icon=":material/bar_chart:")  # fmt: skip
        # Without a job the process ended between planning the evaluation and beginning it.
        if job is None or job.failed or job.state in ("cancelled", "failed", "paused"):
            st.button(_("Ask for the failed rows again"), key=f"migrate.retry.{key}",
                      on_click=retry, args=(evaluation_id,))  # fmt: skip


def retry(evaluation_id: str) -> None:
    """Ask again for what failed."""
    workbench().evaluations.retry_failed(evaluation_id, actor=actor())


@st.fragment(run_every="1s")
def watched(evaluation_id: str, key: str) -> None:
    """A bar that moves, and a stop."""
    evaluations = workbench().evaluations
    found = evaluations.progress(evaluation_id)
    job = found.job
    if job is None or job.state != "running":
        st.rerun()
    left = f" · {seconds(1000 * found.left_s)}" if found.left_s else ""
    st.progress(
        min(1.0, job.done / max(job.total, 1)),
        text=_("{done} of {total}, spent {cost}").format(
            done=job.done, total=job.total, cost=label(money(found.spent_usd))) + left,
    )  # fmt: skip
    st.button(_("Stop"), key=f"migrate.stop.{key}", icon=":material/stop_circle:",
              on_click=evaluations.cancel, args=(evaluation_id,),
              kwargs={"actor": actor()})  # fmt: skip


def summary(migration: ModelMigration) -> None:
    """The plain sentences of the comparison, and whose answers are not comparable."""
    found = workbench().evaluations.results(str(migration.evaluation_id))
    for text in served_of(found, _, {OLD: _("the old"), NEW: _("the new")}):
        st.warning(label(text, most=600), icon=":material/alt_route:")
    for pair in found.contrasts:
        if (pair.a, pair.b) == (OLD, NEW) and pair.signature in found.infos:
            info = found.infos[pair.signature]
            said = sentences.sentences(pair, _("the old"), _("the new"), info.scale)
            words = " ".join(one.words(translator(language())) for one in said)
            st.markdown(f"**{label(metric_title(info.name, _))}** · {label(words, most=600)}")


def worse_rows(migration: ModelMigration) -> None:
    """The rows that got worse, with both answers."""
    flow = workbench().migrations
    try:
        values = flow.values(migration)
    except InvalidInput:
        return
    lost = evidence.worse(values)
    st.markdown(_("Worse in {count} of {n} cases.").format(count=len(lost), n=len(values.cases)))
    if not lost:
        return
    rows = []
    source = workbench().store.prompts.version(migration.plan.source_version_id)
    names = variables_of(source.spec)
    for case_id, before, after in lost[:MOST_WORSE]:
        detail = workbench().evaluations.detail(str(migration.evaluation_id), case_id)
        answers = {one.candidate: one.text for one in detail.answers} if detail else {}
        fields = detail.case.fields if detail else {}
        rows.append(
            {
                "case": visible(case_id),
                "input": visible(evidence.asked(fields, names)),
                "old": visible(answers.get(OLD, "")),
                "new": visible(answers.get(NEW, "")),
                "reference": visible(fields.get("reference", "")),
                "change": after - before,
            }
        )
    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            "case": _("Case"),
            "input": st.column_config.TextColumn(_("Input"), width="large"),
            "old": _("Now"),
            "new": _("New"),
            "reference": _("Reference"),
            "change": st.column_config.NumberColumn(_("Change"), format="%.3f"),
        },
    )


def dossier(migration: ModelMigration) -> None:
    """The page for the meeting, in both languages."""
    st.header(_("Dossier"), anchor=False)
    st.caption(_("One printable page for whoever approves: reason, models and dates, changes, "
                 "figures with intervals, rows that got worse, cost, the decision, and a hash of "
                 "the evidence."))  # fmt: skip
    printer = pdf.browser()
    with st.container(horizontal=True):
        for name, words in (("ja", "日本語"), ("en", "English")):
            st.download_button(
                f"HTML · {words}",
                partial(made, migration.id, name),
                f"migration-{name}.html",
                "text/html",
                key=f"migrate.dossier.{name}",
                icon=":material/description:",
                on_click="ignore",
            )
            if printer is not None:
                st.download_button(
                    f"PDF · {words}",
                    partial(printed, migration.id, name, printer),
                    f"migration-{name}.pdf",
                    "application/pdf",
                    key=f"migrate.pdf.{name}",
                    icon=":material/picture_as_pdf:",
                    on_click="ignore",
                )
    if printer is None:
        st.caption(_("For a PDF, print the page from your browser; with Chromium or Chrome on the "
                     "workbench's machine there is a button here."))  # fmt: skip


def printed(migration_id: str, name: str, printer: str) -> bytes:
    """The same as PDF."""
    return pdf.as_pdf(made(migration_id, name).decode("utf-8"), printer)


def made(migration_id: str, name: str) -> bytes:
    """The dossier in a language; made when somebody downloads it."""
    return workbench().dossiers.html(migration_id, name).encode("utf-8")


def reviewed(round_id: str) -> None:
    """How far a round is, and what people said once it is closed."""
    found = workbench().reviews.results(round_id, person())
    st.caption(
        _("{verdicts} verdicts by {reviewers} reviewers so far.").format(
            verdicts=found.agreement.verdicts, reviewers=found.agreement.reviewers
        )
    )
    if found.pair is not None and found.agreement.verdicts:
        st.markdown(
            _("New better: {won} · the same: {ties} · old better: {lost}").format(
                won=found.pair.second_won, ties=found.pair.ties, lost=found.pair.first_won
            )
        )
    st.page_link("pages/improve/review.py", label=_("Open the round"),
                 query_params={"round": round_id}, icon=":material/rate_review:")  # fmt: skip
