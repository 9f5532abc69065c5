"""What receivables tells the house: menu, panels, cards of 'My day', search, timeline, history, and who may do what.

Who may do what (docs/user-guide/receivables.md):
    see invoices, receipts, allocations   sales (own customers), credit controller, finance, management, administrator
    post, allocate, take back, clear      accountant, finance manager, finance director
    reverse, record as bounced            finance manager, finance director: what is posted is undone by a superior
    assign the responsible person         sales manager and director, credit controller, finance
    ageing buckets                        credit controller, finance manager, finance director, administrator
    closing date                          finance manager, finance director; moving it back only the finance director
Warehouse, legal and customer service see no money.
"""

from django.apps import AppConfig

from crm.accounts import roles
from crm.audit.registry import track
from crm.core.registry import Grant, registry
from crm.exchange.kinds import register_import_kind
from crm.jobs.kinds import register_run_kind
from receivables.books.ageing_export import AGEING_EXPORT
from receivables.imports import INVOICES, PAID_INVOICES, RECEIPTS
from receivables.models import Invoice
from receivables.nightly.behaviour import BEHAVIOUR
from receivables.panels.documents import DAY_CARDS, MENU, PANELS, SOURCE_LINKS
from receivables.search import SEARCHES
from receivables.selectors.ledger import balance_as_at
from receivables.timeline.documents import KINDS

SEEN = [
    "receivables.view_invoice",
    "receivables.view_receipt",
    "receivables.view_allocation",
    "receivables.view_reversal",
]
POSTING = ["receivables.post_invoice", "receivables.post_receipt"]
UNDOING = ["receivables.reverse_invoice", "receivables.reverse_receipt"]
CLOSING = ["core.view_legalentity", "core.change_legalentity", "core.close_period"]
RATES = ["core.view_currency", "core.view_rate", "core.add_rate", "core.change_rate"]
SCHEMES = [f"receivables.{verb}_ageingscheme" for verb in ("view", "add", "change", "delete")]

SEE = (*roles.SALES, *roles.FINANCE, *roles.MANAGEMENT, roles.CREDIT_CONTROLLER, roles.ADMINISTRATOR)
POST = roles.FINANCE
UNDO = (roles.FINANCE_MANAGER, roles.FINANCE_DIRECTOR)
ASSIGN = (roles.SALES_MANAGER, roles.SALES_DIRECTOR, roles.CREDIT_CONTROLLER, *roles.FINANCE)


def register(config: AppConfig) -> None:
    for role in SEE:
        registry.add(Grant(role, SEEN))
    for role in POST:
        registry.add(Grant(role, POSTING))
    for role in UNDO:
        registry.add(Grant(role, [*UNDOING, *CLOSING, *RATES]))
    for role in (roles.CREDIT_CONTROLLER, *UNDO, roles.ADMINISTRATOR):
        registry.add(Grant(role, SCHEMES))
    for role in ASSIGN:
        registry.add(Grant(role, ["receivables.assign_responsible"]))
    registry.add(Grant(roles.FINANCE_DIRECTOR, ["core.reopen_period"]))
    registry.add(BEHAVIOUR)
    registry.balances["receivables"] = balance_as_at
    register_run_kind(AGEING_EXPORT)
    registry.add(*MENU, *PANELS, *DAY_CARDS, *SEARCHES, *KINDS.values(), *SOURCE_LINKS)
    track(Invoice, permission="receivables.view_invoice", only=("responsible",))
    register_import_kind(INVOICES, PAID_INVOICES, RECEIPTS)
