"""Closing dates of the legal entities, and the way to currencies and rates."""

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.core.dates import business_today
from crm.core.display import Text, isodate
from crm.core.models import Currency, LegalEntity, Rate
from crm.core.money import base_currency
from crm.core.permissions import requires
from receivables.forms.documents import ClosingForm
from receivables.selectors.closing import closing_moves
from receivables.services import close_period
from receivables.views.base import PostingView


@requires("core.close_period")
def closing(request: HttpRequest) -> HttpResponse:
    """Every legal entity with its closing date, and the newest rate of each currency."""
    user: Any = request.user
    entities = list(LegalEntity.objects.filter(is_active=True))
    moves = closing_moves(entities)
    newest = Rate.objects.order_by("currency_id", "-date").distinct("currency_id")
    rates = {rate.currency_id: rate for rate in newest}
    context = {
        "title": _("Closing and rates"),
        "entities": [(entity, moves.get(entity.pk, [])) for entity in entities],
        "currencies": [(currency, rates.get(currency.code)) for currency in Currency.objects.filter(is_active=True)],
        "base": base_currency(),
        "today": business_today(),
        "rates_url": admin_url("core_rate_changelist", user.has_perm("core.view_rate")),
        "add_rate_url": admin_url("core_rate_add", user.has_perm("core.add_rate")),
        "currencies_url": admin_url("core_currency_changelist", user.has_perm("core.view_currency")),
    }
    return render(request, "receivables/closing.html", context)


def admin_url(name: str, allowed: bool) -> str:
    """An address of the administration; empty where it is not there or not for this user."""
    try:
        return reverse(f"admin:{name}") if allowed else ""
    except NoReverseMatch:
        return ""


class ClosePeriod(PostingView):
    """Close a legal entity up to a day; moving the day back needs a right of its own."""

    permission = "core.close_period"
    form_class = ClosingForm
    submit = gettext_lazy("Set closing date")

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.entity: LegalEntity = get_object_or_404(LegalEntity, is_active=True, **kwargs)

    def form_kwargs(self) -> dict[str, Any]:
        return {"initial": {"closed_through": end_of_last_month(business_today())}}

    def page_title(self) -> Text:
        return _("Close %(entity)s") % {"entity": self.entity.name}

    def context(self, request: HttpRequest) -> dict[str, Any]:
        now = (
            _("It is closed up to %(on)s now.") % {"on": isodate(self.entity.closed_through)}
            if self.entity.closed_through
            else _("It is not closed at all now.")
        )
        return {
            "what_happens": [now, _("No document, allocation or reversal can then be dated on or before that day.")]
        }

    def cancel_url(self) -> str:
        return reverse("receivables:closing")

    def perform(self, form: Any) -> str:
        close_period(
            actor=self.user,
            legal_entity_id=self.entity.pk,
            closed_through=form.cleaned_data["closed_through"],
            reason=form.cleaned_data["reason"],
        )
        return self.cancel_url()

    def done_message(self) -> Text:
        return _("The closing date of %(entity)s is set.") % {"entity": self.entity.name}


def end_of_last_month(today: dt.date) -> dt.date:
    return today.replace(day=1) - dt.timedelta(days=1)
