"""Forms of customers: they parse and check what was typed; the services decide."""

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Fieldset, Layout
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import Team, User
from crm.accounts.roles import Scope
from crm.core.errors import DomainError
from crm.core.widgets import DateInput, MoneyField, RemoteChoiceField
from customers.models import (
    CompanySize,
    Contact,
    Customer,
    CustomerCategory,
    CustomerKind,
    CustomerState,
    Industry,
    LegalForm,
    Ownership,
    Region,
    Tier,
)
from customers.rules import BLACKLISTED, allowed_transitions, identifies, touches_blacklist
from customers.services.fields import PROFILE_FIELDS, check_identity, cleaned

UNKNOWN = ("", "–")


def owners_for(user: Any) -> Any:
    """Colleagues this user may make an owner."""
    owners = User.objects.filter(Q(groups__isnull=False) | Q(is_superuser=True), is_active=True).distinct()
    if user.scope is Scope.TEAM:
        owners = owners.filter(team_id__in=user.team_ids)
    elif user.scope is not Scope.ALL:
        owners = owners.filter(pk=user.pk)
    return owners.order_by("name", "pk")


def teams_for(user: Any) -> Any:
    teams = Team.objects.order_by("path")
    return teams.filter(pk__in=user.team_ids) if user.scope is Scope.TEAM else teams


class ProfileForm(forms.Form):
    """The profile of a customer."""

    name = forms.CharField(label=_("Legal name"), max_length=200, help_text=_("As on the business licence."))
    short_name = forms.CharField(label=_("Short name"), max_length=80, required=False)
    english_name = forms.CharField(label=_("English name"), max_length=200, required=False)
    other_names = forms.CharField(
        label=_("Other names"),
        max_length=400,
        required=False,
        help_text=_("Other spellings it is found by, with a ; between them."),
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=CustomerKind.choices)
    category = forms.ChoiceField(label=_("Category"), choices=CustomerCategory.choices)
    code = forms.CharField(
        label=_("Customer number"), max_length=40, required=False, help_text=_("Left empty: the next number.")
    )
    uscc = forms.CharField(
        label=_("Unified social credit code"),
        max_length=30,
        required=False,
        help_text=_("18 characters; the check digit is verified."),
    )
    foreign_number = forms.CharField(
        label=_("Foreign registration number"),
        max_length=60,
        required=False,
        help_text=_("Of a company abroad, as its register has it, such as HRB 12345."),
    )
    identity_number = forms.CharField(
        label=_("Identity document number"),
        max_length=40,
        required=False,
        help_text=_(
            "Of a person: identity card, whose check digit is verified, or passport. Only who edits the profile sees "
            "all of it."
        ),
    )
    industry = RemoteChoiceField(
        Industry.objects.all(), url_name="customers:industries", label=_("Industry"), required=False
    )
    region = RemoteChoiceField(Region.objects.all(), url_name="customers:regions", label=_("Region"), required=False)
    country = forms.CharField(label=_("Country"), max_length=2, help_text=_("ISO 3166 code, such as CN."), initial="CN")
    address = forms.CharField(label=_("Address"), max_length=255, required=False)
    english_address = forms.CharField(
        label=_("English address"),
        max_length=255,
        required=False,
        help_text=_("Left empty, English documents print the other."),
    )
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    email = forms.EmailField(label=_("E-mail"), required=False)
    website = forms.URLField(label=_("Website"), required=False, assume_scheme="https")
    size = forms.ChoiceField(label=_("Size"), choices=[UNKNOWN, *CompanySize.choices], required=False)
    ownership = forms.ChoiceField(label=_("Ownership"), choices=[UNKNOWN, *Ownership.choices], required=False)
    founded_on = forms.DateField(label=_("Founded on"), widget=DateInput(), required=False)
    registered_capital = MoneyField(label=_("Registered capital"), min_value=0, required=False)
    registered_capital_currency = forms.CharField(label=_("Its currency"), max_length=3, required=False)
    legal_representative = forms.CharField(label=_("Legal representative"), max_length=80, required=False)
    legal_form = forms.ChoiceField(label=_("Legal form"), choices=[UNKNOWN, *LegalForm.choices], required=False)
    proprietor = forms.CharField(
        label=_("Owner who answers personally"),
        max_length=80,
        required=False,
        help_text=_("Of a partnership, a sole-owner firm or an individual business, whose owner answers privately."),
    )
    proprietor_residence = forms.CharField(label=_("Residence of that owner"), max_length=255, required=False)
    parent = RemoteChoiceField(
        Customer.objects.none(), url_name="customers:options", label=_("Parent company"), required=False
    )
    notes = forms.CharField(label=_("Notes"), widget=forms.Textarea(attrs={"rows": 3}), required=False)

    def __init__(self, *args: Any, user: Any, customer: Customer | None = None, **kwargs: Any) -> None:
        self.user, self.customer = user, customer
        if customer is not None:
            kwargs.setdefault("initial", self.profile_of(customer))
        super().__init__(*args, **kwargs)
        parents: Any = self.fields["parent"]
        parents.queryset = Customer.objects.visible_to(user).exclude(pk=customer.pk if customer else None)
        self.helper = FormHelper()
        self.helper.layout = Layout(*self.sections())

    @staticmethod
    def profile_of(customer: Customer) -> dict[str, Any]:
        return {name.removesuffix("_id"): getattr(customer, name) for name in PROFILE_FIELDS}

    def sections(self) -> list[Any]:
        """Names first, because they find duplicates; then what places the company, then what is known about it."""
        return [
            Fieldset(
                _("Names and numbers"),
                Div("kind", "category", css_class="grid-2"),
                "name",
                HTML('{% include "customers/partials/similar_slot.html" %}'),
                Div("short_name", "english_name", css_class="grid-2"),
                "other_names",
                Div("code", "uscc", css_class="grid-2"),
                Div("foreign_number", "identity_number", css_class="grid-2"),
            ),
            Fieldset(
                _("Where it is and how it is reached"),
                Div("region", "country", css_class="grid-2"),
                "address",
                "english_address",
                Div("phone", "email", css_class="grid-2"),
                "website",
            ),
            Fieldset(
                _("The company"),
                Div("industry", "parent", css_class="grid-2"),
                Div("size", "ownership", css_class="grid-2"),
                Div("legal_form", "founded_on", css_class="grid-2"),
                "legal_representative",
                Div("proprietor", "proprietor_residence", css_class="grid-2"),
                Div("registered_capital", "registered_capital_currency", css_class="grid-2"),
                "notes",
            ),
        ]

    def clean(self) -> dict[str, Any]:
        """Each field as the service checks it, so that the error stands beside the field."""
        data = super().clean() or {}
        standing = self.customer.identity_number if self.customer else ""
        for name in PROFILE_FIELDS:
            field = name.removesuffix("_id")
            if field in data and not name.endswith("_id"):
                try:
                    data[field] = cleaned({name: data[field]})[name]
                    if name == "identity_number":
                        check_identity(data[field], standing=standing)
                except DomainError as error:
                    self.add_error(field, ValidationError(str(error), code=error.code))
        return data

    def profile(self) -> dict[str, Any]:
        """The fields as the service takes them."""
        data = self.cleaned_data
        return {
            name: getattr(data[name.removesuffix("_id")], "pk", None) if name.endswith("_id") else data[name]
            for name in PROFILE_FIELDS
            if name.removesuffix("_id") in data
        }


class NewCustomerForm(ProfileForm):
    """A new customer: its profile, where it stands and who looks after it."""

    state = forms.ChoiceField(
        label=_("State"),
        choices=[choice for choice in CustomerState.choices if choice[0] != BLACKLISTED],
        initial=CustomerState.PROSPECT,
    )
    owner = RemoteChoiceField(
        User.objects.none(), url_name="customers:owners", label=_("Owner"), required=False, help_text=""
    )
    accept_similar = forms.BooleanField(required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        owners: Any = self.fields["owner"]
        owners.queryset = owners_for(user)
        if user.scope is not Scope.ALL:
            self.initial.setdefault("owner", user.pk)
        else:
            owners.help_text = _("May stay empty until somebody takes it over.")

    def sections(self) -> list[Any]:
        return [*super().sections(), Fieldset(_("Care"), Div("state", "owner", css_class="grid-2"))]


class EditCustomerForm(ProfileForm):
    """The profile of a known customer, with the version the editor saw."""

    version = forms.IntegerField(widget=forms.HiddenInput())


class StateForm(forms.Form):
    """The next state, with its cause."""

    to_state = forms.ChoiceField(label=_("New state"), widget=forms.RadioSelect)
    cause = forms.CharField(
        label=_("Cause"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Stands in the history, with your name and the time."),
    )

    def __init__(self, *args: Any, user: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        may_change = user.has_perm("customers.change_customer")
        may_blacklist = user.has_perm("customers.blacklist_customer")
        states: Any = self.fields["to_state"]
        states.choices = [
            (state.value, state.label)
            for state in CustomerState
            if state in allowed_transitions(customer.state)
            and not (customer.owner_id == user.pk and identifies(customer.state, state))
            and (may_blacklist if touches_blacklist(customer.state, state) else may_change)
        ]


class AssignForm(forms.Form):
    """The new owner, with the reason."""

    owner = RemoteChoiceField(User.objects.none(), url_name="customers:owners", label=_("New owner"))
    team = forms.ModelChoiceField(
        Team.objects.none(), label=_("Team"), required=False, help_text=_("Left empty: the team of the new owner.")
    )
    reason = forms.CharField(label=_("Reason"), max_length=200, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owners: Any = self.fields["owner"]
        owners.queryset = owners_for(user)
        teams: Any = self.fields["team"]
        teams.queryset = teams_for(user)


class ShareForm(forms.Form):
    """A colleague who is to see the customer too."""

    colleague = RemoteChoiceField(User.objects.none(), url_name="customers:colleagues", label=_("Colleague"))
    reason = forms.CharField(label=_("Reason"), max_length=200, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        colleagues: Any = self.fields["colleague"]
        colleagues.queryset = User.objects.filter(is_active=True)


class TierForm(forms.Form):
    """The tier a person gives a customer, with the reason and the day it ends."""

    tier = forms.ChoiceField(label=_("Tier"), choices=Tier.choices, widget=forms.RadioSelect)
    until = forms.DateField(
        label=_("Last day"),
        widget=DateInput(),
        required=False,
        help_text=_("After this day the night works the tier out again. Left empty: until somebody changes it."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=200, widget=forms.Textarea(attrs={"rows": 3}))


class ContactForm(forms.Form):
    """A person at a customer."""

    name = forms.CharField(label=_("Name"), max_length=80)
    job_title = forms.CharField(label=_("Job title"), max_length=80, required=False)
    role = forms.ChoiceField(label=_("Role in buying"), choices=[UNKNOWN, *Contact.BuyingRole.choices], required=False)
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    email = forms.EmailField(label=_("E-mail"), required=False)
    is_primary = forms.BooleanField(label=_("Main contact"), required=False)
    notes = forms.CharField(label=_("Notes"), max_length=255, required=False)

    def __init__(self, *args: Any, contact: Contact | None = None, **kwargs: Any) -> None:
        if contact is not None:
            names = ("name", "job_title", "role", "phone", "email", "is_primary", "notes")
            kwargs.setdefault("initial", {name: getattr(contact, name) for name in names})
        super().__init__(*args, **kwargs)
        if contact is not None and contact.is_primary:
            self.fields["is_primary"].disabled = True
            self.fields["is_primary"].help_text = _("To change this, make somebody else the main contact.")
        self.helper = FormHelper()
        self.helper.layout = Layout(
            Div("name", "job_title", css_class="grid-2"),
            Div("phone", "email", css_class="grid-2"),
            Div("role", "notes", css_class="grid-2"),
            "is_primary",
        )
