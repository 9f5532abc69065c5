"""Customers: one profile for every company or person we sell to, and who looks after it."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.core.models import track_changes
from crm.core.money import CurrencyCodeField, MoneyField
from customers.visibility import CustomerQuerySet, VisibleQuerySet


class Industry(models.Model):
    """Industrial classification GB/T 4754-2017: section, division, group or class."""

    code = models.CharField(_("code"), max_length=5, primary_key=True)
    name_zh = models.CharField(_("Chinese name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=120, blank=True)
    level = models.PositiveSmallIntegerField(_("level"))
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, verbose_name=_("parent"))

    class Meta:
        verbose_name = _("industry")
        verbose_name_plural = _("industries")
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name_zh}"


class Region(models.Model):
    """Administrative division of China by GB/T 2260: province (level 1), city (2) or county (3)."""

    code = models.CharField(_("code"), max_length=6, primary_key=True)
    name_zh = models.CharField(_("Chinese name"), max_length=60)
    name_en = models.CharField(_("English name"), max_length=80, blank=True)
    level = models.PositiveSmallIntegerField(_("level"))
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, verbose_name=_("parent"))
    province = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("province")
    )

    class Meta:
        verbose_name = _("region")
        verbose_name_plural = _("regions")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name_zh


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


@track_changes
class Customer(models.Model):
    """A company or person we sell to. `code` is ours; `name` the legal name; `owner` and `team` look after it.

    `core_name`, `pinyin` and `search_text` are derived from the names by customers.services when they change:
    the core name is the legal name without region words and legal suffix; Chinese names sort by pinyin.
    """

    code = models.CharField(_("customer number"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=CustomerKind, default=CustomerKind.ORGANISATION)
    category = models.CharField(
        _("category"), max_length=12, choices=CustomerCategory, default=CustomerCategory.BUSINESS
    )
    name = models.CharField(_("legal name"), max_length=200)
    short_name = models.CharField(_("short name"), max_length=80, blank=True)
    english_name = models.CharField(_("English name"), max_length=200, blank=True)
    uscc = models.CharField(_("unified social credit code"), max_length=18, blank=True)
    state = models.CharField(_("life-cycle state"), max_length=16, choices=CustomerState, default=CustomerState.ACTIVE)
    industry = models.ForeignKey(Industry, null=True, blank=True, on_delete=models.PROTECT, verbose_name=_("industry"))
    region = models.ForeignKey(Region, null=True, blank=True, on_delete=models.PROTECT, verbose_name=_("region"))
    country = models.CharField(_("country"), max_length=2, default="CN", help_text=_("ISO 3166 code, such as CN."))
    address = models.CharField(_("address"), max_length=255, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    website = models.URLField(_("website"), blank=True)
    size = models.CharField(_("size"), max_length=8, choices=CompanySize, blank=True)
    ownership = models.CharField(_("ownership"), max_length=12, choices=Ownership, blank=True)
    founded_on = models.DateField(_("founded on"), null=True, blank=True)
    registered_capital = MoneyField(_("registered capital"), null=True, blank=True)
    registered_capital_currency = CurrencyCodeField(blank=True, verbose_name=_("currency of the registered capital"))
    legal_representative = models.CharField(_("legal representative"), max_length=80, blank=True)
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
    merged_into = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="merged",
        editable=False,
        verbose_name=_("merged into"),
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("created by"),
    )
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
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        from django.urls import reverse

        return reverse("customers:detail", args=[self.pk])


@track_changes
class Contact(models.Model):
    """A person at a customer, with the part they play in buying."""

    class BuyingRole(models.TextChoices):
        USER = "user", _("User")
        INFLUENCER = "influencer", _("Influencer")
        DECIDER = "decider", _("Decider")
        APPROVER = "approver", _("Approver")
        BUYER = "buyer", _("Buyer")
        GATEKEEPER = "gatekeeper", _("Gatekeeper")
        FINANCE = "finance", _("Accounts payable")

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="contacts", verbose_name=_("customer")
    )
    name = models.CharField(_("name"), max_length=80)
    job_title = models.CharField(_("job title"), max_length=80, blank=True)
    role = models.CharField(_("role in buying"), max_length=12, choices=BuyingRole, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    is_primary = models.BooleanField(_("main contact"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    notes = models.CharField(_("notes"), max_length=255, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("created by"),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["-is_primary", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], name="contact_one_main", condition=Q(is_primary=True, is_active=True)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CustomerShare(models.Model):
    """A colleague outside the owner's team who sees this customer too (an account team)."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="shares", verbose_name=_("customer"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="customer_shares", verbose_name=_("user")
    )
    reason = models.CharField(_("reason"), max_length=200)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("created by"),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("shared customer")
        verbose_name_plural = _("shared customers")
        constraints = [models.UniqueConstraint(fields=["customer", "user"], name="customer_shared_once")]

    def __str__(self) -> str:
        return f"{self.customer} / {self.user}"


class Assignment(models.Model):
    """Who looked after a customer since when: one row for every change of owner or team, never changed."""

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="assignments", verbose_name=_("customer")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("owner")
    )
    team = models.ForeignKey(
        "accounts.Team", null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("team")
    )
    on = models.DateField(_("date"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("created by")
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        ordering = ["-on", "-pk"]
        indexes = [models.Index(fields=["customer", "-on"], name="assignment_by_customer")]


class StateChange(models.Model):
    """A step in a customer's life cycle, with its cause and date; never changed."""

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="state_changes", verbose_name=_("customer")
    )
    from_state = models.CharField(_("from"), max_length=16, choices=CustomerState, blank=True)
    to_state = models.CharField(_("to"), max_length=16, choices=CustomerState)
    on = models.DateField(_("date"))
    cause = models.CharField(_("cause"), max_length=200)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("created by")
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("change of state")
        verbose_name_plural = _("changes of state")
        ordering = ["-on", "-pk"]
        indexes = [models.Index(fields=["customer", "-on"], name="statechange_by_customer")]


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


class TimelineEvent(models.Model):
    """Something that happened with a customer: codes and figures, never a sentence (crm.core.registry.TimelineKind)."""

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="timeline_events", verbose_name=_("customer")
    )
    kind = models.CharField(_("kind"), max_length=40)
    on = models.DateField(_("date"))
    data = models.JSONField(_("figures"), default=dict)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("by")
    )
    recorded_at = models.DateTimeField(_("recorded at"), auto_now_add=True)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-on", "-pk"]
        indexes = [models.Index(fields=["customer", "-on", "-id"], name="event_by_customer")]


__all__ = [
    "Assignment", "Contact", "Customer", "CustomerCategory", "CustomerKind", "CustomerShare", "CustomerState",
    "ExternalRef", "Industry", "Region", "StateChange", "TimelineEvent",
]  # fmt: skip
