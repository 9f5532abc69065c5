"""Pages of ageing: the report, the documents behind a cell, and both as workbooks."""

from dataclasses import dataclass, replace
from decimal import Decimal
from html import escape
from typing import Any
from urllib.parse import quote

from django.http import FileResponse, Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from crm.core.dates import business_today
from crm.core.lists import positive
from crm.core.money import base_currency
from crm.core.permissions import Guarded
from crm.exchange.export import FORMATS
from crm.jobs.services import start_run
from receivables.books.ageing_export import AGEING_RUN, AT_ONCE, export_name, row_count, write_export
from receivables.columns.ageing import amount_of, cell_name, column_labels, document_rows, group_name, subtitle
from receivables.forms.ageing import AgeingForm
from receivables.selectors.ageing import PAGE_SIZE, AgeingLine, ageing_page, open_documents
from receivables.selectors.groupings import NONE, CustomerName

PERMISSION = "receivables.view_invoice"
CELL_CSS = {"overdue": "num cell-overdue", "total": "num cell-total"}


@dataclass(frozen=True)
class Head:
    """A column of the report: its cell name, label and where a click leads, which sorts by it."""

    cell: str
    label: str
    address: str
    direction: str
    css: str = "num"


@dataclass(frozen=True)
class Share:
    """A part of the distribution bar, in percent of all that is open."""

    cell: str
    label: str
    amount: Decimal
    width: str
    start: str
    share: Decimal
    url: str


class AgeingView(Guarded):
    """What the pages of ageing share: the permission, and the form that reads the address."""

    permission = PERMISSION

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.today = business_today()

    def read_address(self, request: HttpRequest) -> None:
        self.form = AgeingForm(request.GET, user=request.user, today=self.today)
        if not self.form.key_makes_sense:
            raise Http404
        self.query = self.form.query()
        self.labels = column_labels(self.query)

    def read_cell(self, request: HttpRequest) -> str:
        cell = request.GET.get("cell", "total")
        if cell not in self.query.cells:
            raise Http404
        return cell


class AgeingReport(AgeingView):
    """The report: groups in rows, buckets in columns."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.read_address(request)
        if request.GET.get("part") == "filters":
            return render(request, "receivables/ageing_filters.html", {"form": self.form})
        target = request.headers.get("HX-Target", "")
        parts = {"ageing": "receivables/ageing_body.html", "ageing-results": "receivables/ageing_results.html"}
        response = render(request, parts.get(target, "receivables/ageing.html"), self.context(request))
        if target in parts:
            query = self.form.carried()
            more = urlencode([(name, request.GET[name]) for name in ("sort", "page") if request.GET.get(name)])
            response.headers["HX-Push-Url"] = f"{request.path}?{'&'.join(part for part in (query, more) if part)}"
        patch_vary_headers(response, ["HX-Target"])
        return response

    def context(self, request: HttpRequest) -> dict[str, Any]:
        number = positive(request.GET.get("page"))
        start = (number - 1) * PAGE_SIZE
        page = ageing_page(self.query, offset=start, limit=PAGE_SIZE)
        documents = reverse("receivables:ageing_documents")
        self.drill = f"{documents}?{self.form.carried()}"
        self.drill_bare = f"{documents}?{self.form.carried('currency')}"
        return {
            "title": _("Ageing"),
            "subtitle": subtitle(self.query),
            "form": self.form,
            "query": self.query,
            "today": self.today,
            "heads": self.heads(request),
            "rows": mark_safe("\n".join([f"<tr>{self.row(line)}</tr>" for line in page.lines])),  # noqa: S308
            "totals": [self.total_row(line) for line in page.totals],
            "bars": [(line, self.shares(line)) for line in page.totals],
            "chips": self.form.chips(),
            "count": page.count,
            "count_capped": False,
            "first": start + 1,
            "last": start + len(page.lines),
            "page": number,
            "has_next": start + len(page.lines) < page.count,
            "list_url": request.path,
            "results_alone": request.headers.get("HX-Target") == "ageing-results",
            "with_currency": self.with_currency,
            "export_url": f"{reverse('receivables:ageing_export')}?{self.form.carried()}"
            + (f"&{urlencode({'sort': self.query.sort})}" if self.query.sort else ""),
        }

    @property
    def with_currency(self) -> bool:
        return self.query.basis == "document" and self.query.group != "currency"

    def heads(self, request: HttpRequest) -> tuple[Head, ...]:
        kept = [(name, str(value)) for name, value in request.GET.items() if name not in ("sort", "page", "part")]
        name = self.query.sort.lstrip("-") or "overdue"
        down = self.query.sort.startswith("-") or not self.query.sort
        group = str(self.query.grouping.title)
        found = []
        for cell, label in {"name": group, **self.labels}.items():
            current = cell == name
            follow = cell if (current and down) or (not current and cell == "name") else f"-{cell}"
            direction = ("descending" if down else "ascending") if current else ""
            address = f"?{urlencode([*kept, ('sort', follow)])}"
            found.append(Head(cell, label, address, direction, "" if cell == "name" else "num"))
        return tuple(found)

    def row(self, line: AgeingLine) -> SafeString:
        """The cells of a group. Built here, since a hundred rows of links cost a template more than the database."""
        base = escape(f"{self.drill_of(line)}&key={quote(line.key)}")
        name = escape(group_name(self.query.grouping, line))
        if isinstance(line.label, CustomerName):
            name = f'<a href="{line.label.get_absolute_url()}">{name}</a>'
            name += f'<span class="cell-detail">{escape(line.label.code)}</span>'
        return self.cells(base, name, line)

    def cells(self, base: str, name: str, line: AgeingLine) -> SafeString:
        cells = [f'<th scope="row">{name}</th>']
        if self.with_currency:
            cells.append(f"<td>{escape(line.currency)}</td>")
        for cell in self.labels:
            amount = amount_of(line, cell)
            if not amount:
                cells.append('<td class="num amount-zero">–</td>')
                continue
            css = "num amount-negative" if amount < 0 else CELL_CSS.get(cell, "num")
            cells.append(f'<td class="{css}"><a href="{base}&amp;cell={cell}">{amount:,.2f}</a></td>')
        return mark_safe("".join(cells))  # noqa: S308 - every part is escaped above

    def drill_of(self, line: AgeingLine) -> str:
        """Where the cells of a line lead: in document currencies each line is about one currency."""
        return (
            self.drill if self.query.basis == "base" else f"{self.drill_bare}&{urlencode({'currency': line.currency})}"
        )

    def total_row(self, line: AgeingLine) -> SafeString:
        name = _("Total %(currency)s") % {"currency": line.currency}
        return self.cells(escape(self.drill_of(line)), escape(name), line)

    def shares(self, line: AgeingLine) -> list[Share]:
        """The distribution of what is open over the buckets."""
        if not line.receivable:
            return []
        found, start = [], Decimal(0)
        for cell, label in self.labels.items():
            if cell[1:].isdecimal():
                amount = line.amounts[int(cell[1:])]
                percent = round(100 * amount / line.receivable, 2)
                if percent > 0:
                    url = f"{self.drill_of(line)}&cell={cell}"
                    found.append(Share(cell, label, amount, str(percent), str(start), amount / line.receivable, url))
                start += percent
        return found


class AgeingDocuments(AgeingView):
    """The documents behind one cell, as they stood at the date; together they are the cell to the cent."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.read_address(request)
        cell = self.read_cell(request)
        number = positive(request.GET.get("page"))
        start = (number - 1) * PAGE_SIZE
        found = open_documents(self.query, cell, offset=start)
        group = self.group_of(request)
        back = reverse("receivables:ageing")
        context = {
            "title": f"{cell_name(self.query, cell)} · {group}" if group else cell_name(self.query, cell),
            "subtitle": subtitle(self.query),
            "query": self.query,
            "by_due": self.query.by == "due",
            "rows": document_rows(self.query, found.rows),
            "totals": sorted(found.totals.items()),
            "base_total": found.base_total,
            "several": len(found.totals) > 1,
            "base": base_currency(),
            "count": found.count,
            "count_capped": False,
            "first": start + 1,
            "last": start + len(found.rows),
            "page": number,
            "has_next": start + len(found.rows) < found.count,
            "list_url": request.path,
            "back_url": f"{back}?{self.form.carried()}",
            "export_url": f"{reverse('receivables:ageing_documents_export')}?{request.GET.urlencode()}",
        }
        return render(request, "receivables/ageing_documents.html", context)

    def group_of(self, request: HttpRequest) -> str:
        """The name of the one group that was looked into."""
        if not self.query.key:
            return ""
        line = AgeingLine("", (), Decimal(0), key=self.query.key)
        if self.query.key != NONE:
            found = self.query.grouping.labels(self.query.user, [self.query.key])
            line = replace(line, label=found.get(self.query.key))
        return group_name(self.query.grouping, line)


class AgeingExport(AgeingView):
    """The whole report as a workbook."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.read_address(request)
        return self.workbook(request, "")

    def workbook(self, request: HttpRequest, cell: str) -> HttpResponseBase:
        """The file, or where the run that writes it is followed."""
        if row_count(self.query, cell) <= AT_ONCE:
            file = write_export(self.query, cell, lambda done, total: None)
            name = export_name(self.query, cell)
            return FileResponse(file, as_attachment=True, filename=name, content_type=FORMATS["xlsx"])
        params = {"query": request.GET.urlencode(), "cell": cell}
        run = start_run(kind=AGEING_RUN, params=params, actor=request.user, on=self.today)
        return HttpResponseRedirect(run.get_absolute_url())


class AgeingDocumentsExport(AgeingExport):
    """The documents behind one cell as a workbook."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.read_address(request)
        return self.workbook(request, self.read_cell(request))


urlpatterns = [
    path("ageing/", AgeingReport.as_view(), name="ageing"),
    path("ageing/documents/", AgeingDocuments.as_view(), name="ageing_documents"),
    path("ageing/export/", AgeingExport.as_view(), name="ageing_export"),
    path("ageing/documents/export/", AgeingDocumentsExport.as_view(), name="ageing_documents_export"),
]
