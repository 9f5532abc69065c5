"""What the search boxes of forms and filters answer."""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, JsonResponse

from crm.accounts.models import User
from crm.core.pages import options, search_text
from crm.core.permissions import Guarded
from customers.forms import owners_for
from customers.models import Industry, PublicList, Region
from customers.search import ranked

SHOWN = 20


class Options(Guarded):
    """An address that answers `?q=` with the first records; without a text with some to choose from."""

    permission = "customers.view_customer"

    def get(self, request: HttpRequest) -> JsonResponse:
        return options(self.find(search_text(request)), SHOWN, self.detail)

    def find(self, text: str) -> Any:
        raise NotImplementedError(f"{type(self).__name__} must find records")

    @staticmethod
    def detail(record: Any) -> str:
        return ""


class CustomerOptions(Options):
    def find(self, text: str) -> Any:
        return ranked(self.request.user, text, SHOWN)

    @staticmethod
    def detail(record: Any) -> str:
        return str(record.code)


class OwnerOptions(Options):
    """Colleagues this user may make an owner."""

    def people(self) -> Any:
        return owners_for(self.request.user)

    def find(self, text: str) -> Any:
        people = self.people().select_related("team")
        if text:
            people = people.filter(Q(name__icontains=text) | Q(username__icontains=text))
        return people[:SHOWN]

    @staticmethod
    def detail(record: Any) -> str:
        return str(record.team or record.username)


class ColleagueOptions(OwnerOptions):
    """Everyone a customer can be shared with."""

    permission = "customers.share_customer"

    def people(self) -> Any:
        return User.objects.filter(is_active=True, groups__isnull=False).distinct().order_by("name", "pk")


class ListOptions(Options):
    """A public list by code or name in either language; the wide levels first."""

    model: type[PublicList]

    def find(self, text: str) -> Any:
        rows = self.model._default_manager.all()
        if text:
            rows = rows.filter(Q(code__istartswith=text) | Q(name_zh__contains=text) | Q(name_en__icontains=text))
        return rows.order_by("level", "code")[:SHOWN]

    @staticmethod
    def detail(record: Any) -> str:
        return str(record.pk)


class RegionOptions(ListOptions):
    model = Region

    def find(self, text: str) -> Any:
        return super().find(text).select_related("province")

    @staticmethod
    def detail(record: Any) -> str:
        return str(record.province or record.pk)


class IndustryOptions(ListOptions):
    model = Industry
