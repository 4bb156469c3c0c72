"""From a file to a dataset: upload, how it was read, columns, personal data, import."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd
import streamlit as st

from core.datasets.csv_reading import DELIMITERS, NO_DELIMITER
from core.datasets.encodings import ENCODINGS
from core.datasets.mapping import Mapped, apply
from core.datasets.pii import PII_KINDS, PiiKind, mask_case
from core.datasets.reading import Preview, ReadAs
from core.errors import InvalidInput, WorkbenchError
from core.records.datasets import DatasetVersion
from pages.ui.datasets import address as datasets_address
from pages.ui.datasets.mapping import choose_mapping
from pages.ui.language import N_, _, say, words
from pages.ui.resources import actor, workbench
from pages.ui.state import Key
from pages.ui.text import label, visible

TYPES = ["csv", "tsv", "txt", "xlsx", "jsonl", "json", "parquet"]
FIRST = 10
SHOWN_NOTES = 20
READ = Key[tuple[str, ReadAs, Preview] | None]("datasets.read", None)
"""The file as it was read last: reading a large one on every click would be slow."""
SCANNED = Key[tuple[object, Counter[PiiKind]] | None]("datasets.scanned", None)
KINDS = {
    "csv": "CSV",
    "jsonl": "JSON Lines",
    "json": "JSON",
    "xlsx": "Excel",
    "parquet": "Parquet",
}
PII = {
    "email": N_("E-mail address"),
    "card": N_("Card number"),
    "my_number": N_("My Number"),
    "phone": N_("Phone number"),
    "postcode": N_("Postcode"),
}
DELIMITER_NAMES = {
    ",": N_("Comma"), "\t": N_("Tab"), ";": N_("Semicolon"), "|": N_("Vertical bar"),
    NO_DELIMITER: N_("None: one column"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in this session; `id` is another for every upload."""

    id: str
    name: str
    data: bytes


def importing(dataset_id: str) -> None:
    """The whole way; into a new dataset, or a new version of one."""
    st.button(_("Back"), icon=":material/arrow_back:", type="tertiary", key="datasets.back",
              on_click=datasets_address.show, args=(dataset_id,))  # fmt: skip
    st.header(_("Import a file"), anchor=False)
    file = st.file_uploader(
        _("CSV, TSV, Excel (xlsx), JSON Lines or Parquet, up to 25 MB"), type=TYPES,
        key="datasets.file",
    )  # fmt: skip
    if file is None:
        forget()
        st.caption(_("Nothing is kept before you press Import. The first row of a table must hold "
                     "the names of the columns."))  # fmt: skip
        return
    preview = read(Upload(file.file_id, file.name, file.getvalue()))
    if preview is None:
        return
    first_rows(preview)
    st.subheader(_("What the columns are"), anchor=False)
    mapping = choose_mapping(preview.table.columns, preview.table.rows, f"{file.file_id}")
    try:
        mapped = apply(preview.table, mapping)
    except InvalidInput as error:
        say(error)
        return
    notes(mapped.notes, len(mapped.notes))
    kinds = personal_data(mapped, (file.file_id, mapping, preview.encoding, preview.delimiter))
    keep(preview, mapped, kinds, dataset_id)


def forget() -> None:
    """Let go of a file that was not imported."""
    READ.set(None)
    SCANNED.set(None)


# -- reading --


def read(upload: Upload) -> Preview | None:
    """The file as sniffed, or as the user says; None after saying why it cannot be read."""
    known = READ.get()
    known = known if known is not None and known[0] == upload.id else None
    how = known[1] if known is not None else ReadAs()
    if known is None:
        preview = preview_of(upload, how)
        if preview is None:
            return other_encoding(upload)
    else:
        preview = known[2]
    chosen = choices(preview, how, upload.id)
    if chosen != how:
        preview = preview_of(upload, chosen)
        how = chosen
    if preview is not None:
        READ.set((upload.id, how, preview))
    return preview


def preview_of(upload: Upload, how: ReadAs) -> Preview | None:
    """Read it, or say why not."""
    try:
        with st.spinner(_("Reading the file…")):
            return workbench().datasets.preview(upload.data, upload.name, how)
    except WorkbenchError as error:
        say(error)
        return None


def other_encoding(upload: Upload) -> Preview | None:
    """A file that no guess fits may be in an encoding that the user knows."""
    if upload.data.startswith((b"PK", b"PAR1")):
        return None
    chosen = st.selectbox(_("Read it as"), ["", *ENCODINGS], key=f"datasets.other.{upload.id}",
                          format_func=lambda one: ENCODINGS.get(one, "–"))  # fmt: skip
    return preview_of(upload, ReadAs(encoding=chosen)) if chosen else None


def choices(preview: Preview, how: ReadAs, key: str) -> ReadAs:
    """How the file was understood, to be corrected."""
    table = preview.table
    st.caption(" · ".join([
        KINDS[preview.kind],
        _("{count} rows").format(count=f"{len(table.rows):,}"),
        _("{count} columns").format(count=len(table.columns)),
    ]))  # fmt: skip
    with st.container(horizontal=True):
        if preview.encoding:
            encodings = list(ENCODINGS)
            encoding = st.selectbox(
                _("Encoding"), encodings, index=encodings.index(preview.encoding),
                format_func=ENCODINGS.__getitem__, key=f"datasets.encoding.{key}",
            )  # fmt: skip
            how = replace(how, encoding=encoding) if encoding != preview.encoding else how
        if preview.kind == "csv":
            delimiters = [*DELIMITERS, NO_DELIMITER]
            current = preview.delimiter or NO_DELIMITER
            delimiter = st.selectbox(
                _("Columns are divided by"), delimiters, index=delimiters.index(current),
                format_func=lambda one: _(DELIMITER_NAMES[one]), key=f"datasets.delimiter.{key}",
            )  # fmt: skip
            how = replace(how, delimiter=delimiter) if delimiter != current else how
        if len(preview.sheets) > 1:
            sheet = st.selectbox(
                _("Sheet"), preview.sheets, index=preview.sheets.index(preview.sheet),
                format_func=visible, key=f"datasets.sheet.{key}",
            )  # fmt: skip
            how = replace(how, sheet=sheet) if sheet != preview.sheet else how
    return how


def first_rows(preview: Preview) -> None:
    """The beginning of the table, and what was not as it should be."""
    table = preview.table
    rows = [
        [visible(row.get(column, "")[:500]) for column in table.columns[:50]]
        for row in table.rows[:FIRST]
    ]
    st.dataframe(
        pd.DataFrame(rows, columns=[visible(name) for name in table.columns[:50]],
                     index=list(table.numbers[:FIRST])),
        alt=_("The first rows of the file"),
    )  # fmt: skip
    notes(table.notes, table.notes_in_all)


def notes(found: Sequence[InvalidInput], in_all: int) -> None:
    """What the user should know of single rows."""
    if not found:
        return
    title = _("Remarks on rows: {count}").format(count=f"{in_all:,}")
    with st.expander(title, icon=":material/info:"):
        lines = [f"- {label(words(note), most=300)}" for note in found[:SHOWN_NOTES]]
        if in_all > SHOWN_NOTES:
            lines.append("- " + _("… and {count} more").format(count=f"{in_all - SHOWN_NOTES:,}"))
        st.markdown("\n".join(lines))


# -- personal data --


def personal_data(mapped: Mapped, key: object) -> Sequence[PiiKind]:
    """What looks personal, and which kinds to mask before anything is kept."""
    st.subheader(_("Personal data"), anchor=False)
    found = scanned(mapped, key)
    if not found:
        st.caption(_("Nothing looks like an e-mail address, a phone, card or My Number, or a "
                     "postcode. Names are not recognised: look yourself."))  # fmt: skip
        return []
    kinds = [kind for kind in PII_KINDS if kind in found]
    st.warning(
        "  \n".join(
            _("{kind}: {count} of {total} rows").format(
                kind=_(PII[kind]), count=f"{found[kind]:,}", total=f"{len(mapped.cases):,}"
            )
            for kind in kinds
        ),
        icon=":material/shield_person:",
    )
    return st.multiselect(
        _("Replace these by a placeholder before the import"), kinds, default=kinds,
        format_func=lambda kind: _(PII[kind]), key="datasets.mask",
        help=_("Masked texts are not stored anywhere, also not in a backup."),
    )  # fmt: skip


def scanned(mapped: Mapped, key: object) -> Counter[PiiKind]:
    """Cases per kind, looked for once per file and mapping."""
    from core.datasets.checks import pii_findings

    known = SCANNED.get()
    if known is not None and known[0] == key:
        return known[1]
    with st.spinner(_("Looking for personal data…")):
        cases: dict[PiiKind, set[str]] = {}
        for one in pii_findings(mapped.cases):
            cases.setdefault(one.kind, set()).update(one.case_ids)
    found = Counter({kind: len(ids) for kind, ids in cases.items()})
    SCANNED.set((key, found))
    return found


# -- keeping --


def keep(preview: Preview, mapped: Mapped, kinds: Sequence[PiiKind], dataset_id: str) -> None:
    """The name and the button."""
    st.subheader(_("Import"), anchor=False)
    add = False
    name = ""
    if dataset_id:
        st.caption(_("A new version of {name}. The versions before it stay as they are.").format(
            name=label(workbench().datasets.get(dataset_id).name)))  # fmt: skip
        add = st.radio(
            _("What becomes of the rows that are there"), [False, True], key="datasets.how",
            format_func=lambda one: _("They stay; rows with the same id are replaced")
            if one else _("They are replaced by the file"),
        )  # fmt: skip
    else:
        stem = preview.name.rsplit(".", 1)[0]
        name = st.text_input(_("Name"), value=stem[:100], key="datasets.name")
    message = st.text_input(_("What is it? (optional)"), key="datasets.message")
    pressed = st.button(
        _("Import {count} rows").format(count=f"{len(mapped.cases):,}"), type="primary",
        icon=":material/check:", key="datasets.import",
    )  # fmt: skip
    if not pressed:
        return
    try:
        with st.spinner(_("Importing…")):
            version = made(preview, mapped, kinds, dataset_id, name, message, add)
    except WorkbenchError as error:
        say(error)
        return
    forget()
    st.toast(_("Imported {count} rows.").format(count=f"{version.rows:,}"))
    datasets_address.show(version.dataset_id, version.id)
    st.rerun()


def made(
    preview: Preview,
    mapped: Mapped,
    kinds: Sequence[PiiKind],
    dataset_id: str,
    name: str,
    message: str,
    add: bool,
) -> DatasetVersion:
    """The version. Raises WorkbenchError."""
    datasets = workbench().datasets
    cases = [mask_case(case, kinds) for case in mapped.cases] if kinds else mapped.cases
    who, source = actor(), preview.name
    if not dataset_id:
        return datasets.create(name, cases, actor=who, source=source, message=message,
                               columns=mapped.columns)  # fmt: skip
    if add:
        return datasets.add_cases(dataset_id, cases, actor=who, source=source, message=message)
    return datasets.replace_cases(dataset_id, cases, actor=who, source=source, message=message,
                                  columns=mapped.columns)  # fmt: skip
