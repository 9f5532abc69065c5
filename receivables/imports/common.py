"""What all imports of documents share: customers, legal entities, currencies and dates of a file, looked up at once."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Min
from django.utils.translation import gettext_lazy as _

from crm.core.dates import months_before
from crm.core.models import Currency, LegalEntity, Rate
from crm.core.money import base_currency
from crm.exchange import parsers
from crm.exchange.entities import create_entities
from crm.exchange.issues import WARNING, IssueKind, register_issues
from crm.exchange.kinds import FieldSpec, OptionSpec, ParsedRow, Planner, RowStatus, ValueKind
from customers.imports import NUMBER_OPTIONS, CustomerFinder
from customers.services import CustomerRow, upsert_customers

register_issues(
    IssueKind("entity_missing", _("The row names no legal entity, and the options choose none.")),
    IssueKind("no_such_entity", _("There is no legal entity with the code %(code)s.")),
    IssueKind("currency_missing", _("The row names no currency, and the options choose none.")),
    IssueKind("amount_zero", _("The amount is zero.")),
    IssueKind("amount_negative", _("The amount must be more than zero here.")),
    IssueKind("day_too_early", _("Days before %(first)s are not taken: is the year right?")),
    IssueKind("day_too_late", _("Days after %(last)s are not taken: is the year right?")),
    IssueKind("day_to_come", _("This day has not come yet: nothing is posted in advance.")),
    IssueKind("due_before_on", _("The due date lies before the date of the invoice."), WARNING),
    IssueKind("posted_other_customer", _("%(number)s is already posted, for another customer (%(posted)s).")),
    IssueKind("posted_other_amount", _("%(number)s is already posted with another amount (%(posted)s).")),
    IssueKind("posted_other_currency", _("%(number)s is already posted in another currency (%(posted)s).")),
    IssueKind("posted_other_date", _("%(number)s is already posted with another date (%(posted)s).")),
    IssueKind("posted_other_due_date", _("%(number)s is already posted with another due date (%(posted)s).")),
    IssueKind("posted_and_reversed", _("%(number)s was posted and reversed on %(posted)s.")),
)

ENTITY_OPTION = OptionSpec(
    "legal_entity",
    _("Legal entity where the row names none"),
    kind="choice",
    choices=lambda: [("", "–"), *((code, code) for code in LegalEntity.objects.values_list("code", flat=True))],
)
CREATE_ENTITIES = OptionSpec(
    "create_entities",
    _("Create legal entities that do not exist yet"),
    kind="yes",
    help=_("Named by their code; the administrator completes them later."),
)
CURRENCY_OPTION = OptionSpec(
    "currency",
    _("Currency where the row names none"),
    kind="choice",
    choices=lambda: [
        ("", _("Base currency")),
        *((code, code) for code in Currency.objects.filter(is_active=True).values_list("code", flat=True)),
    ],
)
CREATE_CUSTOMERS = OptionSpec(
    "create_customers",
    _("Create customers that do not exist yet"),
    kind="yes",
    help=_("Named as the file names them most often; other spellings are kept with the customer."),
)
DOCUMENT_OPTIONS = (*NUMBER_OPTIONS, CREATE_CUSTOMERS, ENTITY_OPTION, CREATE_ENTITIES, CURRENCY_OPTION)

ENTITY = FieldSpec(
    "entity", _("Legal entity"), parsers.limited(20),
    ("entity", "company code", "business code", "selling company", "bukrs", "legal entity code", "公司代码", "法人主体",
     "开票主体", "销售主体", "账套"),
    help=_("Code of the company of ours that sells."), example="CN01",
)  # fmt: skip
CURRENCY = FieldSpec(
    "currency", _("Currency"), parsers.parse_currency,
    ("invoice currency", "doc currency", "document currency", "curr", "ccy", "币种", "币别", "货币"), example="CNY",
)  # fmt: skip
REFERENCE = FieldSpec(
    "reference", _("Reference"), parsers.limited(80),
    ("ref", "po number", "purchase order", "order number", "customer reference", "参考号", "订单号", "合同号"),
)  # fmt: skip
NOTE = FieldSpec(
    "note", _("Note"), parsers.limited(255), ("notes", "remark", "remarks", "memo", "comment", "text", "备注", "摘要")
)


def amount_field(*aliases: str) -> FieldSpec:
    return FieldSpec(
        "amount", _("Amount"), parsers.parse_amount,
        ("amt", "total", "total amount", "amount due", "金额", "价税合计", "含税金额", "总金额", *aliases),
        ValueKind.MONEY, required=True, example="1,234.50",
    )  # fmt: skip


def date_field(key: str, label: Any, *aliases: str, required: bool = False, help_text: Any = "") -> FieldSpec:
    return FieldSpec(
        key, label, parsers.parse_date, aliases, ValueKind.DATE, required=required, help=help_text, example="2026-11-22"
    )


FIRST_DAY = dt.date(2000, 1, 1)
DUE_YEARS_AHEAD = 10  # a document may fall due so far ahead of today


class DocumentPlanner(Planner):
    """Knows customers, legal entities, currencies, rates and closing dates; subclasses compare and post documents."""

    def prepare(self) -> None:
        self.notes_found: dict[str, int] = defaultdict(int)
        self.last_due_day = months_before(self.today, -12 * DUE_YEARS_AHEAD)
        self.finder = CustomerFinder(self.actor, self.options.get("source", ""))
        self.find_entities()
        self.places = dict(Currency.objects.filter(is_active=True).values_list("code", "places"))
        self.first_rates = dict(Rate.objects.values_list("currency").annotate(first=Min("date")))
        numbers = self.values.distinct("customer")
        self.customers = self.finder.find(numbers)
        self.unknown = {number for number in numbers if number not in self.customers}
        if self.options.get("create_customers"):
            self.notes_found["customers_to_create"] = len(self.unknown)
            if self.unknown:
                self.notes_found["customers_with_several_names"] = self.several_names()

    def find_entities(self) -> None:
        self.entities: dict[str, LegalEntity] = {entity.code: entity for entity in LegalEntity.objects.all()}
        named = {*self.values.distinct("entity"), self.options.get("legal_entity", "")}
        self.new_entities = sorted(code for code in named if code and code not in self.entities)
        if self.new_entities and self.options.get("create_entities"):
            self.notes_found["entities_to_create"] = len(self.new_entities)

    def notes(self) -> dict[str, int]:
        return {key: value for key, value in self.notes_found.items() if value}

    # -- new customers and legal entities -----------------------------------------------------------------------

    def names(self) -> dict[str, list[str]]:
        """For each unknown number its names in the file, the most frequent first, then the earlier one."""
        found: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
        for (number, name), count, first in self.values.tally(["customer", "customer_name"]):
            if number in self.unknown and name:
                found[number].append((-count, first, name))
        return {number: [name for _count, _first, name in sorted(names)] for number, names in found.items()}

    def several_names(self) -> int:
        return sum(len(names) > 1 for names in self.names().values())

    def create_missing(self) -> dict[str, int]:
        """Create the legal entities and customers the file names and nobody knows, where the options say so."""
        counts: dict[str, int] = {}
        if self.new_entities and self.options.get("create_entities"):
            counts["entities_created"] = len(create_entities(actor=self.actor, codes=self.new_entities))
            self.find_entities()
        if self.unknown and self.options.get("create_customers"):
            names = self.names()
            rows = []
            for number in sorted(self.unknown):
                first, *others = names.get(number) or [number]
                rows.append(CustomerRow(code=number, name=first, other_names=others))
            source = self.options.get("source", "")
            result = upsert_customers(actor=self.actor, rows=rows, today=self.today, source=source)
            self.customers |= {row.code: pk for row, pk in zip(rows, result.ids, strict=True)}
            self.unknown = set()
            counts["customers_created"] = result.new
        return counts

    # -- one row ------------------------------------------------------------------------------------------------

    def currency_of(self, row: ParsedRow) -> str:
        currency: str = row.data.get("currency") or self.options.get("currency") or base_currency()
        return currency

    def entity_of(self, row: ParsedRow) -> LegalEntity | None:
        return self.entities.get(row.data.get("entity") or self.options.get("legal_entity", ""))

    def check_parties(self, row: ParsedRow) -> None:
        """Customer and legal entity exist, or will."""
        if row.data["customer"] not in self.customers and not (
            self.options.get("create_customers") and row.data["customer"] in self.unknown
        ):
            row.fail("no_such_customer", "customer", row.data["customer"])
        code = row.data.get("entity") or self.options.get("legal_entity", "")
        if not code:
            row.fail("entity_missing", "entity")
        elif code not in self.entities and not (self.options.get("create_entities") and code in self.new_entities):
            row.fail("no_such_entity", "entity", code, code=code)

    def check_postable(self, row: ParsedRow, *dates: tuple[str, dt.date]) -> None:
        """A new document: its currency is known and has a rate, and its dates are likely and not in a closed period."""
        currency, amount = self.currency_of(row), row.data["amount"]
        places = self.places.get(currency)
        if places is None:
            row.fail("currency_unknown", "currency", currency, currency=currency)
            return
        if amount != amount.quantize(Decimal(1).scaleb(-places)):
            row.fail("amount_places", "amount", amount, amount=str(amount), currency=currency)
        entity = self.entity_of(row)
        self.check_days(row, *dates)
        for field, on in dates:
            first = self.first_rates.get(currency)
            if currency != base_currency() and (first is None or first > on):
                row.fail("rate_missing", field, on, currency=currency, on=str(on))
            closed = entity.closed_through if entity else None
            if entity and closed and on <= closed:
                row.fail("period_closed", field, on, entity=entity.code, closed_through=str(closed), on=str(on))

    def check_days(self, row: ParsedRow, *dates: tuple[str, dt.date]) -> None:
        """No document of a new row is dated, or falls due, where only a year that was mistyped leads to."""
        limits = [(field, on, self.today, "day_to_come") for field, on in dates]
        if "due_on" in row.data:
            limits.append(("due_on", row.data["due_on"], self.last_due_day, "day_too_late"))
        for field, on, latest, code in limits:
            if on < FIRST_DAY:
                row.fail("day_too_early", field, on, first=str(FIRST_DAY))
            elif on > latest:
                row.fail(code, field, on, last=str(latest))

    def same(
        self, row: ParsedRow, number: str, posted: Mapping[str, Any], wanted: Sequence[tuple[str, str, Any]]
    ) -> bool:
        """Compare with a posted document: (issue, field, expected) in order; the first difference is told."""
        if posted["reversed_on"] is not None:
            row.fail("posted_and_reversed", "number", number, number=number, posted=str(posted["reversed_on"]))
            return False
        for code, field, value in wanted:
            if posted[field] != value:
                shown = posted["customer__code"] if field == "customer_id" else posted[field]
                row.fail(code, FIELD_OF.get(field, field), value, number=number, posted=str(shown))
                return False
        row.status = RowStatus.UNCHANGED
        return True


FIELD_OF = {"customer_id": "customer"}


def check_amount(row: ParsedRow) -> None:
    if not row.data["amount"]:
        row.fail("amount_zero", "amount", row.data["amount"])


def note_labels() -> dict[str, Any]:
    return {
        "customers_to_create": _("Customers to be created"),
        "customers_with_several_names": _("of these with several names"),
        "entities_to_create": _("Legal entities to be created"),
        "dates_estimated": _("Invoice dates estimated"),
        "credit_notes": _("Credit notes"),
        "settled": _("Open invoices to be settled"),
        "entities_created": _("Legal entities created"),
        "customers_created": _("Customers created"),
        "invoices_posted": _("Invoices posted"),
        "receipts_posted": _("Receipts posted"),
    }
