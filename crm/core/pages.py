"""Pages of one record: its head and panels, forms, dialogs that ask for a reason, answers of search boxes."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, Generic

from crispy_forms.helper import FormHelper
from django import forms
from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from crm.core.display import Text
from crm.core.errors import Busy, DomainError, NotAllowed
from crm.core.more_rows import wants_more
from crm.core.permissions import Guarded, M, visible_or_404
from crm.core.registry import RecordPart


def toast(response: HttpResponse, text: Text, tone: str = "success") -> HttpResponse:
    """Let an htmx answer show a short notice: `return toast(render(...), _("Saved"))`."""
    response.headers["HX-Trigger"] = json.dumps({"toast": {"text": str(text), "tone": tone}})
    return response


def go_to(request: HttpRequest, url: str) -> HttpResponse:
    """Lead the browser to another page, out of a dialog too."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


@contextmanager
def refusals_told(request: HttpRequest) -> Iterator[None]:
    """What a service refuses inside is told above the next page; 'busy' and 'not allowed' have pages of their own."""
    try:
        yield
    except (Busy, NotAllowed):
        raise
    except DomainError as error:
        messages.error(request, str(error))


def search_text(request: HttpRequest) -> str:
    """What was typed into a search box (`?q=`), without the NUL bytes no database takes."""
    return request.GET.get("q", "").replace("\x00", "").strip()


def options(records: Iterable[Model], limit: int = 20, detail: Any = None) -> JsonResponse:
    """The answer of a `RemoteSelect`'s address: value, text and a quiet detail of the first records."""
    found = [
        {"value": record.pk, "text": str(record), "detail": str(detail(record)) if detail else ""}
        for record in list(records)[:limit]
    ]
    return JsonResponse({"items": found})


class RecordView(Guarded, Generic[M]):
    """The page of one record the user may see; `model` needs a `visible_to` queryset, the address gives `pk`."""

    model: ClassVar[Any]
    template_name: ClassVar[str]
    select_related: ClassVar[tuple[str, ...]] = ()
    record: M

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.record = visible_or_404(self.model.objects.select_related(*self.select_related), request.user, **kwargs)
        return render(request, self.template_name, {"record": self.record, **self.context(request)})

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return {}


def parts_of(registered: Mapping[str, RecordPart], request: HttpRequest, record: Any) -> list[tuple[Any, ...]]:
    """Title, template and context of the parts that other apps bring and the reader may see, in their order."""
    user: Any = request.user
    return [
        (part.title, part.template, part.context(request, record))
        for part in sorted(registered.values(), key=lambda part: part.order)
        if user.has_perm(part.permission)
    ]


class FormView(Guarded):
    """A form page that hands its cleaned data to a service.

    Subclasses name `form_class` and `title` and write `perform(form)`, which calls the service and returns where
    to go. A `DomainError` of the service stands above the form and nothing typed is lost. The same page serves a
    dialog when htmx asks for it, and validates single fields while they are filled in.

    Hooks for forms that differ: `asks_first`, `refused`, `status_of`, `told_elsewhere`.
    """

    form_class: ClassVar[type[forms.BaseForm]]
    title: ClassVar[Text] = ""
    submit: ClassVar[Text] = _("Save")
    intro: ClassVar[Text] = ""
    done: ClassVar[Text] = ""
    danger: ClassVar[bool] = False
    wide: ClassVar[bool] = False
    template_name: ClassVar[str] = "forms/page.html"
    dialog_template_name: ClassVar[str] = "forms/dialog.html"
    # Refusals that are answered by a page of their own, not in the form.
    told_elsewhere: ClassVar[tuple[type[DomainError], ...]] = (Busy, NotAllowed)

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        """Fetch what the form is about (`visible_or_404`) before it is built."""

    def form_kwargs(self) -> dict[str, Any]:
        return {}

    def perform(self, form: Any) -> str:
        """Call the service; the address to go to."""
        raise NotImplementedError(f"{type(self).__name__} must call a service")

    def asks_first(self, request: HttpRequest) -> bool:
        """Whether this POST brings only the ticked rows of a list, so that the question is still to be asked."""
        return False

    def refused(self, form: Any, error: DomainError) -> None:
        """Put what the service refused where its reader looks for it."""
        form.add_error(None, str(error))

    def status_of(self, error: DomainError) -> int:
        return 422

    def cancel_url(self) -> str:
        return "/"

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    def page_title(self) -> Text:
        return self.title

    def done_message(self) -> Text:
        return self.done

    def build(self, **kwargs: Any) -> Any:
        return self.form_class(**self.form_kwargs(), **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.prepare(request, **kwargs)
        return self.show(request, self.build())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.prepare(request, **kwargs)
        if self.asks_first(request):
            return self.show(request, self.build())
        form = self.build(data=request.POST, files=request.FILES)
        if field := request.headers.get("X-Validate"):
            return JsonResponse({"errors": [str(error) for error in form.errors.get(field, [])]})
        if form.is_valid():
            try:
                url = self.perform(form)
            except self.told_elsewhere:
                raise
            except DomainError as error:
                self.refused(form, error)
                return self.show(request, form, status=self.status_of(error))
            if message := self.done_message():
                messages.success(request, str(message))
            return go_to(request, url)
        return self.show(request, form, status=422)

    def show(self, request: HttpRequest, form: Any, status: int = 200) -> HttpResponse:
        dialog = request.headers.get("HX-Target") == "dialog-body"
        if not hasattr(form, "helper"):
            form.helper = plain_helper()
        form.helper.form_tag = False
        context = {
            "form": form,
            "view": self,
            "title": self.page_title(),
            "submit": self.submit,
            "intro": self.intro,
            "danger": self.danger,
            "cancel_url": self.cancel_url(),
            **self.context(request),
        }
        return render(request, self.dialog_template_name if dialog else self.template_name, context, status=status)


def plain_helper() -> FormHelper:
    """Labels above, one column, the form tag and buttons written by the page."""
    helper = FormHelper()
    helper.form_tag = False
    helper.form_show_errors = True
    return helper


class ReasonForm(forms.Form):
    """A dangerous action is not done without saying why."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Stands in the history, with your name and the time."),
    )


class RowsView(FormView):
    """A form with rows (crm.core.more_rows): asking for more of them is no mistake, and saves nothing."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if wants_more(request.POST):
            self.prepare(request, **kwargs)
            return self.show(request, self.build(data=request.POST))
        return super().post(request, *args, **kwargs)


class ConfirmView(FormView):
    """A dialog that names what will happen and asks for a reason (`form.cleaned_data["reason"]` in `perform`).

    With a form that has no fields it only asks.
    """

    form_class: ClassVar[type[forms.BaseForm]] = ReasonForm
    danger = True
    consequences: ClassVar[Text] = ""

    def what_happens(self) -> list[Text]:
        """Sentences that name what will happen, with the figures."""
        return [self.consequences] if self.consequences else []

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return {"what_happens": self.what_happens()}
