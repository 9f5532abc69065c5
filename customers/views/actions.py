"""Dialogs of the customer page: state, tier, owner, colleagues."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.core.dates import business_today
from crm.core.display import Text
from crm.core.pages import ConfirmView, FormView
from crm.core.permissions import check_one_of, visible_or_404
from customers.forms import AssignForm, ShareForm, StateForm, TierForm
from customers.models import Customer, CustomerShare
from customers.services import assign_owner, change_state, set_tier, share_customer, unshare_customer

STATE_PERMISSIONS = ("customers.change_customer", "customers.blacklist_customer")


class OnCustomer(FormView):
    """A form about one visible customer."""

    customer: Customer

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.customer = visible_or_404(Customer.objects.select_related("owner", "team"), request.user, **kwargs)

    def cancel_url(self) -> str:
        return self.customer.get_absolute_url()


class ChangeState(OnCustomer):
    """Offers the states this user may decide on: the blacklist is a right of its own (the service asks for it)."""

    form_class, permission = StateForm, "customers.view_customer"
    title, submit = gettext_lazy("Change the state"), gettext_lazy("Change")

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        check_one_of(request.user, *STATE_PERMISSIONS)
        super().prepare(request, **kwargs)

    def form_kwargs(self) -> dict[str, Any]:
        return {"user": self.request.user, "customer": self.customer}

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return {"intro": _("The state is %(state)s now.") % {"state": self.customer.get_state_display()}}

    def perform(self, form: StateForm) -> str:
        change_state(
            actor=self.request.user,
            customer_id=self.customer.pk,
            to_state=form.cleaned_data["to_state"],
            cause=form.cleaned_data["cause"],
            today=business_today(),
        )
        return self.customer.get_absolute_url()

    def done_message(self) -> Text:
        return _("The state is changed.")


class Blacklist(ConfirmView, OnCustomer):
    """Putting a customer on the blacklist has a dialog of its own that says what it means."""

    permission = "customers.blacklist_customer"
    title, submit = gettext_lazy("Put on the blacklist"), gettext_lazy("Put on the blacklist")

    def what_happens(self) -> list[Text]:
        return [
            _("%(customer)s is marked as blacklisted on every page and in every list.") % {"customer": self.customer},
            _("Open invoices stay open and can be collected."),
            _("Only a holder of this right can take it off again."),
        ]

    def perform(self, form: Any) -> str:
        change_state(
            actor=self.request.user,
            customer_id=self.customer.pk,
            to_state="blacklisted",
            cause=form.cleaned_data["reason"],
            today=business_today(),
        )
        return self.customer.get_absolute_url()

    def done_message(self) -> Text:
        return _("The customer is on the blacklist.")


class SetTier(OnCustomer):
    form_class, permission = TierForm, "customers.set_tier"
    title, submit = gettext_lazy("Set the tier"), gettext_lazy("Set")
    intro = gettext_lazy("The night leaves a tier that is set by hand alone, up to its end.")
    done = gettext_lazy("The tier is set.")

    def form_kwargs(self) -> dict[str, Any]:
        now = getattr(self.customer, "customer_tier", None)
        return {"initial": {"tier": now.tier}} if now else {}

    def perform(self, form: TierForm) -> str:
        set_tier(
            actor=self.request.user,
            customer_id=self.customer.pk,
            tier=form.cleaned_data["tier"],
            until=form.cleaned_data["until"],
            reason=form.cleaned_data["reason"],
            today=business_today(),
        )
        return self.customer.get_absolute_url()


class Assign(OnCustomer):
    form_class, permission = AssignForm, "customers.assign_customer"
    title, submit = gettext_lazy("Hand to another owner"), gettext_lazy("Hand over")
    done = gettext_lazy("The customer has a new owner.")

    def form_kwargs(self) -> dict[str, Any]:
        return {"user": self.request.user}

    def context(self, request: HttpRequest) -> dict[str, Any]:
        if self.customer.owner is None:
            return {"intro": _("The customer has no owner now.")}
        return {"intro": _("The owner is %(owner)s now.") % {"owner": self.customer.owner}}

    def perform(self, form: AssignForm) -> str:
        data = form.cleaned_data
        assign_owner(
            actor=self.request.user,
            customer_id=self.customer.pk,
            owner_id=data["owner"].pk,
            team_id=data["team"].pk if data["team"] else None,
            reason=data["reason"],
            today=business_today(),
        )
        if Customer.objects.visible_to(self.request.user).filter(pk=self.customer.pk).exists():
            return self.customer.get_absolute_url()
        return reverse("customers:customers")


class Share(OnCustomer):
    form_class, permission = ShareForm, "customers.share_customer"
    title, submit = gettext_lazy("Share with a colleague"), gettext_lazy("Share")
    intro = gettext_lazy("The colleague sees this customer and all that hangs on it.")
    done = gettext_lazy("The customer is shared.")

    def perform(self, form: ShareForm) -> str:
        share_customer(
            actor=self.request.user,
            customer_id=self.customer.pk,
            user_id=form.cleaned_data["colleague"].pk,
            reason=form.cleaned_data["reason"],
            today=business_today(),
        )
        return self.customer.get_absolute_url()


class Unshare(ConfirmView):
    permission = "customers.share_customer"
    title, submit = gettext_lazy("End sharing"), gettext_lazy("End sharing")
    done = gettext_lazy("The customer is no longer shared.")
    share: CustomerShare

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        shares = CustomerShare.objects.select_related("customer", "user")
        self.share = visible_or_404(shares, request.user, customer_id=kwargs["pk"], pk=kwargs["share"])

    def what_happens(self) -> list[Text]:
        return [_("%(user)s no longer sees %(customer)s.") % {"user": self.share.user, "customer": self.share.customer}]

    def perform(self, form: Any) -> str:
        unshare_customer(
            actor=self.request.user,
            share_id=self.share.pk,
            reason=form.cleaned_data["reason"],
            today=business_today(),
        )
        return self.share.customer.get_absolute_url()

    def cancel_url(self) -> str:
        return self.share.customer.get_absolute_url()
