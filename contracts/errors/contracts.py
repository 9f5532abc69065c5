"""What contracts refuses: templates and contracts first, then products, orders and deliveries."""

from django.utils.translation import gettext_lazy as _

from crm.core.errors import DomainError


class VersionNotPublished(DomainError):
    code = "version_not_published"
    message = _("Only a published version of a template can be used.")


class TemplateTaken(DomainError):
    """A template has this code, or one of these names, already; `name` is what is taken."""

    code = "template_taken"
    message = _("There is a template '%(name)s' already.")


class TemplateNameless(DomainError):
    code = "template_nameless"
    message = _("A template needs a name in Chinese and in English, and a code.")


class LanguageMissing(DomainError):
    code = "language_missing"
    message = _("Choose at least one language.")


class NothingToCopy(DomainError):
    """The template to copy has no published version in a language."""

    code = "nothing_to_copy"
    message = _(
        "'%(template)s' has no published version in this language to copy: %(language)s. Leave the language out, or "
        "start empty."
    )


class VersionNotDraft(DomainError):
    code = "version_not_draft"
    message = _("This version is not a draft any more. Begin a new version to change its words.")


class VersionStateForbids(DomainError):
    """A step that the state of a template version does not allow."""

    code = "version_state"
    message = _("This cannot be done while the version is '%(state)s'.")


class VersionInWork(DomainError):
    code = "version_in_work"
    message = _("Version %(number)s is being worked on already. Publish it or go on with it.")


class TemplateFaulty(DomainError):
    """A version with unknown variables, marks or conditions; `problems` names them."""

    code = "template_faulty"
    message = _("The version cannot go to legal review: %(problems)s.")


class AuthorPublishes(DomainError):
    code = "author_publishes"
    message = _("Whoever wrote a version cannot publish it.")


class VersionChanged(DomainError):
    code = "version_changed"
    message = _("Somebody else changed this version while you were editing it. Nothing was saved yet.")


class VersionChangedByYou(VersionChanged):
    """The version was saved after it was opened, by nobody else."""

    message = _("You changed this version yourself after you had opened it here. Nothing was saved this time.")


class BalanceUnknown(DomainError):
    code = "balance_unknown"
    message = _("The contract names no day whose balance the ledger could say.")


class ContractChanged(DomainError):
    """Somebody saved the draft after it was opened."""

    code = "contract_changed"
    message = _("Somebody else changed this contract while you were editing it. Nothing was saved yet.")


class ContractChangedByYou(ContractChanged):
    """The draft was saved after it was opened, by nobody else."""

    message = _("You changed this contract yourself after you had opened it here. Nothing was saved this time.")


class ContractNotDraft(DomainError):
    code = "contract_not_draft"
    message = _("The contract is not a draft any more: what it says cannot be changed.")


class ClauseFixed(DomainError):
    code = "clause_fixed"
    message = _("Clause '%(title)s' is fixed: it is not changed in a contract.")


class ClauseFaulty(DomainError):
    code = "clause_faulty"
    message = _("The text names what a contract does not know: %(problems)s.")


class DaysNotInOrder(DomainError):
    code = "days_not_in_order"
    message = _("The last day must not be before the first day.")


class ValueNotTaken(DomainError):
    """A value of a template's own variable that is too long, or more than one line: clauses are changed as clauses."""

    code = "value_not_taken"
    message = _("%(label)s: one line of up to %(most)s characters. What is longer belongs into a clause.")


class AmountTooLarge(DomainError):
    """A line, their sum, or an amount in base currency is more than is taken."""

    code = "amount_too_large"
    message = _("This comes to more than %(largest)s. Look at quantities and prices again.")


class ProductPricedTwice(DomainError):
    """Two lines of a contract name a product at different prices: an order would not know which holds."""

    code = "product_priced_twice"
    message = _("%(product)s stands in two lines at different prices. An order can take one price only.")


class PlanDoesNotAddUp(DomainError):
    """The payment plan comes to something else than the fixed total of the contract."""

    code = "plan_does_not_add_up"
    message = _("The payment plan comes to %(planned)s, the contract to %(total)s.")


class PlanNotWhole(DomainError):
    """A contract without a fixed total is planned in shares, all of which are 100 %."""

    code = "plan_not_whole"
    message = _(
        "A contract without a fixed total is planned in shares that come to 100 %%; here they come to %(shares)s %%."
    )


class CustomerBarred(DomainError):
    code = "customer_barred"
    message = _("No contract is made with a customer who is blacklisted or closed.")


class ContractIncomplete(DomainError):
    """A legal element is missing; `codes` names it (contracts.words.ITEMS)."""

    code = "contract_incomplete"
    message = _("The contract is not complete yet: %(items)s.")


class StateForbids(DomainError):
    """A step that the state of the contract does not allow."""

    code = "contract_state"
    message = _("This cannot be done while the contract is '%(state)s'.")


class CustomerNotIdentified(DomainError):
    """No contract is sealed or signed with somebody of whom it is not known who they are."""

    code = "customer_not_identified"
    message = _("%(customer)s is not identified, or is refused as a customer: no contract is sealed or signed.")


class NotSealed(DomainError):
    code = "not_sealed"
    message = _("The contract is not sealed yet.")


class SealNotAsked(DomainError):
    code = "seal_not_asked"
    message = _("Nobody asks for the seal on this contract.")


class SealDecided(DomainError):
    code = "seal_decided"
    message = _("The contract is sealed already.")


class SealAsked(DomainError):
    code = "seal_asked"
    message = _("The seal was asked for already.")


class OwnSealRequest(DomainError):
    code = "own_seal_request"
    message = _("Whoever asked for the seal cannot put it there.")


class ScanRefused(DomainError):
    """A file that is too large, empty, or not of a kind we take."""

    code = "scan_refused"
    message = _("%(name)s: a signed contract is taken as PDF, JPEG or PNG up to %(megabytes)s MB.")


class LibraryThere(DomainError):
    """There is one clause library."""

    code = "library_there"
    message = _("The clause library is there already: begin its next version.")


class NotOfLibrary(DomainError):
    """A clause names a source that the library never published in the language of the version."""

    code = "not_of_library"
    message = _("%(title)s: only what the clause library has published can be taken from it.")


class AnnexRefused(DomainError):
    """A file that is too large, empty, or not of a kind we take."""

    code = "annex_refused"
    message = _("%(name)s: an annex is taken as PDF, Word, Excel, JPEG or PNG up to %(megabytes)s MB.")


class AnnexedAlready(DomainError):
    code = "annexed_already"
    message = _("This file is annexed already, as '%(title)s'.")


class TooManyAnnexes(DomainError):
    code = "too_many_annexes"
    message = _("A contract has at most %(count)s annexes.")


class SignedInFuture(DomainError):
    code = "signed_in_future"
    message = _("A contract cannot be signed on a day that has not come.")


class SignedAfterEnd(DomainError):
    """The day of signing lies behind the last day of the contract."""

    code = "signed_after_end"
    message = _(
        "The last day of this contract was %(day)s: it is not sealed or signed after that. Terminate it and draft anew."
    )


class SignedBeforeApproved(DomainError):
    """The day of signing lies before the approval was decided."""

    code = "signed_before_approved"
    message = _("This contract was approved on %(day)s: it cannot have been signed before.")


class VersionUnderWay(DomainError):
    """Another version of the contract is not signed yet."""

    code = "version_under_way"
    message = _("Version %(number)s is under way: go on with it, or give it up first.")


class VersionWaits(DomainError):
    """A signed version of the contract waits for its first day."""

    code = "version_waits"
    message = _("Version %(number)s is signed and holds from %(day)s on.")


class StartsBeforeReplaced(DomainError):
    code = "starts_before_replaced"
    message = _("It cannot hold from before %(day)s, the first day of %(number)s, which it replaces.")


class NoOriginal(DomainError):
    """The contract was never signed, or its original is not lent."""

    code = "no_original"
    message = _("There is no original to lend or to take back.")


class OriginalOut(DomainError):
    code = "original_out"
    message = _("The original is with %(who)s already.")


class DueBeforeLent(DomainError):
    code = "due_before_lent"
    message = _("An original is due back today at the earliest.")
