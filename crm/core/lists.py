"""One list for the whole product: filters, sorting, columns, totals, saved views, bulk actions and export.

A page engineer writes a `ListView` with a filter set and columns; what the page shows is what an export writes.
Pages are picked by primary key first, then only those rows are read with what the shown columns need.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from html import escape
from importlib import import_module
from types import SimpleNamespace
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import BadRequest
from django.db.models import Model, QuerySet, Sum
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from crm.accounts.services import choose_columns, forget_view, keep_view
from crm.core.addresses import page_url
from crm.core.columns import TICK, Column, Head, registered_column, row_html
from crm.core.display import Text
from crm.core.filters import RESERVED, ListFilterSet, chips, clean_query, with_column_filters
from crm.core.money import base_currency
from crm.core.permissions import Guarded
from crm.core.registry import registry

COUNT_CAP = 10_000  # more are not counted: the exact number helps nobody
TOTALS_SECONDS = 15
LISTS: dict[str, type["ListView"]] = {}
NOT_KEPT = frozenset({"sort", "page", "part"})  # of the address, when a head is clicked


@dataclass(frozen=True)
class Preset:
    """A view of a list everybody has, shown as a tab: `Preset("overdue", _("Overdue"), "overdue=true")`."""

    key: str
    label: Text
    query: str = ""


@dataclass(frozen=True)
class Action:
    """A button of a page head or of the bulk bar. A bulk action is POSTed `ids` (or `all` and `query`)."""

    key: str
    label: Text
    url_name: str
    permission: str | None = None
    icon: str = ""
    primary: bool = False


@dataclass(frozen=True)
class Empty:
    """Why a list is empty and what to do about it."""

    title: Text
    hint: Text = ""
    action: Action | None = None


@lru_cache
def unread(model: type[Model], related: frozenset[str]) -> list[str]:
    """The long texts only the database reads (`search_text`), of a record and of those shown with it."""
    found = []
    for path in ("", *related):
        shown: Any = model
        for part in path.split("__") if path else ():
            shown = shown._meta.get_field(part).related_model
        if any(field.name == "search_text" for field in shown._meta.concrete_fields):
            found.append(f"{path}__search_text" if path else "search_text")
    return found


class Selection:
    """What a user sees of a list for given parameters: the one reading that page, totals and export share."""

    def __init__(self, view: type["ListView"], user: Any, params: QueryDict) -> None:
        self.view = view
        self.user = user
        self.params = params
        self.allowed = {
            column.key: column
            for column in view.all_columns()
            if column.permission is None or user.has_perm(column.permission)
        }
        base: Any = view.filterset_class
        self.filterset_class, owners = with_column_filters(base, tuple(self.allowed.values()))
        names: Any = self.filterset_class.base_filters
        self.asked = {name for name in names if any(self.asks(name, key) for key in params)}
        self.annotated = [owners[name] for name in owners if name in self.asked]
        self.sort = params.get("sort", "")
        if self.sort_column is None:
            self.sort = ""
        elif self.sort_column.annotate:
            self.annotated.append(self.sort_column)

    def asks(self, name: str, key: str) -> bool:
        return (key == name or key.startswith(f"{name}_")) and any(self.params.getlist(key))

    @cached_property
    def base(self) -> QuerySet[Any]:
        """Every record the user may see, with what filters and sorting need."""
        return self.annotate(self.view.base_queryset(self.user), self.annotated)

    @cached_property
    def filterset(self) -> ListFilterSet:
        """The filters that are asked for."""
        return self.filters(only=self.asked)

    def filters(self, only: Collection[str] | None = None) -> ListFilterSet:
        reader = SimpleNamespace(user=self.user)
        return self.filterset_class(self.params, queryset=self.base, request=reader, only=only)

    def annotate(self, queryset: QuerySet[Any], columns: Sequence[Column]) -> QuerySet[Any]:
        for column in {column.key: column for column in columns}.values():
            if column.annotate:
                queryset = queryset.annotate(**column.annotate(self.user))
        return queryset

    @cached_property
    def sort_column(self) -> Column | None:
        column = self.allowed.get(self.sort.removeprefix("-"))
        return column if column and column.order else None

    @cached_property
    def shown(self) -> list[Column]:
        """Columns the user sees: those of the link, else the user's own choice, else the usual ones; never none."""
        asked = self.params.get("cols")
        keys = asked.split(",") if asked else self.user.list_columns.get(self.view.key, [])
        chosen = [self.allowed[key] for key in dict.fromkeys(keys) if key in self.allowed]
        return chosen or [column for column in self.allowed.values() if column.default]

    @cached_property
    def filtered(self) -> QuerySet[Any]:
        """Every visible record that passes the filters, unordered; filters without a value let everything pass."""
        return self.filterset.qs if self.asked else self.base

    @cached_property
    def ordered(self) -> QuerySet[Any]:
        order: list[Any] = list(self.view.default_order)
        descending = bool(order) and order[0].startswith("-")
        if self.sort_column is not None:
            descending = self.sort.startswith("-")
            order = self.sort_column.ordering(descending)
        # The same way as the rest: an index is read in one direction.
        return self.filtered.order_by(*order, "-pk" if descending else "pk")

    @cached_property
    def query(self) -> str:
        return clean_query(self.params)

    def rows_of(self, ids: Sequence[Any]) -> list[Any]:
        """The records of one page in its order, with what the shown columns need and nothing else."""
        related = {*self.view.select_related, *(path for column in self.shown for path in column.related)}
        read = [column for column in self.shown if column.reads_annotation]
        queryset = self.annotate(self.view.model_queryset().filter(pk__in=ids), read)
        if related:
            queryset = queryset.select_related(*related)
        queryset = queryset.defer(*unread(self.view.model, frozenset(related)))
        by_id = {record.pk: record for record in self.view.prepare(list(queryset), self.user)}
        return [by_id[pk] for pk in ids if pk in by_id]

    def chunks(self, size: int = 2000) -> Iterator[list[Any]]:
        """All records in order, a chunk at a time: what an export writes."""
        ids = list(self.ordered.values_list("pk", flat=True))
        for start in range(0, len(ids), size):
            yield self.rows_of(ids[start : start + size])

    def totals(self) -> list[dict[str, Any]]:
        """Sums of the money columns over the whole filtered list, one line a currency where the list mixes them."""
        summed = [column for column in self.shown if column.total]
        queryset = self.annotate(self.filtered, [column for column in summed if column not in self.annotated])
        sums = {f"total_{column.key}": Sum(column.total_name) for column in summed}
        if not self.view.total_group:
            return [queryset.order_by().aggregate(**sums)]
        return list(queryset.order_by().values(self.view.total_group).annotate(**sums).order_by(self.view.total_group))


class ListView(Guarded):
    """A list page. Subclasses name key, title, permission, model, filter set and columns."""

    key: ClassVar[str] = ""
    title: ClassVar[Text] = ""
    model: ClassVar[type[Model]]
    filterset_class: ClassVar[type[ListFilterSet]]
    columns: ClassVar[Sequence[Column]] = ()
    registered: ClassVar[bool] = False  # also the columns other apps registered (customer list)
    default_order: ClassVar[Sequence[str]] = ("-pk",)
    select_related: ClassVar[Sequence[str]] = ()
    edition: ClassVar[str] = ""  # field that counts editions, where a bulk action is on what was shown and no later one
    total_group: ClassVar[str] = ""  # field of the currency, where a sum over all rows would mix currencies
    page_size: ClassVar[int] = 50
    stacks: ClassVar[bool] = False  # rows that hold sentences: on a phone they stand as cards
    presets: ClassVar[Sequence[Preset]] = ()
    actions: ClassVar[Sequence[Action]] = ()
    bulk_actions: ClassVar[Sequence[Action]] = ()
    exportable: ClassVar[bool] = True
    empty: ClassVar[Empty | None] = None
    template_name: ClassVar[str] = "lists/page.html"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not cls.key:
            return
        taken = LISTS.get(cls.key)
        if taken is not None and taken.__qualname__ != cls.__qualname__:
            raise ValueError(f"list {cls.key!r} is defined twice")
        LISTS[cls.key] = cls

    # What a list says about itself
    @classmethod
    def base_queryset(cls, user: Any) -> QuerySet[Any]:
        """The records this user may see; filters, page, totals and export all start here."""
        visible: QuerySet[Any] = cls.model._default_manager.visible_to(user)  # type: ignore[attr-defined]
        return visible

    @classmethod
    def model_queryset(cls) -> QuerySet[Any]:
        """Where the rows of a page are read from once their keys are known to be visible."""
        return cls.model._default_manager.all()

    @classmethod
    def prepare(cls, rows: list[Any], user: Any) -> list[Any]:
        """Add to the rows of one page what only a further query can bring (never one query a row)."""
        return rows

    @classmethod
    def row_url(cls, row: Any) -> str:
        """Where a click or Enter on the row leads."""
        return row.get_absolute_url() if hasattr(row, "get_absolute_url") else ""

    @classmethod
    def row_css(cls, row: Any) -> str:
        return ""

    def extra_context(self, request: HttpRequest) -> dict[str, Any]:
        """Further context of a list's own template."""
        return {}

    # What exports and bulk actions ask
    @classmethod
    def all_columns(cls) -> list[Column]:
        added = [registered_column(column) for column in registry.columns.values()] if cls.registered else []
        return [*cls.columns, *added]

    @classmethod
    def selection(cls, user: Any, params: QueryDict | str) -> Selection:
        return Selection(cls, user, QueryDict(params.lstrip("?")) if isinstance(params, str) else params)

    @classmethod
    def get_queryset_for(cls, user: Any, params: QueryDict | str) -> QuerySet[Any]:
        """Exactly what the page with these parameters lists, in its order."""
        return cls.selection(user, params).ordered

    @classmethod
    def picked(cls, user: Any, data: QueryDict) -> QuerySet[Any]:
        """What a bulk action was asked to work on: the ticked rows, or all that the filters let through."""
        if data.get("all"):
            return cls.get_queryset_for(user, data.get("query", ""))
        return cls.base_queryset(user).filter(pk__in=cls.ticked(data))

    @classmethod
    def tick_of(cls, row: Any) -> str:
        """What a ticked row posts: its key and, in a list with editions, the edition it shows ("12.3")."""
        return f"{row.pk}.{getattr(row, cls.edition)}" if cls.edition else str(row.pk)

    @classmethod
    def ticked(cls, data: QueryDict) -> dict[int, int | None]:
        """The keys of the ticked rows, each with the edition that was shown, where it names one."""
        found: dict[int, int | None] = {}
        for tick in data.getlist("ids"):
            key, _dot, edition = tick.partition(".")
            if not key.isdecimal() or not (edition or "0").isdecimal():
                raise BadRequest("ids")
            found[int(key)] = int(edition) if edition else None
        return found

    # The page
    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.GET.get("part") == "totals":
            return self.totals_part(request)
        if request.GET.get("part") == "filters":
            form = self.selection(request.user, request.GET).filters().form
            return render(request, "lists/filters.html", {"filter_fields": [f for f in form if f.name != "q"]})
        return self.answer(request, request.GET)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Choose columns, keep this view under a name, or forget one."""
        params = QueryDict(urlsplit(request.headers.get("HX-Current-URL", "")).query, mutable=True)
        user: Any = request.user
        if request.POST.get("do") == "columns":
            choose_columns(user=user, list_key=self.key, columns=request.POST.getlist("columns"))
            params.pop("cols", None)
        elif request.POST.get("do") == "keep" and (name := request.POST.get("name", "").strip()):
            keep_view(user=user, list_key=self.key, name=name, query=without_page(clean_query(params)))
        elif request.POST.get("do") == "forget":
            forget_view(user=user, list_key=self.key, name=request.POST.get("name", ""))
        return self.answer(request, params)

    def answer(self, request: HttpRequest, params: QueryDict) -> HttpResponse:
        target = request.headers.get("HX-Target", "")
        template = {"list": "lists/list.html", "list-results": "lists/results.html"}.get(target, self.template_name)
        response = render(request, template, self.context(request, params))
        if target in {"list", "list-results"}:
            query = clean_query(params)
            response.headers["HX-Push-Url"] = f"{request.path}?{query}" if query else request.path
        patch_vary_headers(response, ["HX-Target"])
        return response

    def context(self, request: HttpRequest, params: QueryDict) -> dict[str, Any]:
        user: Any = request.user
        selection = self.selection(user, params)
        page = positive(params.get("page"))
        start = (page - 1) * self.page_size
        ids = list(selection.ordered.values_list("pk", flat=True)[start : start + self.page_size + 1])
        more, ids = len(ids) > self.page_size, ids[: self.page_size]
        count = self.count(selection, start, len(ids), more)
        shown = selection.shown
        rows = selection.rows_of(ids) if ids else []
        bulk_actions = self.allowed_actions(user, self.bulk_actions)
        fields = selection.filterset_class.base_filters
        sorting = [(key, value) for key, values in params.lists() if key not in NOT_KEPT for value in values if value]
        return {
            "view": self,
            "params": params,
            "title": self.title,
            "search_field": fields.get("q"),
            "search_hint": fields["q"].extra["widget"].attrs["placeholder"] if "q" in fields else "",
            "search_text": params.get("q", ""),
            "has_filters": any(name != "q" for name in fields),
            "kept_filters": kept_filters(params),
            "chips": chips(selection.filterset, params) if selection.asked else [],
            "heads": tuple([self.head(column, selection, sorting) for column in shown]),
            "rows": self.body(rows, shown, ticks=bool(bulk_actions)),
            "rows_lead_on": any(self.row_url(row) for row in rows),
            "column_choice": tuple((column, column in shown) for column in selection.allowed.values()),
            "has_totals": bool(rows) and any(column.total for column in shown),
            "count": count,
            "count_capped": count > COUNT_CAP,
            "count_cap": COUNT_CAP,
            "first": start + 1,
            "last": start + len(ids),
            "page": page,
            "has_next": more,
            "query": selection.query,
            "sort": selection.sort,
            "tabs": self.tabs(user, selection.query),
            "actions": self.allowed_actions(user, self.actions),
            "empty_action": next(iter(self.allowed_actions(user, self.empty_actions())), None),
            "bulk_actions": bulk_actions,
            "export_url": export_url(self.key) if self.exportable and user.has_perm("exchange.export_list") else "",
            "list_url": request.path,
            **self.extra_context(request),
        }

    def body(self, rows: Sequence[Any], columns: Sequence[Column], *, ticks: bool) -> SafeString:
        """The rows of the table, printed here: by a template fifty of them cost more than the database."""
        word = escape(_("Select this row"))
        printed = [
            row_html(
                row,
                columns,
                self.row_url(row),
                self.row_css(row),
                TICK.format(escape(self.tick_of(row)), word) if ticks else "",
                labelled=self.stacks,
            )
            for row in rows
        ]
        return mark_safe("\n".join(printed))  # noqa: S308 - row_html escapes every part

    def count(self, selection: Selection, start: int, found: int, more: bool) -> int:
        """How many rows there are, counted up to a cap: nobody pages through a million."""
        if not more and (found or not start):
            return start + found
        counted: int = selection.filtered.order_by().values("pk")[: COUNT_CAP + 1].count()
        return max(counted, start + found)

    def head(self, column: Column, selection: Selection, others: Sequence[tuple[str, str]]) -> Head:
        if not column.order:
            return Head(column, "", "")
        current = selection.sort.removeprefix("-") == column.key
        descending = current and selection.sort.startswith("-")
        first_down = column.numeric or column.kind in {"date", "datetime"}
        following = column.key if descending or (not current and not first_down) else f"-{column.key}"
        query = urlencode([*others, ("sort", following)])
        return Head(column, f"?{query}", ("descending" if descending else "ascending") if current else "")

    def tabs(self, user: Any, query: str) -> list[dict[str, Any]]:
        """The presets of the list and the views this user keeps."""
        kept = user.list_views.get(self.key, [])
        named = [(preset.label, preset.query, False) for preset in self.presets]
        named += [(view["name"], view["query"], True) for view in kept]
        plain = without_page(query)
        current = next((place for place, (_label, found, _own) in enumerate(named) if without_page(found) == plain), -1)
        return [
            {"label": label, "query": found, "own": own, "current": place == current}
            for place, (label, found, own) in enumerate(named)
        ]

    def allowed_actions(self, user: Any, actions: Sequence[Action]) -> list[dict[str, Any]]:
        return [
            {"action": action, "url": page_url(action.url_name)}
            for action in actions
            if action.permission is None or user.has_perm(action.permission)
        ]

    def empty_actions(self) -> Sequence[Action]:
        return [self.empty.action] if self.empty and self.empty.action else []

    def totals_part(self, request: HttpRequest) -> HttpResponse:
        """The foot of the table, asked for after the page stands; kept for some seconds per filter."""
        selection = self.selection(request.user, request.GET)
        shown = ",".join(column.key for column in selection.shown)
        key = f"totals:{self.key}:{request.user.pk}:{shown}:{without_page(selection.query)}"
        lines: Any = cache.get_or_set(hashed(key), selection.totals, TOTALS_SECONDS)
        sums_money = any(column.total and column.kind == "money" for column in selection.shown)
        base = base_currency() if sums_money else ""
        for line in lines:
            line["cells"] = [
                (column.css, column, line.get(f"total_{column.key}") if column.total else None)
                for column in selection.shown
            ]
            line["group"] = line.get(self.total_group) if self.total_group else base
        html = render_to_string("lists/totals.html", {"lines": lines, "view": self, "bulk": self.bulk_actions}, request)
        return HttpResponse(html)


def positive(text: str | None) -> int:
    return min(int(text), 1_000_000) if text and text.isdecimal() and len(text) < 8 and int(text) > 0 else 1


def without_page(query: str) -> str:
    params = QueryDict(query).copy()
    params.pop("page", None)
    return params.urlencode()


def kept_filters(params: QueryDict) -> list[tuple[str, str]]:
    """Values of the filter panel that a typed search must not lose while the panel was never opened."""
    others = {"q", *RESERVED}
    return [(name, value) for name, values in params.lists() if name not in others for value in values if value]


def hashed(key: str) -> str:
    return f"totals:{sha256(key.encode()).hexdigest()}"


def export_url(key: str) -> str:
    """Where an export of this list is started; empty while the exchange is not installed."""
    try:
        return reverse("exchange:export", args=[key])
    except NoReverseMatch:
        return ""


def list_view(key: str) -> type[ListView]:
    """The list of that key; a worker that never served a page loads the addresses first."""
    import_module(settings.ROOT_URLCONF)
    return LISTS[key]
