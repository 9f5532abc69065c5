"""The queue of orders on hold: why each waits, how much is missing, what would let it go, and what one can do here."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from contracts.errors import OrderChanged
from contracts.filters import OrderFilter
from contracts.models import Order, OrderState
from contracts.selectors.holds import will_go
from contracts.services.releasing import check_orders
from credit.rules.checks import may_be_lifted
from credit.selectors.releases import releases_of
from credit.services.requests import MAY_ASK
from credit.words.checks import Foreign, in_words
from crm.core.addresses import record_url
from crm.core.columns import Column
from crm.core.dates import business_today
from crm.core.lists import Action, Empty, ListView, Preset
from crm.core.money import base_currency
from crm.core.pages import go_to
from crm.core.permissions import requires
from customers.columns import customer_column


def foreign_of(order: Order, rate: Decimal | None = None) -> Foreign | None:
    """The currency of an order that is not in base currency, at this rate, or the one it was checked at."""
    rate = rate or order.rate
    return Foreign(order.currency, rate) if rate and order.currency != base_currency() else None


def reasons_of(order: Order) -> str:
    """The reasons of the last check in words, those that hold it, one a line."""
    return "\n".join(str(reason.label) for reason in held_by(order))


def held_by(order: Order) -> list[Any]:
    check = order.last_check
    if check is None:
        return []
    return in_words((finding for finding in check.findings if finding.severity == "hold"), own=foreign_of(order))


def said_of(order: Order) -> str:
    return "\n".join(reason.sentence for reason in held_by(order))


def proposals_of(order: Order) -> str:
    """What each of its reasons needs, one a line; named by it where there are several, since all of them are needed."""
    reasons = held_by(order)
    if len(reasons) == 1:
        return str(reasons[0].proposal)
    return "\n".join(
        str(_("%(rule)s: %(proposal)s") % {"rule": reason.label, "proposal": reason.proposal}) for reason in reasons
    )


MAY_CHECK = "contracts.release_order"
MOST_AT_ONCE = 100
REFUSALS_TOLD = 10


@dataclass(frozen=True)
class Steps:
    """What the reader may do about an order on hold, as buttons of its row."""

    tick: str  # the order in the edition that is shown
    may_check: bool
    ask_about: int | None  # the check whose release may be asked for

    def __bool__(self) -> bool:
        return self.may_check or self.ask_about is not None

    def __html__(self) -> SafeString:
        found = []
        if self.ask_about is not None:
            address = record_url("credit:ask_release", self.ask_about)
            ask = gettext("Ask for the release")
            found.append(format_html('<a class="btn btn-sm" href="{}" data-dialog>{}</a>', address, ask))
        if self.may_check:
            button = '<button class="btn btn-sm" type="button" hx-post="{}" hx-vals="{}" hx-swap="none">{}</button>'
            said = f'{{"ids": "{self.tick}"}}'
            found.append(format_html(button, reverse("contracts:check_again"), said, gettext("Check again")))
        return format_html_join(" ", "{}", ((each,) for each in found))


CHECK: Any = {"related": ("last_check",)}


class HoldQueue(ListView):
    """Orders on hold, the one that waits longest on top."""

    key = "holds"
    title = _("Orders on hold")
    permission = "contracts.see_holds"
    model = Order
    filterset_class = OrderFilter
    default_order = ("held_on", "pk")
    stacks = True
    select_related = ("last_check",)
    edition = "version"
    columns = (
        Column("number", _("Order"), url=Order.get_absolute_url, order_by="number"),
        customer_column(),
        Column("held_on", _("On hold since"), "date", order_by="held_on"),
        Column(
            "amount",
            _("Amount"),
            "money",
            value="last_check.amount",
            order_by="last_check__amount",
            total=True,
            **CHECK,
        ),
        Column("currency", _("Currency"), value=lambda order: base_currency(), default=False),
        Column("total", _("Total of the order"), "money", order_by="total", default=False),
        Column("order_currency", _("Currency of the order"), value="currency", default=False),
        Column("exposure", _("Exposure"), "money", value="last_check.exposure", default=False, **CHECK),
        Column("left", _("Left afterwards"), "money", value="last_check.left_after", **CHECK),
        Column("reasons", _("Reason"), value=reasons_of, wraps=True, **CHECK),
        Column("said", _("Figures"), value=said_of, default=False, wraps=True, **CHECK),
        Column("proposals", _("What would release it"), value=proposals_of, wraps=True, **CHECK),
        Column(
            "asked",
            pgettext_lazy("release", "Asked for"),
            value=lambda order: order.asked.number if getattr(order, "asked", None) else "",
            url=lambda order: order.asked.get_absolute_url() if getattr(order, "asked", None) else "",
        ),
        Column("steps", _("What you can do"), "buttons"),
        Column("owner", _("Owner"), related=("owner",), order_by="owner__name", default=False),
    )
    presets = (Preset("all", _("All")), Preset("mine", _("Mine"), "mine=true"))
    bulk_actions = (Action("check", _("Check again"), "contracts:check_again", MAY_CHECK, "check"),)
    empty = Empty(_("No order is on hold"), _("Orders the credit check holds wait here until something changes."))

    @classmethod
    def base_queryset(cls, user: Any) -> QuerySet[Any]:
        return Order.objects.visible_to(user).filter(state=OrderState.HELD)

    @classmethod
    def prepare(cls, rows: list[Any], user: Any) -> list[Any]:
        """With the request to both directors that waits, for those who see requests, and what the reader may do."""
        may_check, may_ask, today = user.has_perm(MAY_CHECK), user.has_perm(MAY_ASK), business_today()
        may = user.has_perm("credit.view_creditrequest")
        asked = releases_of(source_kind="order", source_ids=[order.pk for order in rows], user=user) if may else {}
        for order in rows:
            found = asked.get(order.pk)
            order.asked = found if found is not None and found.is_open else None
            check = order.last_check
            waits = order.asked is not None or (found is not None and will_go(found, order, today))
            asks = may_ask and not waits and check is not None and may_be_lifted(check.findings)
            order.steps = Steps(cls.tick_of(order), may_check, check.pk if asks else None)
        return rows


def changed_since(user: Any, ticked: Mapping[int, int | None]) -> list[OrderChanged]:
    """Orders that were ticked and have left the queue other than by being released as they were shown."""
    left = Order.objects.visible_to(user).filter(pk__in=ticked).exclude(state=OrderState.HELD).order_by("pk")
    return [
        OrderChanged(number=order.number)
        for order in left
        if order.released_on is None or order.version != (ticked[order.pk] or order.version)
    ]


@requires(MAY_CHECK)
@require_POST
def check_again(request: HttpRequest) -> HttpResponse:
    """Have the ticked orders on hold checked now; what became of them is told above the queue.

    One that was changed since the page showed it is not: nobody saw what would be released.
    """
    ticked = HoldQueue.ticked(request.POST)
    picked = list(HoldQueue.picked(request.user, request.POST).order_by("held_on", "pk")[: MOST_AT_ONCE + 1])
    for order in picked:
        order.version = ticked.get(order.pk) or order.version
    done = check_orders(actor=request.user, orders=picked[:MOST_AT_ONCE], on=business_today())
    checked = {order.pk for order in picked}
    left = {pk: edition for pk, edition in ticked.items() if pk not in checked}
    refused = [*done.refused, *changed_since(request.user, left)]
    if done.released:
        text = ngettext("%(count)s order is released.", "%(count)s orders are released.", done.released)
        messages.success(request, text % {"count": done.released})
    if done.held:
        text = ngettext("%(count)s order stays on hold.", "%(count)s orders stay on hold.", done.held)
        messages.warning(request, text % {"count": done.held})
    for refusal in refused[:REFUSALS_TOLD]:
        messages.error(request, str(refusal))
    if len(picked) > MOST_AT_ONCE:
        text = gettext("At most %(most)s orders are checked at once: tick the rest again.")
        messages.warning(request, text % {"most": MOST_AT_ONCE})
    query = request.POST.get("query", "").lstrip("?") or urlsplit(request.headers.get("HX-Current-URL", "")).query
    return go_to(request, f"{reverse('contracts:holds')}?{query}" if query else reverse("contracts:holds"))
