"""What can be approved: each app registers its kinds when Django starts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.utils.functional import Promise

from crm.core.registry import registry

if TYPE_CHECKING:
    from crm.approvals.models import Request

Text = str | Promise


def anything_goes(request: "Request", amount: Decimal) -> None:
    """No bounds beyond those of every request."""


def nothing_more(request: "Request") -> dict[str, Any]:
    """The page of one request says what a list of them does."""
    return {}


def always(request: "Request") -> bool:
    return True


@dataclass(frozen=True)
class ApprovalKind:
    """A kind of request, owned by the app whose record (the subject) holds a one-to-one to approvals.Request.

    `on_decided(request)` runs inside the deciding transaction, under the request's lock; an error in it undoes the
    decision. `figures(requests)` reads what a decision is taken on, for many requests in a fixed number of queries: it
    is shown, and stored with every decision; `template` shows one request's figures. `visible(user)` gives the keys of
    the requests whose subject the user sees. `may_decrease(request)` and `check_amount` (raises) bound what 'for less'
    can mean. `asks_amount(request)`: whether its amount is what is asked for; otherwise it is the limit that stands, by
    which the chain picks who decides. `page_figures(request)` adds on the page of one request what is too dear for a
    list. `variants` are the words for `request.variant`.
    """

    key: str
    label: Text
    permission: str
    on_decided: Callable[["Request"], None]
    figures: Callable[[Sequence["Request"]], dict[int, dict[str, Any]]]
    template: str
    url: Callable[["Request"], str]
    visible: Callable[[Any], QuerySet[Any]]
    may_decrease: Callable[["Request"], bool]
    check_amount: Callable[["Request", Decimal], None] = anything_goes
    asks_amount: Callable[["Request"], bool] = always
    page_figures: Callable[["Request"], dict[str, Any]] = nothing_more
    variants: Mapping[str, Text] = field(default_factory=dict)


def register_approval_kind(kind: ApprovalKind) -> None:
    """Register a kind; a key that is already taken is a mistake of the programmer."""
    if kind.key in registry.approval_kinds:
        raise ValueError(f"approval kind {kind.key!r} is registered twice")
    registry.approval_kinds[kind.key] = kind


def approval_kind(key: str) -> ApprovalKind:
    """The kind of that key."""
    kind: ApprovalKind = registry.approval_kinds[key]
    return kind


def kind_choices() -> list[tuple[str, Text]]:
    return [(kind.key, kind.label) for kind in registry.approval_kinds.values()]
