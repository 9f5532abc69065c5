"""What the rules of instalment plans refuse."""

from django.utils.translation import gettext_lazy as _

from crm.core.errors import DomainError


class PlanStands(DomainError):
    """A plan of this customer and legal entity is in approval or runs."""

    code = "plan_stands"
    message = _("The instalment plan %(number)s is there already (%(state)s). There can be one at a time.")


class PlanWithoutInvoices(DomainError):
    """No invoice was chosen."""

    code = "plan_without_invoices"
    message = _("Choose the invoices the plan is for.")


class PlanInvoiceUnfit(DomainError):
    """An invoice that is settled, is a credit note, or belongs to somebody else."""

    code = "plan_invoice_unfit"
    message = _("%(number)s is settled meanwhile or cannot be part of a plan. Choose again.")


class PlanInvoiceDisputed(DomainError):
    """A part of the invoice is in dispute: how much is owed is not agreed yet."""

    code = "plan_invoice_disputed"
    message = _("%(number)s is in dispute: resolve that first, or leave the invoice out.")


class PlanCurrencies(DomainError):
    """The invoices chosen are in several currencies."""

    code = "plan_currencies"
    message = _("A plan is in one currency, the invoices chosen are in %(currencies)s.")


class PlanRowsCount(DomainError):
    """Too few rows or too many."""

    code = "plan_rows_count"
    message = _("A plan has %(least)s to %(most)s instalments; one day alone is a promise to pay.")


class PlanAmountNotPositive(DomainError):
    """The amount of a row is nothing or less."""

    code = "plan_amount_not_positive"
    message = _("Instalment %(row)s: the amount must be more than nothing.")


class PlanDatePast(DomainError):
    """A row is for a day before the plan."""

    code = "plan_date_past"
    message = _("Instalment %(row)s: the day must not be before %(on)s.")


class PlanDatesOrder(DomainError):
    """The days of the rows do not follow each other."""

    code = "plan_dates_order"
    message = _("Instalment %(row)s: the day must come after that of the one before.")


class PlanTooLong(DomainError):
    """The last row is too far away."""

    code = "plan_too_long"
    message = _("The last instalment may be for %(latest)s at the latest.")


class PlanSum(DomainError):
    """The rows do not add up to what is open."""

    code = "plan_sum"
    message = _(
        "The instalments add up to %(given)s, %(wanted)s is open of the invoices chosen: the difference is %(left)s."
    )


class PlanIsLate(DomainError):
    """By the time it would be approved a row has gone by unpaid."""

    code = "plan_is_late"
    message = _(
        "The instalment of %(due_on)s has gone by and was not paid. Reject the plan: a new one may be proposed."
    )
