"""What a collection policy may ask of a customer: facts of the customer itself, its tier, what its credit says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from credit.rules.ratings import class_of
from credit.selectors.accounts import grade_of
from crm.approvals.rules import GRADES
from customers.models import Customer, Tier
from customers.selectors.tiers import tier_of

NOT_RATED = "none"
NO_TIER = "none"
TIER_NOW = "(SELECT tiered.tier FROM customers_customertier tiered WHERE tiered.customer_id = customer.id)"
GRADE_NOW = """(
    SELECT rated.grade FROM credit_accountgrade rated JOIN credit_creditaccount account ON account.id = rated.account_id
    WHERE account.customer_id = customer.id
)"""


@dataclass(frozen=True)
class Matched:
    """Something known of a customer that a policy may ask for.

    `sql` is its value for the row `customer` of many, `value` for one customer; `choices` are the values there can be,
    none where any text may be given.
    """

    label: Promise
    sql: str
    value: Callable[[Customer], str]
    choices: Sequence[tuple[str, Any]] = ()


def column(label: Promise, name: str) -> Matched:
    """A fact customers keep themselves."""
    field: Any = Customer._meta.get_field(name)
    return Matched(label, f"customer.{name}", lambda customer: str(getattr(customer, name)), field.choices or ())


def grade_now(customer: Customer) -> str:
    return grade_of(customer.pk) or NOT_RATED


def class_now(customer: Customer) -> str:
    return class_of(grade_of(customer.pk)) or NOT_RATED


def tier_now(customer: Customer) -> str:
    return tier_of(customer.pk) or NO_TIER


UNRATED: tuple[str, Any] = (NOT_RATED, _("not rated"))
MATCHED_BY: Mapping[str, Matched] = {
    "category": column(_("category"), "category"),
    "kind": column(_("kind"), "kind"),
    "size": column(_("size"), "size"),
    "ownership": column(_("ownership"), "ownership"),
    "country": column(_("country"), "country"),
    "tier": Matched(
        _("customer tier"),
        f"coalesce({TIER_NOW}, '{NO_TIER}')",
        tier_now,
        (*Tier.choices, (NO_TIER, _("no tier yet"))),
    ),
    "grade": Matched(
        _("credit grade"),
        f"coalesce({GRADE_NOW}, '{NOT_RATED}')",
        grade_now,
        (*((grade, grade) for grade in GRADES), UNRATED),
    ),
    "class": Matched(
        _("credit class"),
        f"coalesce(left({GRADE_NOW}, 1), '{NOT_RATED}')",
        class_now,
        (*((name, name) for name in sorted({class_of(grade) for grade in GRADES})), UNRATED),
    ),
}


def words_of(conditions: Mapping[str, Sequence[str]]) -> str:
    """Whom conditions are for, in the reader's language; empty for everybody."""
    parts = []
    for name, values in conditions.items():
        names = dict(MATCHED_BY[name].choices)
        words = _(", ").join(str(names.get(value, value)) for value in values)
        parts.append(f"{MATCHED_BY[name].label}: {words}")
    return _("; ").join(parts)
