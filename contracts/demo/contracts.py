"""Products, contracts and orders of the demo company: what was sold in the last weeks, and what is on hold.

Deliveries are billed by the receivables; `shared["delivered"]` tells them which.
"""

import datetime as dt
import random
from decimal import Decimal
from typing import Any

from crm.core.demo import DemoCompany, DemoStep

PRODUCTS = (
    ("BRG-6204", "深沟球轴承 6204", "Deep groove ball bearing 6204", "件", "18.50"),
    ("BRG-6310", "深沟球轴承 6310", "Deep groove ball bearing 6310", "件", "96.00"),
    ("BRG-NU214", "圆柱滚子轴承 NU214", "Cylindrical roller bearing NU214", "件", "268.00"),
    ("SEAL-45", "骨架油封 45×62×8", "Shaft seal 45×62×8", "件", "6.80"),
    ("BELT-B90", "三角带 B90", "V-belt B90", "条", "32.00"),
    ("CHN-16B", "滚子链 16B-1", "Roller chain 16B-1", "米", "74.00"),
    ("CPL-L3", "弹性联轴器 L3", "Flexible coupling L3", "套", "185.00"),
    ("RED-WPA80", "蜗轮减速机 WPA80", "Worm gear reducer WPA80", "台", "1280.00"),
    ("MOT-Y2-4", "三相电机 Y2 4kW", "Three-phase motor Y2 4 kW", "台", "1650.00"),
    ("INV-75", "变频器 7.5kW", "Frequency inverter 7.5 kW", "台", "2380.00"),
    ("LUB-EP2", "锂基润滑脂 EP2", "Lithium grease EP2", "桶", "460.00"),
    ("RAIL-HG25", "直线导轨 HG25", "Linear guide HG25", "米", "315.00"),
)
CUSTOM = ("SHAFT-C", "按图加工主轴", "Shaft to the customer's drawing", "件", "2680.00")
SIGNED, ORDERS_OF_EACH, WEEKS = 25, 3, 6
SCAN = b"%PDF-1.7\n%%EOF\n"
REPS = ("alice", "bob", "charlie")
STATES = ("identified", "active", "dormant")
OWN_WORDS = {"text": "江苏省苏州市星湖街328号", "number": "7", "money": "50000.00", "date": "2030-12-31"}
# What becomes of an order that was released: so many of a hundred.
FATES = {"invoiced": 40, "delivered": 18, "partly": 20, "waiting": 22}


def build_contracts(company: DemoCompany) -> None:
    """Products, then contracts of customers in good standing and of some that are not, then their orders."""
    from contracts.services.products import ProductRow, upsert_products

    upsert_products(
        actor=None,
        rows=[
            ProductRow(code, zh, en, unit, Decimal(price), (Decimal(price) * Decimal("0.72")).quantize(Decimal("0.01")))
            for code, zh, en, unit, price in PRODUCTS
        ]
        + [ProductRow(*CUSTOM[:4], Decimal(CUSTOM[4]), is_custom=True)],
    )
    rng = company.stream("contracts")
    accounts = chosen_accounts(rng)
    signed = [signed_contract(company, rng, account, place) for place, account in enumerate(accounts[:SIGNED])]
    for account in accounts[SIGNED : SIGNED + 2]:
        annexed(draft(company, account, "sales", on=company.end_on - dt.timedelta(days=3)))
    submit_with_longer_term(company, accounts[SIGNED + 2 :])
    on_its_way_to_the_seal(company, accounts[SIGNED + 3 : SIGNED + 5])
    build_orders(company, signed)
    build_versions(company, signed)
    build_library(company)


def chosen_accounts(rng: random.Random) -> list[Any]:
    """Accounts to have contracts: first a frozen one, whose orders are held, then those in good standing."""
    from credit.models import CreditAccount

    accounts = list(
        CreditAccount.objects.filter(customer__owner__username__in=REPS, limit__gt=50_000, term_days__gt=0)
        .filter(customer__merged_into=None, customer__state__in=STATES)
        .select_related("customer__owner")
        .order_by("pk")
    )
    rng.shuffle(accounts)
    frozen = [account for account in accounts if account.status == "frozen"][:1]
    usual = [account for account in accounts if account.status == "normal"]
    return frozen + usual


def draft(company: DemoCompany, account: Any, template: str, *, on: dt.date, **terms: Any) -> Any:
    from contracts.models import TemplateVersion, VersionState
    from contracts.services.drafting import LineTerms, draft_contract
    from crm.core.models import LegalEntity
    from crm.core.money import base_currency
    from customers.models import Customer

    Customer.objects.filter(pk=account.customer_id, legal_representative="").update(legal_representative="张伟")
    version = TemplateVersion.objects.get(template__code=template, language="zh", state=VersionState.PUBLISHED)
    return draft_contract(
        actor=account.customer.owner,
        customer_id=account.customer_id,
        version_id=version.pk,
        legal_entity_id=LegalEntity.objects.order_by("pk")[0].pk,
        currency=base_currency(),
        lines=[LineTerms("轴承及传动件，按订单", "批", Decimal(12), round(account.limit / 4, 2))],
        on=on,
        **{
            "starts_on": on,
            "ends_on": on + dt.timedelta(days=365),
            "customer_signatory": account.customer.legal_representative or "张伟",
            "customer_authority": "法定代表人",
            "our_signatory": "郭刚",
            "our_authority": "总经理",
            "values": {each["name"]: OWN_WORDS[each["kind"]] for each in version.variables},
            **terms,
        },
    )


def annexed(contract: Any) -> None:
    """The schedule of deliveries of a draft."""
    from django.core.files.base import ContentFile

    from contracts.services.annexes import add_annex

    file = ContentFile(SCAN, name="plan.pdf")
    add_annex(
        actor=contract.owner,
        contract_id=contract.pk,
        kind="schedule",
        title="分批交货计划",
        file=file,
        name="交货计划.pdf",
    )


def signed_contract(company: DemoCompany, rng: random.Random, account: Any, place: int) -> Any:
    """A contract of some months ago; every sixth expires within 60 days."""
    from contracts.services.drafting import change_contract

    on = company.end_on - dt.timedelta(days=rng.randrange(318, 350) if place % 6 == 5 else rng.randrange(70, 250))
    contract = draft(company, account, "sales" if place % 3 else "framework", on=on)
    if contract.kind == "sales" and place % 2:
        change_contract(
            actor=account.customer.owner, contract_id=contract.pk, version=None, plan=usual_plan(account.term_days)
        )
    return signed_on_paper(contract, on)


def approved_on_paper(contract: Any) -> None:
    from contracts.contract_text import keep_words, text_of
    from contracts.models import Contract

    keep_words(text_of(contract))
    for state in ("in_approval", "approved"):
        Contract.objects.filter(pk=contract.pk).update(state=state)


def on_its_way_to_the_seal(company: DemoCompany, accounts: list[Any]) -> None:
    """Approved contracts: for one the seal is asked for, for the other it is still to be asked for."""
    from contracts.services.signing import ask_for_seal

    on = company.end_on - dt.timedelta(days=1)
    contracts = [draft(company, account, "sales", on=on) for account in accounts]
    for contract in contracts:
        approved_on_paper(contract)
    ask_for_seal(actor=contracts[0].owner, contract_id=contracts[0].pk, on=on)


def signed_on_paper(contract: Any, on: dt.date) -> Any:
    """Written as history is taken over: the approval was given on paper before."""
    from django.core.files.base import ContentFile

    from contracts.models import Contract, SignedScan
    from crm.accounts.models import User
    from crm.core.uploads import checksum_of

    approved_on_paper(contract)
    file = ContentFile(SCAN)
    scan = SignedScan(
        contract=contract,
        name=f"{contract.file_name}.pdf",
        size=len(SCAN),
        content_type="application/pdf",
        checksum=checksum_of(file),
        uploaded_by=User.objects.get(username="leo"),
    )
    scan.file.save("scan.pdf", file, save=False)
    scan.save()
    Contract.objects.filter(pk=contract.pk).update(state="signed", signed_on=on)
    return Contract.objects.select_related("customer__owner").get(pk=contract.pk)


def usual_plan(term_days: int) -> list[Any]:
    """A deposit, most of it on the terms of the account, and the rest as a retention."""
    from contracts.rules.payment_plans import Part

    return [
        Part(Decimal(20), None, "signing", days=7, note="预付款"),
        Part(Decimal(75), None, "invoice", days=term_days, note="进度款"),
        Part(Decimal(5), None, "delivery", days=term_days, note="质保金"),
    ]


def submit_with_longer_term(company: DemoCompany, accounts: list[Any]) -> None:
    """A contract with a longer term than agreed goes to approval: a deviation."""
    from contracts.services.approving import submit_contract

    account = accounts[0]
    on = company.end_on - dt.timedelta(days=2)
    contract = draft(company, account, "sales", on=on, term_days=account.term_days + 30)
    submit_contract(actor=account.customer.owner, contract_id=contract.pk, reason="客户要求账期加三十天", on=on)


def build_orders(company: DemoCompany, contracts: list[Any]) -> None:
    """Orders of the last weeks, day by day; the last ones of some customers ask for more than their headroom."""
    from django.core.files.base import ContentFile

    from contracts.models import Product
    from contracts.services.order_papers import add_paper
    from contracts.services.orders import LineInput, draft_order
    from contracts.services.releasing import release_order

    rng = company.stream("orders")
    products = list(Product.objects.filter(is_custom=False).order_by("code"))
    days = sorted(
        (company.end_on - dt.timedelta(days=rng.randrange(WEEKS * 7)), place)
        for place in range(len(contracts))
        for _again in range(rng.randrange(2, ORDERS_OF_EACH + 1))
    )
    delivered: list[tuple[int, dt.date]] = []
    for count, (day, place) in enumerate(days):
        on = working_day(day)
        contract = contracts[place]
        share = Decimal("1.3") if count % 23 == 22 else Decimal(str(round(rng.uniform(0.02, 0.09), 3)))
        wanted = contract.amount / 3 * share
        chosen = rng.sample(products, rng.randrange(1, 4))
        owner = contract.customer.owner
        order = draft_order(
            actor=owner,
            customer_id=contract.customer_id,
            legal_entity_id=contract.legal_entity_id,
            currency=contract.currency,
            contract_id=contract.pk,
            lines=[
                LineInput(product.pk, max(round(wanted / len(chosen) / product.price), 1) * Decimal(1))
                for product in chosen
            ],
            on=on,
            wanted_on=on + dt.timedelta(days=7),
            reference=f"PO-{on:%m%d}-{count + 1:02d}",
            channel="phone" if count % 12 == 11 else "written",
        )
        if order.channel == "phone":  # still a draft; every other one is confirmed
            if count % 24 == 23:
                continue
            file, name = ContentFile(SCAN), f"{order.reference}.pdf"
            add_paper(actor=owner, order_id=order.pk, kind="confirmation", file=file, name=name)
            continue
        order = release_order(actor=owner, order_id=order.pk, version=order.version, on=on)
        if order.state == "released":
            fulfil(company, rng, order, delivered)
    build_custom_orders(company, contracts)
    build_own_contracts(company, contracts, products)
    read_old_news()
    company.shared["delivered"] = delivered
    company.shared["prepaid"] = [order.pk for order in prepaid_orders(company, contracts, products)]


def build_custom_orders(company: DemoCompany, contracts: list[Any]) -> None:
    """Three orders for what is made to order: one found feasible and released, one sent back, one that waits."""
    from contracts.models import Product
    from contracts.services.order_reviews import review_order
    from contracts.services.orders import LineInput, draft_order
    from contracts.services.releasing import release_order
    from crm.accounts import roles
    from crm.accounts.models import User

    reviewer = User.objects.filter(groups__name=roles.SALES_DIRECTOR).order_by("pk")[0]
    product, on = Product.objects.get(code=CUSTOM[0]), working_day(company.end_on - dt.timedelta(days=3))
    verdicts = (("approved", "图纸已核对", 30), ("returned", "缺少热处理要求，请补充图纸", None), None)
    for place, (contract, verdict) in enumerate(zip(contracts[1:4], verdicts, strict=True), 1):
        order = draft_order(
            actor=contract.customer.owner,
            customer_id=contract.customer_id,
            legal_entity_id=contract.legal_entity_id,
            currency=contract.currency,
            contract_id=contract.pk,
            lines=[LineInput(product.pk, Decimal(place))],
            on=on,
            wanted_on=on + dt.timedelta(days=30),
            reference=f"PO-{on:%m%d}-C{place}",
        )
        if verdict is None:
            continue
        said, note, days = verdict
        review_order(
            actor=reviewer, order_id=order.pk, version=1, verdict=said, note=note, on=on,
            promised_on=on + dt.timedelta(days=days) if days else None,
        )  # fmt: skip
        if days:
            release_order(actor=contract.customer.owner, order_id=order.pk, version=1, on=on)


def build_own_contracts(company: DemoCompany, contracts: list[Any], products: list[Any]) -> None:
    """Two orders of customers without a contract of ours, under contracts of their own: one read, one that waits."""
    from django.core.files.base import ContentFile

    from contracts.services.order_papers import add_paper
    from contracts.services.orders import LineInput, draft_order
    from contracts.services.paper_reviews import review_contract
    from contracts.services.releasing import release_order
    from crm.accounts.models import User
    from crm.core.money import base_currency
    from customers.models import Customer

    legal, on = User.objects.get(username="leo"), working_day(company.end_on - dt.timedelta(days=2))
    with_contract = [contract.customer_id for contract in contracts]
    customers = Customer.objects.filter(state="active", owner__isnull=False, credit_account__limit__gt=0)
    for place, customer in enumerate(customers.exclude(pk__in=with_contract).order_by("-code")[:2], 1):
        order = draft_order(
            actor=customer.owner,
            customer_id=customer.pk,
            legal_entity_id=contracts[0].legal_entity_id,
            currency=base_currency(),
            lines=[LineInput(products[place].pk, Decimal(20 * place))],
            on=on,
            wanted_on=on + dt.timedelta(days=14),
            reference=f"CG-{on:%Y%m%d}-{place}",
        )
        file = ContentFile(SCAN)
        paper = add_paper(
            actor=customer.owner, order_id=order.pk, kind="purchase", file=file, name=f"采购合同 {order.reference}.pdf"
        )
        if place == 1:
            review_contract(
                actor=legal, order_id=order.pk, paper_id=paper.pk, version=1, verdict="accepted", on=on,
                note="双方已盖章，付款期限不超过账户约定",
            )  # fmt: skip
            release_order(actor=customer.owner, order_id=order.pk, version=1, on=on)


def read_old_news() -> None:
    """What the warehouse was told over the weeks was read then; the last orders are news."""
    from django.db.models.functions import Now

    from contracts.notices import TO_DELIVER
    from crm.notices.models import Notice

    told = Notice.objects.filter(kind=TO_DELIVER, read_at=None).order_by("-pk")
    Notice.objects.filter(pk__in=list(told.values_list("pk", flat=True)[3:])).update(read_at=Now())


def prepaid_orders(company: DemoCompany, contracts: list[Any], products: list[Any]) -> list[Any]:
    """Orders of two customers without a contract, which wait for their money."""
    from contracts.services.orders import LineInput, draft_order
    from contracts.services.releasing import release_order
    from crm.core.money import base_currency
    from customers.models import Customer

    with_contract = [contract.customer_id for contract in contracts]
    customers = Customer.objects.filter(state="active", owner__isnull=False).exclude(pk__in=with_contract)
    on, orders = working_day(company.end_on - dt.timedelta(days=4)), []
    for place, customer in enumerate(customers.order_by("code")[:2], 1):
        order = draft_order(
            actor=customer.owner,
            customer_id=customer.pk,
            legal_entity_id=contracts[0].legal_entity_id,
            currency=base_currency(),
            payment="prepaid",
            instrument="transfer",
            lines=[LineInput(products[place].pk, Decimal(20 * place))],
            on=on,
            wanted_on=on + dt.timedelta(days=10),
            reference=f"PO-{on:%m%d}-P{place}",
        )
        orders.append(release_order(actor=customer.owner, order_id=order.pk, version=order.version, on=on))
    return orders


def build_versions(company: DemoCompany, contracts: list[Any]) -> None:
    """One contract is amended, one that ends soon is renewed, one amendment is being drafted, one original is out."""
    from contracts.services.originals import lend_original
    from crm.accounts.models import User

    on = company.end_on
    usual, ending = contracts[1:5], contracts[5]
    amended = begin_version(usual[0], "amendment", on, term_days=max(usual[0].term_days - 10, 0))
    sign_version(amended, on)
    renewed = begin_version(ending, "renewal", on, ends_on=ending.ends_on + dt.timedelta(days=365))
    sign_version(renewed, on)
    begin_version(usual[1], "amendment", on, our_signatory="李敏")
    lend_original(
        actor=User.objects.get(username="leo"),
        contract_id=usual[2].pk,
        borrower_id=usual[2].customer.owner_id,
        due_on=on - dt.timedelta(days=6),
        purpose="投标备查",
        on=on - dt.timedelta(days=20),
    )


def build_library(company: DemoCompany) -> None:
    """A clause of the library says something newer than the templates that took it."""
    from contracts.models import Template
    from contracts.services.templates import new_version, publish_version, save_version, send_to_review
    from crm.accounts.models import User

    leo, greg = User.objects.get(username="leo"), User.objects.get(username="greg")
    version = new_version(actor=leo, template_id=Template.objects.get(kind="library").pk, language="zh")
    clauses = [clause.own_words() for clause in version.clauses.all()]
    for clause in clauses:
        if clause["key"] == "notices":
            clause["text"] = clause["text"].replace("五日", "十日")
    save_version(
        actor=leo,
        version_id=version.pk,
        edition=version.edition,
        title=version.title,
        variables=version.variables,
        clauses=clauses,
    )
    send_to_review(actor=leo, version_id=version.pk)
    publish_version(actor=greg, version_id=version.pk, on=company.end_on)


def begin_version(contract: Any, change: str, on: dt.date, *, ends_on: dt.date | None = None, **terms: Any) -> Any:
    from contracts.services.drafting import change_contract
    from contracts.services.versions import open_version

    owner = contract.customer.owner
    starts_on = contract.ends_on + dt.timedelta(days=1) if ends_on else on
    made = open_version(
        actor=owner, contract_id=contract.pk, change=change, starts_on=starts_on, ends_on=ends_on, on=on
    )
    return change_contract(actor=owner, contract_id=made.pk, version=None, **terms) if terms else made


def sign_version(version: Any, on: dt.date) -> None:
    from contracts.services.versions import follow

    follow(signed_on_paper(version, on), on=on)


def working_day(day: dt.date) -> dt.date:
    """The day, or the Friday before a weekend."""
    return day - dt.timedelta(days=max(day.weekday() - 4, 0))


def fulfil(company: DemoCompany, rng: random.Random, order: Any, delivered: list[tuple[int, dt.date]]) -> None:
    """What leaves the warehouse of a released order, some days later; signed notes come back within two more."""
    from django.core.files.base import ContentFile

    from contracts.services.deliveries import deliver
    from contracts.services.order_papers import add_signed_note
    from crm.accounts.models import User

    fate = rng.choices(list(FATES), list(FATES.values()))[0]
    if fate == "waiting":
        return
    on = min(order.on + dt.timedelta(days=rng.randrange(1, 5)), company.end_on)
    part = Decimal("0.5") if fate == "partly" else Decimal(1)
    quantities = {line.pk: max((line.quantity * part).quantize(Decimal(1)), Decimal(1)) for line in order.lines.all()}
    walter = User.objects.get(username="walter")
    delivery = deliver(
        actor=walter,
        order_id=order.pk,
        quantities=quantities,
        on=on,
        carrier=f"顺丰 SF{order.pk:010d}",
    )
    if on < company.end_on - dt.timedelta(days=2):
        file, name = ContentFile(SCAN), f"{delivery.number}.pdf"
        add_signed_note(actor=walter, delivery_id=delivery.pk, file=file, name=name)
    if fate == "invoiced":
        delivered.append((delivery.pk, min(on + dt.timedelta(days=1), company.end_on)))


def has_no_contracts() -> bool:
    from contracts.models import Contract, Order

    return not Contract.objects.exists() and not Order.objects.exists()


DEMO_CONTRACTS = DemoStep(key="contracts", order=112, build=build_contracts, is_empty=has_no_contracts)
