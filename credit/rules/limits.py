"""What limit the figures support: three methods, of which the lowest counts. Pure: no database, no clock.

    sales        average monthly purchases x term in months x factor of the grade; of who bought nothing yet the
                 purchases expected
    net worth    net worth of the customer x share its class may owe us; without a statement, by a policy that wants it,
                 a share of the registered capital stands for the net worth
    reference    highest limit another supplier grants x share of the policy

A class that is given some limit only owes at most one usual purchase, where it bought before. Of what a young company
comes to it is given a share.

A method whose figures are missing says so and does not count. A class the policy gives no credit gets nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Any

from crm.core.money import ZERO

SALES, NET_WORTH, REFERENCE = "sales", "net_worth", "reference"
ONE_PURCHASE = "one_purchase"  # only of a class that is given some limit
METHODS = (SALES, NET_WORTH, REFERENCE, ONE_PURCHASE)
DAYS_A_MONTH = Decimal(30)
ROUNDED_TO = Decimal(1000)
MOST_FACTOR = 100  # of a grade: what is above is a slip of the finger
CLASSES = {
    "AAA": "A", "AA": "A", "A": "A", "BBB": "B", "BB": "B", "B": "B", "CCC": "C", "CC": "C", "C": "C", "D": "D",
}  # fmt: skip


@dataclass(frozen=True)
class Figures:
    """What is known of a customer; amounts in base currency, None where nothing is known."""

    grade: str  # empty: not rated
    term_days: int
    monthly_purchases: Decimal | None
    net_worth: Decimal | None
    reference: Decimal | None
    capital: Decimal | None = None  # registered
    usual_purchase: Decimal | None = None  # an invoice for goods of the last 12 months, on average
    purchase_estimate: Decimal | None = None  # a month, as the customer says: where nothing was bought yet
    is_young: bool = False


@dataclass(frozen=True)
class ClassTerms:
    """What the policy gives a class: whether any credit, the share of net worth, the longest term; `one_purchase`: not
    more than one usual purchase; `review_days`: when an account is looked at again.
    """

    gives_credit: bool
    net_worth_percent: Decimal
    most_days: int
    one_purchase: bool = False
    review_days: int = 365


@dataclass(frozen=True)
class Terms:
    """The policy: factors by grade, terms by class, share of what others grant. Not rated counts as `unrated_grade`.

    `capital_percent`: share of the registered capital that stands for an unknown net worth; 0 leaves it out.
    `young_percent`: share of what the methods come to that a company younger than `young_years` is given.
    """

    factors: Mapping[str, Decimal]
    classes: Mapping[str, ClassTerms]
    reference_percent: Decimal
    unrated_grade: str
    capital_percent: Decimal = ZERO
    young_years: int = 0
    young_percent: Decimal = Decimal(100)

    def of_grade(self, grade: str) -> ClassTerms:
        """What the class of a grade is given; no grade counts as the policy says."""
        return self.classes[class_of(grade or self.unrated_grade)]


@dataclass(frozen=True)
class Step:
    """A line of the sheet: what it is and how much, as money, days, a factor or a share in percent."""

    code: str
    kind: str  # money, days, factor, percent
    value: Decimal


@dataclass(frozen=True)
class Method:
    """One way to a limit: its steps in order, or what is missing for it (`amount` None)."""

    code: str
    amount: Decimal | None
    steps: Sequence[Step] = ()
    missing: Sequence[str] = ()


@dataclass(frozen=True)
class Proposal:
    """The lowest of the methods that have their figures. `amount` None: no method has."""

    grade: str
    credit_class: str
    term_days: int
    methods: Sequence[Method]
    amount: Decimal | None
    by: str = ""
    no_credit: bool = False
    before_young: Decimal | None = None  # what the methods came to, where a young company is given a share of it


def faulty_factors(factors: Any) -> list[str]:
    """What is wrong with the factors of a policy: grades without one from zero to MOST_FACTOR, and unknown names."""
    if not isinstance(factors, dict):
        return list(CLASSES)
    wrong = [grade for grade in CLASSES if not _is_factor(factors.get(grade))]
    return wrong + [str(name) for name in factors if name not in CLASSES]


def _is_factor(value: Any) -> bool:
    """A plain number: JSON also reads Infinity and NaN, and true counts as 1."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MOST_FACTOR


def class_of(grade: str) -> str:
    """AAA to A is class A, BBB to B is B, CCC to C is C, D is D."""
    return CLASSES[grade]


def propose(figures: Figures, policy: Terms) -> Proposal:
    """The limit the figures support, down to full thousands; nothing for a class without credit."""
    grade = figures.grade or policy.unrated_grade
    credit_class = class_of(grade)
    terms = policy.classes[credit_class]
    days = min(figures.term_days, terms.most_days)
    factor = policy.factors[grade]
    estimated = figures.monthly_purchases is None and figures.purchase_estimate is not None
    purchases = figures.purchase_estimate if estimated else figures.monthly_purchases
    methods: tuple[Method, ...] = (
        _method(
            SALES,
            {"monthly_purchases": purchases},
            lambda: [
                Step("purchase_estimate" if estimated else "monthly_purchases", "money", purchases or ZERO),
                Step("term", "days", Decimal(days)),
                Step("factor", "factor", factor),
            ],
            (purchases or ZERO) * days / DAYS_A_MONTH * factor,
        ),
        _by_net_worth(figures, policy, terms),
        _method(
            REFERENCE,
            {"reference": figures.reference},
            lambda: [
                Step("reference", "money", figures.reference or ZERO),
                Step("reference_percent", "percent", policy.reference_percent),
            ],
            (figures.reference or ZERO) * policy.reference_percent / 100,
        ),
    )
    if terms.one_purchase and terms.gives_credit and figures.usual_purchase is not None:
        usual = figures.usual_purchase
        step = Step("usual_purchase", "money", usual)
        methods = (*methods, _method(ONE_PURCHASE, {"usual_purchase": usual}, lambda: [step], usual))
    usable = [(method.amount, method.code) for method in methods if method.amount is not None]
    if not terms.gives_credit:
        return Proposal(grade, credit_class, days, methods, ZERO, no_credit=True)
    if not usable:
        return Proposal(grade, credit_class, days, methods, None)
    amount, code = min(usable, key=lambda each: (each[0], METHODS.index(each[1])))
    if figures.is_young and policy.young_percent < 100:
        share = in_thousands(amount * policy.young_percent / 100)
        return Proposal(grade, credit_class, days, methods, share, code, before_young=amount)
    return Proposal(grade, credit_class, days, methods, amount, code)


def _by_net_worth(figures: Figures, policy: Terms, terms: ClassTerms) -> Method:
    share = Step("net_worth_percent", "percent", terms.net_worth_percent)
    if figures.net_worth is None and figures.capital is not None and policy.capital_percent > 0:
        capital, counts = figures.capital, policy.capital_percent
        return _method(
            NET_WORTH,
            {"net_worth": capital},
            lambda: [Step("capital", "money", capital), Step("capital_percent", "percent", counts), share],
            capital * counts / 100 * terms.net_worth_percent / 100,
        )
    return _method(
        NET_WORTH,
        {"net_worth": figures.net_worth},
        lambda: [Step("net_worth", "money", figures.net_worth or ZERO), share],
        (figures.net_worth or ZERO) * terms.net_worth_percent / 100,
    )


def _method(code: str, needs: Mapping[str, Decimal | None], steps: Callable[[], list[Step]], amount: Decimal) -> Method:
    missing = [name for name, value in needs.items() if value is None]
    if missing:
        return Method(code, None, missing=missing)
    return Method(code, in_thousands(amount), steps())


def in_thousands(amount: Decimal) -> Decimal:
    """Down to full thousands, never below nothing."""
    return (max(amount, ZERO) / ROUNDED_TO).quantize(Decimal(1), ROUND_DOWN) * ROUNDED_TO
