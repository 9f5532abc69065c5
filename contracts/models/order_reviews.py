"""Reviews of orders for what is made to order: whether it can be made, and by when."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from contracts.models.orders import Order, OrderRowQuerySet, append_only
from crm.core.display import Badge
from crm.core.models import user_field


class OrderReview(models.Model):
    """What a reviewer said of one `edition` of an order: it can be made, perhaps by a day, or why it is sent back.

    The last review of the present edition counts: whoever changes the order makes an edition that nobody has reviewed.
    """

    class Verdict(models.TextChoices):
        APPROVED = "approved", _("It can be made")
        RETURNED = "returned", _("Sent back")

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="reviews", verbose_name=_("order"))
    edition = models.PositiveIntegerField(_("edition"))
    verdict = models.CharField(_("verdict"), max_length=8, choices=Verdict)
    note = models.CharField(_("note"), max_length=255, blank=True)
    promised_on = models.DateField(_("day promised"), null=True)
    on = models.DateField(_("date"))
    reviewed_by = user_field(_("reviewed by"))
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    objects = OrderRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("review of an order")
        verbose_name_plural = _("reviews of orders")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="order_review_says_why",
                condition=Q(verdict="approved") | (Q(verdict="returned", promised_on__isnull=True) & ~Q(note="")),
            ),
            models.CheckConstraint(
                name="order_review_promises_ahead", condition=Q(promised_on__isnull=True) | Q(promised_on__gte=F("on"))
            ),
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.order_id} / {self.edition}"

    @property
    def badge(self) -> Badge:
        tone = "success" if self.verdict == self.Verdict.APPROVED else "danger"
        return Badge(self.Verdict(self.verdict).label, tone)
