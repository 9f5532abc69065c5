"""Trading status: the page and the workbook."""

import datetime as dt
from typing import Any

from django import forms
from django.http import FileResponse, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.models import Product
from crm.core.dates import business_today
from crm.core.display import isodate
from crm.core.language import in_chinese
from crm.core.lists import positive
from crm.core.money import base_currency
from crm.core.permissions import Guarded, requires
from crm.core.widgets import DayField, RemoteSelect
from customers.models import Customer
from receivables.selectors.trading import CUSTOMER, PRODUCT, Period, Trading, TradingRow, trading_status

PERMISSION = "receivables.view_invoice"
PAGE_SIZE = 100
BY = [(PRODUCT, gettext_lazy("By product")), (CUSTOMER, gettext_lazy("By customer"))]


class TradingForm(forms.Form):
    """What the trading status is asked for; everything stands in the address."""

    by = forms.ChoiceField(label=gettext_lazy("Grouped"), choices=BY, required=False)
    start = DayField(label=gettext_lazy("From"), required=False)
    end = DayField(label=gettext_lazy("To"), required=False)
    before_start = DayField(label=gettext_lazy("Compared with, from"), required=False)
    before_end = DayField(label=gettext_lazy("Compared with, to"), required=False)
    product = forms.ModelChoiceField(
        Product.objects.all(),
        label=gettext_lazy("Product"),
        required=False,
        widget=RemoteSelect("contracts:product_options"),
    )
    customer = forms.ModelChoiceField(
        Customer.objects.none(),
        label=gettext_lazy("Customer"),
        required=False,
        widget=RemoteSelect("customers:options"),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser: Any = self.fields["customer"]
        chooser.queryset = Customer.objects.visible_to(user)
        for name, field in self.fields.items():
            css = (
                "form-select form-select-sm"
                if name in ("by", "product", "customer")
                else "form-control form-control-sm"
            )
            field.widget.attrs["class"] = css

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        for first, last in (("start", "end"), ("before_start", "before_end")):
            if values.get(first) and values.get(last) and values[last] < values[first]:
                self.add_error(last, _("The last day lies before the first."))
        return values


class TradingQuery:
    """What was asked for, with sense made of what is missing: this year so far, against as many days before."""

    def __init__(self, user: Any, params: QueryDict) -> None:
        self.user = user
        today = business_today()
        data = params.copy()
        data.setdefault("by", PRODUCT)
        data.setdefault("start", isodate(today.replace(month=1, day=1)))
        data.setdefault("end", isodate(today))
        self.form = TradingForm(data, user=user)
        self.form.is_valid()
        values = self.form.cleaned_data
        self.by: str = values.get("by") or PRODUCT
        end: dt.date = values.get("end") or today
        self.period = Period(min(values.get("start") or end.replace(month=1, day=1), end), end)
        first, last = values.get("before_start"), values.get("before_end")
        self.before = Period(first, last) if first and last else self.period.before
        self.product: Product | None = values.get("product")
        self.customer: Customer | None = values.get("customer")

    def trading(self, **part: Any) -> Trading:
        return trading_status(
            user=self.user,
            by=self.by,
            period=self.period,
            before=self.before,
            product_id=self.product.pk if self.product else None,
            customer_id=self.customer.pk if self.customer else None,
            **part,
        )

    def address(self, **changed: Any) -> str:
        """The address of this status, with something changed."""
        asked: dict[str, Any] = {
            "by": self.by,
            "start": isodate(self.period.start),
            "end": isodate(self.period.end),
            "before_start": isodate(self.before.start),
            "before_end": isodate(self.before.end),
            "product": self.product.pk if self.product else "",
            "customer": self.customer.pk if self.customer else "",
            **changed,
        }
        return urlencode({name: value for name, value in asked.items() if value != ""})


def name_of(row: TradingRow) -> str:
    """The name in the reader's language."""
    return row.name_zh if in_chinese() else row.name_en


class TradingPage(Guarded):
    """Who bought what in a period: shares, ranks, and the period before."""

    permission = PERMISSION

    def get(self, request: HttpRequest) -> HttpResponse:
        query = TradingQuery(request.user, request.GET)
        page = max(positive(request.GET.get("page")), 1)
        trading = query.trading(limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE)
        other = CUSTOMER if query.by == PRODUCT else PRODUCT
        narrowed = {PRODUCT: query.product, CUSTOMER: query.customer}[other]
        rows = [(row, name_of(row), query.address(by=other, **{query.by: row.key})) for row in trading.rows]
        context = {
            "form": query.form,
            "by": query.by,
            "by_product": query.by == PRODUCT,
            "rows": rows,
            "trading": trading,
            "narrowed": narrowed,
            "period": query.period,
            "before": query.before,
            "base": base_currency(),
            "export_url": f"{reverse('receivables:trading_export')}?{query.address()}",
            "earlier_url": f"?{query.address(page=page - 1)}" if page > 1 else "",
            "later_url": f"?{query.address(page=page + 1)}" if page * PAGE_SIZE < trading.count else "",
        }
        return render(request, "receivables/trading.html", context)


@requires(PERMISSION)
def export(request: HttpRequest) -> HttpResponseBase:
    """The whole status as a workbook."""
    from receivables.trading_book import write_trading

    query = TradingQuery(request.user, request.GET)
    trading = query.trading()
    names = [name_of(row) for row in trading.rows]
    file = write_trading(trading, names, by_product=query.by == PRODUCT, period=query.period, before=query.before)
    name = _("Trading status %(start)s to %(end)s") % {
        "start": isodate(query.period.start),
        "end": isodate(query.period.end),
    }
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx")
