"""Create and edit a profile."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.core.addresses import way_back
from crm.core.dates import business_today
from crm.core.pages import FormView
from crm.core.permissions import Guarded, visible_or_404
from customers.errors import CustomerChanged, SimilarCustomers
from customers.forms import EditCustomerForm, NewCustomerForm
from customers.models import Customer, CustomerKind
from customers.selectors import Similar, similar_customers
from customers.services import create_customer, update_customer
from customers.services.fields import label


def similar_to(user: Any, data: Any, but: int | None = None) -> Similar:
    """Customers like the one in a half-filled form."""
    return similar_customers(
        actor=user,
        name=data.get("name", ""),
        code=data.get("code", ""),
        uscc=data.get("uscc", ""),
        foreign_number=data.get("foreign_number", ""),
        identity_number=data.get("identity_number", ""),
        country=data.get("country", ""),
        phone=data.get("phone", ""),
        email=data.get("email", ""),
        person=data.get("kind") == CustomerKind.PERSON,
        but=but,
    )


class SimilarView(Guarded):
    """What the form shows while a name or number is typed: customers that may be the same.

    Sent, not asked for by an address, which logs keep: numbers of persons are among them.
    """

    permission = "customers.add_customer"

    def post(self, request: HttpRequest) -> HttpResponse:
        found = similar_to(request.user, request.POST)
        return render(request, "customers/partials/similar.html", {"similar": found, "accepted": False})


class CreateCustomer(FormView):
    form_class = NewCustomerForm
    title, submit, permission = gettext_lazy("New customer"), gettext_lazy("Create"), "customers.add_customer"
    done = gettext_lazy("The customer is created.")
    wide = True
    template_name = "customers/form.html"
    similar = Similar()

    def form_kwargs(self) -> dict[str, Any]:
        return {"user": self.request.user}

    def perform(self, form: NewCustomerForm) -> str:
        data = form.cleaned_data
        try:
            customer = create_customer(
                actor=self.request.user,
                today=business_today(),
                state=data["state"],
                owner_id=data["owner"].pk if data["owner"] else None,
                accept_similar=data["accept_similar"],
                **form.profile(),
            )
        except SimilarCustomers:
            self.similar = similar_to(self.request.user, data)
            raise
        return customer.get_absolute_url()

    def cancel_url(self) -> str:
        return reverse("customers:customers")

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return {"similar": self.similar, "accepted": bool(request.POST.get("accept_similar")), "creating": True}


class EditCustomer(FormView):
    form_class = EditCustomerForm
    submit, permission = gettext_lazy("Save"), "customers.change_customer"
    done = gettext_lazy("Saved.")
    wide = True
    template_name = "customers/form.html"
    customer: Customer
    conflict: list[dict[str, Any]] | None = None

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.customer = visible_or_404(Customer, request.user, **kwargs)
        self.version = self.customer.version

    def form_kwargs(self) -> dict[str, Any]:
        return {"user": self.request.user, "customer": self.customer}

    def page_title(self) -> str:
        return _("Edit %(customer)s") % {"customer": self.customer.name}

    def perform(self, form: EditCustomerForm) -> str:
        try:
            update_customer(
                actor=self.request.user,
                customer_id=self.customer.pk,
                version=form.cleaned_data["version"],
                today=business_today(),
                **form.profile(),
            )
        except CustomerChanged as changed:
            self.show_conflict(form, changed)
            raise
        return way_back(self.request, self.customer.get_absolute_url())

    def show_conflict(self, form: EditCustomerForm, changed: CustomerChanged) -> None:
        """What stands there now beside what was typed; saving once more takes what was typed."""
        now = Customer.objects.select_related("industry", "region", "parent").get(pk=self.customer.pk)
        self.version = changed.params["version"]
        self.conflict = [
            {
                "label": label(name),
                "saved": in_words(now, name.removesuffix("_id")),
                "typed": form.cleaned_data[name.removesuffix("_id")],
            }
            for name in changed.params["fields"]
        ]

    def cancel_url(self) -> str:
        return way_back(self.request, self.customer.get_absolute_url())

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return {"customer": self.customer, "version": self.version, "conflict": self.conflict}


def in_words(customer: Customer, field: str) -> Any:
    """The value of a field as the page shows it."""
    shown = getattr(customer, f"get_{field}_display", None)
    return shown() if shown else getattr(customer, field)
