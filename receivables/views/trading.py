"""Trading status: the page and the workbook."""

from decimal import Decimal
from typing import Any

from django import forms
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from contracts.models import Product
from crm.core.dates import business_today
from crm.core.display import isodate
from crm.core.language import in_chinese
from crm.core.lists import positive
from crm.core.money import base_currency
from crm.core.permissions import Guarded, requires
from crm.core.widgets import DayField, PastDayField, RemoteSelect
from customers.models import Customer
from receivables.selectors.trading import CUSTOMER, PRODUCT, Amounts, Period, Trading, TradingRow, trading_status

PERMISSION = "receivables.view_invoice"
PAGE_SIZE = 100
BY = [(PRODUCT, gettext_lazy("By product")), (CUSTOMER, gettext_lazy("By customer"))]


class BilledDayField(PastDayField):
    """The last day of a period that was billed."""

    default_error_messages = {"too_late": gettext_lazy("This day has not come yet: nothing is billed of it.")}


class TradingForm(forms.Form):
    """What the trading status is asked for; everything stands in the address."""

    by = forms.ChoiceField(label=gettext_lazy("Grouped"), choices=BY, required=False)
    start = DayField(label=gettext_lazy("From"), required=False)
    end = BilledDayField(label=gettext_lazy("To"), required=False)
    before_start = DayField(label=gettext_lazy("Compared with, from"), required=False)
    before_end = BilledDayField(label=gettext_lazy("Compared with, to"), required=False)
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
        """Sense is made of what is missing: this year so far, against the same days of an earlier year."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            values["end"] = values["end"] or business_today()
            values["start"] = values["start"] or values["end"].replace(month=1, day=1)
            if bool(values["before_start"]) != bool(values["before_end"]):
                self.add_error(
                    "before_end", _("A period to compare with has a first and a last day: give both, or neither.")
                )
        for first, last in (("start", "end"), ("before_start", "before_end")):
            if values.get(first) and values.get(last) and values[last] < values[first]:
                self.add_error(last, _("The last day lies before the first."))
        return values


class TradingQuery:
    """What was asked for; nothing is shown of it while something in the form is wrong."""

    def __init__(self, user: Any, params: QueryDict) -> None:
        self.user = user
        today = business_today()
        data = params.copy()
        data.setdefault("by", PRODUCT)
        data.setdefault("start", isodate(today.replace(month=1, day=1)))
        data.setdefault("end", isodate(today))
        self.form = TradingForm(data, user=user)
        self.is_valid = self.form.is_valid()
        if self.is_valid:
            self.read(self.form.cleaned_data)

    def read(self, values: dict[str, Any]) -> None:
        self.by: str = values["by"] or PRODUCT
        self.period = Period(values["start"], values["end"])
        self.asked_before = Period(values["before_start"], values["before_end"]) if values["before_end"] else None
        self.before = self.asked_before or self.period.same_days_before
        self.product: Product | None = values["product"]
        self.customer: Customer | None = values["customer"]

    @property
    def of_units(self) -> bool:
        """Whether quantities can be told: those of a product have one unit, those of a customer have not."""
        return self.by == PRODUCT or self.product is not None

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
            "before_start": isodate(self.asked_before.start) if self.asked_before else "",
            "before_end": isodate(self.asked_before.end) if self.asked_before else "",
            "product": self.product.pk if self.product else "",
            "customer": self.customer.pk if self.customer else "",
            **changed,
        }
        return urlencode({name: value for name, value in asked.items() if value != ""})


def name_of(row: TradingRow) -> str:
    """The name in the reader's language."""
    return row.name_zh if in_chinese() else row.name_en


def sums_of(trading: Trading) -> list[tuple[str, Amounts, Decimal | None]]:
    """The sums under the rows: of what is listed and, where more or less was billed, what that adds up to."""
    if not trading.count and trading.billed == Amounts():
        return []
    text = ngettext("Total of %(found)s row", "Total of %(found)s rows", trading.count) % {"found": trading.count}
    sums = [(text, trading.listed, trading.quantity)]
    if trading.billed != trading.listed:
        sums += [
            (_("Billed without lines"), trading.without_lines, None),
            (_("All that was billed"), trading.billed, None),
        ]
    return sums


class TradingPage(Guarded):
    """Who bought what in a period: shares, ranks, and another period."""

    permission = PERMISSION

    def get(self, request: HttpRequest) -> HttpResponse:
        query = TradingQuery(request.user, request.GET)
        if not query.is_valid:
            return render(request, "receivables/trading.html", {"form": query.form}, status=422)
        page = max(positive(request.GET.get("page")), 1)
        trading = query.trading(limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE)
        other = CUSTOMER if query.by == PRODUCT else PRODUCT
        narrowed = {PRODUCT: query.product, CUSTOMER: query.customer}[other]
        rows = [(row, name_of(row), query.address(by=other, **{query.by: row.key})) for row in trading.rows]
        context = {
            "form": query.form,
            "by_product": query.by == PRODUCT,
            "of_units": query.of_units,
            "of_product": query.product is not None,
            "rows": rows,
            "sums": sums_of(trading),
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
    """The whole status as a workbook; where something asked for is wrong, the page says what."""
    from receivables.books.trading import write_trading

    query = TradingQuery(request.user, request.GET)
    if not query.is_valid:
        return HttpResponseRedirect(f"{reverse('receivables:trading')}?{request.GET.urlencode()}")
    trading = query.trading()
    names = [name_of(row) for row in trading.rows]
    file = write_trading(
        trading,
        names,
        by_product=query.by == PRODUCT,
        of_units=query.of_units,
        period=query.period,
        before=query.before,
    )
    name = _("Trading status %(start)s to %(end)s") % {
        "start": isodate(query.period.start),
        "end": isodate(query.period.end),
    }
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx")
