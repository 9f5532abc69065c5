"""Pages of credit checks: the list of all, one with its figures and reasons, and the way to both directors."""

from typing import Any

import django_filters
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit.columns import source_url, source_words, with_numbers
from credit.errors import NotHeld
from credit.forms.requests import ReleaseForm
from credit.models import CreditCheck, Decision, Hold, Payment
from credit.selectors.groups import heads_seen
from credit.services import ask_release
from credit.services.requests import MAY_ASK, last_day_of_release
from credit.words.checks import in_words
from crm.core.columns import Column
from crm.core.dates import business_today
from crm.core.display import isodate
from crm.core.filters import ListFilterSet, YesNoFilter
from crm.core.lists import Empty, ListView, Preset
from crm.core.pages import FormView, RecordView
from crm.core.permissions import visible_or_404
from customers.choice_filters import CustomerChoiceFilter
from customers.columns import customer_column

SEE_CHECKS = "credit.view_creditcheck"


def reasons_in_short(check: CreditCheck) -> str:
    return _(", ").join(str(reason.label) for reason in in_words(check.findings))


class CheckFilter(ListFilterSet):
    decision = django_filters.MultipleChoiceFilter(choices=Decision.choices, label=gettext_lazy("Decision"))
    payment = django_filters.MultipleChoiceFilter(choices=Payment.choices, label=gettext_lazy("On credit or prepaid"))
    holds = YesNoFilter(field_name="hold", lookup_expr="isnull", exclude=True, label=gettext_lazy("Still held"))
    lifted = YesNoFilter(field_name="lift", lookup_expr="isnull", exclude=True, label=gettext_lazy("By both directors"))
    on = django_filters.DateFromToRangeFilter(label=gettext_lazy("Date"))
    customer = CustomerChoiceFilter(field_name="account__customer")


class CheckList(ListView):
    """Every credit check, newest first."""

    key = "credit_checks"
    title = gettext_lazy("Credit checks")
    permission = SEE_CHECKS
    model = CreditCheck
    filterset_class = CheckFilter
    default_order = ("-pk",)
    columns = (
        Column("on", gettext_lazy("Date"), "date", order_by=("on", "pk")),
        Column("source", gettext_lazy("Document"), value=source_words, url=CreditCheck.get_absolute_url),
        customer_column("account.customer", url=None),
        Column("amount", gettext_lazy("Amount"), "money", order_by="amount"),
        Column("payment", gettext_lazy("On credit or prepaid"), value=CreditCheck.get_payment_display, default=False),
        Column("limit", gettext_lazy("Credit limit"), "money"),
        Column("exposure", gettext_lazy("Exposure"), "money"),
        Column("reasons", gettext_lazy("Reasons"), value=reasons_in_short),
        Column("decision", gettext_lazy("Decision"), "badge", value="decision_badge", order_by="decision"),
        Column("policy_version", gettext_lazy("Version of the policy"), "number", default=False),
        Column("recorded_at", gettext_lazy("Recorded"), "datetime", order_by="pk", default=False),
    )
    presets = (
        Preset("all", gettext_lazy("All")),
        Preset("held", gettext_lazy("Still held"), "holds=true"),
        Preset("lifted", gettext_lazy("By both directors"), "lifted=true"),
    )
    empty = Empty(gettext_lazy("No credit checks"), gettext_lazy("Orders are checked when they are released."))

    @classmethod
    def prepare(cls, rows: list[Any], user: Any) -> list[Any]:
        return with_numbers(rows)


class CheckPage(RecordView[CreditCheck]):
    """One check: the decision, what spoke against the document, and the figures it saw."""

    model = CreditCheck
    permission = SEE_CHECKS
    template_name = "credit/checks/page.html"
    select_related = ("account__customer", "created_by", "lift__request")

    def context(self, request: HttpRequest) -> dict[str, Any]:
        found, user = self.record, request.user
        with_numbers([found])
        hold = Hold.objects.filter(last_check=found).select_related("last_check").first()
        return {
            "customer": found.account.customer,
            "document": source_words(found),
            "document_url": source_url(found, user),
            "reasons": in_words(found.findings, heads_seen(found.findings, user)),
            "hold": hold,
            "may_ask": hold is not None and hold.may_be_lifted and user.has_perm(MAY_ASK),
            "others": self.others(),
        }

    def others(self) -> list[CreditCheck]:
        """The other checks of the same document, newest first."""
        found = CreditCheck.objects.filter(source_kind=self.record.source_kind, source_id=self.record.source_id)
        return list(found.exclude(pk=self.record.pk)[:10])


class AskRelease(FormView):
    """The request to both directors for the document that this check holds."""

    form_class, permission = ReleaseForm, MAY_ASK
    title, submit = gettext_lazy("Ask for the release"), gettext_lazy("Ask both directors")
    done = gettext_lazy("The request is submitted.")
    record: CreditCheck

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        """A check that was followed by another one while its page was open stands for the newest of the document."""
        asked = visible_or_404(CreditCheck, request.user, **kwargs)
        same = Hold.objects.visible_to(request.user).filter(source_kind=asked.source_kind, source_id=asked.source_id)
        hold = same.select_related("last_check").first()
        if hold is None:
            raise NotHeld
        self.record = hold.last_check
        with_numbers([self.record])

    def page_title(self) -> str:
        return _("Ask for the release: %(document)s") % {"document": source_words(self.record)}

    def form_kwargs(self) -> dict[str, Any]:
        return {"initial": {"until": last_day_of_release(business_today())}}

    def context(self, request: HttpRequest) -> dict[str, Any]:
        findings = self.record.findings
        heads = heads_seen(findings, self.request.user)
        said = [reason.sentence for reason in in_words(findings, heads)]
        text = _("It is let go as it is now, until %(last)s at most: changing it ends the release.")
        said.append(text % {"last": isodate(last_day_of_release(business_today()))})
        customer = self.record.account.customer
        links = (
            (source_url(self.record, self.request.user), source_words(self.record)),
            (customer.get_absolute_url(), customer.name),
        )
        named = format_html_join(" · ", '<a href="{}" data-unguard>{}</a>', [link for link in links if link[0]])
        return {"intro": format_html("{}<br>{}", named, " ".join(said))}

    def show(self, request: HttpRequest, form: Any, status: int = 200) -> HttpResponse:
        """Whatever was refused, a browser keeps what was typed, but not which files were chosen."""
        if request.FILES:
            form.add_error("papers", _("The files were not kept: choose them again."))
        return super().show(request, form, status)

    def perform(self, form: ReleaseForm) -> str:
        made = ask_release(
            actor=self.request.user,
            source_kind=self.record.source_kind,
            source_id=self.record.source_id,
            **form.cleaned_data,
        )
        return made.get_absolute_url()

    def cancel_url(self) -> str:
        return source_url(self.record, self.request.user) or self.record.get_absolute_url()
