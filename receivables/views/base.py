"""What the form pages of receivables share: a refusal stands beside its field, and nothing typed is ever lost."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse

from crm.core.errors import Busy, DomainError, NotAllowed
from crm.core.pages import FormView, go_to
from receivables.forms import HouseForm


class PostingView(FormView):
    """A form that posts money. Somebody else's lock answers 'busy' above the form, which may be sent again as it is."""

    user: Any

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.user = request.user
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.user = request.user
        self.prepare(request, **kwargs)
        form: HouseForm = self.build(data=request.POST)
        if field := request.headers.get("X-Validate"):
            return JsonResponse({"errors": [str(error) for error in form.errors.get(field, [])]})
        if form.is_valid():
            try:
                url = self.perform(form)
            except NotAllowed:
                raise
            except DomainError as error:
                form.refuse(error)
                return self.show(request, form, status=503 if isinstance(error, Busy) else 422)
            if message := self.done_message():
                messages.success(request, str(message))
            return go_to(request, url)
        return self.show(request, form, status=422 if form.is_bound else 200)

    def show(self, request: HttpRequest, form: Any, status: int = 200) -> HttpResponse:
        response = super().show(request, form, status)
        # A form reached by the back button is asked for anew, so that its key and its figures are fresh.
        response.headers["Cache-Control"] = "no-store"
        return response
