"""What collection puts on other pages: a panel of the customer page, cards of 'My day', the menu."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.core.addresses import page_url, record_url
from crm.core.dates import business_today
from crm.core.day_cards import TOP, card
from crm.core.display import isodate, money, percent
from crm.core.registry import DayCard, DayCardContent, DayCardRow, MenuItem, Panel
from receivables.columns.collection import OUTCOME_TONES, PROMISE_TONES, dispute_state, pause_of
from receivables.filters.collection import calls, cause_due
from receivables.models import (
    Case,
    CollectionContact,
    Dispute,
    DunningOptOut,
    Instalment,
    InstalmentPlan,
    Letter,
    PaymentPromise,
)

WEEK = dt.timedelta(days=7)
BROKEN_SINCE = dt.timedelta(days=7)
CONTACTS_SHOWN = 3


def collection_panel(request: HttpRequest, customer: Any) -> dict[str, Any]:
    """The open cases, the last contacts, open promises and disputes, and whether the customer is out of dunning."""
    user: Any = request.user
    today = business_today()
    cases = Case.objects.filter(customer=customer, state=Case.State.OPEN).select_related("step", "legal_entity")
    contacts = CollectionContact.objects.filter(customer=customer).select_related("created_by", "contact")
    disputes = Dispute.objects.filter(customer=customer, state=Dispute.State.OPEN).select_related("invoice", "owner")
    promises = PaymentPromise.objects.filter(customer=customer).exclude(state=PaymentPromise.State.REPLACED)
    out = DunningOptOut.objects.filter(customer=customer, until__gte=today, ended_on__isnull=True)
    return {
        "customer": customer,
        "cases": [(case, case.days_overdue(today), pause_of(case)) for case in cases.order_by("pk")],
        "contacts": [
            (contact, OUTCOME_TONES[CollectionContact.Outcome(contact.outcome)])
            for contact in contacts[:CONTACTS_SHOWN]
        ],
        "disputes": [(dispute, dispute_state(dispute)) for dispute in disputes.order_by("due_on", "pk")[:TOP]],
        "promises": [(promise, PROMISE_TONES[promise.state]) for promise in promises[:CONTACTS_SHOWN]],
        "opt_out": out.select_related("created_by").first(),
        "last_letter": Letter.objects.filter(customer=customer, state=Letter.State.SENT)
        .select_related("template")
        .order_by("-sent_on", "-pk")
        .first(),
        "may_opt_out": user.has_perm("receivables.opt_out_of_dunning"),
    }


PANELS = (
    Panel(
        key="collection",
        title=gettext_lazy("Collection"),
        template="receivables/collection/panel.html",
        context=collection_panel,
        permission="receivables.view_case",
        order=35,
    ),
)


def late_word(case: Case) -> str:
    days = case.days_overdue(business_today())
    return ngettext("%(days)s day overdue", "%(days)s days overdue", days) % {"days": days}


def share_of(case: Case) -> Decimal:
    """The share of what is overdue that is likely to come."""
    return case.expected / case.overdue if case.overdue else Decimal(0)


def calls_card(user: Any) -> DayCardContent:
    """Whom to call first: the cases a call is likely to bring most of, with the figures it comes from."""
    found = calls(Case.objects.visible_to(user), business_today())
    return card(
        found.select_related("customer").order_by("-expected", "pk"),
        lambda case: DayCardRow(
            label=case.customer.name,
            url=record_url("receivables:case", case.pk),
            detail=f"{late_word(case)} · {money(case.overdue)} × {percent(share_of(case), 0)}",
            amount=case.expected,
            tone="danger",
        ),
        url=page_url("receivables:cases") + "?work=calls",
        empty=_("Nobody is to be called today."),
    )


def promises_card(user: Any) -> DayCardContent:
    """Promises whose day has come: look whether the money is there."""
    today = business_today()
    found = PaymentPromise.objects.visible_to(user).filter(state=PaymentPromise.State.OPEN, promised_on__lte=today)
    return card(
        found.select_related("customer").order_by("promised_on", "-amount", "pk"),
        lambda promise: DayCardRow(
            label=promise.customer.name,
            url=record_url("receivables:case", promise.case_id),
            detail=_("promised for %(day)s · %(currency)s")
            % {"day": isodate(promise.promised_on), "currency": promise.currency},
            amount=promise.amount,
            tone="warning",
        ),
        url=page_url("receivables:promises") + f"?state=open&promised_to={today}&sort=promised_on",
        empty=_("No promise is due."),
    )


def broken_card(user: Any) -> DayCardContent:
    """Promises that were not kept in the last days, as long as something is still overdue."""
    since = business_today() - BROKEN_SINCE
    broken = (PaymentPromise.State.BROKEN, PaymentPromise.State.PARTLY)
    found = PaymentPromise.objects.visible_to(user).filter(
        state__in=broken, judged_on__gte=since, case__state=Case.State.OPEN
    )
    return card(
        found.select_related("customer").order_by("-judged_on", "-amount", "pk"),
        lambda promise: DayCardRow(
            label=promise.customer.name,
            url=record_url("receivables:case", promise.case_id),
            detail=_("promised for %(day)s · %(currency)s")
            % {"day": isodate(promise.promised_on), "currency": promise.currency},
            amount=promise.amount - promise.received,
            tone="danger",
        ),
        url=page_url("receivables:promises") + f"?state=broken&state=partly&judged_from={since}&sort=-judged_on",
        empty=_("No promise was broken this week."),
    )


def instalments_card(user: Any) -> DayCardContent:
    """Rows of running plans whose day comes within a week: look whether the money is on its way."""
    until = business_today() + WEEK
    found = Instalment.objects.visible_to(user).filter(
        state=Instalment.State.OPEN, plan__state=InstalmentPlan.State.RUNNING, due_on__lte=until
    )
    return card(
        found.select_related("plan__customer").order_by("due_on", "-amount", "pk"),
        lambda row: DayCardRow(
            label=row.plan.customer.name,
            url=record_url("receivables:plan", row.plan_id),
            detail=_("by %(day)s · %(currency)s") % {"day": isodate(row.due_on), "currency": row.plan.currency},
            amount=row.amount,
            tone="warning" if row.due_on <= business_today() else "info",
        ),
        url=page_url("receivables:plans") + f"?state=running&due_to={until}&sort=next_due_on",
        empty=_("No instalment is due this week."),
    )


def broken_plans_card(user: Any) -> DayCardContent:
    """Plans that were broken in the last days."""
    since = business_today() - BROKEN_SINCE
    found = InstalmentPlan.objects.visible_to(user).filter(state=InstalmentPlan.State.BROKEN, ended_on__gte=since)
    return card(
        found.select_related("customer").order_by("-ended_on", "-amount", "pk"),
        lambda plan: DayCardRow(
            label=plan.customer.name,
            url=record_url("receivables:plan", plan.pk),
            detail=_("broken on %(day)s · %(currency)s") % {"day": isodate(plan.ended_on), "currency": plan.currency},
            amount=plan.amount,
            tone="danger",
        ),
        url=page_url("receivables:plans") + f"?state=broken&ended_from={since}&sort=-ended_on",
        empty=_("No instalment plan was broken this week."),
    )


def disputes_card(user: Any) -> DayCardContent:
    """Disputes nobody settled in time, the longest overdue first."""
    today = business_today()
    found = Dispute.objects.visible_to(user).filter(state=Dispute.State.OPEN, due_on__lt=today)
    return card(
        found.select_related("customer", "invoice", "owner").order_by("due_on", "pk"),
        lambda dispute: DayCardRow(
            label=dispute.customer.name,
            url=record_url("receivables:dispute", dispute.pk),
            detail=f"{dispute.invoice.number} · {dispute.get_reason_display()} · {dispute.owner}",
            amount=dispute.amount,
            tone="warning",
        ),
        url=page_url("receivables:disputes") + "?late=true&sort=due_on",
        empty=_("No dispute is past its clock."),
    )


def causes_card(user: Any) -> DayCardContent:
    """Cases whose cause is to be filed: a week overdue, and nobody said why."""
    found = cause_due(Case.objects.visible_to(user))
    return card(
        found.select_related("customer").order_by("oldest_due_on", "pk"),
        lambda case: DayCardRow(
            label=case.customer.name,
            url=record_url("receivables:case", case.pk),
            detail=late_word(case),
            amount=case.overdue,
            tone="warning",
        ),
        url=page_url("receivables:cases") + "?cause_due=true&state=open",
        empty=_("Every cause is filed."),
    )


def letters_card(user: Any) -> DayCardContent:
    """Letters prepared in the night and those that failed."""
    found = Letter.objects.visible_to(user).filter(state__in=(Letter.State.TODO, Letter.State.ERROR))
    return card(
        found.select_related("customer", "template").order_by("state", "-base_amount", "pk"),
        lambda letter: DayCardRow(
            label=letter.customer.name,
            url=record_url("receivables:letter", letter.pk),
            detail=f"{letter.template.name} · {letter.get_state_display()}",
            amount=letter.base_amount,
            tone="danger" if letter.state == Letter.State.ERROR else "info",
        ),
        url=page_url("receivables:letters") + "?state=todo&state=error",
        empty=_("No letter waits to be sent."),
    )


DAY_CARDS = (
    DayCard("calls", gettext_lazy("Calls to make"), "receivables.collect", calls_card, 10),
    DayCard("promises_due", gettext_lazy("Promises due"), "receivables.collect", promises_card, 12),
    DayCard("promises_broken", gettext_lazy("Broken promises"), "receivables.collect", broken_card, 14),
    DayCard("instalments_due", gettext_lazy("Instalments due"), "receivables.collect", instalments_card, 15),
    DayCard("plans_broken", gettext_lazy("Broken instalment plans"), "receivables.collect", broken_plans_card, 15),
    DayCard("disputes_late", gettext_lazy("Disputes past their clock"), "receivables.view_dispute", disputes_card, 16),
    DayCard("causes_due", gettext_lazy("Causes to file"), "receivables.collect", causes_card, 18),
    DayCard("letters_to_send", gettext_lazy("Letters to send"), "receivables.send_letter", letters_card, 20),
)

MENU = (
    MenuItem("cases", gettext_lazy("Collection"), "receivables:cases", "phone", "receivables.view_case", 52),
    MenuItem("letters", gettext_lazy("Letters"), "receivables:letters", "mail", "receivables.view_letter", 53),
)
