"""What figures say, in words: for the command line, the report and the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from core.evaluation.results import Contrast, Figure, Results
from core.evaluation.sentences import judge_sentence, sentences, served_sentences, unlike_sentence
from core.evaluation.titles import metric_title
from core.i18n import translator
from core.records.metrics import Scale

if TYPE_CHECKING:
    from core.evaluation.progress import Progress


def progress_line(progress: Progress) -> str:
    """How far it is, for a terminal."""
    job = progress.job
    if job is None:
        return progress.status
    left = "" if progress.left_s is None else f", about {duration(progress.left_s)} left"
    failed = f", {job.failed:,} failed" if job.failed else ""
    if progress.waiting_since is not None:
        left = f", waiting for the batch since {progress.waiting_since:%Y-%m-%d %H:%M} UTC"
    return f"{job.done:,} of {job.total:,}{failed}, ${progress.spent_usd:.4f}{left}"


def duration(seconds: float) -> str:
    """A time for reading."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5_400 else f"{seconds / 3600:.1f} h"


def sentence_of(found: Results, contrast: Contrast, language: str) -> str:
    """What a comparison says, with the metric's name before it."""
    candidates = found.evaluation.candidates
    names = without_common_words([one.title for one in candidates])
    titles = {one.key: name for one, name in zip(candidates, names, strict=True)}
    said = sentences(
        contrast,
        titles[contrast.a],
        titles[contrast.b],
        scale_of(found, contrast.signature),
        contrast.errors,
    )
    return " ".join(one.words(translator(language)) for one in said)


def served_of(
    found: Results, translate: Callable[[str], str], names: Mapping[str, str] | None = None
) -> list[str]:
    """Whose answers another model gave than was asked, a sentence each; `names` are by key."""
    if names is None:
        candidates = found.evaluation.candidates
        titles = without_common_words([one.title for one in candidates])
        names = {one.key: name for one, name in zip(candidates, titles, strict=True)}
    said = [
        f"{names.get(one.key, one.key)}: {message.words(translate)}"
        for one in found.served
        for message in served_sentences(one)
    ]
    said += [unlike_sentence(a, b, names).words(translate) for a, b in found.unlike]
    titles_of = {**{key: info.name for key, info in found.infos.items()}, **found.paired}
    return said + [
        judge_sentence(one, metric_title(titles_of[one.key], translate)).words(translate)
        for one in found.judges
        if one.key in titles_of
    ]


def sentences_of(found: Results, language: str) -> list[str]:
    """One line for each comparison."""
    translate = translator(language)
    return [
        f"{metric_title(one.metric, translate)}: {sentence_of(found, one, language)}"
        for one in found.contrasts
    ]


def without_common_words(titles: Sequence[str]) -> list[str]:
    """Titles without the words they all begin with, where something is left of every one."""
    words = [title.split(" ") for title in titles]
    shared = 0
    if len(set(titles)) > 1:
        for column in zip(*words, strict=False):
            if len(set(column)) > 1:
                break
            shared += 1
    rest = [one[shared:] for one in words]
    if not all(rest):
        return list(titles)
    return [" ".join(one).removeprefix("· ") for one in rest]


def scale_of(found: Results, signature: str) -> Scale:
    """How a metric's values are read; judged pairs are shares."""
    info = found.infos.get(signature)
    return info.scale if info else "share"


def value_words(value: float | None, scale: Scale) -> str:
    """A value for reading: per cent for a share, else three digits; a dash where there is none."""
    if value is None:
        return "–"
    return f"{100 * value:.1f} %" if scale == "share" else f"{value:.4g}"


def interval_words(figure: Figure, scale: Scale) -> str:
    """The interval for reading; a dash without bounds."""
    interval = figure.interval
    if interval is None or abs(interval.low) == float("inf"):
        return "–"
    return f"{value_words(interval.low, scale)} – {value_words(interval.high, scale)}"
