"""The fixed cast and what each of them holds: the world that permission, language and browser tests look at.

alice (rep), bob (same team), charlie (another team) own a customer each; mary manages alice's and bob's region, fiona
is the accountant, greg the general manager. Everything is made through the services, as the product would make it.
"""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.db import transaction

from contracts.models import (
    Annex,
    Contract,
    ContractClause,
    Delivery,
    Order,
    OrderPaper,
    Product,
    SignedScan,
    Template,
    TemplateVersion,
)
from contracts.services.annexes import add_annex
from contracts.services.deliveries import deliver
from contracts.services.drafting import draft_contract
from contracts.services.order_papers import add_paper
from contracts.services.orders import LineInput, draft_order
from contracts.services.releasing import release_order
from contracts.services.templates import new_version
from credit.models import (
    Attachment,
    CreditCheck,
    CreditRequest,
    FinancialStatement,
    FittedScorecard,
    PaymentBehaviour,
    Rating,
)
from credit.services import (
    OpeningTerms,
    add_attachment,
    check_and_reserve,
    draft_request,
    lock_account,
    record_investigation,
    record_statement,
    review_ratings,
    set_opening_terms,
    submit_request,
)
from crm.accounts import roles
from crm.accounts.models import User
from crm.accounts.services import create_demo_users
from crm.approvals.services import delegate_to
from crm.core.dates import business_today
from crm.core.models import Currency, LegalEntity, Rate
from crm.exchange.export import EXPORT_RUN
from crm.exchange.services import receive_file
from crm.jobs.nightly import start_night
from crm.jobs.services import start_run
from crm.notices.models import Notice
from crm.notices.services import notify
from customers.models import Customer
from customers.services import add_contact, create_customer, share_customer, update_customer
from receivables.models import (
    Allocation,
    Case,
    CaseStep,
    Dispute,
    DunningOptOut,
    InstalmentPlan,
    Invoice,
    Letter,
    Receipt,
)
from receivables.rules.instalments import equal_rows
from receivables.services import Line, post_invoice, post_receipt
from receivables.services.collection import DisputeTerms, open_dispute, opt_out, prepare_letters, propose_plan
from tests.collection.nights import nights

HOLDERS = ("alice", "bob", "charlie")
NAMES = {
    "alice": ("上海澜柏精密机械有限公司", "王晓敏"),
    "bob": ("苏州岑泓包装材料有限公司", "李文静"),
    "charlie": ("深圳砚凯电子科技有限公司", "陈海涛"),
}


@dataclass
class Holding:
    """What one rep's customer consists of."""

    customer: Customer
    contact: Any
    share: Any
    account: Any
    open_invoice: Invoice
    overdue_invoice: Invoice
    credit_note: Invoice
    receipt: Receipt
    cheque: Receipt
    allocation: Allocation
    credit_request: CreditRequest  # a draft
    attachment: Attachment
    order: Order  # a draft
    order_paper: OrderPaper
    delivery: Delivery  # a part of another order, not billed
    credit_check: CreditCheck  # of something held
    statement: FinancialStatement | None = None  # entered by fiona
    rating: Rating | None = None  # made by add_ratings
    contract: Contract | None = None  # a draft; made by add_contracts
    clause: ContractClause | None = None
    annex: Annex | None = None
    signed_contract: Contract | None = None
    case: Case | None = None  # what follows is made by add_collection
    case_step: CaseStep | None = None
    letter: Letter | None = None
    plan: InstalmentPlan | None = None
    dispute: Dispute | None = None
    opt_out: DunningOptOut | None = None


@dataclass
class World:
    today: dt.date
    users: dict[str, User]
    entity: LegalEntity
    holdings: dict[str, Holding] = field(default_factory=dict)
    own: dict[str, Any] = field(default_factory=dict)  # records that belong to a person: "run", "upload"

    def user(self, name: str) -> User:
        return User.objects.get(username=name)


def build_company() -> World:
    """The company without customers: its legal entity, currencies with rates, the people and a superuser."""
    today = business_today()
    users = create_demo_users()
    users["root"] = User.objects.create_superuser("root", password="the keys of the house 1", name="超级用户")
    # Somebody who may sign in but has no role at all.
    users["nobody"] = User.objects.create_user("nobody", password="the keys of the house 2", name="无角色")
    # A rep without customers of her own, with whom every holding is shared.
    users["emma"] = User.objects.create_user("emma", name="于敏", team=users["charlie"].team)
    users["emma"].groups.set(Group.objects.filter(name=roles.SALES_REP))
    entity = LegalEntity.objects.filter(code="SH").first() or LegalEntity.objects.create(
        code="SH", name_zh="华东贸易有限公司", name_en="East China Trading Co., Ltd."
    )
    for code, name_zh, name_en in (("CNY", "人民币", "Chinese yuan"), ("USD", "美元", "US dollar")):
        Currency.objects.get_or_create(code=code, defaults={"name_zh": name_zh, "name_en": name_en})
    Rate.objects.get_or_create(
        currency_id="USD", date=today - dt.timedelta(days=800), defaults={"rate": Decimal("7.1")}
    )
    assert Group.objects.count() >= 13
    return World(today=today, users=users, entity=entity)


def build_holding(world: World, owner: str, *, name: str = "", contact_name: str = "") -> Holding:
    """A customer of `owner` with terms, invoices before and past their due dates, receipts, a cheque and a match."""
    today, day = world.today, dt.timedelta(days=1)
    usual_name, usual_contact = NAMES.get(owner, ("", ""))
    rep = world.users[owner]
    customer = create_customer(
        actor=None, today=today - 400 * day, name=name or usual_name, owner_id=rep.pk, state="active"
    )
    contact = add_contact(
        actor=None, customer_id=customer.pk, today=today - 400 * day, name=contact_name or usual_contact
    )
    share = share_customer(
        actor=None, customer_id=customer.pk, user_id=world.users["emma"].pk, reason="共同跟进", today=today
    )
    with transaction.atomic():
        account = lock_account(customer_id=customer.pk)
    terms = OpeningTerms(
        customer_id=customer.pk, limit=Decimal("100000.00"), term_days=30, settlement="rolling", status="normal"
    )
    set_opening_terms(rows=[terms], reason="首次授信", on=today - 400 * day)
    head: dict[str, Any] = {
        "actor": None,
        "legal_entity_id": world.entity.pk,
        "customer_id": customer.pk,
        "currency": "CNY",
    }
    number = customer.code

    def invoice(suffix: str, days_ago: int, amount: str, kind: str = "invoice", **more: Any) -> Invoice:
        on = today - days_ago * day
        return post_invoice(**head, kind=kind, number=f"{number}-{suffix}", on=on, amount=Decimal(amount), **more)

    overdue = invoice("001", 75, "12000.00")
    still_open = invoice("002", 10, "8000.50")
    credit_note = invoice("C01", 5, "300.00", kind="credit_note")
    receipt = post_receipt(
        **head,
        on=today - 8 * day,
        amount=Decimal("5000.00"),
        instrument="transfer",
        reference=f"{number}-001",
        lines=[Line(overdue.pk, Decimal("4000.00"))],
        method="manual",
    )
    cheque = post_receipt(
        **head,
        on=today - 3 * day,
        amount=Decimal("2000.00"),
        instrument="cheque",
        lines=[Line(overdue.pk, Decimal("2000.00"))],
        method="manual",
    )
    update_customer(actor=None, customer_id=customer.pk, version=None, today=today, address="张江路 88 号")
    credit_request = draft_request(
        actor=rep,
        customer_id=customer.pk,
        kind="increase",
        wanted_limit=Decimal("150000.00"),
        purchase_estimate=Decimal("60000.00"),
        reason="首次授信",
    )
    paper = ContentFile(b"%PDF-1.7", name="p.pdf")
    attachment = add_attachment(actor=rep, request_id=credit_request.pk, kind="other", file=paper, name="form.pdf")
    order, _released, delivery = build_orders(world, rep, customer)
    bought = ContentFile(b"%PDF-1.7", name="c.pdf")
    order_paper = add_paper(actor=rep, order_id=order.pk, kind="purchase", file=bought, name="purchase.pdf")
    held = check_and_reserve(
        customer_id=customer.pk,
        source_kind="invoice",
        source_id=still_open.pk,
        amount=Decimal("150000.00"),
        on=today,
        actor_id=rep.pk,
        term_days=45,
    )
    return Holding(
        customer=customer,
        contact=contact,
        share=share,
        account=account,
        open_invoice=still_open,
        overdue_invoice=overdue,
        credit_note=credit_note,
        receipt=receipt,
        cheque=cheque,
        allocation=Allocation.objects.get(receipt=receipt),
        credit_request=credit_request,
        attachment=attachment,
        order=order,
        order_paper=order_paper,
        delivery=delivery,
        credit_check=CreditCheck.objects.get(pk=held.check_id),
    )


def build_orders(world: World, rep: User, customer: Customer) -> tuple[Order, Order, Delivery]:
    """A draft on credit under no contract of ours, and a prepaid order of which a part has left."""
    product, _made = Product.objects.get_or_create(
        code="B-6205",
        defaults={
            "name_zh": "深沟球轴承",
            "name_en": "Ball bearing",
            "unit_zh": "套",
            "unit_en": "set",
            "price": Decimal("85.00"),
        },
    )
    head: dict[str, Any] = {
        "actor": rep,
        "customer_id": customer.pk,
        "legal_entity_id": world.entity.pk,
        "currency": "CNY",
        "payment": "prepaid",
        "on": world.today,
    }
    draft = draft_order(**{**head, "payment": "credit"}, lines=[LineInput(product.pk, Decimal(20))])
    order = draft_order(**head, lines=[LineInput(product.pk, Decimal(10))])
    post_receipt(
        actor=None,
        legal_entity_id=world.entity.pk,
        customer_id=customer.pk,
        on=world.today,
        currency="CNY",
        amount=order.total,
        instrument="transfer",
        reference=order.number,
    )
    release_order(actor=rep, order_id=order.pk, version=1, on=world.today)
    quantities = {order.lines.get().pk: Decimal(4)}
    delivery = deliver(actor=world.users["walter"], order_id=order.pk, quantities=quantities, on=world.today)
    return draft, order, delivery


def build_world() -> World:
    """The company and one holding for alice, bob and charlie."""
    world = build_company()
    for owner in HOLDERS:
        world.holdings[owner] = build_holding(world, owner)
    return world


def add_collection(world: World) -> None:
    """A case for each holding with its steps, a letter that waits, a plan proposed, a dispute; out of dunning since."""
    today, day = world.today, dt.timedelta(days=1)
    nights(today - 7 * day, today)
    prepare_letters(on=today)
    for owner, holding in world.holdings.items():
        customer = holding.customer
        holding.case = Case.objects.get(customer=customer)
        holding.case_step = holding.case.steps.filter(state="todo").latest("pk")
        holding.letter = Letter.objects.get(customer=customer)
        owed = Invoice.objects.get(pk=holding.overdue_invoice.pk)
        holding.plan = propose_plan(
            actor=world.users[owner],
            case_id=holding.case.pk,
            invoice_ids=[owed.pk],
            rows=equal_rows(owed.open_amount, count=3, first_on=today + 5 * day),
            reason="旺季后回款",
            on=today,
        )
        terms = DisputeTerms(invoice_id=holding.overdue_invoice.pk, amount=Decimal("500.00"), reason="price")
        holding.dispute = open_dispute(actor=None, terms=terms, on=today)
        holding.opt_out = opt_out(
            actor=None, customer_id=customer.pk, reason="重大合作谈判", on=today, until=today + 30 * day
        )


def add_ratings(world: World) -> None:
    """What is known of each customer, and the review of the quarter that proposes a rating of it."""
    for name, holding in world.holdings.items():
        known: dict[str, Any] = {"actor": world.users[name], "customer_id": holding.customer.pk}
        holding.statement = record_statement(
            actor=world.users["fiona"],
            customer_id=holding.customer.pk,
            year=world.today.year - 1,
            total_assets=Decimal("900.00"),
            liabilities=Decimal(500),
        )
        record_investigation(
            **known, on=world.today, answers={"conduct": (4, "共同跟进"), "competitors": (4, "共同跟进")}
        )
        PaymentBehaviour.objects.update_or_create(
            account=holding.account,
            window_months=12,
            defaults={
                "on": world.today,
                "invoices_due": 3,
                "amount_due": Decimal("20000.00"),
                "collection_rate": 0.92,
                "weighted_days_late": 6.5,
                "overdue_share": 0.2,
                "trend": 1.5,
                "promises_made": 2,
                "promises_kept": 1,
            },
        )
    world.own["review"] = review_ratings(on=world.today)
    for holding in world.holdings.values():
        holding.rating = Rating.objects.get(account=holding.account)


def add_contracts(world: World) -> None:
    """A draft and a signed contract for each holding; a template version that legal is writing."""
    today, day = world.today, dt.timedelta(days=1)
    for owner, holding in world.holdings.items():
        head: dict[str, Any] = {
            "actor": world.users[owner],
            "customer_id": holding.customer.pk,
            "version_id": TemplateVersion.objects.get(template__code="sales", language="zh", state="published").pk,
            "legal_entity_id": world.entity.pk,
            "currency": "CNY",
            "amount": Decimal("88000.00"),
            "on": today,
        }
        holding.contract = draft_contract(**head)
        holding.clause = holding.contract.clauses.get(key="other")
        holding.annex = add_annex(
            actor=world.users[owner],
            contract_id=holding.contract.pk,
            kind="schedule",
            title="Schedule",
            file=ContentFile(b"%PDF-1.7\n"),
            name="schedule.pdf",
        )
        signed = draft_contract(**head, starts_on=today - 300 * day, ends_on=today + 60 * day)
        for state in ("in_approval", "approved"):
            Contract.objects.filter(pk=signed.pk).update(state=state)
        scan = SignedScan(contract=signed, name="合同.pdf", size=9, content_type="application/pdf", checksum="0" * 64)
        scan.uploaded_by = world.users["leo"]
        scan.file.save("scan.pdf", ContentFile(b"%PDF-1.7\n"), save=False)
        scan.save()
        Contract.objects.filter(pk=signed.pk).update(state="signed", signed_on=today - 300 * day)
        holding.signed_contract = Contract.objects.get(pk=signed.pk)
    world.own["product"] = Product.objects.get(code="B-6205")
    world.own["template"] = Template.objects.get(code="framework")
    world.own["version"] = new_version(actor=world.users["leo"], template_id=world.own["template"].pk, language="en")


def add_own_records(world: World) -> None:
    """What belongs to a person: a run that alice started, a notice to her, a file that fiona uploaded."""
    export = {"list": "customers", "query": "", "format": "xlsx"}
    world.own["run"] = start_run(kind=EXPORT_RUN, params=export, actor=world.users["alice"], on=world.today)
    failure = {"step": "verify", "on": str(world.today), "error": "worker_lost", "figures": {"attempts": 3}}
    notify(users=[world.users["alice"]], kind="night_failed", params=failure)
    world.own["notice"] = Notice.objects.get(kind="night_failed")
    world.own["night"] = start_night(on=world.today, steps=["verify"])
    heads = "客户编号,客户名称\nK-1,上海岑泓纺织有限公司\n"
    alice, mary = world.users["alice"], world.users["mary"]
    term = draft_request(
        actor=alice,
        customer_id=world.holdings["alice"].customer.pk,
        kind="term",
        wanted_term_days=45,
        reason="首次授信",
    )
    world.own["approval"] = submit_request(actor=alice, request_id=term.pk).approval
    world.own["delegation"] = delegate_to(
        actor=mary,
        delegate=world.users["diana"],
        starts_on=world.today,
        ends_on=world.today,
        today=world.today,
    )
    world.own["fitted"] = FittedScorecard.objects.create(
        version=1,
        name="bankruptcy",
        file_name="ratios.csv",
        checksum="0" * 64,
        companies=100,
        failed=50,
        on=world.today,
        options={"pdo": 20},
        card={
            "intercept": 0,
            "characteristics": [
                {
                    "name": "ROA",
                    "value": 1.2,
                    "weight": 0.9,
                    "bins": [
                        {
                            "over": None,
                            "up_to": 0.1,
                            "missing": False,
                            "companies": 60,
                            "failed": 45,
                            "evidence": 1.1,
                            "points": 9,
                        },
                        {
                            "over": 0.1,
                            "up_to": None,
                            "missing": False,
                            "companies": 40,
                            "failed": 5,
                            "evidence": -2,
                            "points": 60,
                        },
                    ],
                }
            ],
        },
        metrics={
            "auc": 0.9,
            "gini": 0.8,
            "ks": 0.7,
            "plain": 0.8,
            "psi": 0.01,
            "folds": [0.9] * 5,
            "bands": [
                {"low": 9, "high": 60, "companies": 100, "failed": 50},
            ],
        },
        seconds=1.0,
    )
    world.own["to_deliver"] = world.holdings["alice"].delivery.order
    world.own["delivered"] = world.holdings["alice"].delivery
    world.own["upload"] = receive_file(
        actor=world.users["fiona"],
        kind="customers",
        file=ContentFile(heads.encode(), name="customers.csv"),
        file_name="customers.csv",
        today=world.today,
    )
