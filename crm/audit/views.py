"""The panel 'Changes' of a record page."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from crm.audit.registry import TRACKED
from crm.audit.selectors import history
from crm.core.permissions import check_permission, requires, visible_or_404


@requires(None)
def changes(request: HttpRequest, label: str, pk: int) -> HttpResponse:
    """Who changed what, when, from what to what; only of records the user sees and may look into."""
    tracked = TRACKED.get(label)
    if tracked is None:
        raise Http404(label)
    check_permission(request.user, tracked.permission)
    record = visible_or_404(tracked.model, request.user, pk=pk)
    return render(request, "audit/changes.html", {"entries": history(tracked, record), "record": record})
