"""Requests to change what was agreed with a customer, and the papers they bring."""

from pathlib import PurePath
from typing import Any, Self
from uuid import uuid4

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from credit.instruments import instruments_field, known
from credit.models.accounts import CreditAccount, Settlement
from credit.models.policies import CreditPolicy
from credit.rules import requests as rules
from credit.rules.checks import REFUSED_STATES, UNIDENTIFIED_STATES
from crm.approvals.models import Request, RequestState
from crm.core.display import Badge
from crm.core.models import user_field
from crm.core.money import MoneyField
from crm.core.versions import PolicyState
from crm.jobs.models import private_storage
from customers.visibility import VisibleQuerySet


class CreditRequestQuerySet(VisibleQuerySet):
    """Requests of visible customers, and those whose approval the user takes part in."""

    customer_path = "account__customer"

    def visible_to(self, user: Any) -> Self:
        of_customers = super().visible_to(user)
        if not user.has_perm("approvals.view_request"):
            return of_customers
        takes_part = Q(approval__in=Request.objects.taken_part_in(user))
        return self.filter(Q(pk__in=of_customers.order_by().values("pk")) | takes_part)


class RequestKind(models.TextChoices):
    NEW = rules.NEW, _("New limit")
    INCREASE = rules.INCREASE, _("Increase of the limit")
    DECREASE = rules.DECREASE, _("Decrease of the limit")
    TERM = rules.TERM, _("Other term")
    SETTLEMENT = rules.SETTLEMENT, _("Other settlement")
    INSTRUMENT = rules.INSTRUMENT, _("Other payment forms")
    TEMPORARY = rules.TEMPORARY, _("Temporary increase")
    UNFREEZE = rules.UNFREEZE, _("Lift of a restriction")
    RELEASE = rules.RELEASE, _("Release of a held document")
    GROUP = rules.GROUP, _("Group limit")
    GROUP_END = rules.GROUP_END, _("End of the group limit")


FIELDS = (
    "wanted_limit", "wanted_term_days", "wanted_settlement", "wanted_instruments", "until", "reason", "plan",
    "purchase_estimate", "bank_reference", "trade_reference", "reference_limit",
)  # fmt: skip
SOURCE = ("source_kind", "source_id", "source_amount")  # of the held document: named when the draft is begun
KEPT = ("account_id", "kind", "number", "approval_id", *FIELDS, *SOURCE)  # columns that stay once it is submitted


@pghistory.track(pghistory.UpdateEvent(row="OLD"), pghistory.DeleteEvent())
class CreditRequest(models.Model):
    """Somebody asks to change the limit, the term, the settlement, the payment forms or the status of an account.

    A draft has neither number nor approval; with its submission it gets both and is not changed any more. `is_open`
    while it waits: one request at a time for an account, and one for each held document, which is named by its source
    and amount (base currency). A temporary increase is over since `ended_on`.
    """

    account = models.ForeignKey(
        CreditAccount, on_delete=models.PROTECT, related_name="requests", verbose_name=_("account")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=RequestKind)
    number = models.CharField(_("number"), max_length=20, unique=True, null=True, editable=False)  # noqa: DJ001
    approval = models.OneToOneField(
        Request,
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="credit_request",
        verbose_name=_("approval"),
    )
    is_open = models.BooleanField(_("waits for a decision"), default=False, editable=False)
    wanted_limit = MoneyField(_("limit wanted"), null=True, blank=True)
    wanted_term_days = models.PositiveSmallIntegerField(_("term wanted, in days"), null=True, blank=True)
    wanted_settlement = models.CharField(_("settlement wanted"), max_length=12, choices=Settlement, blank=True)
    wanted_instruments = instruments_field(_("payment forms wanted"), default=list, blank=True)
    until = models.DateField(_("last day"), null=True, blank=True)
    reason = models.TextField(_("reason"), max_length=1000, blank=True)
    plan = models.TextField(_("how it will be paid down"), max_length=1000, blank=True)
    purchase_estimate = MoneyField(_("monthly purchases expected"), null=True, blank=True)
    bank_reference = models.TextField(_("bank reference"), max_length=500, blank=True)
    reference_limit = MoneyField(_("highest limit another supplier grants"), null=True, blank=True)
    trade_reference = models.TextField(_("trade references"), max_length=500, blank=True)
    source_kind = models.CharField(_("source"), max_length=20, blank=True, editable=False)
    source_id = models.BigIntegerField(_("source id"), null=True, editable=False)
    source_amount = MoneyField(_("amount to be released"), null=True, editable=False)
    source_codes = ArrayField(
        models.CharField(max_length=20), verbose_name=_("rules that hold it"), default=list, editable=False
    )  # when it was submitted: no other rule is lifted
    ended_on = models.DateField(_("ended on"), null=True, editable=False)
    created_by = user_field(_("created by"), editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = CreditRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("credit request")
        verbose_name_plural = _("credit requests")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="credit_request_number_with_approval",
                condition=Q(number__isnull=True, approval__isnull=True, is_open=False)
                | Q(number__isnull=False, approval__isnull=False),
            ),
            models.CheckConstraint(
                name="credit_request_limit_not_negative",
                condition=Q(wanted_limit__isnull=True) | Q(wanted_limit__gte=0),
            ),
            models.CheckConstraint(name="credit_request_instruments_known", condition=known("wanted_instruments")),
            models.UniqueConstraint(
                fields=["account"], name="credit_request_one_open", condition=Q(is_open=True) & ~Q(kind=rules.RELEASE)
            ),
            models.UniqueConstraint(
                fields=["source_kind", "source_id"],
                name="credit_request_one_open_release",
                condition=Q(is_open=True, kind=rules.RELEASE),
            ),
            models.CheckConstraint(
                name="credit_request_release_has_source",
                condition=~Q(kind=rules.RELEASE) | Q(source_id__isnull=False, source_amount__gt=0),
            ),
        ]
        indexes = [
            models.Index(
                fields=["until"],
                name="credit_request_temporary",
                condition=Q(kind="temporary", ended_on__isnull=True, is_open=False, number__isnull=False),
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="submitted_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.number IS NOT NULL AND ROW("
                    + ", ".join(f"OLD.{name}" for name in KEPT)
                    + ") IS DISTINCT FROM ROW("
                    + ", ".join(f"NEW.{name}" for name in KEPT)
                    + ")"
                ),
            ),
            pgtrigger.Protect(
                name="no_delete", operation=pgtrigger.Delete, condition=pgtrigger.Q(old__number__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.number or gettext("%(kind)s (draft)") % {"kind": self.get_kind_display()}

    def get_absolute_url(self) -> str:
        return reverse("credit:request", args=[self.pk])

    @property
    def is_draft(self) -> bool:
        return self.number is None

    @property
    def state_badge(self) -> Badge:
        """Draft, or where its approval stands; a temporary increase also says that it is over."""
        if self.approval is None:
            return Badge(_("Draft"))
        if self.ended_on:
            return Badge(_("Ended"))
        state = self.approval.state
        return Badge(RequestState(state).label, Request.state_tones[state])

    def holding(self) -> list[str]:
        """The rules that hold the document it would release; empty unless two directors may lift them (a query)."""
        hold = self.hold()
        return hold.codes if hold is not None and hold.may_be_lifted else []

    def hold(self) -> Any:
        """The hold of the document it would release, as it is now; None where nothing holds it (a query)."""
        if self.source_id is None:
            return None
        return self.account.holds.filter(source_kind=self.source_kind, source_id=self.source_id).first()

    def asked(self) -> rules.Asked:
        """What it asks, for the rules (reads the kinds of its files)."""
        customer = self.account.customer
        of_group = self.kind in rules.GROUP_KINDS
        needed = rules.needed_profile(customer.form, is_unlimited=customer.is_unlimited)
        return rules.Asked(
            kind=self.kind,
            reason=self.reason,
            limit=self.wanted_limit,
            term_days=self.wanted_term_days,
            settlement=self.wanted_settlement,
            instruments=self.wanted_instruments,
            until=self.until,
            temporary_days=longest_increase() if self.kind == rules.TEMPORARY else None,
            plan=self.plan,
            heads_group=of_group and type(customer).objects.filter(parent=customer).exists(),
            group_limit=group_limit_of(self.account) if of_group else None,
            held_amount=self.source_amount if self.holding() else None,
            purchase_estimate=self.purchase_estimate,
            bank_reference=self.bank_reference,
            trade_reference=self.trade_reference,
            files={file.kind for file in self.attachments.all()} if self.pk else (),
            is_identified=customer.state not in UNIDENTIFIED_STATES | REFUSED_STATES,
            profile=[name for name in needed if getattr(customer, name)],
            form=customer.form,
            is_unlimited=customer.is_unlimited,
        )


def longest_increase() -> int | None:
    """How many days a temporary increase lasts at most, where a policy is in force (a query)."""
    found: int | None = (
        CreditPolicy.objects.filter(state=PolicyState.ACTIVE).values_list("temporary_days", flat=True).first()
    )
    return found


def group_limit_of(account: CreditAccount) -> Any:
    """The group limit of the company as the head of its group, if it has one (a query)."""
    return CreditAccount.objects.filter(pk=account.pk).values_list("group_account__limit", flat=True).first()


def attachment_path(attachment: "Attachment", name: str) -> str:
    """A name of our own in private storage: what the uploader called the file stands in the row."""
    return f"credit/{attachment.request_id}/{uuid4().hex}{PurePath(name).suffix.lower()}"


class Attachment(models.Model):
    """A paper that goes with a request; served only to those who see the request."""

    class Kind(models.TextChoices):
        APPLICATION = "application", _("Signed credit form")
        STATEMENTS = "statements", _("Financial statements")
        SOLVENCY = "solvency", _("Proof of solvency")
        OTHER = "other", _("Other")

    request = models.ForeignKey(
        CreditRequest, on_delete=models.CASCADE, related_name="attachments", verbose_name=_("credit request")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    name = models.CharField(_("file name"), max_length=200)
    file = models.FileField(_("file"), storage=private_storage, upload_to=attachment_path, max_length=200)
    size = models.PositiveIntegerField(pgettext_lazy("file", "size"))
    content_type = models.CharField(pgettext_lazy("file", "type"), max_length=100)
    checksum = models.CharField(_("checksum"), max_length=64)
    uploaded_by = user_field(_("uploaded by"))
    uploaded_at = models.DateTimeField(_("uploaded at"), auto_now_add=True)

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name
