"""The page of one dispute: what is not accepted of which invoice, who settles it, and how it ended."""

from typing import Any

from django.http import HttpRequest

from crm.audit.registry import audit_url
from crm.core.pages import RecordView
from receivables.columns.collection import dispute_state
from receivables.models import Case, Dispute


class DisputePage(RecordView[Dispute]):
    model = Dispute
    permission = "receivables.view_dispute"
    template_name = "receivables/collection/dispute.html"
    select_related = ("customer", "invoice__legal_entity", "owner", "created_by", "resolved_by")

    def context(self, request: HttpRequest) -> dict[str, Any]:
        user: Any = request.user
        dispute = self.record
        is_open = dispute.state == Dispute.State.OPEN
        may = user.has_perm("receivables.collect") and (
            user.pk == dispute.owner_id or user.has_perm("receivables.resolve_dispute")
        )
        case = Case.objects.filter(
            customer_id=dispute.customer_id,
            legal_entity_id=dispute.invoice.legal_entity_id,
            state=Case.State.OPEN,
        ).first()
        return {
            "dispute": dispute,
            "state": dispute_state(dispute),
            "is_open": is_open,
            "may_resolve": is_open and may,
            "case": case,
            "changes_url": audit_url(dispute),
        }
