"""A company abroad and a person of the demo company, who buy on credit: the one in foreign currency and in English.

They come last, so that what the steps before them draw stays as it is.
"""

import datetime as dt
from decimal import Decimal
from typing import Any

from crm.core.demo import DemoCompany, DemoStep
from crm.core.money import base_currency

ABROAD, PERSON = "C00301", "C00302"
SINCE, SIGNED, ORDERED = 240, 60, 16  # days ago
LIMITS = {ABROAD: (Decimal(600_000), 60), PERSON: (Decimal(80_000), 30)}  # in base currency, days
# The place in the number, 320599, does not exist: it is the number of nobody.
IDENTITY = "320599198108120013"


def build_abroad(company: DemoCompany) -> None:
    """Their profiles and terms, then a contract of each with an order: one is billed, one waits in the warehouse."""
    from contracts.services.deliveries import deliver
    from crm.accounts.models import User
    from receivables.services.order_invoices import invoice_delivery

    add_customers(company)
    on, users = company.end_on, {user.username: user for user in User.objects.all()}
    contract = sign(
        company,
        ABROAD,
        language="en",
        currency=foreign_currency(),
        price=Decimal(4000),
        title="Transmission parts 2026",
        customer_signatory="Katrin Vossberg",
        customer_authority="Managing director",
        our_signatory="Greg Guo",
        our_authority="General manager",
        values={"delivery_place": "DAP Stuttgart, Industriestrasse 14", "delivery_days": "30", "inspection_days": "14",
                "late_rate": "3"},
    )  # fmt: skip
    order = place(company, contract, {"BRG-NU214": 60, "CPL-L3": 40}, reference="PO-4500017")
    quantities = {line.pk: line.quantity for line in order.lines.all()}
    left_on = min(order.on + dt.timedelta(days=3), on)
    delivery = deliver(
        actor=users["walter"], order_id=order.pk, quantities=quantities, on=left_on, carrier="DHL 7312 0045"
    )
    invoice_delivery(actor=users["fiona"], delivery_id=delivery.pk, on=left_on)
    contract = sign(
        company,
        PERSON,
        language="zh",
        currency=base_currency(),
        price=Decimal(1500),
        title="轴承及传动件买卖合同",
        customer_signatory="沈国良",
        customer_authority="本人",
        our_signatory="郭刚",
        our_authority="总经理",
        values={
            "delivery_place": "江苏省苏州市娄门路66号",
            "delivery_days": "7",
            "inspection_days": "7",
            "late_rate": "3",
        },
    )
    place(company, contract, {"BELT-B90": 50, "LUB-EP2": 6})


def foreign_currency() -> str:
    """The one the demo company has rates of."""
    from crm.core.models import Rate

    return Rate.objects.values_list("currency", flat=True).first() or base_currency()


def add_customers(company: DemoCompany) -> None:
    from credit.models import AccountStatus, Settlement
    from credit.services import OpeningTerms, set_opening_terms
    from customers.models import Customer
    from customers.services import ContactRow, CustomerRow, upsert_contacts, upsert_customers

    since, owner = company.end_on - dt.timedelta(days=SINCE), company.shared["users"]["alice"]
    theirs: dict[str, Any] = {"owner_id": owner.pk, "team_id": owner.team_id}
    upsert_customers(
        actor=None,
        rows=[
            CustomerRow(
                code=ABROAD,
                name="Vossberg Antriebstechnik GmbH",
                country="DE",
                foreign_number="HRB 774410",
                address="Industriestrasse 14, 70565 Stuttgart, Germany",
                industry_id="C34",
                phone="+49 711 5550142",
                email=f"ap@{ABROAD.lower()}.example.com",
                size="medium",
                ownership="private",
                founded_on=dt.date(1998, 5, 4),
                legal_representative="Katrin Vossberg",
                legal_form="limited",
                **theirs,
            ),
            CustomerRow(
                code=PERSON,
                name="沈国良",
                kind="person",
                category="consumer",
                identity_number=IDENTITY,
                address="江苏省苏州市娄门路66号",
                english_address="66 Loumen Road, Suzhou, China",
                region_id="320000",
                phone="13805550167",
                email=f"ap@{PERSON.lower()}.example.com",
                **theirs,
            ),
        ],
        today=since,
    )
    ids = dict(Customer.objects.filter(code__in=LIMITS).values_list("code", "pk"))
    contact = ContactRow(
        customer_id=ids[ABROAD], name="Jonas Weller", job_title="Purchasing", role="buyer", phone="+49 711 5550143"
    )
    upsert_contacts(actor=None, rows=[contact], today=since)
    set_opening_terms(
        rows=[
            OpeningTerms(
                customer_id=ids[code],
                limit=limit,
                term_days=days,
                settlement=Settlement.ROLLING,
                status=AccountStatus.NORMAL,
                next_review_on=company.end_on + dt.timedelta(days=60),
            )
            for code, (limit, days) in LIMITS.items()
        ],
        reason="Annual review",
        on=since,
    )


def sign(company: DemoCompany, code: str, *, language: str, currency: str, price: Decimal, **terms: Any) -> Any:
    """A sales contract of twelve lots on the terms of the account, signed some weeks ago."""
    from contracts.demo.contracts import signed_on_paper
    from contracts.models import TemplateVersion, VersionState
    from contracts.services.drafting import LineTerms, draft_contract
    from crm.core.models import LegalEntity
    from customers.models import Customer

    customer = Customer.objects.select_related("owner").get(code=code)
    on = company.end_on - dt.timedelta(days=SIGNED)
    version = TemplateVersion.objects.get(template__code="sales", language=language, state=VersionState.PUBLISHED)
    words = ("Bearings and couplings, as ordered", "lot") if language == "en" else ("轴承及传动件，按订单", "批")
    contract = draft_contract(
        actor=customer.owner,
        customer_id=customer.pk,
        version_id=version.pk,
        legal_entity_id=LegalEntity.objects.order_by("pk")[0].pk,
        currency=currency,
        lines=[LineTerms(*words, Decimal(12), price)],
        on=on,
        starts_on=on,
        ends_on=on + dt.timedelta(days=365),
        **terms,
    )
    return signed_on_paper(contract, on)


def place(company: DemoCompany, contract: Any, wanted: dict[str, int], *, reference: str = "") -> Any:
    """An order of products (their codes) under a contract, released."""
    from contracts.demo.contracts import working_day
    from contracts.models import Product
    from contracts.services.orders import LineInput, draft_order
    from contracts.services.releasing import release_order

    owner, on = contract.customer.owner, working_day(company.end_on - dt.timedelta(days=ORDERED))
    products = dict(Product.objects.filter(code__in=wanted).values_list("code", "pk"))
    order = draft_order(
        actor=owner,
        customer_id=contract.customer_id,
        legal_entity_id=contract.legal_entity_id,
        currency=contract.currency,
        contract_id=contract.pk,
        lines=[LineInput(products[code], Decimal(quantity)) for code, quantity in wanted.items()],
        on=on,
        wanted_on=on + dt.timedelta(days=21),
        reference=reference,
    )
    return release_order(actor=owner, order_id=order.pk, version=order.version, on=on)


def nobody_abroad() -> bool:
    from customers.models import Customer

    return not Customer.objects.filter(code__in=LIMITS).exists()


DEMO_ABROAD = DemoStep(key="abroad", order=125, build=build_abroad, is_empty=nobody_abroad)
