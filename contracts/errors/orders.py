"""What is refused of products, orders, their reviews and deliveries."""

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


class PaperReviewed(DomainError):
    """A contract that legal has read stays, whatever was said of it."""

    code = "paper_reviewed"
    message = _("Legal has read this file: it stays. Another one can be added.")


class PaperStays(DomainError):
    """Papers leave an order only before its first check: afterwards somebody may have relied on them."""

    code = "paper_stays"
    message = _("%(number)s was checked or is no draft: its files stay. Another one can be added.")


class TooManyPapers(DomainError):
    code = "too_many_papers"
    message = _("An order takes at most %(count)s files, and so does each of its deliveries.")


class NoteWithoutDelivery(DomainError):
    """A signed delivery note is a paper of its delivery, not of the order as a whole."""

    code = "note_without_delivery"
    message = _("A signed delivery note is added on the page of its delivery.")


class OrderNotOpen(DomainError):
    """What was released, delivered or cancelled is not changed any more."""

    code = "order_not_open"
    message = _("%(number)s is not a draft any more: it cannot be changed or checked again.")


class OrderDayNotTaken(DomainError):
    """An order is dated today or up to a month back."""

    code = "order_day_not_taken"
    message = _("An order is dated a month back at most, between %(first)s and %(last)s. Choose one of these days.")


class WantedTooEarly(DomainError):
    code = "wanted_too_early"
    message = _("Goods cannot be wanted before %(day)s, the date of the order.")


class OrderEmpty(DomainError):
    code = "order_empty"
    message = _("An order needs at least one line.")


class TooManyLines(DomainError):
    """An order has no more lines than its form takes, or nobody could change it."""

    code = "too_many_lines"
    message = _("An order has at most %(most)s lines.")


class QuantityNotPositive(DomainError):
    code = "quantity_not_positive"
    message = _("A quantity must be above zero.")


class ProductTaken(DomainError):
    """Another product has the code."""

    code = "product_taken"
    message = _("There is a product %(code)s already.")


class ProductChanged(DomainError):
    """Somebody saved the product after it was opened, by hand or by a file."""

    code = "product_changed"
    message = _("Somebody else changed this product while you were editing it. Nothing was saved yet.")


class ProductNameless(DomainError):
    code = "product_nameless"
    message = _("A product needs a name, in Chinese or in English.")


class ProductUnitless(DomainError):
    code = "product_unitless"
    message = _("A product needs a unit, in Chinese or in English.")


class ProductNotSold(DomainError):
    """The product is not sold any more."""

    code = "product_not_sold"
    message = _("%(product)s is not sold any more.")


class BelowSmallestCoin(DomainError):
    """A line that is not given away would be worth nothing in its currency, once it is rounded."""

    code = "below_smallest_coin"
    message = _(
        "So little of %(product)s comes to nothing in %(currency)s, which has no coin that small: order more, or in "
        "another currency."
    )


class DiscountTooHigh(DomainError):
    """The discount is below the floor of whoever drafts the order, and was not agreed with the customer."""

    code = "discount_too_high"
    message = _("%(product)s: a discount of %(discount)s %% is more than the %(highest)s %% you may give.")


class PriceFixed(DomainError):
    """A discount on a product whose price the contract fixes."""

    code = "price_fixed"
    message = _("%(product)s: contract %(contract)s fixes its price at %(price)s. Leave the discount empty.")


class DiscountOutOfRange(DomainError):
    code = "discount_out_of_range"
    message = _("A discount lies between 0 and 100 percent.")


class ContractMissing(DomainError):
    """An order on credit needs a contract."""

    code = "contract_missing"
    message = _(
        "An order on credit needs a signed contract with the customer. Choose one, add the customer's own to the files,"
        " or let it be prepaid."
    )


class ContractUnread(ContractMissing):
    """The customer's own contract is among the files of the order, and legal has not said yet that it counts."""

    code = "contract_unread"
    message = _("%(number)s waits for legal to accept the customer's own contract.")


class ContractRefused(ContractMissing):
    """Legal did not accept the customer's own contract."""

    code = "contract_refused"
    message = _(
        "The customer's own contract of %(number)s was not accepted. Add another one to its files. Why: %(reason)s"
    )


class ContractOutdated(ContractMissing):
    """The customer's own contract was added to an earlier edition of the order."""

    code = "contract_outdated"
    message = _("%(number)s was changed since the customer's contract was added to its files: add the one it has now.")


class NothingToAccept(DomainError):
    """The customer's own contract is read in a draft on credit without one of ours, for its present edition."""

    code = "nothing_to_accept"
    message = _("%(number)s is no draft on credit without a contract of ours, or the file is none of it as it stands.")


class OwnContractAccepted(DomainError):
    code = "own_contract_accepted"
    message = _("Whoever wrote an order, or added the contract to its files, does not accept it.")


class ContractNotInForce(DomainError):
    """The contract is not signed, or the day lies outside its term."""

    code = "contract_not_in_force"
    message = _("Contract %(contract)s is not in force on %(on)s.")


class ConfirmationMissing(DomainError):
    """An order by telephone is released only with the customer's written confirmation of what it says now."""

    code = "confirmation_missing"
    message = _(
        "%(number)s came by telephone: add the customer's written confirmation of it as it stands to its files."
    )


class ReviewMissing(DomainError):
    """What is made to order is released when somebody has said that it can be made."""

    code = "review_missing"
    message = _("%(number)s is for what is made to order: it waits for the review of somebody else.")


class ReviewReturned(DomainError):
    """The last review of the order as it stands sent it back."""

    code = "review_returned"
    message = _("%(number)s was sent back by its review. Change it; then it is reviewed again. Why: %(reason)s")


class NothingToReview(DomainError):
    """Only drafts for what is made to order are reviewed; once it was checked, a review could be relied on."""

    code = "nothing_to_review"
    message = _("%(number)s is no draft, or holds nothing that is made to order: there is nothing to review.")


class OwnOrderReviewed(DomainError):
    code = "own_order_reviewed"
    message = _("Whoever wrote an order does not review it.")


class PromisedTooEarly(DomainError):
    code = "promised_too_early"
    message = _("Goods cannot be promised for a day before %(day)s.")


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


class DeliveryBilled(DomainError):
    """Only what is not billed is taken back: first its invoice is reversed."""

    code = "delivery_billed"
    message = _("%(number)s is billed. Have its invoice reversed first.")


class DeliveryReversed(DomainError):
    code = "delivery_reversed"
    message = _("%(number)s was taken back: it was never delivered.")


class NothingToCancel(DomainError):
    code = "nothing_to_cancel"
    message = _("%(number)s is delivered or cancelled already: nothing is left to cancel.")


class NotInvoiced(DomainError):
    code = "not_invoiced"
    message = _("%(number)s is closed when all of it is invoiced.")
