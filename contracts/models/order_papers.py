"""Papers of orders and of their deliveries: what the customer confirmed or signed on its side."""

from pathlib import PurePath
from uuid import uuid4

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contracts.models.orders import Delivery, Order, OrderRowQuerySet
from crm.core.models import user_field
from crm.jobs.models import private_storage

# A paper leaves an order only while the order is a draft that was never checked (Order.is_unchecked).
UNCHECKED_ONLY = """
    IF (SELECT state <> 'draft' OR last_check_id IS NOT NULL FROM contracts_order WHERE id = OLD.order_id) THEN
        RAISE EXCEPTION 'pgtrigger: papers of an order stay once it was checked';
    END IF;
    RETURN OLD;
"""
# A paper is that of a delivery of its own order; neither row says anything else later.
OWN_DELIVERY = """
    IF NEW.delivery_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM contracts_delivery WHERE id = NEW.delivery_id AND order_id = NEW.order_id) THEN
        RAISE EXCEPTION 'pgtrigger: the delivery of a paper is one of its order';
    END IF;
    RETURN NEW;
"""


def paper_path(paper: "OrderPaper", name: str) -> str:
    """A name of our own in private storage: what the uploader called the file stands in the row."""
    return f"orders/{paper.order_id}/{uuid4().hex}{PurePath(name).suffix.lower()}"


class OrderPaper(models.Model):
    """A file that goes with an order, served only to those who see the order; it comes at any time.

    An order by telephone has the written confirmation, one without a contract of ours the customer's own. A paper goes
    with the `edition` of the order it was added to: what was confirmed before a change is not what is ordered now.
    The signed copy of a delivery note belongs to its `delivery`, taken back or not; older ones name the order alone.
    """

    class Kind(models.TextChoices):
        CONFIRMATION = "confirmation", _("Written confirmation")
        PURCHASE = "purchase", _("Customer's purchase contract")
        RETURNED = "returned", _("Signed delivery note")
        OTHER = "other", _("Other")

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="papers", verbose_name=_("order"))
    edition = models.PositiveIntegerField(_("edition"), default=1, db_default=1)
    delivery = models.ForeignKey(
        Delivery, null=True, on_delete=models.PROTECT, related_name="papers", verbose_name=_("delivery")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    name = models.CharField(_("file name"), max_length=200)
    file = models.FileField(_("file"), storage=private_storage, upload_to=paper_path, max_length=200)
    size = models.PositiveIntegerField(pgettext_lazy("file", "size"))
    content_type = models.CharField(pgettext_lazy("file", "type"), max_length=100)
    checksum = models.CharField(_("checksum"), max_length=64)
    uploaded_by = user_field(_("uploaded by"))
    uploaded_at = models.DateTimeField(_("uploaded at"), db_default=Now())

    objects = OrderRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("paper of an order")
        verbose_name_plural = _("papers of orders")
        ordering = ["pk"]
        permissions = [("accept_contract", _("Can accept customers' own contracts"))]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "edition", "delivery", "kind", "checksum"],
                name="order_paper_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="order_paper_of_delivery", condition=Q(delivery__isnull=True) | Q(kind="returned")
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="paper_stays", operation=pgtrigger.Update),
            pgtrigger.Trigger(
                name="own_delivery", when=pgtrigger.Before, operation=pgtrigger.Insert, func=OWN_DELIVERY
            ),
            pgtrigger.Trigger(
                name="unchecked_only", when=pgtrigger.Before, operation=pgtrigger.Delete, func=UNCHECKED_ONLY
            ),
        ]

    def __str__(self) -> str:
        return self.name
