"""Reviews of the contracts customers wrote themselves: whether one counts for the order it came with."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from contracts.models.order_papers import OrderPaper
from contracts.models.orders import OrderRowQuerySet, append_only
from crm.core.display import Badge
from crm.core.models import user_field


class PaperReviewQuerySet(OrderRowQuerySet):
    customer_path = "paper__order__customer"


class PaperReview(models.Model):
    """What legal said of a purchase contract of the customer: it counts for the edition of the order it was added to,
    or why it does not. The last review of a paper is the one that holds; a paper that was reviewed stays.
    """

    class Verdict(models.TextChoices):
        ACCEPTED = "accepted", _("Contract accepted")
        REFUSED = "refused", _("Contract not accepted")

    paper = models.ForeignKey(OrderPaper, on_delete=models.PROTECT, related_name="reviews", verbose_name=_("paper"))
    verdict = models.CharField(_("verdict"), max_length=8, choices=Verdict)
    note = models.CharField(_("note"), max_length=255, blank=True)
    on = models.DateField(_("date"))
    reviewed_by = user_field(_("reviewed by"))
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    objects = PaperReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("review of a customer's contract")
        verbose_name_plural = _("reviews of customers' contracts")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="paper_review_says_why", condition=Q(verdict="accepted") | ~Q(note="")),
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.paper_id} / {self.verdict}"

    @property
    def badge(self) -> Badge:
        tone = "success" if self.verdict == self.Verdict.ACCEPTED else "danger"
        return Badge(self.Verdict(self.verdict).label, tone)
