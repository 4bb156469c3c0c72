"""What a migration rests on: progress of its evaluations, figures, worse rows, the dossier."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.errors import InvalidInput
from core.evaluation import sentences
from core.i18n import translator
from core.migration import evidence
from core.prompts.template import variables_of
from core.records.model_migrations import NEW, OLD, ModelMigration
from pages.ui.facts import money, seconds
from pages.ui.language import _, language
from pages.ui.resources import actor, workbench
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
    """The plain sentences of the comparison."""
    found = workbench().evaluations.results(str(migration.evaluation_id))
    for pair in found.contrasts:
        if (pair.a, pair.b) == (OLD, NEW) and pair.signature in found.infos:
            info = found.infos[pair.signature]
            said = sentences.sentences(pair, _("the old"), _("the new"), info.scale)
            words = " ".join(one.words(translator(language())) for one in said)
            st.markdown(f"**{label(info.name)}** · {label(words, most=600)}")


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


def made(migration_id: str, name: str) -> bytes:
    """The dossier in a language; made when somebody downloads it."""
    return workbench().dossiers.html(migration_id, name).encode("utf-8")
