"""What cannot be done with products, prices, orders and deliveries."""

from django.utils.translation import gettext_lazy as _

from crm.core.errors import DomainError


class OrderUnknown(DomainError):
    """There is no such order for this user."""

    code = "order_unknown"
    message = _("There is no such order.")


class OrderChanged(DomainError):
    """Somebody else saved the order after it was opened."""

    code = "order_changed"
    message = _("%(number)s was changed in the meantime. Open it again and look at what is new.")


class OrderNotOpen(DomainError):
    """What was released, delivered or cancelled is not changed any more."""

    code = "order_not_open"
    message = _("%(number)s is not a draft any more: it cannot be changed or checked again.")


class OrderDayNotTaken(DomainError):
    """An order is dated today or up to a month back."""

    code = "order_day_not_taken"
    message = _("The date of an order lies between %(first)s and %(last)s.")


class OrderEmpty(DomainError):
    code = "order_empty"
    message = _("An order needs at least one line.")


class QuantityNotPositive(DomainError):
    code = "quantity_not_positive"
    message = _("A quantity must be above zero.")


class ProductNotSold(DomainError):
    """The product is not sold any more."""

    code = "product_not_sold"
    message = _("%(product)s is not sold any more.")


class DiscountTooHigh(DomainError):
    """The discount is below the floor of whoever drafts the order, and was not agreed with the customer."""

    code = "discount_too_high"
    message = _("%(product)s: a discount of %(discount)s %% is more than the %(highest)s %% you may give.")


class DiscountOutOfRange(DomainError):
    code = "discount_out_of_range"
    message = _("A discount lies between 0 and 100 percent.")


class ContractMissing(DomainError):
    """An order on credit needs a contract."""

    code = "contract_missing"
    message = _("An order on credit needs a signed contract with the customer. Choose one, or let it be prepaid.")


class ContractNotInForce(DomainError):
    """The contract is not signed, or the day lies outside its term."""

    code = "contract_not_in_force"
    message = _("Contract %(contract)s is not in force on %(on)s.")


class ContractOfAnother(DomainError):
    """The contract is another customer's, another legal entity's or in another currency."""

    code = "contract_of_another"
    message = _("Contract %(contract)s has another customer, legal entity or currency than the order.")


class NotReleased(DomainError):
    """Only what is released leaves the house."""

    code = "not_released"
    message = _("%(number)s is not released: nothing may be delivered.")


class SupplyStopped(DomainError):
    """Goods do not leave although the order is released; the warehouse is not told how the customer's credit stands."""

    code = "supply_stopped"
    message = _("%(number)s: supply to this customer is stopped. Nothing may leave now; ask the owner of the order.")


class TooMuchDelivered(DomainError):
    code = "too_much_delivered"
    message = _("%(product)s: only %(rest)s are left to deliver.")


class NothingDelivered(DomainError):
    code = "nothing_delivered"
    message = _("Enter at least one quantity.")


class DeliveredBeforeRelease(DomainError):
    code = "delivered_before_release"
    message = _("%(number)s was released on %(released)s: it cannot be delivered before.")


class NothingToCancel(DomainError):
    code = "nothing_to_cancel"
    message = _("%(number)s is delivered or cancelled already: nothing is left to cancel.")


class NotInvoiced(DomainError):
    code = "not_invoiced"
    message = _("%(number)s is closed when all of it is invoiced.")
