"""Pages of the night: its history, one night with its steps, and doing a step or a night again."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.core.dates import business_today
from crm.core.display import Text
from crm.core.pages import FormView
from crm.core.permissions import requires
from crm.core.registry import registry
from crm.jobs.models import Night
from crm.jobs.nightly import every_date, newest_on, repeat_night, repeat_step
from crm.jobs.nights import night_page, nights, what_repeats

SEE = "jobs.view_night"
REPEAT = "jobs.rerun_night"


@requires(SEE)
def night_list(request: HttpRequest) -> HttpResponse:
    """The history of the nights."""
    pages = nights()
    context = {"title": _("Night"), "pages": pages, "under_way": any(page.under_way for page in pages[:1])}
    part = "jobs/nights_table.html" if request.headers.get("HX-Target") == "nights" else "jobs/nights.html"
    return render(request, part, context)


@requires(SEE)
def night(request: HttpRequest, pk: int) -> HttpResponse:
    """One night: its steps with their times, figures, logs and errors."""
    return show(request, pk, "jobs/night.html")


@requires(SEE)
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The same without its frame, asked every two seconds while the night is under way."""
    return show(request, pk, "jobs/night_steps.html")


def show(request: HttpRequest, pk: int, template: str) -> HttpResponse:
    found = get_object_or_404(Night.objects.select_related("started_by"), pk=pk)
    return render(request, template, {"record": found, "page": night_page(found, request.user)})


class DateForm(forms.Form):
    """Which date's night."""

    on = forms.DateField(
        label=gettext_lazy("Business date"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class StartNight(FormView):
    """Start the night of a date by hand, or do it again."""

    permission = REPEAT
    form_class = DateForm
    title = gettext_lazy("Run a night")
    submit = gettext_lazy("Run")

    def form_kwargs(self) -> dict[str, Any]:
        return {"initial": {"on": self.request.GET.get("on") or business_today()}}

    def context(self, request: HttpRequest) -> dict[str, Any]:
        names = _(", ").join(str(step.label) for step in every_date())
        told: list[Text] = [_("All steps are done for today or the newest night, also those that are done already.")]
        if names:
            told.append(
                _("For an earlier date only those that keep a figure for each date: %(steps)s.") % {"steps": names}
            )
        return {"what_happens": told}

    def perform(self, form: Any) -> str:
        return repeat_night(on=form.cleaned_data["on"], actor=self.request.user).get_absolute_url()

    def cancel_url(self) -> str:
        from django.urls import reverse

        return reverse("jobs:nights")


class RepeatStep(FormView):
    """Do one step of a night again, and what depends on it; says before which those are."""

    permission = REPEAT
    form_class = forms.Form
    title = gettext_lazy("Repeat a step")
    submit = gettext_lazy("Repeat")

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.night = get_object_or_404(Night, pk=kwargs["pk"])
        self.step = kwargs["step"]

    def page_title(self) -> Text:
        step = registry.nightly_steps.get(self.step)
        words = {"step": str(step.label) if step else self.step, "on": self.night.on.isoformat()}
        return _("Repeat %(step)s of %(on)s") % words

    def context(self, request: HttpRequest) -> dict[str, Any]:
        failed = self.night.runs.filter(nightly_step=self.step, state__in=("failed", "cancelled")).count()
        told: list[Text] = []
        if failed > 1:
            told.append(
                ngettext(
                    "%(count)s piece that failed is done again.", "%(count)s pieces that failed are done again.", failed
                )
                % {"count": failed}
            )
        else:
            told.append(_("The step is done again for this date. What it writes replaces what it wrote before."))
        if after := what_repeats(self.night, self.step):
            told.append(_("After it: %(steps)s.") % {"steps": _(", ").join(after)})
        if newest_on() > self.night.on:
            told.append(_("Newer nights stay as they are."))
        return {"what_happens": told}

    def perform(self, form: Any) -> str:
        return repeat_step(night_id=self.night.pk, step=self.step, actor=self.request.user).get_absolute_url()

    def cancel_url(self) -> str:
        return self.night.get_absolute_url()
