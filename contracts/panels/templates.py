"""What templates show on 'My day': versions that wait for who may publish them."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.models import TemplateVersion, VersionState, VersionStep
from contracts.services.templates import MAY_PUBLISH
from crm.accounts.roles import LEGAL
from crm.core.display import isodate
from crm.core.registry import DayCard, DayCardContent, DayCardRow

TOP = 5


def review_card(user: Any) -> DayCardContent:
    """Versions in legal review that the user did not write, the oldest first."""
    found = TemplateVersion.objects.filter(state=VersionState.LEGAL_REVIEW).exclude(author_ids__contains=[user.pk])
    rows = list(found.select_related("template").order_by("pk")[:TOP])
    sent: dict[int, VersionStep] = {}
    for step in VersionStep.objects.filter(version__in=rows, kind=VersionStep.Kind.SENT).select_related("by"):
        sent.setdefault(step.version_id, step)
    return DayCardContent(
        count=found.count(),
        rows=[
            DayCardRow(
                label=f"{version} {version.get_language_display()}",
                url=version.get_absolute_url(),
                detail=_("sent by %(who)s on %(day)s")
                % {"who": sent[version.pk].by, "day": isodate(sent[version.pk].at)}
                if version.pk in sent
                else "",
            )
            for version in rows
        ],
        url=reverse("contracts:templates"),
        empty=_("No template waits for review."),
    )


TEMPLATE_CARD = DayCard(
    "templates_in_review",
    gettext_lazy("Templates in legal review"),
    MAY_PUBLISH,
    review_card,
    order=48,
    order_of={LEGAL: 7},
)
