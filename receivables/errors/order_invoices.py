"""What cannot be done when deliveries are billed."""

from django.utils.translation import gettext_lazy as _

from crm.core.errors import DomainError


class InvoicedBeforeDelivery(DomainError):
    code = "invoiced_before_delivery"
    message = _("%(number)s left on %(delivered)s: it cannot be billed before.")
