"""Products, contracts and orders for tests."""

import datetime as dt
from decimal import Decimal
from typing import Any

from contracts.models import Contract, ContractState, Delivery, Order, Product, Template, TemplateVersion
from contracts.services.deliveries import deliver
from contracts.services.orders import LineInput, draft_order
from contracts.services.releasing import release_order
from crm.accounts import roles
from crm.accounts.models import User
from customers.models import Customer
from receivables.models import Receipt
from tests.factories import Company, counter, make_account, make_receipt, make_user

TODAY = dt.date(2026, 3, 31)


def make_product(price: str = "100.00", cost: str | None = "60.00", **fields: Any) -> Product:
    number = next(counter)
    fields.setdefault("name_zh", f"轴承{number}")
    fields.setdefault("name_en", f"Bearing {number}")
    return Product.objects.create(
        code=fields.pop("code", f"P{number:05d}"),
        unit_zh="件",
        unit_en="pc",
        price=Decimal(price),
        cost=cost and Decimal(cost),
        **fields,
    )


def make_contract(customer: Customer, owner: User, entity: Any, **fields: Any) -> Contract:
    """A signed contract in force all year, with 60 days."""
    version = TemplateVersion.objects.filter(template__code="supply").first()
    if version is None:
        template = Template.objects.create(code="supply", name_zh="供货", name_en="Supply", kind="framework")
        version = TemplateVersion.objects.create(template=template, number=1, language="en", title="Supply")
    values: dict[str, Any] = {
        "number": f"C2026-{next(counter):05d}",
        "kind": "framework",
        "title": "Supply",
        "language": "en",
        "state": ContractState.SIGNED,
        "currency": "CNY",
        "term_days": 60,
        "settlement": "rolling",
        "starts_on": dt.date(2026, 1, 1),
        "ends_on": dt.date(2026, 12, 31),
        "signed_on": dt.date(2026, 1, 1),
        **fields,
    }
    return Contract.objects.create(
        customer=customer, legal_entity=entity, template_version=version, owner=owner, created_by=owner, **values
    )


class Shop:
    """A company that sells: an account with a limit of 100,000 and 60 days, a contract, a warehouse keeper."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.alice, self.customer = company.alice, company.customer
        Customer.objects.filter(pk=self.customer.pk).update(state="active")
        make_account(self.customer, limit="100000", term_days=60)
        self.contract = make_contract(self.customer, self.alice, company.entity)
        self.product = make_product()
        self.walter = make_user("walter", roles.WAREHOUSE)

    def draft(self, quantity: str = "10", *, discount: str = "0", actor: Any = None, **fields: Any) -> Order:
        """An order for so many at 100.00."""
        lines = fields.pop("lines", [LineInput(self.product.pk, Decimal(quantity), Decimal(discount))])
        values: dict[str, Any] = {"contract_id": self.contract.pk, "on": TODAY, "currency": "CNY", **fields}
        return draft_order(
            actor=actor or self.alice,
            customer_id=self.customer.pk,
            legal_entity_id=self.company.entity.pk,
            lines=lines,
            **values,
        )

    def release(self, order: Order, on: dt.date = TODAY) -> Order:
        return release_order(actor=self.alice, order_id=order.pk, version=order.version, on=on)

    def released(self, quantity: str = "10", **fields: Any) -> Order:
        return self.release(self.draft(quantity, **fields))

    def pay(self, amount: str, **fields: Any) -> Receipt:
        """Money arrives that nobody has matched."""
        return make_receipt(self.customer, amount, **{"on": TODAY, "entity": self.company.entity, **fields})

    def prepaid(self, quantity: str = "10", **fields: Any) -> Order:
        """An order paid in advance, with its money, released."""
        self.pay(str(Decimal(quantity) * 100))
        return self.released(quantity, contract_id=None, payment="prepaid", **fields)

    def deliver(self, order: Order, quantity: str, **fields: Any) -> Delivery:
        """So many of the first line leave."""
        line = order.lines.get(position=1)
        values: dict[str, Any] = {"on": TODAY, **fields}
        return deliver(actor=self.walter, order_id=order.pk, quantities={line.pk: Decimal(quantity)}, **values)
