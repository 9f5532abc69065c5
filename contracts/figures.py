"""The figures a contract is decided on, as its approval keeps them."""

from typing import Any

from contracts.contract_text import ContractText
from contracts.models import (
    Contract,
)
from crm.core.money import ZERO, base_currency
from crm.core.rates import rate_on


def figures_of(text: ContractText) -> dict[str, Any]:
    """What an approval is decided on, as JSON keeps it: codes and figures only."""
    contract, account = text.contract, text.account
    return {
        "contract": contract.pk,
        "kind": contract.kind,
        "title": contract.title,
        "currency": contract.currency,
        "amount": str(contract.amount),
        "rate": rate_figures(text),
        "term_days": contract.term_days,
        "settlement": contract.settlement,
        "instruments": contract.instruments,
        "starts_on": contract.starts_on.isoformat() if contract.starts_on else None,
        "ends_on": contract.ends_on.isoformat() if contract.ends_on else None,
        "account_days": account.term_days if account else None,
        "account_settlement": account.settlement if account else None,
        "account_instruments": account.instruments if account else None,
        "limit": str(account.limit) if account and account.limit is not None else None,
        "terms_exceed": text.terms_exceed,
        "exceeding": text.exceeding,
        "holding": text.holding,
        "longest_days": text.longest_days,
        "plan": plan_figures(text),
        "lines": {"count": len(text.lines), "total": str(sum((line.amount for line in text.lines), ZERO))},
        "balance": balance_figures(text),
        "own_values": own_values(contract),
        "below_floor": text.below_floor,
        "risky_payment": text.is_risky,
        "annexed_terms": text.annexed_terms,
        "annexes": annex_figures(text),
        "deviations": text.deviations,
        **({"replaces": replaced_figures(text)} if contract.replaces else {}),
    }


def rate_figures(text: ContractText) -> dict[str, str] | None:
    """The rate that says who decides on a contract in another currency than that of the books, and its day."""
    currency, base = text.contract.currency, base_currency()
    if currency == base:
        return None
    return {"base": base, "rate": str(rate_on(currency=currency, on=text.on)), "on": text.on.isoformat()}


def plan_figures(text: ContractText) -> list[dict[str, Any]]:
    """The payment plan, with what each part comes to."""
    return [
        {
            "share": str(part.share) if part.share is not None else None,
            "amount": str(amount) if amount is not None else None,
            "due": part.due,
            "due_on": part.due_on.isoformat() if part.due_on else None,
            "days": part.days,
            "note": part.note,
        }
        for part, amount in zip(text.plan, text.plan_amounts, strict=True)
    ]


def balance_figures(text: ContractText) -> dict[str, Any] | None:
    """What a reconciliation agreement confirms beside what the ledger said when it was submitted."""
    balance = text.balance
    if balance is None:
        return None
    return {"on": balance.on.isoformat(), "booked": str(balance.booked), "differs": balance.differs}


def annex_figures(text: ContractText) -> list[dict[str, Any]]:
    """The files annexed, each with its checksum; `is_new` where the version it replaces does not have it."""
    return [
        {
            "key": annex.pk,
            "kind": annex.kind,
            "title": annex.title,
            "name": annex.name,
            "checksum": annex.checksum,
            "is_new": annex in text.new_annexes,
        }
        for annex in text.annexes
    ]


def own_values(contract: Contract) -> list[dict[str, str]]:
    """What stands for the template's own variables, by what they mean."""
    return [
        {name: str(each[name]) for name in ("kind", "label_zh", "label_en")} | {"value": str(value)}
        for each in contract.template_version.variables
        if (value := contract.values.get(each["name"])) not in (None, "")
    ]


def replaced_figures(text: ContractText) -> dict[str, Any]:
    """What an approval says beside them: the version in force, and which clauses differ from it."""
    replaced = text.contract.replaces
    assert replaced is not None
    return {
        "change": text.contract.change,
        "number": replaced.number,
        "amount": str(replaced.amount),
        "term_days": replaced.term_days,
        "settlement": replaced.settlement,
        "instruments": replaced.instruments,
        "starts_on": replaced.starts_on.isoformat() if replaced.starts_on else None,
        "ends_on": replaced.ends_on.isoformat() if replaced.ends_on else None,
        "clauses": text.amended,
        "annexes_gone": [annex.title for annex in text.gone_annexes],
    }
