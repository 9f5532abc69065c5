"""What is told about the legal review of templates: to who may publish a version, and to its authors afterwards."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.core.language import in_chinese
from crm.core.registry import NoticeKind


def named(params: dict[str, Any]) -> dict[str, Any]:
    return {**params, "template": f"{params['name_zh' if in_chinese() else 'name_en']} v{params['number']}"}


def waits(params: dict[str, Any]) -> str:
    return _("Template %(template)s waits for legal review; sent by %(who)s") % named(params)


def returned(params: dict[str, Any]) -> str:
    return _("Template %(template)s was returned by %(who)s: %(reason)s") % named(params)


def published(params: dict[str, Any]) -> str:
    return _("Template %(template)s was published by %(who)s") % named(params)


SEE = "contracts.view_template"
TEMPLATE_NOTICES = (
    NoticeKind("template_waits", gettext_lazy("Template waits for legal review"), waits, permission=SEE),
    NoticeKind("template_returned", gettext_lazy("Template returned by legal"), returned, permission=SEE),
    NoticeKind("template_published", gettext_lazy("Template published"), published, permission=SEE),
)
