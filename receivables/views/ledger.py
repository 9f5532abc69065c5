"""The ledger of a customer (台账): on the page, on paper and as a workbook, as at any date."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.http import FileResponse, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.core.dates import business_today
from crm.core.display import isodate
from crm.core.lists import positive
from crm.core.models import LegalEntity
from crm.core.money import base_currency
from crm.core.permissions import Guarded, requires, visible_or_404
from crm.core.widgets import DateInput
from customers.models import Customer
from receivables.models import Invoice, Receipt
from receivables.selectors.ledger import Ledger, LedgerLine, customer_ledger

PAGE_SIZE = 100
# What fits on paper or into one workbook; a longer ledger is narrowed by its dates.
MOST_LINES = 20_000
BASE = "base"


class LedgerForm(forms.Form):
    """Which part of the ledger is shown; everything stands in the address."""

    currency = forms.ChoiceField(label=gettext_lazy("Currency"), required=False)
    legal_entity = forms.ModelChoiceField(
        LegalEntity.objects.all(), label=gettext_lazy("Legal entity"), required=False, empty_label=gettext_lazy("All")
    )
    from_on = forms.DateField(label=gettext_lazy("From"), widget=DateInput, required=False)
    as_at = forms.DateField(label=gettext_lazy("As at"), widget=DateInput, required=False)
    details = forms.BooleanField(label=gettext_lazy("Show allocations"), required=False)

    def __init__(self, *args: Any, codes: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        base = _("All, in %(currency)s") % {"currency": base_currency()}
        currency: Any = self.fields["currency"]
        currency.choices = [(BASE, base), *((code, code) for code in codes)]
        for name in ("currency", "legal_entity"):
            self.fields[name].widget.attrs["class"] = "form-select form-select-sm"
        for name in ("from_on", "as_at"):
            self.fields[name].widget.attrs["class"] = "form-control form-control-sm"
        self.fields["details"].widget.attrs["class"] = "form-check-input"


def currencies_of(customer_id: int) -> list[str]:
    """The currencies a customer was ever billed or paid in."""
    billed = Invoice.objects.filter(customer_id=customer_id).order_by().values_list("currency", flat=True)
    received = Receipt.objects.filter(customer_id=customer_id).order_by().values_list("currency", flat=True)
    return sorted(set(billed.distinct()) | set(received.distinct()))


class LedgerQuery:
    """What was asked for, with sense made of what is missing: one currency alone is shown as it is."""

    def __init__(self, params: QueryDict, customer: Customer) -> None:
        self.codes = currencies_of(customer.pk)
        usual = self.codes[0] if len(self.codes) == 1 else BASE
        data = params.copy()
        data.setdefault("currency", usual)
        data.setdefault("as_at", isodate(business_today()))
        if "shown" not in params:
            data.setdefault("details", "on")
        self.form = LedgerForm(data, codes=self.codes)
        self.form.is_valid()
        values = self.form.cleaned_data
        chosen = values.get("currency") or usual
        self.currency: str | None = None if chosen == BASE else chosen
        self.entity: LegalEntity | None = values.get("legal_entity")
        self.from_on: dt.date | None = values.get("from_on")
        self.as_at: dt.date = values.get("as_at") or business_today()
        self.details = bool(values.get("details"))

    def ledger(self, customer: Customer, page: int = 1, page_size: int = PAGE_SIZE) -> Ledger:
        return customer_ledger(
            customer_id=customer.pk,
            as_at=self.as_at,
            currency=self.currency,
            legal_entity_id=self.entity.pk if self.entity else None,
            from_on=self.from_on,
            details=self.details,
            page=page,
            page_size=page_size,
        )

    def subtitle(self) -> str:
        parts = [_("As at %(on)s") % {"on": isodate(self.as_at)}]
        if self.from_on:
            parts.append(_("from %(on)s") % {"on": isodate(self.from_on)})
        parts.append(self.currency or _("all currencies in %(currency)s") % {"currency": base_currency()})
        if self.entity:
            parts.append(self.entity.name)
        return " · ".join(parts)


def sides(line: LedgerLine) -> tuple[Decimal | None, Decimal | None]:
    """What a line charges and what it credits; the other side stays empty."""
    if line.effect > 0:
        return line.effect, None
    return None, -line.effect if line.effect else None


class LedgerPage(Guarded):
    permission = "receivables.view_invoice"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        customer = visible_or_404(Customer, request.user, pk=pk)
        query = LedgerQuery(request.GET, customer)
        on_paper = request.GET.get("all") == "1"
        size = MOST_LINES if on_paper else PAGE_SIZE
        ledger = query.ledger(customer, 1 if on_paper else positive(request.GET.get("page")), size)
        context = {
            "title": _("Ledger of %(customer)s") % {"customer": customer.name},
            "customer": customer,
            "form": query.form,
            "ledger": ledger,
            "lines": [(line, *sides(line), abs(line.amount)) for line in ledger.lines],
            "subtitle": query.subtitle(),
            "currency": ledger.currency or base_currency(),
            "in_base": ledger.currency is None,
            "export_url": reverse("receivables:ledger_export", args=[customer.pk]),
        }
        part = request.headers.get("HX-Target") == "ledger"
        response = render(request, "receivables/ledger_lines.html" if part else "receivables/ledger.html", context)
        if part:
            response.headers["HX-Push-Url"] = request.get_full_path()
        response.headers["Vary"] = "HX-Target"
        return response


@requires("receivables.view_invoice")
def export(request: HttpRequest, pk: int) -> FileResponse:
    """The whole ledger as .xlsx, as it is filtered on the page."""
    from receivables.books.ledger import write_ledger

    customer = visible_or_404(Customer, request.user, pk=pk)
    query = LedgerQuery(request.GET, customer)
    ledger = query.ledger(customer, page_size=MOST_LINES)
    more = (query.ledger(customer, page, MOST_LINES) for page in range(2, ledger.pages + 1))
    file = write_ledger(
        ledger, more, title=_("Ledger of %(customer)s") % {"customer": customer.name}, subtitle=query.subtitle()
    )
    return FileResponse(file, as_attachment=True, filename=f"ledger-{customer.code}-{isodate(query.as_at)}.xlsx")
