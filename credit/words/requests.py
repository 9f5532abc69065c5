"""Credit requests in words: their check list, and their figures for those who decide."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Min, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit.models import AccountGrade, Attachment, CreditRequest, Hold, OpenByDueDate, PaymentBehaviour
from credit.rules import checks as check_rules
from credit.rules import requests as rules
from credit.rules.limits import class_of
from credit.selectors.groups import GroupSums, sums_of_groups
from credit.selectors.limits import limit_sheet
from crm.core.dates import business_today
from crm.core.money import ZERO
from crm.core.registry import registry

WINDOW = 12
Source = tuple[str, int | None]  # the kind and the key of a document

ITEMS = {
    "no_limit_yet": gettext_lazy("No limit was set before (otherwise ask for an increase)"),
    "has_limit": gettext_lazy("A limit was set before (otherwise ask for a new one)"),
    "limit": gettext_lazy("The limit wanted"),
    "limit_above": gettext_lazy("A limit above the present one"),
    "limit_below": gettext_lazy("A limit below the present one"),
    "term": gettext_lazy("The term in days"),
    "term_other": gettext_lazy("Another term than the present one"),
    "settlement": gettext_lazy("The settlement"),
    "settlement_other": gettext_lazy("Another settlement than the present one"),
    "instruments": gettext_lazy("At least one payment form"),
    "instruments_other": gettext_lazy("Other payment forms than the present ones"),
    "until": gettext_lazy("A last day that is not over"),
    "until_within": gettext_lazy("A last day not later than the policy lets a temporary increase last"),
    "restricted": gettext_lazy("The account is restricted"),
    "plan": gettext_lazy("How what is open will be paid down"),
    "solvency": gettext_lazy("Proof of solvency, as a file"),
    "purchase_estimate": gettext_lazy("Monthly purchases expected, as the customer says"),
    "identified": gettext_lazy("The customer is identified, and is no lead, prospect or blacklisted company"),
    "uscc": gettext_lazy("Registration code, in the customer's profile"),
    "foreign_number": gettext_lazy("Foreign registration number, in the customer's profile"),
    "identity_number": gettext_lazy("Identity document number, in the customer's profile"),
    "legal_form": gettext_lazy("Legal form, in the customer's profile"),
    "proprietor": gettext_lazy("Name of the owner, who answers personally, in the customer's profile"),
    "proprietor_residence": gettext_lazy("Residence of the owner, who answers personally, in the customer's profile"),
    "legal_representative": gettext_lazy("Legal representative, in the customer's profile"),
    "founded_on": gettext_lazy("Founded on, in the customer's profile"),
    "bank_reference": gettext_lazy("Bank reference"),
    "trade_reference": gettext_lazy("Trade references"),
    "application": gettext_lazy("Signed credit form, as a file"),
    "statements": gettext_lazy("Financial statements, as a file"),
    "heads_group": gettext_lazy("Companies that belong to it (its group)"),
    "group_limit": gettext_lazy("The group limit wanted"),
    "group_limit_other": gettext_lazy("Another group limit than the present one"),
    "has_group_limit": gettext_lazy("A group limit that is to end"),
    "held": gettext_lazy("The document is held, for something that may be lifted"),
    "reason": gettext_lazy("The reason"),
}


def in_words(codes: Sequence[str]) -> str:
    """What is missing, as part of a sentence."""
    return _(", ").join(str(ITEMS[code]) for code in codes)


def plain(value: Any) -> Any:
    """A figure as JSON keeps it."""
    return value if value is None or isinstance(value, bool | int) else str(value)


def figures_of(requests: Sequence[CreditRequest]) -> dict[int, dict[str, Any]]:
    """What a decision is taken on, by key of the credit request: terms now and wanted, exposure, overdue, behaviour,
    the plan, references and papers.

    Five queries for any number of requests, which come with account and customer; one more for group limits, two more
    for releases: of what document, and what its last check found.
    """
    accounts = [request.account_id for request in requests]
    today = business_today()
    late = {
        row["account"]: row
        for row in OpenByDueDate.objects.filter(account__in=accounts, due_on__lt=today, open_amount__gt=0)
        .values("account")
        .annotate(amount=Sum("open_amount"), oldest=Min("due_on"))
    }
    behaviour = {
        row.account_id: row
        for row in PaymentBehaviour.objects.filter(account__in=accounts, window_months=WINDOW, invoices_due__gt=0)
    }
    of_groups = [request.account_id for request in requests if request.kind in rules.GROUP_KINDS]
    groups = sums_of_groups(of_groups) if of_groups else {}
    documents, held = documents_of(requests), holds_of(requests)
    grades = {row.account_id: row for row in AccountGrade.objects.filter(account__in=accounts)}
    papers: dict[int, list[dict[str, Any]]] = {}
    for paper in Attachment.objects.filter(request__in=requests).order_by("pk"):
        shown = {"key": paper.pk, "kind": paper.kind, "name": paper.name}
        papers.setdefault(paper.request_id, []).append(shown)
    return {
        request.pk: figures(
            request,
            grades.get(request.account_id),
            late.get(request.account_id),
            behaviour.get(request.account_id),
            groups.get(request.account_id) if request.kind in rules.GROUP_KINDS else None,
        )
        | (of_document(request, documents, held) if request.kind == rules.RELEASE else {})
        | {"papers": papers.get(request.pk, [])}
        for request in requests
    }


def of_document(request: CreditRequest, numbers: dict[Source, str], held: dict[Source, list[Any]]) -> dict[str, Any]:
    """Which document is to be released, and what holds it with its figures."""
    source = (request.source_kind, request.source_id)
    document = {"kind": request.source_kind, "id": request.source_id, "number": numbers.get(source, "")}
    return {"document": document, "found": held.get(source, [])}


def documents_of(requests: Sequence[CreditRequest]) -> dict[Source, str]:
    """What the documents of releases are called: a query for each kind of document."""
    asked = {(request.source_kind, request.source_id) for request in requests if request.kind == rules.RELEASE}
    found: dict[Source, str] = {}
    for kind in {kind for kind, _key in asked}:
        link = registry.source_links.get(kind)
        if link is not None and link.numbers is not None:
            keys = [key for of, key in asked if of == kind and key is not None]
            found |= {(kind, key): number for key, number in link.numbers(keys).items()}
    return found


def holds_of(requests: Sequence[CreditRequest]) -> dict[Source, list[Any]]:
    """What holds the documents of releases, as their last checks found it."""
    asked = [request for request in requests if request.kind == rules.RELEASE]
    if not asked:
        return {}
    holds = Hold.objects.filter(
        account__in=[request.account_id for request in asked], source_id__in=[request.source_id for request in asked]
    ).select_related("last_check")
    return {
        (hold.source_kind, hold.source_id): [
            reason for reason in hold.last_check.reasons if reason["severity"] == check_rules.HOLD
        ]
        for hold in holds
    }


def figures(
    request: CreditRequest,
    grade: AccountGrade | None,
    late: Any,
    behaviour: PaymentBehaviour | None,
    group: GroupSums | None,
) -> dict[str, Any]:
    account, today = request.account, business_today()
    now = account.terms_on(today)
    found: dict[str, Any] = {
        "request": request.pk,
        "customer": account.customer_id,
        "kind": request.kind,
        "now": {
            "limit": plain(now.lasting_limit),
            **temporary_of(now, today),
            "term_days": account.term_days,
            "settlement": account.settlement,
            "instruments": account.instruments,
            "status": account.status,
        },
        "wanted": wanted(request),
        "grade": grade.grade if grade else "",
        "grade_is_provisional": bool(grade and grade.provisional),
        "exposure": plain(account.exposure),
        "headroom": plain(account.headroom_on(today)),
        "overdue": plain(late["amount"] if late else ZERO),
        "days_overdue": (today - late["oldest"]).days if late else 0,
        "purchase_estimate": plain(request.purchase_estimate),
        "plan": request.plan,
        "bank_reference": request.bank_reference,
        "trade_reference": request.trade_reference,
        "reference_limit": plain(request.reference_limit),
    }
    if request.kind == rules.NEW:
        customer = account.customer
        found["legal_form"] = customer.legal_form
        found["liable"] = [customer.proprietor, customer.proprietor_residence] if customer.is_unlimited else []
    if request.kind == rules.RELEASE:
        found["held_by"] = request.source_codes
    if group is not None:
        found["now"]["group_limit"] = plain(group.limit)
        found["group"] = {"exposure": plain(group.exposure), "members": group.members}
    if behaviour is not None:
        found["behaviour"] = {
            "months": behaviour.window_months,
            "on": plain(behaviour.on),
            "amount_due": plain(behaviour.amount_due),
            "collection_rate": share(behaviour.collection_rate),
            "overdue_share": share(behaviour.overdue_share),
            "days_late": None if behaviour.weighted_days_late is None else round(behaviour.weighted_days_late),
            "promises_made": behaviour.promises_made,
            "promises_kept": behaviour.promises_kept,
        }
    return found


def proposal_of(request: CreditRequest, on: dt.date) -> dict[str, Any]:
    """What the figures support of a request on a day, and what the policy gives the class: kept when it is submitted.

    Nothing of a request for neither limit nor term, or where no policy is in force (eight queries).
    """
    if request.kind not in (*rules.LIMIT_KINDS, rules.TERM):
        return {}
    sheet = limit_sheet(request.account, on, request)
    if sheet is None:
        return {}
    proposal, row = sheet.proposal, sheet.of_class
    warnings = rules.policy_warnings(request.asked(), gives_credit=row.gives_credit, most_days=row.most_days)
    if sheet.to_confirm:
        warnings.append("statement_to_confirm")
    return {
        "proposal": {
            "on": plain(on),
            "amount": plain(proposal.amount),
            "by": proposal.by,
            "before_young": plain(proposal.before_young),
            "grade": proposal.grade,
            "credit_class": proposal.credit_class,
            "treatment": row.treatment,
            "most_days": row.most_days,
            "collection_months": row.collection_months,
            "policy": sheet.policy.version,
            "warnings": warnings,
        }
    }


def unlike_kept(kept: dict[str, Any], grade: str, on: dt.date, **more: Any) -> dict[str, Any]:
    """Grade and class of a day, and more of that day, where they are not what was kept when it was submitted."""
    now = {"grade": grade, "credit_class": class_of(grade), **more}
    return {} if all(kept.get(name) == value for name, value in now.items()) else {"today": {"on": plain(on), **now}}


def temporary_of(now: rules.Terms, today: dt.date) -> dict[str, Any]:
    """The temporary increase that runs on a day, beside the limit that stays; empty where none runs."""
    if now.temporary_until is None or now.temporary_until < today:
        return {}
    return {"temporary_limit": plain(now.limit), "temporary_until": plain(now.temporary_until)}


def share(value: float | None) -> str | None:
    return None if value is None else str(Decimal(str(value)).quantize(Decimal("0.0001")))


def wanted(request: CreditRequest) -> dict[str, Any]:
    """What is asked for, by the name of the term."""
    asked: dict[str, Any] = {}
    if request.kind in rules.LIMIT_KINDS:
        asked["limit"] = plain(request.wanted_limit)
    if request.kind in (rules.NEW, rules.TERM):
        asked["term_days"] = request.wanted_term_days
    if request.kind in (rules.NEW, rules.SETTLEMENT):
        asked["settlement"] = request.wanted_settlement
    changed = request.wanted_instruments and request.wanted_instruments != request.account.instruments
    if request.kind == rules.INSTRUMENT or (request.kind == rules.NEW and changed):
        asked["instruments"] = request.wanted_instruments
    if request.kind in rules.GROUP_KINDS:
        asked["group_limit"] = plain(request.wanted_limit) if request.kind == rules.GROUP else None
    if request.kind == rules.RELEASE:
        asked["release"] = plain(request.source_amount)
    if request.kind in (rules.TEMPORARY, rules.RELEASE):
        asked["until"] = plain(request.until)
    if request.kind == rules.UNFREEZE:
        asked["status"] = "normal"
    return asked
