"""What customers' rules say no to."""

from django.utils.translation import gettext_lazy as _

from crm.core.errors import DomainError
from customers.rules import IdentityFault, UsccFault


class NameMissing(DomainError):
    code = "name_missing"
    message = _("A customer needs a legal name.")


class FieldInvalid(DomainError):
    """A value that its field cannot take; `field` is the field's label."""

    code = "field_invalid"
    message = _("'%(value)s' is not possible as %(field)s.")


class FieldTooLong(DomainError):
    code = "field_too_long"
    message = _("%(field)s is too long: at most %(limit)s characters.")


class NotFilledIn(DomainError):
    """A row of a bulk without what identifies a customer."""

    code = "not_filled_in"
    message = _("%(field)s is missing.")


class RowRepeated(DomainError):
    """A bulk names one customer twice; `first` is the position of the first row."""

    code = "row_repeated"
    message = _("%(code)s stands in the file more than once.")


class CodeTaken(DomainError):
    """Another customer has this number; it may be one the actor cannot see."""

    code = "code_taken"
    message = _("The customer number %(code)s is already taken.")


class NoCountry(DomainError):
    code = "no_country"
    message = _("No country has the code %(country)s. It is the one of ISO 3166, such as CN or DE.")


class FoundedLater(DomainError):
    code = "founded_later"
    message = _("%(founded_on)s has not come yet: a customer was founded today at the latest.")


class UsccInvalid(DomainError):
    """`fault` is a UsccFault."""

    code = "uscc_invalid"
    messages = {
        UsccFault.LENGTH: _("A unified social credit code has 18 characters; %(uscc)s has %(length)s."),
        UsccFault.CHARACTERS: _(
            "%(uscc)s is no unified social credit code: it begins with eight digits, and the letters I, O, S, V and Z "
            "do not occur."
        ),
        UsccFault.CHECK_DIGIT: _("The check digit of %(uscc)s is wrong: one of its characters was mistyped."),
    }

    def __init__(self, *, uscc: str, fault: UsccFault) -> None:
        super().__init__(uscc=uscc, fault=fault, length=len(uscc))

    def __str__(self) -> str:
        return str(self.messages[self.params["fault"]]) % self.params


class IdentityInvalid(DomainError):
    """`fault` is an IdentityFault. The number is personal data and is not repeated."""

    code = "identity_invalid"
    messages = {
        IdentityFault.LENGTH: _("A resident identity card number has 18 characters; this one has %(length)s."),
        IdentityFault.CHECK_DIGIT: _(
            "The check digit of this resident identity card number is wrong: one of its characters was mistyped."
        ),
        IdentityFault.BIRTH: _(
            "The 7th to 14th digits of this resident identity card number are no date of birth: year, month and day of "
            "a day that has come."
        ),
    }

    def __init__(self, *, fault: IdentityFault, length: int) -> None:
        super().__init__(fault=fault, length=length)

    def __str__(self) -> str:
        return str(self.messages[self.params["fault"]]) % self.params


class UsccTaken(DomainError):
    """Another customer is registered under this code; it may be one the actor cannot see."""

    code = "uscc_taken"
    message = _("Another customer is registered under the unified social credit code %(uscc)s.")


class SimilarCustomers(DomainError):
    """There are customers that may be the same company; whoever creates one more has to say so."""

    code = "similar_customers"
    message = _("There are customers like this one. Confirm that it is another company.")


class CustomerChanged(DomainError):
    """Somebody saved the profile after it was opened; `fields` are the names of what differs by now."""

    code = "customer_changed"
    message = _("Somebody else changed this customer while you were editing it. Nothing was saved yet.")


class TransitionNotAllowed(DomainError):
    code = "transition_not_allowed"
    message = _("A customer in the state '%(from_state)s' cannot become '%(to_state)s'.")


class OwnCustomer(DomainError):
    """Identification opens credit: four eyes."""

    code = "own_customer"
    message = _("You look after this customer: your manager, or another who may change it, identifies it.")


class OwnerNotFit(DomainError):
    """An owner is an active user, with a role that sees customers."""

    code = "owner_not_fit"
    message = _("%(user)s is not active or has no role that looks after customers.")


class OwnerOutsideTeams(DomainError):
    """A manager hands customers on within the own teams only."""

    code = "owner_outside_teams"
    message = _("You can assign customers only to members of your own teams.")


class ParentLoop(DomainError):
    code = "parent_loop"
    message = _("%(parent)s belongs to this customer's own group: a company cannot be above itself.")


class AlreadyShared(DomainError):
    code = "already_shared"
    message = _("%(user)s sees this customer already.")


class ContactNameMissing(DomainError):
    code = "contact_name_missing"
    message = _("A contact needs a name.")


class ContactNotActive(DomainError):
    code = "contact_not_active"
    message = _("%(name)s is not active any more.")


class RowsFaulty(DomainError):
    """Some rows of a bulk cannot be taken over; nothing was changed. `faults` are RowFault."""

    code = "rows_faulty"
    message = _("%(count)s rows cannot be taken over. Nothing was changed.")


class TierUnknown(DomainError):
    code = "tier_unknown"
    message = _("There is no tier '%(tier)s'.")


class TierEndPast(DomainError):
    """A tier set by hand ends today at the earliest."""

    code = "tier_end_past"
    message = _("%(until)s is over: a tier set by hand ends today at the earliest.")


class TierPolicyIncomplete(DomainError):
    """A tier is missing, or a better one asks for less than a lower one."""

    code = "tier_policy_incomplete"
    message = _("The policy needs each tier once, and a better tier asks for no less than the one below it.")
