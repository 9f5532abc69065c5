"""What the pages of analytics share: the way from one to the other, tiles, the choice of the legal entity."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from analytics.charts import Cell
from crm.core.dates import business_today
from crm.core.display import Text
from crm.core.models import LegalEntity
from crm.core.permissions import Guarded


@dataclass(frozen=True)
class Tab:
    """A page of analytics, in the row above all of them."""

    key: str
    label: Text
    url_name: str
    permission: str


TABS = (
    Tab("team", _("Team"), "analytics:team", "analytics.see_team_dashboard"),
    Tab("finance", _("Finance"), "analytics:finance", "analytics.see_finance_dashboard"),
    Tab("segments", _("Segments"), "analytics:segments", "analytics.view_customersegment"),
    Tab("retention", _("Retention"), "analytics:retention", "analytics.view_churnscore"),
    Tab("contribution", _("Contribution"), "analytics:contribution", "analytics.view_contribution"),
    Tab("cash", _("Cash forecast"), "analytics:cash", "analytics.view_cashforecast"),
    Tab("models", _("Models"), "analytics:models", "analytics.view_modelversion"),
)


@dataclass(frozen=True)
class Tile:
    """A figure at the top of a dashboard: where it leads, and in small what it is made of."""

    label: Text
    value: Text
    url: str = ""
    notes: Sequence[Cell] = ()


def change(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """How much more or less, as a share of before."""
    return (now - before) / before if now is not None and before else None


class AnalyticsPage(Guarded):
    """A page in the frame of analytics; subclasses name `tab`, `title` and `template_name` and give `context`."""

    tab: ClassVar[str]
    title: ClassVar[Text]
    template_name: ClassVar[str]
    by_entity: ClassVar[bool] = False

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.today = business_today()
        self.user: Any = request.user

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.entities = list(LegalEntity.objects.order_by("code")) if self.by_entity else []
        self.entity = self.chosen_entity(request.GET.get("entity", ""))
        context = {
            "title": self.title,
            "today": self.today,
            "tabs": tabs_for(self.user, self.tab),
            "entities": self.entities if len(self.entities) > 1 else [],
            "entity": self.entity,
            **self.context(request),
        }
        return render(request, self.template_name, context)

    def context(self, request: HttpRequest) -> dict[str, Any]:
        raise NotImplementedError(f"{type(self).__name__} must say what it shows")

    def chosen_entity(self, key: str) -> LegalEntity | None:
        if not key or not self.by_entity:
            return None
        found = next((entity for entity in self.entities if str(entity.pk) == key), None)
        if found is None:
            raise Http404
        return found

    @property
    def entity_id(self) -> int | None:
        return self.entity.pk if self.entity else None


def tabs_for(user: Any, current: str) -> list[dict[str, Any]]:
    """The pages of analytics the user may open."""
    return [
        {"label": tab.label, "url": reverse(tab.url_name), "current": tab.key == current}
        for tab in TABS
        if user.has_perm(tab.permission)
    ]
