"""The versions of a contract as its page shows them: who, when, and what each changed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from contracts.models import Annex, Contract, ContractChange, ContractClause, ContractLine, PaymentPart
from contracts.rules import contracts as rules
from credit.instruments import labels_of
from crm.core.display import figure, isodate


@dataclass(frozen=True)
class Change:
    """One thing that a version says otherwise than the one it replaces."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class VersionRow:
    """A version with what it changed; `is_seen` tells whether the reader may open it."""

    version: Contract
    changes: list[Change]
    clauses: list[str]  # titles of clauses with other words
    other: list[str]  # what else differs
    is_seen: bool
    scan: Any

    @property
    def what(self) -> str:
        """First version, amendment or renewal."""
        return str(ContractChange(self.version.change).label) if self.version.change else _("First version")


@dataclass
class Content:
    """What is compared of a version beside its own columns."""

    clauses: dict[str, tuple[str, str]] = field(default_factory=dict)  # key: title, text
    lines: list[tuple[Any, ...]] = field(default_factory=list)
    plan: list[tuple[Any, ...]] = field(default_factory=list)
    annexes: list[tuple[Any, ...]] = field(default_factory=list)


@dataclass(frozen=True)
class History:
    """All versions of a contract, the newest first, and the two that matter most."""

    rows: list[VersionRow]

    @property
    def current(self) -> VersionRow | None:
        """The version that holds, or that was the last to hold."""
        return next((row for row in self.rows if row.version.is_current), None)

    @property
    def in_work(self) -> VersionRow | None:
        """The version that is not signed yet, or that waits for its first day."""
        return next((row for row in self.rows if is_in_work(row.version)), None)

    def follows(self, contract: Contract) -> Contract | None:
        """The signed version that replaced this one, or will."""
        return next(
            (row.version for row in self.rows if row.version.replaces_id == contract.pk and row.version.signed_on), None
        )

    def term_signed_on(self, contract: Contract) -> Any:
        """When the first version of the same term was signed."""
        days = [row.version.signed_on for row in self.rows if row.version.term == contract.term]
        return min((day for day in days if day), default=None)


def is_in_work(version: Contract) -> bool:
    return version.state in rules.UNFINISHED or (version.state in rules.IN_FORCE and not version.is_current)


def in_work_number() -> Subquery:
    """For a list of contracts: the number of the further version that is not signed yet, or waits for its first day."""
    further = Contract.objects.filter(root=OuterRef("root"), is_current=False).in_work()
    return Subquery(further.order_by("-revision").values("number")[:1])


def history_of(contract: Contract, user: Any) -> History:
    """One query for a contract that was never amended, seven for any other."""
    found = Contract.objects.filter(root=contract.root_id).select_related("created_by", "scan__uploaded_by")
    versions = list(found.defer("search_text").order_by("revision"))
    if len(versions) == 1:
        return History([row_of(versions[0], {}, {}, seen={contract.pk})])
    visible = Contract.objects.visible_to(user).filter(root=contract.root_id)
    seen = set(visible.order_by().values_list("pk", flat=True))
    contents = contents_of(contract.root_id)
    by_key = {version.pk: version for version in versions}
    return History([row_of(version, by_key, contents, seen=seen) for version in reversed(versions)])


def contents_of(root_id: int) -> Mapping[int, Content]:
    """Clauses, lines, payment plan and annexes of every version. Four queries."""
    contents: dict[int, Content] = defaultdict(Content)
    for pk, key, title, text in ContractClause.objects.filter(contract__root=root_id).values_list(
        "contract_id", "key", "title", "text"
    ):
        contents[pk].clauses[key] = (title, text)
    line = ("contract_id", "product", "description", "specification", "unit", "quantity", "price")
    for pk, *said in ContractLine.objects.filter(contract__root=root_id).values_list(*line):
        contents[pk].lines.append(tuple(said))
    part = ("contract_id", "share", "amount", "due", "due_on", "days", "note")
    for pk, *said in PaymentPart.objects.filter(contract__root=root_id).values_list(*part):
        contents[pk].plan.append(tuple(said))
    annex = ("contract_id", "kind", "title", "checksum")
    for pk, *said in Annex.objects.annexed().filter(contract__root=root_id).values_list(*annex):
        contents[pk].annexes.append(tuple(said))
    return contents


def row_of(
    version: Contract, by_key: Mapping[int, Contract], contents: Mapping[int, Content], *, seen: set[int]
) -> VersionRow:
    replaced = by_key.get(version.replaces_id or 0)
    changes, clauses, other = [], [], []
    if replaced is not None:
        changes = list(changes_between(replaced, version))
        before, after = contents[replaced.pk], contents[version.pk]
        clauses = [
            title for key, (title, text) in after.clauses.items() if before.clauses.get(key, ("", ""))[1] != text
        ]
        if before.lines != after.lines:
            other.append(_("lines"))
        if before.plan != after.plan:
            other.append(_("payment plan"))
        if before.annexes != after.annexes:
            other.append(_("annexes"))
        if version.values != replaced.values:
            other.append(_("values of the template"))
        signing = ("customer_signatory", "customer_authority", "our_signatory", "our_authority")
        if any(getattr(version, name) != getattr(replaced, name) for name in signing):
            other.append(_("who signs"))
    return VersionRow(version, changes, clauses, other, version.pk in seen, getattr(version, "scan", None))


def changes_between(before: Contract, after: Contract) -> Iterable[Change]:
    """Title, amount, terms and days that differ."""
    for label, old, new in (
        (_("Title"), before.title, after.title),
        (_("Amount"), figure(before.amount), figure(after.amount)),
        (_("Term in days"), str(before.term_days), str(after.term_days)),
        (_("Settlement"), str(before.get_settlement_display()), str(after.get_settlement_display())),
        (_("Payment forms"), labels_of(before.instruments), labels_of(after.instruments)),
        (_("First day"), isodate(before.starts_on), isodate(after.starts_on)),
        (_("Last day"), isodate(before.ends_on), isodate(after.ends_on)),
    ):
        if old != new:
            yield Change(label, old or "–", new or "–")
