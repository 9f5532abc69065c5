"""What the form pages of receivables share: a refusal stands beside its field, and nothing typed is ever lost."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from crm.core.errors import Busy, DomainError, NotAllowed
from crm.core.pages import FormView


class PostingView(FormView):
    """A form that posts money. Somebody else's lock answers 'busy' above the form, which may be sent again as it is."""

    user: Any
    told_elsewhere = (NotAllowed,)

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.user = request.user

    def refused(self, form: Any, error: DomainError) -> None:
        form.refuse(error)

    def status_of(self, error: DomainError) -> int:
        return 503 if isinstance(error, Busy) else 422

    def show(self, request: HttpRequest, form: Any, status: int = 200) -> HttpResponse:
        response = super().show(request, form, status)
        # A form reached by the back button is asked for anew, so that its key and its figures are fresh.
        response.headers["Cache-Control"] = "no-store"
        return response
