"""The way into the pages of analytics: the first one the user may open."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from analytics.views.base import TABS
from crm.core.errors import NotAllowed
from crm.core.permissions import requires


@requires("analytics.view_customersegment")
def home(request: HttpRequest) -> HttpResponse:
    """Managers land on their team, finance on its own dashboard, everybody else on segments."""
    user = request.user
    found = next((tab for tab in TABS if user.has_perm(tab.permission)), None)
    if found is None:
        raise NotAllowed
    return redirect(found.url_name)
