"""The company itself: its selling legal entities, the currencies they sell in, the keys that make requests safe."""

from typing import TYPE_CHECKING, Any, Literal, overload

import pghistory
from django.conf import settings
from django.contrib.admin import display
from django.contrib.postgres.fields import ArrayField, DateRangeField
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from crm.core.language import in_chinese
from crm.core.money import CurrencyCodeField, RateField

if TYPE_CHECKING:
    from crm.accounts.models import User


# History of master data and policy: updates and deletes; who made a row stands in the row itself (docs/adr).
# An event keeps the row as it was BEFORE the change: so the first change too can be told as "from, to".
def track_changes(model: type[models.Model]) -> type[models.Model]:
    """Class decorator: keep the history of a model's updates and deletes (a tracker belongs to one model only)."""
    return pghistory.track(pghistory.UpdateEvent(row="OLD"), pghistory.DeleteEvent())(model)


@overload
def user_field(label: Any, *, null: Literal[True], **options: Any) -> "models.ForeignKey[User | None, User | None]": ...
@overload
def user_field(label: Any, *, null: Literal[False] = False, **options: Any) -> "models.ForeignKey[User, User]": ...
def user_field(label: Any, *, null: bool = False, **options: Any) -> Any:
    """The user who did something. Such a user cannot be deleted any more; no list of what they did hangs on them."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, null=null, on_delete=models.PROTECT, related_name="+", verbose_name=label, **options
    )


class DateRange(models.Func):
    """Days as a range, for constraints; a RangeBoundary says which ends are included."""

    function = "daterange"
    output_field = DateRangeField()


class Numbered(models.Model):
    """A row without a name of its own: it is called by what it is and its number."""

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{capfirst(self._meta.verbose_name)} {self.pk}"


class BilingualName(models.Model):
    """A policy or list row that people edit, named in both languages."""

    name_zh = models.CharField(_("Chinese name"), max_length=120)
    name_en = models.CharField(_("English name"), max_length=120)

    class Meta:
        abstract = True

    @property
    @display(description=_("Name"))
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_zh if in_chinese() else self.name_en

    def __str__(self) -> str:
        return self.name


@track_changes
class LegalEntity(BilingualName):
    """A company of the group that sells: it stands on every document and has its own closing date."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    uscc = models.CharField(_("unified social credit code"), max_length=18, blank=True)
    address = models.CharField(_("address"), max_length=255, blank=True)
    address_en = models.CharField(
        _("English address"), max_length=255, blank=True, help_text=_("Left empty, English documents print the other.")
    )
    bank_details = models.TextField(
        _("bank details"),
        max_length=500,
        blank=True,
        help_text=_("Account holder, bank and account number, line by line: printed on letters as where to pay."),
    )
    bank_details_en = models.TextField(
        _("English bank details"),
        max_length=500,
        blank=True,
        help_text=_("Left empty, English documents print the other."),
    )
    closed_through = models.DateField(
        _("closing date"),
        null=True,
        blank=True,
        help_text=_("No movement may be dated on or before this day."),
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("legal entity")
        verbose_name_plural = _("legal entities")
        ordering = ["code"]
        permissions = [
            ("close_period", _("Can set the closing date")),
            ("reopen_period", _("Can move a closing date back")),
        ]

    def address_in(self, language: str) -> str:
        """The address as documents in a language print it."""
        return self.address if language.startswith("zh") else self.address_en or self.address

    def bank_in(self, language: str) -> str:
        """The bank details as documents in a language print them, line by line."""
        found = self.bank_details if language.startswith("zh") else self.bank_details_en or self.bank_details
        return found.replace("\r\n", "\n").strip()


class Currency(BilingualName):
    """A currency the company may bill in, by its ISO 4217 code."""

    code = CurrencyCodeField(primary_key=True)
    places = models.PositiveSmallIntegerField(_("decimal places"), default=2)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("currency")
        verbose_name_plural = _("currencies")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(name="currency_places_0_to_2", condition=models.Q(places__lte=2)),
        ]

    def __str__(self) -> str:
        return self.code


@track_changes
class Rate(models.Model):
    """Price of one unit of a currency in the base currency, valid from its date until a newer one."""

    currency = models.ForeignKey(Currency, on_delete=models.PROTECT, related_name="rates", verbose_name=_("currency"))
    date = models.DateField(_("date"))
    rate = RateField(_("rate"), help_text=_("Base currency for one unit of this currency."))

    class Meta:
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        ordering = ["currency", "-date"]
        constraints = [
            models.UniqueConstraint(fields=["currency", "date"], name="rate_once_a_day"),
            models.CheckConstraint(name="rate_positive", condition=models.Q(rate__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.currency_id} {self.date} {self.rate}"


class Installation(models.Model):
    """The one row that remembers what this database was begun with; settings that differ are refused (system check)."""

    base_currency = CurrencyCodeField(verbose_name=_("base currency"))
    time_zone = models.CharField(_("business time zone"), max_length=64)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("installation")
        verbose_name_plural = _("installation")
        constraints = [models.CheckConstraint(name="installation_one_row", condition=models.Q(id=1))]

    def __str__(self) -> str:
        return f"{self.base_currency} {self.time_zone}"


class IdempotencyKey(models.Model):
    """A request that was carried out: the same key never does the same thing twice.

    `fingerprint` is a hash of the request's figures; `result_ids` are the primary keys of what it made.
    """

    scope = models.CharField(_("scope"), max_length=40)
    key = models.CharField(_("key"), max_length=100)
    fingerprint = models.CharField(_("fingerprint"), max_length=64)
    result_ids = ArrayField(models.BigIntegerField(), verbose_name=_("results"), default=list)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return f"{self.scope}:{self.key}"


class NumberSeries(models.Model):
    """The last number given in a series that must have no gaps (crm.core.numbering)."""

    key = models.CharField(_("series"), max_length=40, unique=True)
    last = models.BigIntegerField(_("last number"))

    class Meta:
        verbose_name = _("number series")
        verbose_name_plural = _("number series")

    def __str__(self) -> str:
        return f"{self.key} {self.last}"
