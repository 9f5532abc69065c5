"""Where figures lead: the report or list that shows exactly the rows behind them."""

import datetime as dt
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from analytics.selectors.receivables import Period

INVOICE_COLUMNS = "number,customer,on,due_on,state,currency,amount,base_amount"
OPEN_COLUMNS = "number,customer,on,due_on,state,currency,open_amount,open_base"
RECEIPT_COLUMNS = "number,customer,on,instrument,state,currency,amount,base_amount"


def address(name: str, **params: Any) -> str:
    """An address with those parameters that say something."""
    given = {key: value for key, value in params.items() if value not in (None, "")}
    return reverse(name) + (f"?{urlencode(given)}" if given else "")


def aged(on: dt.date, cell: str, entity: int | None = None, *, group: str = "", key: Any = "") -> str:
    """The documents behind a figure of the ageing report of that day."""
    return address("receivables:ageing_documents", as_at=on, cell=cell, entity=entity, group=group, key=key)


def ageing(on: dt.date, entity: int | None = None, *, group: str = "") -> str:
    return address("receivables:ageing", as_at=on, entity=entity, group=group)


def billed(period: Period, entity: int | None = None, *, owner: int | None = None, unassigned: bool = False) -> str:
    """The invoices and credit notes of a period that stood at its end; of one owner, or of customers without one."""
    return address(
        "receivables:invoices",
        on_from=period.begin,
        on_to=period.end,
        standing_on=period.end,
        legal_entity=entity,
        owner=owner,
        unassigned="true" if unassigned else "",
        cols=INVOICE_COLUMNS,
    )


def received(period: Period, entity: int | None = None) -> str:
    return address(
        "receivables:receipts",
        on_from=period.begin,
        on_to=period.end,
        standing_on=period.end,
        legal_entity=entity,
        cols=RECEIPT_COLUMNS,
    )


def falling_due(begin: dt.date, end: dt.date, entity: int | None = None) -> str:
    """Open invoices that fall due from one day to another, not before today."""
    return address(
        "receivables:invoices",
        state="not_due",
        due_from=begin,
        due_to=end,
        legal_entity=entity,
        cols=OPEN_COLUMNS,
        sort="due_on",
    )


def customers(**params: Any) -> str:
    return address("customers:customers", **params)


def allocate(receipt: Any) -> str:
    return reverse("receivables:allocate_receipt", args=[receipt.pk])


def cases(entity: int | None = None, *, step: Any = "") -> str:
    """Open collection cases, of one step of the ladder where it is given."""
    return address("receivables:cases", state="open", step=step, entity=entity)


def case(pk: int) -> str:
    return reverse("receivables:case", args=[pk])


def disputes(entity: int | None = None) -> str:
    return address("receivables:disputes", state="open", legal_entity=entity)


def broken_promises(since: dt.date, entity: int | None = None) -> str:
    return f"{address('receivables:promises', judged_from=since, legal_entity=entity)}&state=broken&state=partly"


def customer(pk: int) -> str:
    return reverse("customers:detail", args=[pk])
