"""Filters of the list of notices."""

import django_filters
from django.utils.translation import gettext_lazy as _

from crm.core.filters import ListFilterSet, YesNoFilter
from crm.core.registry import registry


class NoticeFilter(ListFilterSet):
    kind = django_filters.MultipleChoiceFilter(
        choices=lambda: [(key, kind.label) for key, kind in registry.notice_kinds.items()], label=_("Kind")
    )
    unread = YesNoFilter(field_name="read_at", lookup_expr="isnull", label=_("Unread"))
