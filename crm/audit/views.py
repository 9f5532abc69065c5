"""The panel 'Changes' of a record page."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from crm.audit.registry import TRACKED
from crm.audit.selectors import history
from crm.core.permissions import check_permission, requires


@requires(None)
def changes(request: HttpRequest, label: str, pk: int) -> HttpResponse:
    """Who changed what, when, from what to what; only of records the user sees and may look into."""
    tracked = TRACKED.get(label)
    if tracked is None:
        raise Http404(label)
    check_permission(request.user, tracked.permission)
    record = get_object_or_404(tracked.records(request.user), pk=pk)
    return render(request, "audit/changes.html", {"entries": history(tracked, record), "record": record})
