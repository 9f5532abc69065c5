"""The credit policy: what each class of customers is given, and the factors of the limit proposal, in versions."""

from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from credit.models.scorecards import GRADE_CHOICES
from credit.rules.limits import ClassTerms, Terms
from crm.approvals.rules import GRADES
from crm.core.models import track_changes
from crm.core.versions import PolicyVersion, only_drafts_change

PERCENT = [MinValueValidator(0), MaxValueValidator(100)]


class Treatment(models.TextChoices):
    """How a class is dealt with."""

    SOME_LIMIT = "some_limit", _("Some limit, with grace")
    CONTRACT = "contract", _("Terms of the contract")
    CASH_ON_DELIVERY = "cash_on_delivery", _("Cash on delivery, handled with tact")
    PART_PREPAID = "part_prepaid", _("Part prepaid, if possible")
    PART_REQUIRED = "part_required", _("Part prepaid, required")
    PREPAID = "prepaid", _("Prepaid")
    EXIT = "exit", _("Prepaid, and no further business")
    SETTLED = "settled", _("Settled before goods")


GIVES_CREDIT = (Treatment.SOME_LIMIT, Treatment.CONTRACT, Treatment.PART_PREPAID, Treatment.PART_REQUIRED)


@track_changes
class CreditPolicy(PolicyVersion):
    """A version of the credit policy. Presets ship as drafts beside the one in force; a version in force is followed,
    never changed.
    """

    version = models.PositiveSmallIntegerField(_("version"), unique=True, editable=False)
    factors = models.JSONField(
        _("factors by grade"), help_text=_("Months of purchases that a month of term may owe, for each grade.")
    )
    reference_percent = models.DecimalField(
        _("share of what another supplier grants, in percent"), max_digits=5, decimal_places=2, validators=PERCENT
    )
    capital_percent = models.DecimalField(
        _("share of the registered capital, in percent"),
        max_digits=5,
        decimal_places=2,
        default=Decimal(0),
        validators=PERCENT,
        help_text=_(
            "That counts as net worth where no financial statement was entered. 0: the capital does not count."
        ),
    )
    unrated_grade = models.CharField(
        _("who is not rated counts as"), max_length=3, choices=GRADE_CHOICES, default="CCC"
    )
    temporary_days = models.PositiveSmallIntegerField(
        _("longest temporary increase, in days"),
        default=90,
        help_text=_("From the day it is asked for; whoever needs more for longer asks for an increase."),
    )

    young_years = models.PositiveSmallIntegerField(
        _("young below years"), default=2, help_text=_("After the founding of a company. 0: none is young.")
    )
    young_percent = models.DecimalField(
        _("share of the limit that a young company is given, in percent"),
        max_digits=5,
        decimal_places=2,
        default=Decimal(100),
        validators=PERCENT,
        help_text=_("Of what the methods come to. 100: as any other."),
    )

    class Meta:
        verbose_name = _("credit policy")
        verbose_name_plural = _("credit policies")
        ordering = ["-version"]
        permissions = [("activate_creditpolicy", _("Can put credit policies into force"))]
        constraints = [
            models.UniqueConstraint(fields=["state"], name="credit_policy_one_active", condition=Q(state="active")),
            models.CheckConstraint(
                name="credit_policy_capital", condition=Q(capital_percent__gte=0, capital_percent__lte=100)
            ),
            models.CheckConstraint(
                name="credit_policy_young", condition=Q(young_percent__gte=0, young_percent__lte=100)
            ),
        ]
        triggers = only_drafts_change()

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    @property
    def terms(self) -> Terms:
        """The policy for the rules (reads its classes)."""
        return Terms(
            factors={grade: Decimal(str(self.factors[grade])) for grade in GRADES},
            classes={
                row.credit_class: ClassTerms(
                    row.gives_credit,
                    row.net_worth_percent,
                    row.most_days,
                    row.treatment == Treatment.SOME_LIMIT,
                    row.review_days,
                )
                for row in self.classes.all()
            },
            reference_percent=self.reference_percent,
            capital_percent=self.capital_percent,
            unrated_grade=self.unrated_grade,
            young_years=self.young_years,
            young_percent=self.young_percent,
        )


class PolicyClass(models.Model):
    """What one class of customers is given: A is AAA to A, B is BBB to B, C is CCC to C, D is D."""

    policy = models.ForeignKey(CreditPolicy, on_delete=models.CASCADE, related_name="classes", verbose_name=_("policy"))
    credit_class = models.CharField(_("class"), max_length=1, choices=[(each, each) for each in "ABCD"])
    treatment = models.CharField(_("treatment"), max_length=16, choices=Treatment)
    net_worth_percent = models.DecimalField(
        _("share of net worth, in percent"), max_digits=5, decimal_places=2, validators=PERCENT
    )
    most_days = models.PositiveSmallIntegerField(_("longest term in days"))
    collection_months = models.PositiveSmallIntegerField(
        _("months in which payment is expected"), null=True, blank=True
    )
    review_days = models.PositiveSmallIntegerField(
        _("days to the next review"),
        default=365,
        validators=[MinValueValidator(1)],
        help_text=_("After a decision about the limit."),
    )

    class Meta:
        verbose_name = _("class of the credit policy")
        verbose_name_plural = _("classes of the credit policy")
        ordering = ["policy", "credit_class"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "credit_class"], name="policy_class_once"),
            models.CheckConstraint(
                name="policy_class_percent", condition=Q(net_worth_percent__gte=0, net_worth_percent__lte=100)
            ),
            models.CheckConstraint(name="policy_class_review", condition=Q(review_days__gte=1)),
        ]

    def __str__(self) -> str:
        return self.credit_class

    @property
    def gives_credit(self) -> bool:
        return self.treatment in GIVES_CREDIT


def class_rows(policy: Any, rows: dict[str, tuple[str, int, int, int | None, int]]) -> list[PolicyClass]:
    """Classes of a policy from (treatment, share of net worth, longest term, months of collection, days to review)."""
    return [
        PolicyClass(
            policy=policy,
            credit_class=key,
            treatment=treatment,
            net_worth_percent=percent,
            most_days=days,
            collection_months=months,
            review_days=review,
        )
        for key, (treatment, percent, days, months, review) in rows.items()
    ]
