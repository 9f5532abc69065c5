"""What contracts show on other pages: the panel of a customer, cards of 'My day', the menu."""

import datetime as dt
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.models import Contract, ContractState, OriginalLoan, SealRequest
from contracts.rules import contracts as rules
from contracts.selectors.sealing import SealStage, to_be_signed
from contracts.selectors.versions import in_work_number
from contracts.services.drafting import MAY_DRAFT
from contracts.services.originals import MAY_LEND
from contracts.services.signing import MAY_SEAL, MAY_SIGN
from crm.accounts.roles import LEGAL
from crm.core.dates import business_today
from crm.core.day_cards import card
from crm.core.display import isodate
from crm.core.registry import DayCard, DayCardContent, DayCardRow, MenuItem, Panel

SEE = "contracts.view_contract"
TOP = 5
COUNTED = 10_000


def contracts_panel(request: HttpRequest, customer: Any) -> dict[str, Any]:
    """The last contracts of a customer."""
    user: Any = request.user
    found = Contract.objects.filter(customer=customer).current().annotate(in_work_number=in_work_number())
    rows = list(found.order_by("-pk")[: TOP + 1])
    return {
        "customer": customer,
        "rows": rows[:TOP],
        "has_more": len(rows) > TOP,
        "may_draft": user.has_perm(MAY_DRAFT),
    }


PANELS = (
    Panel("contracts", gettext_lazy("Contracts"), "contracts/panels/contracts.html", contracts_panel, SEE, order=14),
)
MENU = (
    MenuItem("contracts", gettext_lazy("Contracts"), "contracts:contracts", "file-text", SEE, 25),
    MenuItem(
        "templates", gettext_lazy("Contract templates"), "contracts:templates", "note", "contracts.view_template", 26
    ),
)


def ending_card(user: Any) -> DayCardContent:
    """Contracts in force that end within 90 days, the next first."""
    today = business_today()
    last = today + dt.timedelta(days=max(rules.REMINDERS))
    found = Contract.objects.visible_to(user).current().ending(today, last)
    return DayCardContent(
        count=found.order_by().values("pk")[:COUNTED].count(),
        rows=[
            DayCardRow(
                label=f"{contract.number} {contract.customer.name}",
                url=contract.get_absolute_url(),
                detail=_("ends on %(day)s") % {"day": isodate(contract.ends_on)},
                amount=contract.amount,
                tone="warning" if contract.ends_on and (contract.ends_on - today).days <= 30 else "",
            )
            for contract in found.select_related("customer").order_by("ends_on", "pk")[:TOP]
        ],
        url=f"{reverse('contracts:contracts')}?ends_before={last.isoformat()}&in_force=true&sort=ends_on",
        empty=_("No contract ends soon."),
    )


def seals_card(user: Any) -> DayCardContent:
    """Seal requests that wait, the oldest first."""
    found = SealRequest.objects.visible_to(user).filter(
        state=SealRequest.State.ASKED, contract__state=ContractState.APPROVED
    )
    return DayCardContent(
        count=found.order_by().values("pk")[:COUNTED].count(),
        rows=[
            DayCardRow(
                label=f"{asked.contract.number} {asked.contract.customer.name}",
                url=asked.contract.get_absolute_url(),
                detail=_("asked by %(who)s on %(day)s") % {"who": asked.asked_by, "day": isodate(asked.asked_on)},
            )
            for asked in found.select_related("contract__customer", "asked_by").order_by("pk")[:TOP]
        ],
        url=f"{reverse('contracts:contracts')}?seal=asked",
        empty=_("Nobody waits for the seal."),
    )


def on_its_way(contract: Any) -> DayCardRow:
    """An approved contract, and what it waits for."""
    return DayCardRow(
        label=f"{contract.number} {contract.customer.name}",
        url=contract.get_absolute_url(),
        detail=SealStage(contract.seal).label,
        amount=contract.amount,
        tone="warning" if contract.seal == SealStage.TO_ASK else "",
    )


def own_card(user: Any) -> DayCardContent:
    """The user's own contracts that are approved and not signed, the oldest first."""
    stages = "&".join(f"seal={stage.value}" for stage in SealStage)
    return card(
        to_be_signed(user).filter(owner=user).select_related("customer").order_by("pk"),
        on_its_way,
        url=f"{reverse('contracts:contracts')}?mine=true&{stages}",
        empty=_("No contract of yours waits for seal or signature."),
    )


def sealed_card(user: Any) -> DayCardContent:
    """Contracts under seal whose signing is not recorded yet, the oldest first."""
    return card(
        to_be_signed(user).filter(seal=SealStage.SEALED).select_related("customer").order_by("pk"),
        on_its_way,
        url=f"{reverse('contracts:contracts')}?seal=sealed",
        empty=_("No sealed contract waits for its signature."),
    )


def originals_card(user: Any) -> DayCardContent:
    """Paper originals that should be back, the longest overdue first."""
    today = business_today()
    found = OriginalLoan.objects.visible_to(user).filter(returned_on__isnull=True, due_on__lt=today)
    return DayCardContent(
        count=found.order_by().values("pk")[:COUNTED].count(),
        rows=[
            DayCardRow(
                label=f"{loan.contract.number} {loan.contract.customer.name}",
                url=f"{loan.contract.get_absolute_url()}#originals",
                detail=_("with %(who)s, due back on %(day)s") % {"who": loan.borrower, "day": isodate(loan.due_on)},
                tone="danger",
            )
            for loan in found.select_related("contract__customer", "borrower").order_by("due_on", "pk")[:TOP]
        ],
        url=f"{reverse('contracts:contracts')}?original_overdue=true",
        empty=_("Every original is back in time."),
    )


# Seal and signature are the work of legal, and stand there after what waits for a review.
ON_THEIR_WAY: dict[str, Any] = {"order": 46, "order_of": {LEGAL: 8}}
DAY_CARDS = (
    DayCard("contracts_ending", gettext_lazy("Contracts that end soon"), SEE, ending_card, order=45),
    DayCard("seals_asked", gettext_lazy("Seal asked for"), MAY_SEAL, seals_card, **ON_THEIR_WAY),
    DayCard("contracts_approved", gettext_lazy("My contracts to be sealed and signed"), MAY_DRAFT, own_card, order=46),
    DayCard("contracts_sealed", gettext_lazy("Contracts to be signed"), MAY_SIGN, sealed_card, **ON_THEIR_WAY),
    DayCard("originals_overdue", gettext_lazy("Originals overdue"), MAY_LEND, originals_card, order=47),
)
