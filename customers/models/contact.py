"""The people at a customer."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from crm.core.models import track_changes, user_field
from customers.models.customer import Customer
from customers.visibility import VisibleQuerySet


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
    phone_digits = models.CharField(_("phone digits"), max_length=20, editable=False, default="")
    is_primary = models.BooleanField(_("main contact"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    notes = models.CharField(_("notes"), max_length=255, blank=True)
    created_by = user_field(_("created by"), null=True, blank=True, editable=False)
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
        indexes = [
            models.Index(fields=["phone_digits"], name="contact_by_phone", condition=~Q(phone_digits="")),
            models.Index(Lower("email"), name="contact_by_email", condition=~Q(email="")),
        ]

    def __str__(self) -> str:
        return self.name
