"""Requests about ratings that set out by themselves, in the name of a person who answers for them and never decides."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from credit.services.ratings import KIND, SERIES
from crm.accounts import roles
from crm.accounts.models import User
from crm.approvals.errors import NobodyToDecide, NoChain, NoRule
from crm.approvals.models import Request
from crm.approvals.services import submit
from crm.core.errors import NotAllowed
from crm.core.numbering import next_number

SEE = "approvals.view_request"
ANSWERING = (roles.CREDIT_CONTROLLER, roles.FINANCE_MANAGER, roles.FINANCE_DIRECTOR)


def responsible() -> list[User]:
    """Who answers for ratings: credit controllers, then finance, each in the order they came."""
    found = User.objects.filter(is_active=True, groups__name__in=ANSWERING).select_related("team").order_by("pk")
    people = [user for user in found.distinct() if user.has_perm(SEE)]
    return sorted(
        people, key=lambda user: min(ANSWERING.index(code) for code in ANSWERING if code in user.granted.roles)
    )


def submit_by_itself(*, applicants: Iterable[User], **request_fields: Any) -> Request | None:
    """Send a rating or a review on its way for the first of the applicants for whom every step has somebody to decide.

    None where there is no such applicant or no chain: no number is used, and nothing is changed.
    """
    for applicant in applicants:
        try:
            with transaction.atomic():
                team = request_fields["team"] or applicant.team
                label = f"RT{next_number(SERIES):06d}"
                return submit(
                    **{**request_fields, "kind": KIND, "label": label, "applicant": applicant, "team": team},
                    reason="",
                    by_itself=True,
                )
        except (NoChain, NoRule):
            return None
        except (NobodyToDecide, NotAllowed):
            continue
    return None
