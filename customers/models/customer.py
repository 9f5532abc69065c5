"""Customers: one profile for every company or person we sell to."""

from collections.abc import Mapping
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from crm.core.addresses import record_url
from crm.core.display import masked
from crm.core.models import track_changes, user_field
from crm.core.money import CurrencyCodeField, MoneyField
from customers.models.lists import Industry, Region
from customers.names import is_chinese
from customers.rules import DOCUMENT_OF, form_of, place_of
from customers.visibility import CustomerQuerySet, VisibleQuerySet


class CustomerKind(models.TextChoices):
    ORGANISATION = "organisation", _("Organisation")
    PERSON = "person", _("Person")


class CustomerCategory(models.TextChoices):
    BUSINESS = "business", _("Business")
    INTERMEDIARY = "intermediary", _("Intermediary / dealer")
    CONSUMER = "consumer", _("Consumer")
    PUBLIC = "public", _("Public body")
    INTERNAL = "internal", _("Internal")


class CustomerState(models.TextChoices):
    """Life cycle of a customer; each change has a cause and a date."""

    LEAD = "lead", _("Lead")
    PROSPECT = "prospect", _("Prospect")
    LEAD_CUSTOMER = "lead_customer", _("Lead customer")
    IDENTIFIED = "identified", _("Identified")
    ACTIVE = "active", _("Active")
    DORMANT = "dormant", _("Dormant")
    LOST = "lost", _("Lost")
    CLOSED = "closed", _("Closed")
    BLACKLISTED = "blacklisted", _("Blacklisted")


class CompanySize(models.TextChoices):
    LARGE = "large", _("Large")
    MEDIUM = "medium", _("Medium")
    SMALL = "small", _("Small")
    MICRO = "micro", _("Micro")


class Ownership(models.TextChoices):
    STATE = "state", _("State-owned")
    PRIVATE = "private", _("Private")
    FOREIGN = "foreign", _("Foreign-invested")
    JOINT = "joint", _("Joint venture")
    COLLECTIVE = "collective", _("Collective")
    SOLE = "sole", _("Sole proprietor")


class LegalForm(models.TextChoices):
    """What the customer is in law, which says who answers for its debts."""

    LIMITED = "limited", _("Limited liability company")
    SHARES = "shares", _("Joint-stock company")
    PARTNERSHIP = "partnership", _("Partnership")
    SOLE = "sole", _("Sole-owner firm")
    INDIVIDUAL = "individual", _("Individual business")
    PUBLIC = "public", _("Public body")
    OTHER = "other", _("Other")  # cooperative, branch, state-owned under the old law ...


# Of these the owner answers with private property.
UNLIMITED_FORMS = (LegalForm.PARTNERSHIP, LegalForm.SOLE, LegalForm.INDIVIDUAL)


@track_changes
class Customer(models.Model):
    """A company or person we sell to. `code` is ours; `name` the legal name; `owner` and `team` look after it.

    `core_name`, `pinyin`, `search_text` and `phone_digits` are derived by customers.services when names or phone change
    (customers.names). Which number says who it is depends on its form: `uscc`, `foreign_number` or `identity_number`,
    which is personal data: whole only in the form of the profile and in contracts. `version` counts saved changes of
    the profile, so that two editors do not overwrite each other.
    """

    state_tones: ClassVar[Mapping[str, str]] = {"lead_customer": "info", "identified": "info", "prospect": "info"}

    code = models.CharField(_("customer number"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=CustomerKind, default=CustomerKind.ORGANISATION)
    category = models.CharField(
        _("category"), max_length=12, choices=CustomerCategory, default=CustomerCategory.BUSINESS
    )
    name = models.CharField(_("legal name"), max_length=200)
    short_name = models.CharField(_("short name"), max_length=80, blank=True)
    english_name = models.CharField(_("English name"), max_length=200, blank=True)
    other_names = models.CharField(
        _("other names"),
        max_length=400,
        blank=True,
        help_text=_("Other spellings it is found by, with a ; between them."),
    )
    uscc = models.CharField(_("unified social credit code"), max_length=18, blank=True)
    foreign_number = models.CharField(_("foreign registration number"), max_length=60, blank=True)
    identity_number = models.CharField(_("identity document number"), max_length=40, blank=True)
    state = models.CharField(_("life-cycle state"), max_length=16, choices=CustomerState, default=CustomerState.ACTIVE)
    industry = models.ForeignKey(Industry, null=True, blank=True, on_delete=models.PROTECT, verbose_name=_("industry"))
    region = models.ForeignKey(Region, null=True, blank=True, on_delete=models.PROTECT, verbose_name=_("region"))
    country = models.CharField(_("country"), max_length=2, default="CN", help_text=_("ISO 3166 code, such as CN."))
    address = models.CharField(_("address"), max_length=255, blank=True)
    english_address = models.CharField(
        _("English address"), max_length=255, blank=True, help_text=_("Left empty, English documents print the other.")
    )
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    website = models.URLField(_("website"), blank=True)
    size = models.CharField(_("size"), max_length=8, choices=CompanySize, blank=True)
    ownership = models.CharField(_("ownership"), max_length=12, choices=Ownership, blank=True)
    founded_on = models.DateField(_("founded on"), null=True, blank=True)
    registered_capital = MoneyField(_("registered capital"), null=True, blank=True)
    registered_capital_currency = CurrencyCodeField(blank=True, verbose_name=_("currency of the registered capital"))
    legal_representative = models.CharField(_("legal representative"), max_length=80, blank=True)
    legal_form = models.CharField(_("legal form"), max_length=12, choices=LegalForm, blank=True)
    proprietor = models.CharField(_("owner who answers personally"), max_length=80, blank=True)
    proprietor_residence = models.CharField(_("residence of that owner"), max_length=255, blank=True)
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children",
        verbose_name=_("parent company"),
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="customers",
        verbose_name=_("owner"),
    )
    team = models.ForeignKey(
        "accounts.Team",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="customers",
        verbose_name=_("team"),
    )
    notes = models.TextField(_("notes"), blank=True)
    core_name = models.CharField(_("core name"), max_length=200, editable=False, default="")
    pinyin = models.CharField(_("pinyin"), max_length=400, editable=False, default="")
    search_text = models.TextField(_("search text"), editable=False, default="")
    phone_digits = models.CharField(_("phone digits"), max_length=20, editable=False, default="")
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    merged_into = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="merged",
        editable=False,
        verbose_name=_("merged into"),
    )
    created_by = user_field(_("created by"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["pinyin", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["uscc"], name="customer_uscc_once", condition=~Q(uscc="")),
            models.CheckConstraint(name="customer_not_own_parent", condition=~Q(parent=models.F("id"))),
        ]
        indexes = [
            models.Index(fields=["pinyin", "id"], name="customer_by_name"),
            models.Index(fields=["owner"], name="customer_by_owner"),
            GinIndex(fields=["search_text"], name="customer_search_trgm", opclasses=["gin_trgm_ops"]),
            GinIndex(fields=["core_name"], name="customer_core_trgm", opclasses=["gin_trgm_ops"]),
            models.Index(fields=["core_name"], name="customer_by_core_name"),
            models.Index(fields=["phone_digits"], name="customer_by_phone", condition=~Q(phone_digits="")),
            models.Index(Lower("email"), name="customer_by_email", condition=~Q(email="")),
            models.Index(fields=["foreign_number"], name="customer_by_foreign_number", condition=~Q(foreign_number="")),
            models.Index(fields=["identity_number"], name="customer_by_identity", condition=~Q(identity_number="")),
        ]
        permissions = [
            ("assign_customer", _("Can reassign customers")),
            ("share_customer", _("Can share customers with colleagues")),
            ("blacklist_customer", _("Can put customers on the blacklist and take them off")),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_unlimited(self) -> bool:
        """Whether its owner answers for its debts with private property."""
        return self.legal_form in UNLIMITED_FORMS

    @property
    def form(self) -> str:
        """What the customer is in law: rules.COMPANY, ABROAD or PERSON."""
        return form_of(kind=self.kind, country=self.country, uscc=self.uscc)

    @property
    def location(self) -> str:
        """Where it buys: rules.HERE or ABROAD, whose prices are those of exports."""
        return place_of(form=self.form, country=self.country)

    @property
    def document(self) -> str:
        """The number that says who it is: in the register of its country, or of a person's identity document."""
        return str(getattr(self, DOCUMENT_OF[self.form]))

    @property
    def masked_identity(self) -> str:
        """The end of the identity document number, for those who do not edit the profile."""
        return masked(self.identity_number)

    def name_in(self, language: str) -> str:
        """The name as documents in a language print it.

        The registered name is the party: in Latin script, as abroad, it stands in every language. English documents
        have the English name of a customer that is registered in Chinese.
        """
        if language.startswith("zh") or not is_chinese(self.name):
            return self.name
        return self.english_name or self.name

    def address_in(self, language: str) -> str:
        """The address as documents in a language print it."""
        return self.address if language.startswith("zh") else self.english_address or self.address

    def get_absolute_url(self) -> str:
        return record_url("customers:detail", self.pk)


class ExternalRef(models.Model):
    """The key of a customer in another system, such as the accounting package it was imported from."""

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="external_refs", verbose_name=_("customer")
    )
    source = models.CharField(_("source"), max_length=40)
    kind = models.CharField(_("kind"), max_length=40, default="customer")
    key = models.CharField(_("key"), max_length=120)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("external reference")
        verbose_name_plural = _("external references")
        constraints = [models.UniqueConstraint(fields=["source", "kind", "key"], name="external_ref_once")]

    def __str__(self) -> str:
        return f"{self.source}:{self.kind}:{self.key}"
