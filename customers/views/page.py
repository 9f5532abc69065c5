"""The page of one customer: head, panels of every app, timeline."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from crm.core.addresses import record_url
from crm.core.lists import positive
from crm.core.pages import RecordView
from crm.core.permissions import Guarded, check_permission, visible_or_404
from crm.core.registry import Panel, registry
from customers.models import Customer, CustomerState, StateChange
from customers.rules import BLACKLISTED
from customers.timeline import timeline_page


def panels_for(user: Any, place: str) -> list[Panel]:
    """The panels of a place that this user may see, in their order."""
    panels = sorted(registry.panels.values(), key=lambda panel: panel.order)
    return [panel for panel in panels if panel.place == place and user.has_perm(panel.permission)]


class CustomerPage(RecordView[Customer]):
    model, permission, template_name = Customer, "customers.view_customer", "customers/page.html"
    select_related = ("owner", "team", "region", "industry", "customer_tier")

    def context(self, request: HttpRequest) -> dict[str, Any]:
        user: Any = request.user
        customer = self.record
        return {
            "customer": customer,
            "panels": [
                {
                    "key": panel.key,
                    "title": panel.title,
                    "url": record_url("customers:panel", customer.pk, panel.key),
                }
                for panel in panels_for(user, "body")
            ],
            "head_panels": [
                {"template": panel.template, "context": panel.context(request, customer)}
                for panel in panels_for(user, "head")
            ],
            "blacklisting": blacklisting(customer),
            "can_change": user.has_perm("customers.change_customer"),
            "can_blacklist": user.has_perm("customers.blacklist_customer"),
            "can_set_tier": user.has_perm("customers.set_tier"),
            "can_assign": user.has_perm("customers.assign_customer"),
            "can_share": user.has_perm("customers.share_customer"),
        }


def blacklisting(customer: Customer) -> StateChange | None:
    """Since when and why a customer is on the blacklist."""
    if customer.state != BLACKLISTED:
        return None
    steps = customer.state_changes.filter(to_state=CustomerState.BLACKLISTED).select_related("created_by")
    step: StateChange | None = steps.first()
    return step


class PanelView(Guarded):
    """One panel, fetched when it comes into sight. Each asks for the permission it was registered with."""

    permission = "customers.view_customer"

    def get(self, request: HttpRequest, pk: int, key: str) -> HttpResponse:
        customer = visible_or_404(Customer, request.user, pk=pk)
        panel = registry.panels.get(key)
        if panel is None:
            raise Http404
        check_permission(request.user, panel.permission)
        return render(request, panel.template, {"panel": panel, **panel.context(request, customer)})


class TimelineView(Guarded):
    """The stream at the side of the page; `kind` narrows it, `page` goes back in time."""

    permission = "customers.view_customer"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        customer = visible_or_404(Customer, request.user, pk=pk)
        kind = request.GET.get("kind", "")
        found = timeline_page(user=request.user, customer=customer, kind=kind, page=positive(request.GET.get("page")))
        template = "customers/partials/events.html" if found.page > 1 else "customers/partials/timeline.html"
        return render(request, template, {"customer": customer, "timeline": found, "kind": kind})
