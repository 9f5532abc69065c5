"""Ageing as workbooks: at once while they are small, else in the background, with what the one who asked may see."""

from collections.abc import Callable
from typing import IO

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.core.display import isodate
from crm.jobs.kinds import RunKind, StepKind
from crm.jobs.worker import Work
from receivables.columns.ageing import cell_name, column_labels, subtitle
from receivables.forms.ageing import AgeingForm
from receivables.selectors.ageing import AgeingQuery, ageing_page, open_documents

AGEING_RUN = "receivables.ageing"
AT_ONCE = 2_000
Progress = Callable[[int, int], None]


def row_count(query: AgeingQuery, cell: str) -> int:
    """How many rows the workbook has: documents behind a cell, or groups of the report where none is named."""
    return open_documents(query, cell, limit=0).count if cell else ageing_page(query, limit=0).count


def export_name(query: AgeingQuery, cell: str) -> str:
    return f"ageing-{'documents-' if cell else ''}{isodate(query.as_at)}.xlsx"


def write_export(query: AgeingQuery, cell: str, progress: Progress) -> IO[bytes]:
    """The report, or the documents behind one of its cells, as an open file at its beginning."""
    from receivables.books.ageing import write_ageing, write_documents

    if cell:
        title = cell_name(query, cell)
        return write_documents(query, cell, title=title, subtitle=subtitle(query), progress=progress)
    labels = column_labels(query)
    return write_ageing(query, title=_("Ageing"), subtitle=subtitle(query), labels=labels, progress=progress)


def write(work: Work) -> None:
    """Write the workbook of the one who asked, with what that user may see now."""
    form = AgeingForm(QueryDict(work.params["query"]), user=work.actor, today=work.today)
    query, cell = form.query(), work.params["cell"]
    with write_export(query, cell, work.progress) as file, work.final():
        work.attach(file, export_name(query, cell))
        work.counts = {"rows": work.beat.done}


AGEING_EXPORT = RunKind(
    key=AGEING_RUN,
    label=gettext_lazy("Ageing as a workbook"),
    steps=(StepKind("write", gettext_lazy("Write the file"), write),),
    permission="receivables.view_invoice",
    count_labels=lambda: {"rows": gettext_lazy("Rows")},
)
