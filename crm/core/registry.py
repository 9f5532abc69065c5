"""What apps further right tell the house about themselves, filled in their `AppConfig.ready`.

`customers` shows panels, columns and events without knowing which apps exist: they register here.
Everything that reads customers through this registry is handed the user and must respect `visible_to`.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Expression, QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise

from crm.core.demo import DemoStep

Text = str | Promise


@dataclass(frozen=True)
class Grant:
    """Permissions that an app gives to a role (codes of crm.accounts.roles)."""

    role: str
    permissions: Sequence[str]


@dataclass(frozen=True)
class Panel:
    """A part of the customer page: `context(request, customer)` feeds `template`.

    In the body it is loaded lazily when it comes into sight; in the head (`place="head"`) it is there at once.
    """

    key: str
    title: Text
    template: str
    context: Callable[[HttpRequest, Any], dict[str, Any]]
    permission: str
    order: int = 100
    place: str = "body"  # body, head


@dataclass(frozen=True)
class RecordPart:
    """A part of the page of one record from an app further right: `context(request, record)` feeds `template`."""

    key: str
    title: Text
    template: str
    context: Callable[[HttpRequest, Any], dict[str, Any]]
    permission: str
    order: int = 100


@dataclass(frozen=True)
class OrderPart(RecordPart):
    """A part of the page of an order."""


@dataclass(frozen=True)
class ContractPart(RecordPart):
    """A part of the page of a contract that was signed; shown to those who see its customer.

    Its context may say `first_on`, the day of the first invoice, and `unpaid`, what is open of the invoices in the
    currency of the contract.
    """


@dataclass(frozen=True, eq=False)
class ListColumn:
    """A column other apps add to the customer list.

    `annotate` maps names to expressions that join one-to-one tables only or are an Exists/Subquery on an index;
    they are applied only where the column is shown, filtered or sorted on. `filters` are django-filter filters by
    parameter name. `total` sums the column over the whole filtered list.
    """

    key: str
    label: Text
    annotate: Callable[[Any], dict[str, Expression]]
    kind: str = "text"  # text, money, number, date, badge
    order_by: str | None = None
    total: bool = False
    permission: str | None = None
    filters: Callable[[], dict[str, Any]] = dict
    default: bool = True
    value: str | Callable[[Any], Any] = ""  # attribute path or callable of the row; the key when empty


@dataclass(frozen=True)
class DayCard:
    """A card of 'My day': a count and the five first rows, at most two queries.

    `order_of` places it elsewhere for the roles (their codes) whose own work it is.
    """

    key: str
    title: Text
    permission: str
    rows: Callable[[Any], "DayCardContent"]
    order: int = 100
    order_of: Mapping[str, int] = field(default_factory=dict)

    def order_for(self, roles: Iterable[str]) -> int:
        """Its place on the page of somebody with these roles."""
        return min((self.order_of[role] for role in roles if role in self.order_of), default=self.order)


@dataclass(frozen=True)
class DayCardRow:
    label: str
    url: str
    detail: Text = ""
    amount: Any = None
    tone: str = ""  # danger, warning, success, info
    amount_label: Text = ""  # what the amount is, where the title of the card does not say it


@dataclass(frozen=True)
class DayCardContent:
    count: int
    rows: Sequence[DayCardRow]
    url: str = ""
    empty: Text = ""


@dataclass(frozen=True)
class SearchHit:
    label: str
    url: str
    detail: Text = ""


@dataclass(frozen=True)
class SearchProvider:
    """A group of results of the search box in the head: `search(user, text)` gives at most eight hits.

    `list_url` names the list that shows all of them for `?q=`.
    """

    key: str
    title: Text
    permission: str
    search: Callable[[Any, str], Iterable[SearchHit]]
    order: int = 100
    list_url: str = ""


@dataclass(frozen=True)
class TimelineKind:
    """How an event of a customer's timeline reads: a sentence from its stored figures, in the reader's language."""

    key: str
    label: Text
    icon: str
    sentence: Callable[[dict[str, Any]], str]
    url: Callable[[dict[str, Any]], str] | None = None
    permission: str | None = None


@dataclass(frozen=True, eq=False)
class MenuItem:
    """An entry of the main navigation."""

    key: str
    label: Text
    url_name: str
    icon: str
    permission: str | None = None
    order: int = 100


@dataclass(frozen=True)
class HeadItem:
    """A small part of the page head an app fills itself (running jobs, unread notices); fetched by htmx."""

    key: str
    url_name: str
    permission: str | None = None
    order: int = 100


@dataclass(frozen=True)
class SourceLink:
    """Where the document behind an entry is shown: `key` is the entry's `source_kind`, `url` takes its `source_id`.

    `numbers` gives the numbers people know such documents by, for many `source_id` at once. `purchases` gives those of
    them that bill goods, or take back what was billed for them: no debit note.
    """

    key: str
    url: Callable[[int], str]
    permission: str
    label: Text = ""
    numbers: Callable[[Iterable[int]], Mapping[int, str]] | None = None
    purchases: Callable[[Iterable[int]], Collection[int]] | None = None


@dataclass(frozen=True)
class Waiting:
    """A document that waits for its release, as its app knows it now: what the credit check is asked about it."""

    source_id: int
    amount: Decimal  # in base currency
    payment: str = "credit"  # or prepaid
    settlement: str = ""
    term_days: int | None = None
    instruments: Sequence[str] = ()


@dataclass(frozen=True)
class ReservationSource:
    """Documents that reserve credit, such as orders: `key` is their `source_kind`.

    `waiting(customer_id)` gives those that are held, the oldest first. When a hold is looked at again,
    `on_released(source_id, result, on)` or, where its reasons changed, `on_held(source_id, result, on)` is called in
    the transaction of the check and under the lock of the account (credit.services.CheckResult).
    """

    key: str
    waiting: Callable[[int], Sequence[Waiting]]
    on_released: Callable[[int, Any, dt.date], None]
    on_held: Callable[[int, Any, dt.date], None]


@dataclass(frozen=True)
class NightlyStep:
    """A part of the night's work, registered by the app that owns it (crm.jobs.nightly).

    `handler(work)` brings what it keeps up to the business date `work.today`: movements before that date. It may be
    called again for the same date; what it writes for good it writes inside `work.final()`. It begins when every step
    in `after` that takes part in the same night is done; if one of them failed it is held back. `after=("*",)` means
    at the end of the night, whatever became of the other steps. Of `waits_for` those that an app registers and that
    take part come first too, but what becomes of them does not hold it back: it is better with them, can do without.
    `pieces(on)` cuts the step into parts that several workers share; the handler finds its part in `work.piece`.
    `every_date` says that the step keeps a figure for each date: it is made up for missed nights and may be run for a
    past one. Any other step keeps only what is true now and runs for the newest night alone.
    `count_labels` are the words for `work.counts`, `notes` the sentences for the codes of `work.note`: a text with
    placeholders such as %(count)s, or a callable that makes the sentence of the figures.
    """

    key: str
    label: Text
    handler: Callable[[Any], None]  # of crm.jobs.worker.Work
    after: Sequence[str] = ()
    waits_for: Sequence[str] = ()
    pieces: Callable[[dt.date], Sequence[dict[str, Any]]] | None = None
    every_date: bool = False
    count_labels: Callable[[], dict[str, Text]] = dict
    notes: Callable[[], Mapping[str, Text | Callable[[dict[str, Any]], str]]] = dict


@dataclass(frozen=True)
class NoticeKind:
    """What a notice can tell its reader (crm.notices): `sentence` makes one line of the stored params, in the
    language that is active. With `digest` it may wait for the daily mail of those who want one; without, it is always
    mailed at once. A reader without the permission is not told.
    """

    key: str
    label: Text
    sentence: Callable[[dict[str, Any]], str]
    digest: bool = True
    icon: str = "bell"
    permission: str | None = None


@dataclass
class Registry:
    grants: list[Grant] = field(default_factory=list)
    panels: dict[str, Panel] = field(default_factory=dict)
    order_parts: dict[str, OrderPart] = field(default_factory=dict)
    contract_parts: dict[str, ContractPart] = field(default_factory=dict)
    columns: dict[str, ListColumn] = field(default_factory=dict)
    day_cards: dict[str, DayCard] = field(default_factory=dict)
    searches: dict[str, SearchProvider] = field(default_factory=dict)
    timeline_kinds: dict[str, TimelineKind] = field(default_factory=dict)
    menu: dict[str, MenuItem] = field(default_factory=dict)
    head_items: dict[str, HeadItem] = field(default_factory=dict)
    source_links: dict[str, SourceLink] = field(default_factory=dict)
    reservation_sources: dict[str, ReservationSource] = field(default_factory=dict)
    import_kinds: dict[str, Any] = field(default_factory=dict)  # crm.exchange.kinds.ImportKind
    exports: dict[str, Callable[..., QuerySet[Any]]] = field(default_factory=dict)
    run_kinds: dict[str, Any] = field(default_factory=dict)  # crm.jobs.kinds.RunKind
    verifiers: dict[str, Callable[[], Iterable[Any]]] = field(default_factory=dict)
    demo_steps: dict[str, DemoStep] = field(default_factory=dict)
    nightly_steps: dict[str, NightlyStep] = field(default_factory=dict)
    notice_kinds: dict[str, NoticeKind] = field(default_factory=dict)
    approval_kinds: dict[str, Any] = field(default_factory=dict)  # crm.approvals.kinds.ApprovalKind
    # Small things to look after every few seconds, by name; each is safe to call at any time from any process.
    chores: dict[str, Callable[[], Any]] = field(default_factory=dict)
    # Asked which of some deliveries (their keys) are billed: they cannot be taken back.
    billed_deliveries: dict[str, Callable[[Collection[int]], set[int]]] = field(default_factory=dict)
    # Asked what a customer (its key) owes a legal entity (its key) in a currency at the end of a day.
    balances: dict[str, Callable[[int, int, str, dt.date], Decimal]] = field(default_factory=dict)
    # Told, in the same transaction and under the lock of the tree, that a company (its key) has another parent company.
    moved_companies: dict[str, Callable[[int], None]] = field(default_factory=dict)

    def add(self, *items: Any) -> None:
        """Register what an app brings; a key that is already taken is a mistake of the programmer."""
        homes: dict[type, dict[str, Any]] = {
            Panel: self.panels,
            OrderPart: self.order_parts,
            ContractPart: self.contract_parts,
            ListColumn: self.columns,
            DayCard: self.day_cards,
            SearchProvider: self.searches,
            TimelineKind: self.timeline_kinds,
            MenuItem: self.menu,
            HeadItem: self.head_items,
            SourceLink: self.source_links,
            ReservationSource: self.reservation_sources,
            DemoStep: self.demo_steps,
            NightlyStep: self.nightly_steps,
            NoticeKind: self.notice_kinds,
        }
        for item in items:
            if isinstance(item, Grant):
                self.grants.append(item)
                continue
            home = homes[type(item)]
            if item.key in home:
                raise ValueError(f"{type(item).__name__} {item.key!r} is registered twice")
            home[item.key] = item


registry = Registry()
