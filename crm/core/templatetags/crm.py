"""Filters and tags every template has at hand: one way to show money, dates and states."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django import template
from django.db import models
from django.template.base import FilterExpression, NodeList, Parser, Token, token_kwargs
from django.template.context import Context, RequestContext
from django.template.loader_tags import BlockNode
from django.urls import NoReverseMatch
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from crm.core import display
from crm.core.addresses import page_url, record_url
from crm.core.kept import Kept
from crm.core.registry import registry

register = template.Library()

register.filter("money", display.money)
register.filter("figure", display.figure)
register.filter("money_short", display.money_short)
register.filter("number", display.number)
register.filter("percent", display.percent)
register.filter("isodate", display.isodate)
register.filter("isotime", display.isotime)
register.simple_tag(display.icon, name="icon")
register.simple_tag(record_url, name="record_url")


@register.filter
def since(value: Any) -> SafeString | str:
    """A moment told relatively, the full one on hover."""
    if not value:
        return ""
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        display.isotime(value),
        display.relative_time(value, timezone.now()),
    )


@register.filter
def amount_tone(value: Any) -> str:
    """CSS class of an amount: negatives are marked, zero is quiet."""
    if value is None or value == "":
        return "amount"
    amount = display.as_decimal(value)
    return "amount amount-negative" if amount < 0 else "amount amount-zero" if amount == 0 else "amount"


@register.simple_tag
def badge(label: Any, tone: str = "neutral") -> SafeString:
    """`{% badge _("Overdue") "danger" %}`, or a `Badge` alone."""
    if isinstance(label, display.Badge):
        return display.badge_html(label.label, label.tone)
    return display.badge_html(label, tone)


@register.simple_tag
def state(record: models.Model, field: str = "state") -> SafeString:
    """`{% state invoice %}`: the badge of a record's state."""
    found = display.state_badge(record, field)
    return display.badge_html(found.label, found.tone)


@register.simple_tag
def share_bar(value: Any, whole: Any, label: str = "") -> SafeString:
    """A bar without a style attribute: `value` of `whole`; danger above the whole, warning above 80 %."""
    part, total = display.as_decimal(value or 0), display.as_decimal(whole or 0)
    if total <= 0:
        tone, percent = ("danger" if part > 0 else "neutral"), 100 if part > 0 else 0
    else:
        percent = int(min(max(part / total, Decimal(0)), Decimal(1)) * 100)
        tone = "danger" if part > total else "warning" if part * 5 > total * 4 else "success"
    return format_html(
        '<progress class="bar bar-{}" max="100" value="{}" aria-label="{}">{} %</progress>',
        tone,
        percent,
        label,
        percent,
    )


class KeptNode(template.Node):
    def __init__(self, nodes: NodeList, names: Mapping[str, FilterExpression]) -> None:
        self.kept, self.names = Kept(nodes), names

    def render(self, context: Context) -> SafeString:
        return self.kept.render(context, {name: found.resolve(context) for name, found in self.names.items()})


@register.tag(name="kept")
def do_kept(parser: Parser, token: Token) -> KeptNode:
    """`{% kept label=panel.title %}...{% endkept %}`: rendered once for each language and these values (crm.core.kept).

    Inside there is nothing but the named values: no request, no user, no token.
    """
    bits = token.split_contents()[1:]
    names = token_kwargs(bits, parser)
    if bits:
        raise template.TemplateSyntaxError("kept takes name=value pairs only")
    nodes = parser.parse(("endkept",))
    parser.delete_first_token()
    if nodes.get_nodes_by_type(BlockNode):
        raise template.TemplateSyntaxError("kept cannot hold a block: another page may fill it differently")
    return KeptNode(nodes, names)


@register.simple_tag(takes_context=True)
def menu(context: RequestContext) -> tuple[tuple[Any, str, bool], ...]:
    """The main navigation: entries of the registry the user may open, their addresses, and which is the current one."""
    request = context["request"]
    entries = tuple(reachable(registry.menu, request.user))
    current = max((url for _item, url in entries if holds(url, request.path)), key=len, default="")
    return tuple((item, url, url == current) for item, url in entries)


def holds(url: str, path: str) -> bool:
    """A page belongs to the entry whose address it starts with; the home entry is only itself."""
    return path == url or (url != "/" and path.startswith(url))


@register.simple_tag(takes_context=True)
def head_items(context: RequestContext) -> tuple[tuple[str, str], ...]:
    """Parts of the head that apps fill by themselves, such as running jobs: key and address."""
    user = context["request"].user
    return tuple((item.key, url) for item, url in reachable(registry.head_items, user))


def reachable(items: Mapping[str, Any], user: Any) -> Iterator[tuple[Any, str]]:
    """Registered items the user may open, in order, with their addresses; an app without addresses has none yet."""
    for item in sorted(items.values(), key=lambda item: item.order):
        if item.permission is None or user.has_perm(item.permission):
            try:
                yield item, page_url(item.url_name)
            except NoReverseMatch:
                continue


@register.simple_tag(takes_context=True)
def query(context: RequestContext, **changes: Any) -> str:
    """The query string of this page with some parameters changed: `{% query page=2 %}`; None takes one out."""
    params = (context.get("params") or context["request"].GET).copy()
    for key, value in changes.items():
        if value is None:
            params.pop(key, None)
        else:
            params[key] = value
    return "?" + params.urlencode() if params else "?"


@register.filter
def get_item(mapping: Any, key: Any) -> Any:
    """`mapping|get_item:key` for a key that is a variable."""
    return mapping.get(key)
