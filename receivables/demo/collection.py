"""Four months of collection in the demo company: nights pass, people call, customers promise, dispute and pay.

What customers pay is history by now (receivables.demo.documents); a promise that is to be kept is taken from it.
Letters of the last rounds went out, some of today's did not.
"""

import datetime as dt
import random
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from crm.accounts import roles
from crm.core.demo import DemoCompany, DemoStep
from crm.core.errors import DomainError
from crm.core.registry import registry

DAYS = 120
EVERY = 6  # days from one simulated night to the next
CALLS_A_DAY = 5
BUSY_DAYS = 13  # before the end, so that something waits today: more calls a day
CALLS_A_BUSY_DAY = 12
NOTES = {
    "reached": [
        "财务在核对发票，说下周安排",
        "客户说付款流程在总经理处",
        "已确认账目无误，等资金到位",
        "采购答应催财务",
    ],
    "promised": ["财务答应按期付款", "客户承诺月底前付", "老板亲口答应", "先付一部分，其余下月"],
    "disputed": ["客户称到货有破损", "单价与合同不符，要求核对", "客户称数量短少", "客户要求补寄发票"],
    "unreachable": ["电话无人接听", "前台说财务外出", "关机", "留言未回"],
}
ROUNDS = (18, 12, 6)  # days before the end on which letters went out
LETTERS_A_ROUND = 12
REASONS = ["quality", "price", "quantity", "documents"]
# Days before the end on which a plan is proposed, and whether it was approved the same day: one broke, one runs.
PLANS = {60: True, 18: True, 6: False}
OUTCOMES = ["customer_right", "partly_right", "we_are_right", "withdrawn"]


@dataclass
class Simulation:
    """What the people of the demo know while they collect."""

    rng: random.Random
    payments: dict[int, list[tuple[dt.date, Decimal, str]]]  # by customer: day, amount, currency
    users: dict[int, Any]
    disputable: dict[int, list[Any]]  # invoices by customer that are open to this day
    causes: list[Any]
    disputes: list[tuple[dt.date, int, Any]] = field(default_factory=list)  # when each is resolved, by whom


def build_collection(company: DemoCompany) -> None:
    """Let the nights of four months pass, and what people did between them."""
    from receivables.services.collection import escalate, prepare_letters
    from receivables.services.collection.rates import refresh_collection_rates

    clock = ZoneInfo(settings.BUSINESS_TIME_ZONE)
    simulation = begin(company)
    first = company.end_on - dt.timedelta(days=DAYS)
    refresh_collection_rates(on=first)
    for offset in range(0, DAYS + 1, EVERY):
        on = first + dt.timedelta(days=offset)
        if on == company.end_on:
            if "late_payment" in registry.nightly_steps:
                return  # the company's night of today comes with its predictions
            refresh_collection_rates(on=on)
        escalate(on=on, recorded_at=dt.datetime.combine(on, dt.time(2), clock))
        if (company.end_on - on).days in ROUNDS:
            send_round(simulation, on, clock)
        if on < company.end_on:
            day_of_work(simulation, on, company.end_on)
    prepare_letters(on=company.end_on, recorded_at=dt.datetime.combine(company.end_on, dt.time(2), clock))
    refuse_some()


def send_round(simulation: Simulation, on: dt.date, clock: ZoneInfo) -> None:
    """The letters of a night, of which those about most money go out that day; what is left a later night replaces."""
    from receivables.models import Letter
    from receivables.services.collection import letter_sent, prepare_letters

    prepare_letters(on=on, recorded_at=dt.datetime.combine(on, dt.time(2), clock))
    senders = (user for user in simulation.users.values() if roles.ROLES[roles.CREDIT_CONTROLLER] in user.roles)
    sender = next(senders, None)
    waiting = Letter.objects.filter(state=Letter.State.TODO).order_by("-base_amount", "pk")
    sent = [letter_sent(letter_id=letter.pk, actor=sender, on=on) for letter in waiting[:LETTERS_A_ROUND]]
    Letter.objects.filter(pk__in=[letter.pk for letter in sent]).update(
        sent_at=dt.datetime.combine(on, dt.time(9, 30), clock), attempts=1
    )


def refuse_some() -> None:
    """Two letters the mail server did not take: a person looks at them."""
    from receivables.models import Letter
    from receivables.services.collection import letter_failed
    from receivables.services.collection.sending import MailFailed, RecipientRefused

    letters = list(Letter.objects.filter(state=Letter.State.TODO, channel=Letter.Channel.EMAIL).order_by("pk")[:2])
    causes = (
        (RecipientRefused.code, {"recipient": "caiwu@example.com", "cause": "550 mailbox unavailable"}),
        (MailFailed.code, {"cause": "451 try again later"}),
    )
    for letter, (code, params) in zip(letters, causes, strict=False):
        letter_failed(letter_id=letter.pk, code=code, params=params)
        Letter.objects.filter(pk=letter.pk).update(attempts=1)


def begin(company: DemoCompany) -> Simulation:
    from crm.accounts.models import User
    from receivables.models import Allocation, CauseCode, Invoice, InvoiceKind

    payments: dict[int, list[tuple[dt.date, Decimal, str]]] = defaultdict(list)
    since = company.end_on - dt.timedelta(days=DAYS)
    for customer_id, on, amount, currency in (
        Allocation.objects.filter(on__gte=since, receipt__isnull=False, takes_back__isnull=True)
        .order_by("on", "pk")
        .values_list("invoice__customer_id", "on", "amount", "invoice__currency")
    ):
        payments[customer_id].append((on, amount, currency))
    disputable: dict[int, list[Any]] = defaultdict(list)
    for invoice in (
        Invoice.objects.filter(open_amount__gt=1000, due_on__lt=company.end_on)
        .exclude(kind=InvoiceKind.CREDIT_NOTE)
        .order_by("due_on", "pk")
    ):
        disputable[invoice.customer_id].append(invoice)
    return Simulation(
        rng=company.stream("collection"),
        payments=payments,
        users={user.pk: user for user in User.objects.filter(is_active=True)},
        disputable=disputable,
        causes=list(CauseCode.objects.filter(is_active=True).order_by("position", "code")),
    )


def day_of_work(simulation: Simulation, on: dt.date, end_on: dt.date) -> None:
    """The calls of a day, from the top of the list; then disputes that are settled and causes that are filed."""
    from receivables.models import Case, CaseStep
    from receivables.services.collection import file_cause, opt_out, resolve_dispute

    rng = simulation.rng
    calls = CALLS_A_BUSY_DAY if (end_on - on).days < BUSY_DAYS else CALLS_A_DAY
    cases = list(
        Case.objects.filter(state=Case.State.OPEN, paused_by="", customer__owner__isnull=False)
        .select_related("customer")
        .order_by("-expected", "pk")[: calls * 4]
    )
    for case in rng.sample(cases, min(calls, len(cases))):
        call(simulation, case, on)
    for when, dispute_id, actor in [item for item in simulation.disputes if item[0] <= on]:
        simulation.disputes.remove((when, dispute_id, actor))
        resolve_dispute(
            actor=actor, dispute_id=dispute_id, outcome=rng.choice(OUTCOMES), resolution="已与客户核对", on=on
        )
    waiting = CaseStep.objects.filter(state="todo", policy_step__action="cause", case__state="open").order_by("pk")
    for step in waiting.select_related("case__customer")[:4]:
        owner = simulation.users.get(step.case.customer.owner_id)
        if owner is None or rng.random() < 0.4:
            continue
        cause = rng.choice(simulation.causes)
        file_cause(
            actor=owner,
            case_id=step.case_id,
            cause_id=cause.pk,
            on=on,
            culprit_id=owner.pk if cause.own_fault else None,
        )
    if (end_on - on).days in PLANS:
        propose_one(simulation, cases, on, approved=PLANS[(end_on - on).days])
    if cases and (end_on - on).days in (24, 60):
        opt_out(
            actor=None,
            customer_id=cases[-1].customer_id,
            reason="客户正在重组，总监同意暂缓催收",
            on=on,
            until=on + dt.timedelta(days=40),
        )


def propose_one(simulation: Simulation, cases: list[Any], on: dt.date, *, approved: bool) -> None:
    """A customer that is to pay an invoice by and by; the first of the work list that has one of its own."""
    from receivables.models import Dispute
    from receivables.rules.instalments import equal_rows
    from receivables.services.collection import propose_plan

    disputed = set(Dispute.objects.filter(state=Dispute.State.OPEN).values_list("invoice_id", flat=True))
    for case in cases:
        found = (
            item
            for item in simulation.disputable[case.customer_id]
            if item.due_on < on and item.legal_entity_id == case.legal_entity_id and item.pk not in disputed
        )
        invoice = next(found, None)
        owner = simulation.users.get(case.customer.owner_id)
        if invoice is None or owner is None:
            continue
        try:
            plan = propose_plan(
                actor=owner,
                case_id=case.pk,
                invoice_ids=[invoice.pk],
                rows=equal_rows(invoice.open_amount, count=4, first_on=on + dt.timedelta(days=20)),
                reason="客户资金周转困难，旺季回款后可分期付清",
                on=on,
            )
        except DomainError:  # it was paid meanwhile, or a plan is there
            continue
        if approved:
            approve(plan.approval_id, on)
        return


def approve(approval_id: int, on: dt.date) -> None:
    """Every step of the approval, by the first person asked."""
    from crm.approvals.models import RequestStep, StepState, Verb
    from crm.approvals.services import decide

    while step := RequestStep.objects.filter(request=approval_id, state=StepState.OPEN).first():
        actor = step.assignments.select_related("user").order_by("pk")[0].user
        decide(request_id=approval_id, step_id=step.pk, actor=actor, verb=Verb.APPROVE, on=on)


def call(simulation: Simulation, case: Any, on: dt.date) -> None:
    """One call: a promise when the customer does pay soon, mostly; a dispute where there is something to dispute."""
    from receivables.services.collection import DisputeTerms, PromiseTerms, log_contact

    rng, owner = simulation.rng, simulation.users[case.customer.owner_id]
    outcome = rng.choices(["reached", "promised", "disputed", "unreachable"], [28, 36, 14, 22])[0]
    more: dict[str, Any] = {}
    if outcome == "promised":
        more["promise"] = PromiseTerms(*promised(simulation, case, on))
    if outcome == "disputed":
        invoice = next((item for item in simulation.disputable[case.customer_id] if item.due_on < on), None)
        if invoice is None:
            outcome = "reached"
        else:
            amount = (invoice.open_amount * Decimal(rng.choice(["0.2", "0.5", "1"]))).quantize(Decimal("0.01"))
            more["dispute"] = DisputeTerms(invoice.pk, amount, rng.choice(REASONS), owner_id=owner.pk)
    note, channel = rng.choice(NOTES[outcome]), rng.choices(["call", "message", "visit"], [80, 15, 5])[0]
    try:
        made = log_contact(actor=owner, case_id=case.pk, outcome=outcome, on=on, channel=channel, note=note, **more)
    except DomainError:  # the invoice is in dispute already: the customer only complained again
        made = log_contact(actor=owner, case_id=case.pk, outcome="reached", on=on, channel=channel, note=note)
    if made.dispute_id and rng.random() < 0.6:
        simulation.disputes.append((on + dt.timedelta(days=rng.randrange(6, 25)), made.dispute_id, owner))


def promised(simulation: Simulation, case: Any, on: dt.date) -> tuple[Decimal, dt.date, str]:
    """What a customer promises: mostly what it does pay within two weeks, else what it would like to."""
    rng = simulation.rng
    soon = [payment for payment in simulation.payments[case.customer_id] if 0 < (payment[0] - on).days <= 14]
    if soon and rng.random() < 0.85:
        when, amount, currency = rng.choice(soon)
        return (amount * Decimal(rng.choice(["1", "1", "1.4"]))).quantize(Decimal("0.01")), when, currency
    rounded = (Decimal(case.overdue) * Decimal(rng.choice(["0.3", "0.5", "1"])) / 100).quantize(Decimal(1)) * 100
    currency = case_currency(case)
    return max(rounded, Decimal(100)), on + dt.timedelta(days=rng.randrange(3, 15)), currency


def case_currency(case: Any) -> str:
    from receivables.models import Invoice

    found = Invoice.objects.filter(customer=case.customer_id, legal_entity=case.legal_entity_id)
    return str(found.order_by("-on", "-pk").values_list("currency", flat=True)[0])


def nothing_collected() -> bool:
    from receivables.models import Case

    return not Case.objects.exists()


DEMO_COLLECTION = DemoStep(key="collection", order=60, build=build_collection, is_empty=nothing_collected)
