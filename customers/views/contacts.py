"""Contacts, edited where they stand: in the panel of the customer page, or on a page of their own without script."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.core.dates import business_today
from crm.core.pages import FormView, go_to, toast
from crm.core.permissions import Guarded, visible_or_404
from customers.forms import ContactForm
from customers.models import Contact, Customer
from customers.panels import contacts_panel
from customers.services import add_contact, deactivate_contact, update_contact

PANEL = "customers/panels/contacts.html"


def in_panel(request: HttpRequest) -> bool:
    return request.headers.get("HX-Target") == "contacts"


def panel(request: HttpRequest, customer: Customer) -> HttpResponse:
    return render(request, PANEL, contacts_panel(request, customer))


class ContactFormView(FormView):
    """The form of a contact; in the panel it takes the place of the table until it is saved."""

    form_class = ContactForm
    customer: Customer
    contact: Contact | None = None

    def show(self, request: HttpRequest, form: Any, status: int = 200) -> HttpResponse:
        if not in_panel(request):
            return super().show(request, form, status)
        form.helper.form_tag = False
        context = {"form": form, "customer": self.customer, "contact": self.contact, "title": self.page_title()}
        # 200 also with errors: htmx swaps the form in, and the errors stand beside their fields.
        return render(request, "customers/partials/contact_form.html", context)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = super().post(request, *args, **kwargs)
        if in_panel(request) and "HX-Redirect" in answer.headers:
            return toast(panel(request, self.customer), _("Saved."))
        return answer

    def cancel_url(self) -> str:
        return self.customer.get_absolute_url()


class AddContact(ContactFormView):
    title, submit, permission = gettext_lazy("New contact"), gettext_lazy("Add"), "customers.add_contact"

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.customer = visible_or_404(Customer, request.user, **kwargs)

    def perform(self, form: ContactForm) -> str:
        add_contact(actor=self.request.user, customer_id=self.customer.pk, today=business_today(), **form.cleaned_data)
        return self.customer.get_absolute_url()


class EditContact(ContactFormView):
    submit, permission = gettext_lazy("Save"), "customers.change_contact"
    contact: Contact

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        contacts = Contact.objects.filter(is_active=True).select_related("customer")
        self.contact = visible_or_404(contacts, request.user, customer_id=kwargs["pk"], pk=kwargs["contact"])
        self.customer = self.contact.customer

    def page_title(self) -> str:
        return _("Edit %(contact)s") % {"contact": self.contact.name}

    def form_kwargs(self) -> dict[str, Any]:
        return {"contact": self.contact}

    def perform(self, form: ContactForm) -> str:
        update_contact(actor=self.request.user, contact_id=self.contact.pk, today=business_today(), **form.cleaned_data)
        return self.customer.get_absolute_url()


class DeactivateContact(Guarded):
    """Somebody left: one click, because making the contact again is one too."""

    permission = "customers.change_contact"

    def post(self, request: HttpRequest, pk: int, contact: int) -> HttpResponse:
        found = visible_or_404(
            Contact.objects.filter(is_active=True).select_related("customer"),
            request.user,
            customer_id=pk,
            pk=contact,
        )
        deactivate_contact(actor=request.user, contact_id=found.pk, today=business_today())
        if in_panel(request):
            return toast(panel(request, found.customer), _("%(name)s is not active any more.") % {"name": found.name})
        return go_to(request, found.customer.get_absolute_url())
