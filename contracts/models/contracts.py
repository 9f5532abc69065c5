"""Contracts with customers: drafted from a template version, approved, sealed, signed, and then never changed.

    draft -> in approval -> approved -> signed -> in performance -> completed / terminated / expired

Clauses, lines and figures are written while a contract is a draft; the database refuses it later. A rejected or
withdrawn approval makes it a draft again.
"""

import datetime as dt
from pathlib import PurePath
from typing import Any, Self
from uuid import uuid4

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contracts.models.saying import Says
from contracts.models.templates import Clause, ContractKind, ContractLanguage, TemplateVersion, html_language
from contracts.rules import contracts as rules
from credit.instruments import instruments_field, known
from credit.models import Settlement
from crm.approvals.models import Request
from crm.core.addresses import record_url
from crm.core.display import Badge
from crm.core.models import LegalEntity, user_field
from crm.core.money import ZERO, CurrencyCodeField, MoneyField
from crm.jobs.models import private_storage
from customers.models import Customer
from customers.visibility import VisibleQuerySet


class ContractState(models.TextChoices):
    DRAFT = rules.DRAFT, _("Draft")
    IN_APPROVAL = rules.IN_APPROVAL, _("In approval")
    APPROVED = rules.APPROVED, _("Approved")
    SIGNED = rules.SIGNED, _("Signed")
    IN_PERFORMANCE = rules.IN_PERFORMANCE, _("In performance")
    COMPLETED = rules.COMPLETED, _("Completed")
    TERMINATED = rules.TERMINATED, _("Terminated")
    EXPIRED = rules.EXPIRED, _("Expired")
    SUPERSEDED = rules.SUPERSEDED, _("Superseded")


class ContractChange(models.TextChoices):
    """How a further version of a contract came about."""

    AMENDMENT = rules.AMENDMENT, _("Amendment")
    RENEWAL = rules.RENEWAL, _("Renewal")


STATE_TONES = {
    rules.DRAFT: "",
    rules.IN_APPROVAL: "warning",
    rules.APPROVED: "info",
    rules.SIGNED: "success",
    rules.IN_PERFORMANCE: "success",
    rules.COMPLETED: "",
    rules.TERMINATED: "danger",
    rules.EXPIRED: "",
    rules.SUPERSEDED: "",
}


def holding(on: dt.date) -> Q:
    """Versions that bind on a day, as contracts.rules.contracts.in_force_on says it."""
    return (
        Q(state__in=rules.IN_FORCE)
        & (Q(starts_on__isnull=True) | Q(starts_on__lte=on))
        & (Q(ends_on__isnull=True) | Q(ends_on__gte=on))
        & (Q(replaced_on__isnull=True) | Q(replaced_on__gt=on))
    )


class ContractQuerySet(VisibleQuerySet):
    """Contracts of visible customers, and those whose approval the user takes part in."""

    def visible_to(self, user: Any) -> Self:
        of_customers = super().visible_to(user)
        if of_customers is self or not user.has_perm("approvals.view_request"):
            return of_customers
        takes_part = Submission.objects.filter(approval__in=Request.objects.taken_part_in(user)).order_by()
        # A union, not an OR: the planner then reads the few rows of either, not all contracts.
        return self.filter(pk__in=of_customers.order_by().values("pk").union(takes_part.values("contract_id")))

    def current(self) -> Self:
        """One row of each contract: the version that holds, or the only one."""
        return self.filter(is_current=True)

    def in_force(self, on: dt.date) -> Self:
        """Versions that bind on a day."""
        return self.filter(holding(on))

    def ending(self, first: dt.date | None, last: dt.date) -> Self:
        """Versions in force whose last day lies in a span and that no signed version follows."""
        found = self.filter(state__in=rules.IN_FORCE, replaced_on__isnull=True, ends_on__lte=last)
        return found.filter(ends_on__gte=first) if first else found

    def in_work(self) -> Self:
        """Versions that are not signed yet, and signed ones whose first day has not come."""
        return self.filter(Q(state__in=rules.UNFINISHED) | Q(state__in=rules.IN_FORCE, is_current=False))

    def search(self, text: str) -> Self:
        """Contracts whose number, title, parties, lines or words have every word of the text in them.

        A contract is found by the words of its template's version as far as it kept those clauses as they were.
        """
        words = rules.search_words(text.lower())
        if not words:
            return self
        saying_any = Q(*(("search_text__contains", rules.doubled(word)) for word in words), _connector=Q.OR)
        clauses = Clause.objects.filter(version__in=TemplateVersion.objects.filter(saying_any)).order_by("position")
        return self.filter(
            Says(
                words,
                (
                    (version, key, rules.searched(title, words_of).lower())
                    for version, key, title, words_of in clauses.values_list("version_id", "key", "title", "text")
                ),
            )
        )


# What was submitted for approval, and later signed: it changes in a draft only.
FIGURES = (
    "kind", "title", "language", "currency", "amount", "term_days", "settlement", "instruments", "starts_on",
    "ends_on", "values",
    "customer_signatory", "customer_authority", "our_signatory", "our_authority", "deviates", "party_a", "party_b",
    "author_ids",
)  # fmt: skip
FINAL = (
    "number", "customer_id", "legal_entity_id", "template_version_id", "created_by_id", "root_id", "revision", "change",
    "replaces_id", "term",
)  # fmt: skip
OF_VERSION = ["root", "revision", "change", "replaces", "term", "is_current"]


def differs(names: tuple[str, ...]) -> str:
    """SQL: one of these columns changes."""
    old, new = (", ".join(f'{side}."{name}"' for name in names) for side in ("OLD", "NEW"))
    return f"ROW({old}) IS DISTINCT FROM ROW({new})"


@pghistory.track(pghistory.UpdateEvent(row="OLD"), exclude=["search_text", "changed_keys", *OF_VERSION])
class Contract(models.Model):
    """An agreement with a customer, numbered without gaps within a year (C2026-00001) from its draft on.

    `amount` is the sum of its lines, or the volume agreed where it has none, in `currency`. `term_days` and
    `settlement` are its credit terms, `instruments` how the customer may pay; without any, what its credit account
    accepts holds. `values` fill the variables of its template. `version` counts its editions: who
    saves an older one is told. `deviates` says that a clause differs from its template, `changed_keys` which.
    `party_a` and `party_b` are the names of both parties as it prints them, kept with its words when it is submitted;
    they are empty in what was submitted before they were kept. `author_ids` wrote any of it: none of them approves it.

    A contract is amended and renewed by further versions of it (C2026-00001/2), each a row: `root` is the first, the
    `revision` counts them, `replaces` is the one that was in force when it was begun. Signed, it takes the place of
    that one on the day `replaced_on`. One row of all is `is_current`. `term` is the revision that began the present
    term, the first or the last renewal. Orders name the version under which they were released.
    """

    number = models.CharField(_("number"), max_length=20, unique=True, editable=False)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, db_index=False, related_name="contracts", verbose_name=_("customer")
    )
    legal_entity = models.ForeignKey(
        LegalEntity, on_delete=models.PROTECT, related_name="contracts", verbose_name=_("legal entity")
    )
    template_version = models.ForeignKey(
        TemplateVersion, on_delete=models.PROTECT, related_name="contracts", verbose_name=_("template version")
    )
    kind = models.CharField(_("kind"), max_length=14, choices=ContractKind)
    title = models.CharField(_("title"), max_length=120)
    language = models.CharField(_("language"), max_length=2, choices=ContractLanguage)
    state = models.CharField(
        _("state"), max_length=14, choices=ContractState, default=ContractState.DRAFT, editable=False
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="contracts", verbose_name=_("owner")
    )
    currency = CurrencyCodeField()
    amount = MoneyField(_("amount"), default=ZERO)
    term_days = models.PositiveSmallIntegerField(_("term in days"), default=0)
    settlement = models.CharField(_("settlement"), max_length=12, choices=Settlement, default=Settlement.CASH)
    instruments = instruments_field(_("payment forms agreed"), default=list, blank=True)
    starts_on = models.DateField(_("first day"), null=True, blank=True)
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    values = models.JSONField(_("values"), default=dict, blank=True)
    customer_signatory = models.CharField(_("signs for the customer"), max_length=80, blank=True)
    customer_authority = models.CharField(
        _("authority of the customer's signatory"),
        max_length=120,
        blank=True,
        help_text=_("Legal representative, or the mandate by which he or she signs."),
    )
    our_signatory = models.CharField(_("signs for us"), max_length=80, blank=True)
    our_authority = models.CharField(_("authority of our signatory"), max_length=120, blank=True)
    party_a = models.CharField(_("our name as printed"), max_length=120, default="", blank=True, editable=False)
    party_b = models.CharField(
        _("name of the customer as printed"), max_length=200, default="", blank=True, editable=False
    )
    deviates = models.BooleanField(_("deviates from the template"), default=False, editable=False)
    version = models.PositiveIntegerField(_("edition"), default=1, editable=False)
    changed_keys = ArrayField(
        models.SlugField(max_length=40), verbose_name=_("clauses that differ"), default=list, editable=False
    )
    author_ids = ArrayField(models.BigIntegerField(), verbose_name=_("authors"), default=list, editable=False)
    search_text = models.TextField(_("search text"), default="", editable=False)
    signed_on = models.DateField(_("signed on"), null=True, editable=False)
    ended_on = models.DateField(_("ended on"), null=True, editable=False)
    end_reason = models.CharField(_("why it ended"), max_length=500, blank=True, editable=False)
    root = models.ForeignKey(
        "self",
        editable=False,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="versions",
        verbose_name=_("first version"),
    )
    revision = models.PositiveSmallIntegerField(_("version"), default=1, editable=False)
    change = models.CharField(
        _("kind of change"), max_length=9, choices=ContractChange, default="", blank=True, editable=False
    )
    replaces = models.ForeignKey(
        "self",
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="replacements",
        verbose_name=_("replaces"),
    )
    term = models.PositiveSmallIntegerField(_("term begun by version"), default=1, editable=False)
    is_current = models.BooleanField(_("current version"), default=True, editable=False)
    replaced_on = models.DateField(_("replaced on"), null=True, editable=False)
    reminded_days = models.PositiveSmallIntegerField(_("reminded days before its end"), null=True, editable=False)
    created_by = user_field(_("created by"), editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = ContractQuerySet.as_manager()

    class Meta:
        verbose_name = _("contract")
        verbose_name_plural = _("contracts")
        ordering = ["-pk"]
        permissions = [
            ("seal_contract", _("Can seal contracts")),
            ("sign_contract", _("Can record the signing of contracts")),
            ("terminate_contract", _("Can terminate contracts")),
        ]
        constraints = [
            models.CheckConstraint(name="contract_amount_not_negative", condition=Q(amount__gte=0)),
            models.CheckConstraint(name="contract_instruments_known", condition=known("instruments")),
            models.CheckConstraint(
                name="contract_days_in_order",
                condition=Q(starts_on__isnull=True) | Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
            ),
            models.CheckConstraint(
                name="contract_signed_has_date",
                condition=Q(signed_on__isnull=False, starts_on__isnull=False)
                | Q(state__in=(rules.DRAFT, rules.IN_APPROVAL, rules.APPROVED, rules.TERMINATED)),
            ),
            models.CheckConstraint(
                name="contract_over_has_date",
                condition=Q(ended_on__isnull=False, state__in=rules.OVER)
                | (Q(ended_on__isnull=True) & ~Q(state__in=rules.OVER)),
            ),
            models.UniqueConstraint(fields=["root", "revision"], name="contract_version_once"),
            models.UniqueConstraint(fields=["root"], name="contract_one_current", condition=Q(is_current=True)),
            models.UniqueConstraint(
                fields=["root"], name="contract_one_in_work", condition=Q(state__in=rules.UNFINISHED)
            ),
            models.CheckConstraint(
                name="contract_version_replaces",
                condition=Q(revision=1, change="", replaces__isnull=True, term=1)
                | Q(revision__gt=1, change__in=ContractChange.values, replaces__isnull=False),
            ),
            models.CheckConstraint(
                name="contract_superseded_by_one",
                condition=~Q(state=rules.SUPERSEDED) | Q(replaced_on__isnull=False, is_current=False),
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-id"], name="contract_by_customer"),
            models.Index(fields=["state", "-id"], name="contract_by_state"),
            models.Index(fields=["ends_on"], name="contract_ending", condition=Q(state__in=rules.IN_FORCE)),
            GinIndex(fields=["search_text"], name="contract_search_trgm", opclasses=["gin_trgm_ops"]),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="own_root",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="NEW.root_id = COALESCE(NEW.root_id, NEW.id); RETURN NEW;",
            ),
            pgtrigger.Protect(
                name="figures_stay",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(f"OLD.state <> 'draft' AND {differs(FIGURES)}"),
            ),
            pgtrigger.Protect(
                name="identity_stays", operation=pgtrigger.Update, condition=pgtrigger.Condition(differs(FINAL))
            ),
            pgtrigger.Protect(
                name="signing_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.signed_on IS NOT NULL AND OLD.signed_on IS DISTINCT FROM NEW.signed_on"
                ),
            ),
            pgtrigger.FSM(
                name="way",
                field="state",
                transitions=[
                    (rules.DRAFT, rules.IN_APPROVAL),
                    (rules.DRAFT, rules.TERMINATED),
                    (rules.IN_APPROVAL, rules.DRAFT),
                    (rules.IN_APPROVAL, rules.APPROVED),
                    (rules.APPROVED, rules.SIGNED),
                    (rules.APPROVED, rules.TERMINATED),
                    (rules.SIGNED, rules.IN_PERFORMANCE),
                    *((before, after) for before in rules.IN_FORCE for after in rules.OVER),
                ],
            ),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.number

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A contract that is no further version of another is its own root; the database sees to it, too."""
        super().save(*args, **kwargs)
        self.root_id = self.root_id or self.pk

    @property
    def base_number(self) -> str:
        """The number of the contract, whichever version this is."""
        return self.number.partition("/")[0]

    @property
    def file_name(self) -> str:
        """Its number, as a file may be called."""
        return self.number.replace("/", "-")

    @property
    def html_language(self) -> str:
        """The language of its text, as a page says it."""
        return html_language(self.language)

    def get_absolute_url(self) -> str:
        return record_url("contracts:contract", self.pk)

    def is_in_force_on(self, day: dt.date) -> bool:
        """True when it is signed and the day lies in its term."""
        return rules.in_force_on(
            day, state=self.state, starts_on=self.starts_on, ends_on=self.ends_on, replaced_on=self.replaced_on
        )

    @property
    def is_draft(self) -> bool:
        return self.state == ContractState.DRAFT

    @property
    def state_badge(self) -> Badge:
        return Badge(ContractState(self.state).label, STATE_TONES[self.state])


class ContractRowQuerySet(VisibleQuerySet):
    """Rows that hang on a contract."""

    customer_path = "contract__customer"


class Submission(models.Model):
    """One way of a contract through the approvers: rejected, it is changed and submitted again."""

    contract = models.ForeignKey(
        Contract, on_delete=models.PROTECT, related_name="submissions", verbose_name=_("contract")
    )
    approval = models.OneToOneField(
        Request, on_delete=models.PROTECT, related_name="contract_submission", verbose_name=_("approval")
    )
    edition = models.PositiveIntegerField(_("edition"))

    objects = ContractRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("submission of a contract")
        verbose_name_plural = _("submissions of contracts")
        ordering = ["-pk"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return str(self.approval)


class SealRequest(models.Model):
    """Somebody asks for the company seal on an approved contract; another puts it there or refuses."""

    class State(models.TextChoices):
        ASKED = "asked", _("Asked")
        SEALED = "sealed", _("Sealed")
        REFUSED = "refused", _("Refused")

    contract = models.ForeignKey(
        Contract, on_delete=models.PROTECT, related_name="seal_requests", verbose_name=_("contract")
    )
    copies = models.PositiveSmallIntegerField(_("copies"), default=2)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.ASKED, editable=False)
    asked_by = user_field(_("asked by"))
    asked_on = models.DateField(_("asked on"))
    decided_by = user_field(_("decided by"), null=True)
    decided_on = models.DateField(_("decided on"), null=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    objects = ContractRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("seal request")
        verbose_name_plural = _("seal requests")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract"], name="seal_one_open", condition=Q(state__in=("asked", "sealed"))
            ),
            models.CheckConstraint(name="seal_four_eyes", condition=~Q(asked_by=F("decided_by"))),
            models.CheckConstraint(
                name="seal_decided",
                condition=Q(state="asked", decided_by__isnull=True)
                | Q(decided_by__isnull=False, decided_on__isnull=False) & ~Q(state="asked"),
            ),
            models.CheckConstraint(name="seal_copies", condition=Q(copies__gte=1)),
        ]
        triggers = [
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="decided_stays", operation=pgtrigger.Update, condition=~pgtrigger.Q(old__state="asked")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract} {self.state}"


def scan_path(scan: "SignedScan", name: str) -> str:
    """A name of our own in private storage: what the uploader called the file stands in the row."""
    return f"contracts/{scan.contract_id}/{uuid4().hex}{PurePath(name).suffix.lower()}"


class SignedScan(models.Model):
    """The signed contract as it was scanned; the checksum tells whether the file is still the same."""

    contract = models.OneToOneField(Contract, on_delete=models.PROTECT, related_name="scan", verbose_name=_("contract"))
    name = models.CharField(_("file name"), max_length=200)
    file = models.FileField(_("file"), storage=private_storage, upload_to=scan_path, max_length=200)
    size = models.PositiveIntegerField(pgettext_lazy("file", "size"))
    content_type = models.CharField(pgettext_lazy("file", "type"), max_length=100)
    checksum = models.CharField(_("checksum"), max_length=64)
    uploaded_by = user_field(_("uploaded by"))
    uploaded_at = models.DateTimeField(_("uploaded at"), db_default=Now())

    objects = ContractRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("signed scan")
        verbose_name_plural = _("signed scans")
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.name
