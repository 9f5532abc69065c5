"""Who may do what: the whole of it in one place, to be read by people.

PERMISSIONS says which roles hold which permission, SEES whose customers each person of the demo sees, RULES what each
address asks for. An address without a row here fails the test, and so does a role that holds more than it should.
"""

from dataclasses import dataclass
from typing import Any

# Somebody signed in, whatever the role; anybody at all.
SIGNED_IN = "signed in"
OPEN = "open"
# Stands in an address for the one legal entity of the tests.
ENTITY = "the legal entity"


@dataclass(frozen=True)
class Rule:
    """What an address asks for.

    needs   a permission, SIGNED_IN or OPEN
    args    what stands in the address; ".customer" is the customer of a holding (tests.world.Holding), ".receipt" its
            receipt and so on: of those a stranger gets 404
    get     the answer to a GET of somebody who may, post to a POST without any data
    asks    the query string of the GET
    out     the answers to GET and POST of somebody who is not signed in, where that is allowed and differs
    seen_by who sees the record where it belongs to a person and not to a customer: "@run" is one of alice's, "@upload"
            one of fiona's
    """

    needs: str
    args: tuple[Any, ...] = ()
    get: int = 200
    post: int = 405
    asks: str = ""
    out: tuple[int, int] | None = None
    seen_by: frozenset[str] | None = None
    only: str = ""  # of those who see it, the one who may; the others get 403

    @property
    def of_holding(self) -> bool:
        return any(str(arg).startswith(".") for arg in self.args)


def form(needs: str, *args: Any) -> Rule:
    """A form: nothing filled in is answered with the form and its errors."""
    return Rule(needs, args, post=422)


def page(needs: str, *args: Any, asks: str = "") -> Rule:
    """A page or part of one that is only read."""
    return Rule(needs, args, asks=asks)


def read(needs: str, *args: Any, asks: str = "") -> Rule:
    """A page that is only read and does not mind being asked by POST."""
    return Rule(needs, args, post=200, asks=asks)


def listing(needs: str) -> Rule:
    """A list; a POST keeps columns or a view of one's own."""
    return Rule(needs, post=200)


ALICE_S_RUN = frozenset({"alice", "adam", "root"})
# Whoever sees alice's customer and credit requests: legal and service see no credit.
ALICE_S_REQUEST = frozenset(
    {"alice", "emma", "mary", "diana", "carol", "fiona", "frank", "flora", "greg", "helen", "adam", "root"}
)
# Whoever sees alice's customer sees its orders and what was delivered; the warehouse sees all that was delivered.
ALICE_S_DELIVERY = ALICE_S_REQUEST | {"leo", "sarah", "walter"}
# Whoever sees all customers sees the reviews of all.
ALL_CUSTOMERS = frozenset(
    {"diana", "carol", "fiona", "frank", "flora", "greg", "helen", "leo", "sarah", "adam", "root"}
)
FIONA_S_UPLOAD = frozenset({"fiona", "frank", "flora", "adam", "root"})

RULES: dict[str, Rule] = {
    # The house
    "home:my_day": read(SIGNED_IN),
    "search": read(SIGNED_IN, asks="q=上海"),
    "favicon": Rule(OPEN, get=302, post=302),  # to the mark of the product
    "accounts:login": Rule(OPEN, get=302, post=302, out=(200, 200)),
    "accounts:demo_login": Rule(OPEN, ("alice",), get=405, post=404),  # exists in demo mode only
    "accounts:logout": Rule(OPEN, get=405, post=302),
    "accounts:profile": form(SIGNED_IN),
    "accounts:password_change": form(SIGNED_IN),
    "accounts:language": Rule(OPEN, get=405, post=302),
    "audit:changes": read("customers.view_customer", "customers.customer", ".customer"),
    # Customers
    "customers:customers": listing("customers.view_customer"),
    "customers:create": form("customers.add_customer"),
    "customers:similar": Rule("customers.add_customer", get=405, post=200),
    "customers:options": page("customers.view_customer"),
    "customers:owners": page("customers.view_customer"),
    "customers:colleagues": page("customers.share_customer"),
    "customers:regions": page("customers.view_customer"),
    "customers:industries": page("customers.view_customer"),
    "customers:detail": page("customers.view_customer", ".customer"),
    "customers:edit": form("customers.change_customer", ".customer"),
    "customers:state": form("customers.change_customer or customers.blacklist_customer", ".customer"),
    "customers:blacklist": form("customers.blacklist_customer", ".customer"),
    "customers:tier": form("customers.set_tier", ".customer"),
    "customers:assign": form("customers.assign_customer", ".customer"),
    "customers:share": form("customers.share_customer", ".customer"),
    "customers:unshare": form("customers.share_customer", ".customer", ".share"),
    "customers:add_contact": form("customers.add_contact", ".customer"),
    "customers:edit_contact": form("customers.change_contact", ".customer", ".contact"),
    "customers:deactivate_contact": Rule("customers.change_contact", (".customer", ".contact"), get=405, post=302),
    "customers:timeline": page("customers.view_customer", ".customer"),
    "customers:panel": page("customers.view_customer", ".customer", "contacts"),  # each panel: PANELS below
    # Credit
    "credit:entries": listing("credit.view_creditentry"),
    "credit:limit_sheet": page("credit.view_creditaccount", ".customer"),
    "credit:restrict": form("credit.restrict_account", ".customer"),
    "credit:new_request": Rule("credit.add_creditrequest", (".customer", "increase"), post=302),
    "credit:fitted_scorecards": listing("credit.view_fittedscorecard"),
    "credit:fitted_scorecard": Rule("credit.view_fittedscorecard", ("@fitted",), post=405),
    "credit:requests": listing("credit.view_creditrequest"),
    "credit:request": page("credit.view_creditrequest", ".credit_request"),
    "credit:edit_request": Rule("credit.add_creditrequest", (".credit_request",), post=302),
    "credit:submit_request": Rule("credit.add_creditrequest", (".credit_request",), get=405, post=302),
    "credit:discard_request": Rule("credit.add_creditrequest", (".credit_request",), post=302),
    "credit:add_attachment": form("credit.add_creditrequest", ".credit_request"),
    "credit:attachment": read("credit.view_creditrequest", ".credit_request", ".attachment"),
    "credit:remove_attachment": Rule("credit.add_creditrequest", (".credit_request", ".attachment"), get=405, post=302),
    # Rating
    "credit:ratings": listing("credit.view_rating"),
    "credit:rating": page("credit.view_rating", ".rating"),
    "credit:compare_ratings": read("credit.view_rating", ".rating", ".rating"),
    "credit:confirm_rating": form("credit.add_rating", ".rating"),
    "credit:lift_rating": form("credit.add_rating", ".rating"),
    "credit:exclude_rating": form("credit.exclude_rating", ".rating"),
    "credit:override_rating": form("credit.exclude_rating", ".rating"),
    "credit:rate": form("credit.add_rating", ".customer"),
    "credit:new_statement": form("credit.add_financialstatement", ".customer"),
    "credit:new_investigation": form("credit.add_investigation", ".customer"),
    "credit:evidence": page("credit.view_financialstatement", ".customer"),
    "credit:statements_to_confirm": listing("credit.add_statementconfirmation"),
    "credit:confirm_statement": Rule("credit.add_statementconfirmation", (".statement",), post=302),
    "credit:reviews": listing("credit.view_ratingreview"),
    "credit:review": Rule("credit.view_ratingreview", ("@review",), seen_by=ALL_CUSTOMERS),
    "credit:submit_review": Rule("credit.add_rating", ("@review",), post=422, seen_by=ALL_CUSTOMERS),
    # Products and orders
    "contracts:products": listing("contracts.view_product"),
    "contracts:new_product": form("contracts.add_product"),
    "contracts:product": page("contracts.view_product", "@product"),
    "contracts:edit_product": form("contracts.change_product", "@product"),
    "contracts:product_options": read("contracts.view_product"),
    "contracts:agree_discount": form("contracts.add_customerdiscount", ".customer"),
    "contracts:orders": listing("contracts.view_order"),
    "contracts:choose_customer": form("contracts.add_order"),
    "contracts:new_order": form("contracts.add_order", ".customer"),
    "contracts:order": page("contracts.view_order", ".order"),
    "contracts:edit_order": form("contracts.add_order", ".order"),
    "contracts:release_order": Rule("contracts.release_order", (".order",), get=405, post=302),
    "contracts:copy_order": Rule("contracts.add_order", (".order",), get=405, post=302),
    "contracts:cancel_order": form("contracts.cancel_order", ".order"),
    "contracts:close_order": Rule("contracts.release_order", (".order",), get=405, post=302),
    "contracts:review_order": form("contracts.review_order", ".order"),
    "contracts:add_paper": form("contracts.add_order", ".order"),
    "contracts:paper": read("contracts.view_order", ".order", ".order_paper"),
    "contracts:review_paper": form("contracts.accept_contract", ".order", ".order_paper"),
    "contracts:remove_paper": Rule("contracts.add_order", (".order", ".order_paper"), get=405, post=302),
    "contracts:holds": listing("contracts.see_holds"),
    "contracts:check_again": Rule("contracts.release_order", get=405, post=302),
    "contracts:warehouse": listing("contracts.deliver_order"),
    "contracts:deliveries_made": listing("contracts.deliver_order"),
    "contracts:delivery": Rule(
        "contracts.deliver_order or contracts.view_delivery", ("@delivered",), post=405, seen_by=ALICE_S_DELIVERY
    ),
    "contracts:add_signed_note": Rule(
        "contracts.deliver_order or contracts.add_order", ("@delivered",), post=422, seen_by=ALICE_S_DELIVERY
    ),
    "contracts:warehouse_note": Rule(
        "contracts.deliver_order", ("@delivered", "zh", "docx"), post=200, seen_by=frozenset({"walter", "root"})
    ),
    "contracts:delivery_note": read("contracts.view_delivery", ".delivery", "en", "docx"),
    "contracts:reverse_delivery": Rule(
        "contracts.deliver_order", ("@delivered",), post=422, seen_by=frozenset({"walter", "root"})
    ),
    "contracts:deliver": Rule(
        "contracts.deliver_order", ("@to_deliver",), post=422, seen_by=frozenset({"walter", "root"})
    ),
    "credit:checks": listing("credit.view_creditcheck"),
    "credit:check": page("credit.view_creditcheck", ".credit_check"),
    "credit:ask_release": form("credit.add_creditrequest", ".credit_check"),
    # Contracts
    "contracts:contracts": listing("contracts.view_contract"),
    "contracts:contract_options": read("contracts.view_order"),
    "contracts:new_contract": form("contracts.add_contract", ".customer"),
    "contracts:contract": page("contracts.view_contract", ".contract"),
    "contracts:edit_contract": form("contracts.add_contract", ".contract"),
    "contracts:edit_clause": form("contracts.add_contract", ".contract", ".clause"),
    "contracts:submit_contract": Rule("contracts.add_contract", (".contract",), get=405, post=302),
    "contracts:submit_deviation": form("contracts.add_contract", ".contract"),
    "contracts:take_balance": Rule("contracts.add_contract", (".contract",), get=405, post=302),
    "contracts:ask_seal": Rule("contracts.add_contract", (".contract",), get=409, post=409),  # a draft
    "contracts:seal": form("contracts.seal_contract", ".contract"),
    "contracts:refuse_seal": form("contracts.seal_contract", ".contract"),
    "contracts:sign": form("contracts.sign_contract", ".contract"),
    "contracts:complete_contract": Rule("contracts.terminate_contract", (".signed_contract",), post=302),
    "contracts:terminate_contract": form("contracts.terminate_contract", ".contract"),
    "contracts:give_up_contract": form("contracts.add_contract", ".contract"),
    "contracts:amend_contract": form("contracts.add_contract", ".signed_contract"),
    "contracts:renew_contract": form("contracts.add_contract", ".signed_contract"),
    "contracts:lend_original": form("contracts.lend_original", ".signed_contract"),
    "contracts:take_back_original": Rule("contracts.lend_original", (".signed_contract",), get=405, post=302),
    "contracts:contract_pdf": read("contracts.view_contract", ".contract"),
    "contracts:contract_docx": read("contracts.view_contract", ".contract"),
    "contracts:scan": read("contracts.view_contract", ".signed_contract"),
    "contracts:add_annex": form("contracts.add_contract", ".contract"),
    "contracts:annex": read("contracts.view_contract", ".contract", ".annex"),
    "contracts:move_annex": Rule("contracts.add_contract", (".contract", ".annex"), get=405, post=302),
    "contracts:remove_annex": Rule("contracts.add_contract", (".contract", ".annex"), get=405, post=302),
    "contracts:templates": page("contracts.view_template"),
    "contracts:library": page("contracts.view_template"),
    "contracts:new_template": form("contracts.change_templateversion"),
    "contracts:template": page("contracts.view_template", "@template"),
    "contracts:new_version": form("contracts.change_templateversion", "@template"),
    "contracts:version": page("contracts.view_template", "@version"),
    "contracts:edit_version": form("contracts.change_templateversion", "@version"),
    "contracts:preview_version": Rule("contracts.change_templateversion", ("@version",), get=405, post=200),
    "contracts:review_version": Rule("contracts.change_templateversion", ("@version",), get=405, post=302),
    "contracts:return_version": form("contracts.publish_template", "@version"),
    "contracts:take_back_version": Rule("contracts.change_templateversion", ("@version",), get=405, post=403),
    "contracts:retire_version": form("contracts.publish_template", "@version"),
    "contracts:discard_version": form("contracts.change_templateversion", "@version"),
    "contracts:publish_version": Rule("contracts.publish_template", ("@version",), get=405, post=302),
    # Approvals
    "approvals:inbox": read("approvals.view_request"),
    "approvals:head": read("approvals.decide_request"),
    "approvals:requests": listing("approvals.view_request"),
    "approvals:request": Rule("approvals.view_request", ("@approval",), seen_by=ALICE_S_REQUEST),
    "approvals:decide": Rule("approvals.decide_request", ("@approval",), get=405, post=422, seen_by=ALICE_S_REQUEST),
    "approvals:answer": Rule("approvals.view_request", ("@approval",), post=422, seen_by=frozenset({"alice"})),
    "approvals:withdraw": Rule("approvals.view_request", ("@approval",), post=302, seen_by=frozenset({"alice"})),
    "approvals:stand_ins": form("approvals.decide_request"),
    "approvals:colleagues": read("approvals.decide_request"),
    "approvals:end_stand_in": Rule(
        "approvals.decide_request", ("@delegation",), get=405, post=302, seen_by=frozenset({"mary"})
    ),
    # Receivables
    "receivables:invoices": listing("receivables.view_invoice"),
    "receivables:invoice_options": read("receivables.view_invoice"),
    "receivables:post_invoice": form("receivables.post_invoice"),
    "receivables:preview_invoice": read("receivables.post_invoice"),
    "receivables:assign": Rule("receivables.assign_responsible", post=200),  # first POST: the ticked rows
    "receivables:invoice": page("receivables.view_invoice", ".open_invoice"),
    "receivables:invoice_credit": read("credit.view_creditentry", ".open_invoice"),
    "receivables:assign_responsible": Rule("receivables.assign_responsible", (".open_invoice",), post=200),
    "receivables:reverse_invoice": form("receivables.reverse_invoice", ".open_invoice"),
    "receivables:allocate_credit_note": form("receivables.post_receipt", ".credit_note"),
    "receivables:receipts": listing("receivables.view_receipt"),
    "receivables:post_receipt": form("receivables.post_receipt"),
    "receivables:matches": read("receivables.post_receipt"),
    "receivables:receipt": page("receivables.view_receipt", ".receipt"),
    "receivables:receipt_credit": read("credit.view_creditentry", ".receipt"),
    "receivables:allocate_receipt": form("receivables.post_receipt", ".receipt"),
    "receivables:clear_receipt": form("receivables.post_receipt", ".cheque"),
    "receivables:bounce_receipt": form("receivables.reverse_receipt", ".cheque"),
    "receivables:reverse_receipt": form("receivables.reverse_receipt", ".receipt"),
    "receivables:allocation": Rule("receivables.view_allocation", (".allocation",), get=302, post=302),
    "receivables:take_back": form("receivables.post_receipt", ".allocation"),
    "receivables:closing": read("core.close_period"),
    "receivables:close_period": form("core.close_period", ENTITY),
    "receivables:ledger": page("receivables.view_invoice", ".customer"),
    "receivables:ledger_export": read("receivables.view_invoice", ".customer"),
    "receivables:ageing": page("receivables.view_invoice"),
    "receivables:ageing_documents": page("receivables.view_invoice"),
    "receivables:ageing_export": Rule("receivables.view_invoice", (), get=405, post=200),
    "receivables:ageing_documents_export": Rule("receivables.view_invoice", (), get=405, post=200),
    # Collection
    "receivables:cases": Rule("receivables.view_case", get=302, post=200),  # it opens on the calls of today
    "receivables:case": page("receivables.view_case", ".case"),
    "receivables:log_contact": Rule("receivables.collect", (".case", "reached"), get=405, post=422),
    "receivables:open_dispute": form("receivables.collect", ".case"),
    "receivables:file_cause": form("receivables.collect", ".case"),
    "receivables:finish_step": Rule("receivables.collect", (".case_step",), post=302),
    "receivables:opt_out": form("receivables.opt_out_of_dunning", ".customer"),
    "receivables:end_opt_out": form("receivables.opt_out_of_dunning", ".opt_out"),
    "receivables:people": read("receivables.collect"),
    "receivables:disputes": listing("receivables.view_dispute"),
    "receivables:dispute": page("receivables.view_dispute", ".dispute"),
    "receivables:resolve_dispute": form("receivables.collect", ".dispute"),
    "receivables:promises": listing("receivables.view_paymentpromise"),
    "receivables:propose_plan": form("receivables.collect", ".case"),
    "receivables:plans": listing("receivables.view_instalmentplan"),
    "receivables:plan": page("receivables.view_instalmentplan", ".plan"),
    "receivables:letters": listing("receivables.view_letter"),
    "receivables:send_letters": Rule("receivables.send_letter", post=200),  # first POST: the ticked rows
    "receivables:letter": page("receivables.view_letter", ".letter"),
    "receivables:letter_pdf": read("receivables.view_letter", ".letter"),
    "receivables:send_letter": Rule("receivables.send_letter", (".letter",), post=200),
    # Deliveries and trading status
    "receivables:deliveries_to_invoice": listing("receivables.post_invoice"),
    "receivables:invoice_deliveries": Rule("receivables.post_invoice", post=200),  # first POST: the ticked rows
    "receivables:invoice_delivery": form("receivables.post_invoice", ".delivery"),
    "receivables:trading": page("receivables.view_invoice"),
    "receivables:trading_export": read("receivables.view_invoice"),
    # Analysis
    "analytics:home": Rule("analytics.view_customersegment", get=302, post=302),
    "analytics:team": page("analytics.see_team_dashboard"),
    "analytics:finance": page("analytics.see_finance_dashboard"),
    "analytics:segments": page("analytics.view_customersegment"),
    "analytics:moves": listing("analytics.view_segmentmove"),
    "analytics:retention": listing("analytics.view_churnscore"),
    "analytics:contribution": listing("analytics.view_contribution"),
    "analytics:cash": page("analytics.view_cashforecast"),
    "analytics:models": page("analytics.view_modelversion"),
    # Background work
    "jobs:runs": listing(SIGNED_IN),
    "jobs:head": read(SIGNED_IN),
    "jobs:seen": Rule(SIGNED_IN, get=405, post=200),
    "jobs:run": Rule(SIGNED_IN, ("@run",), seen_by=ALICE_S_RUN),
    "jobs:progress": Rule(SIGNED_IN, ("@run",), post=200, seen_by=ALICE_S_RUN),
    "jobs:result": Rule(SIGNED_IN, ("@run",), get=404, post=404, seen_by=ALICE_S_RUN),  # there is none yet
    "jobs:cancel": Rule(SIGNED_IN, ("@run",), get=405, post=302, seen_by=ALICE_S_RUN),
    "jobs:retry": Rule(SIGNED_IN, ("@run",), get=405, post=409, seen_by=ALICE_S_RUN),  # it has not failed
    "jobs:nights": read("jobs.view_night"),
    "jobs:start_night": form("jobs.rerun_night"),
    "jobs:night": read("jobs.view_night", "@night"),
    "jobs:night_progress": read("jobs.view_night", "@night"),
    "jobs:repeat_step": form("jobs.rerun_night", "@night", "verify"),
    # Notices
    "notices:notices": listing(SIGNED_IN),
    "notices:head": read(SIGNED_IN),
    "notices:read": Rule(SIGNED_IN, get=405, post=302),
    "notices:read_all": Rule(SIGNED_IN, get=405, post=200),
    "notices:wish": form(SIGNED_IN),
    "notices:open": Rule(SIGNED_IN, ("@notice",), get=302, post=302, seen_by=frozenset({"alice"})),
    # Import and export
    "exchange:imports": listing("exchange.add_import"),
    "exchange:new": form("exchange.add_import"),
    "exchange:import": Rule("exchange.add_import", ("@upload",), get=302, seen_by=FIONA_S_UPLOAD),
    "exchange:columns": Rule("exchange.add_import", ("@upload",), post=422, seen_by=FIONA_S_UPLOAD),
    "exchange:apply": Rule(
        "exchange.add_import", ("@upload",), get=405, post=302, seen_by=FIONA_S_UPLOAD, only="fiona"
    ),
    "exchange:discard": Rule(
        "exchange.add_import", ("@upload",), get=405, post=302, seen_by=FIONA_S_UPLOAD, only="fiona"
    ),
    "exchange:template": read("exchange.add_import", "customers"),
    "exchange:export": Rule("exchange.export_list", ("customers",), get=405, post=200),
}

# What each panel of the customer page asks for.
PANELS: dict[str, str] = {
    "profile": "customers.view_customer",
    "contacts": "customers.view_contact",
    "history": "customers.view_customer",
    "tier": "customers.view_tierchange",
    "credit_head": "credit.view_creditaccount",
    "credit": "credit.view_creditaccount",
    "credit_rating": "credit.view_rating",
    "credit_checks": "credit.view_creditcheck",
    "credit_requests": "credit.view_creditrequest",
    "orders": "contracts.view_order",
    "contracts": "contracts.view_contract",
    "receivables": "receivables.view_invoice",
    "open_invoices": "receivables.view_invoice",
    "collection": "receivables.view_case",
    "analysis": "analytics.view_churnscore",
}

# Whose customers each person sees (crm/accounts/demo.py): own, the team's, or all. root is a superuser.
EVERYBODYS = frozenset({"alice", "bob", "charlie"})
SEES: dict[str, frozenset[str]] = {
    "alice": frozenset({"alice"}),  # sales rep
    "bob": frozenset({"bob"}),  # sales rep, alice's team
    "charlie": frozenset({"charlie"}),  # sales rep, another team
    "emma": EVERYBODYS,  # sales rep with no customers of her own: all three are shared with her
    "mary": frozenset({"alice", "bob"}),  # sales manager of alice's and bob's region
    "martin": frozenset({"charlie"}),  # sales manager of charlie's region
    "diana": EVERYBODYS,  # sales director
    "carol": EVERYBODYS,  # credit controller
    "fiona": EVERYBODYS,  # accountant
    "frank": EVERYBODYS,  # finance manager
    "flora": EVERYBODYS,  # finance director
    "greg": EVERYBODYS,  # general manager
    "helen": EVERYBODYS,  # chairman
    "leo": EVERYBODYS,  # legal
    "sarah": EVERYBODYS,  # service
    "walter": frozenset(),  # warehouse
    "adam": EVERYBODYS,  # administrator
    "root": EVERYBODYS,  # superuser
    "nobody": frozenset(),  # signed in without any role
}

# The people of each role; everything else is said in terms of these.
REPS = frozenset({"alice", "bob", "charlie", "emma"})
SALES_MANAGERS = frozenset({"mary", "martin"})
SALES_DIRECTOR = frozenset({"diana"})
SALES_SUPERIORS = SALES_MANAGERS | SALES_DIRECTOR
SALES = REPS | SALES_SUPERIORS
CREDIT_CONTROLLER = frozenset({"carol"})
ACCOUNTANT = frozenset({"fiona"})
FINANCE_MANAGER = frozenset({"frank"})
FINANCE_DIRECTOR = frozenset({"flora"})
FINANCE_SUPERIORS = FINANCE_MANAGER | FINANCE_DIRECTOR
FINANCE = ACCOUNTANT | FINANCE_SUPERIORS
MANAGEMENT = frozenset({"greg", "helen"})
LEGAL = frozenset({"leo"})
SERVICE = frozenset({"sarah"})
ADMINISTRATOR = frozenset({"adam"})
EVERYBODY_BUT_WAREHOUSE = SALES | CREDIT_CONTROLLER | FINANCE | MANAGEMENT | LEGAL | SERVICE | ADMINISTRATOR


def held_by(*groups: frozenset[str]) -> frozenset[str]:
    """Who holds a permission; the superuser holds all of them."""
    return frozenset({"root"}).union(*groups)


PERMISSIONS: dict[str, frozenset[str]] = {
    "accounts.add_team": held_by(ADMINISTRATOR),
    "accounts.add_user": held_by(ADMINISTRATOR),
    "accounts.change_team": held_by(ADMINISTRATOR),
    "accounts.change_user": held_by(ADMINISTRATOR),
    "accounts.use_admin": held_by(FINANCE, CREDIT_CONTROLLER, ADMINISTRATOR),
    "accounts.view_team": held_by(ADMINISTRATOR),
    "accounts.view_user": held_by(ADMINISTRATOR),
    "admin.view_logentry": held_by(ADMINISTRATOR),
    "analytics.see_finance_dashboard": held_by(FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "analytics.see_team_dashboard": held_by(SALES_SUPERIORS, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "analytics.view_cashforecast": held_by(SALES_DIRECTOR, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "analytics.view_churnscore": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "analytics.view_contribution": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "analytics.view_customerfeatures": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "analytics.view_customersegment": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "analytics.view_modelversion": held_by(SALES_SUPERIORS, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "analytics.view_segment": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "analytics.view_segmentmove": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "analytics.view_segmentprofile": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "auth.view_group": held_by(ADMINISTRATOR),
    "axes.delete_accessattempt": held_by(ADMINISTRATOR),
    "axes.view_accessattempt": held_by(ADMINISTRATOR),
    "axes.view_accesslog": held_by(ADMINISTRATOR),
    "contracts.add_customerdiscount": held_by(SALES_SUPERIORS, frozenset({"greg"})),
    "contracts.add_discountfloor": held_by(SALES_DIRECTOR, FINANCE_SUPERIORS, ADMINISTRATOR),
    "contracts.add_order": held_by(SALES, CREDIT_CONTROLLER),
    "contracts.add_product": held_by(SALES_DIRECTOR, FINANCE_SUPERIORS, ADMINISTRATOR),
    "contracts.cancel_order": held_by(SALES, CREDIT_CONTROLLER),
    "contracts.change_discountfloor": held_by(SALES_DIRECTOR, FINANCE_SUPERIORS, ADMINISTRATOR),
    "contracts.change_product": held_by(SALES_DIRECTOR, FINANCE_SUPERIORS, ADMINISTRATOR),
    "contracts.deliver_order": held_by(frozenset({"walter"})),
    "contracts.release_order": held_by(SALES, CREDIT_CONTROLLER),
    "contracts.accept_contract": held_by(LEGAL, frozenset({"greg"})),
    "contracts.review_order": held_by(SALES_SUPERIORS, frozenset({"greg"})),
    "contracts.see_holds": held_by(SALES, CREDIT_CONTROLLER, FINANCE, MANAGEMENT),
    "contracts.view_customerdiscount": held_by(EVERYBODY_BUT_WAREHOUSE),
    "contracts.view_delivery": held_by(EVERYBODY_BUT_WAREHOUSE),
    "contracts.view_deliveryline": held_by(EVERYBODY_BUT_WAREHOUSE),
    "contracts.view_discountfloor": held_by(SALES_DIRECTOR, FINANCE_SUPERIORS, ADMINISTRATOR),
    "contracts.view_order": held_by(EVERYBODY_BUT_WAREHOUSE),
    "contracts.view_orderline": held_by(EVERYBODY_BUT_WAREHOUSE),
    "contracts.view_orderpaper": held_by(EVERYBODY_BUT_WAREHOUSE),
    "contracts.view_orderreview": held_by(EVERYBODY_BUT_WAREHOUSE),
    "contracts.view_paperreview": held_by(EVERYBODY_BUT_WAREHOUSE),
    "contracts.view_product": held_by(EVERYBODY_BUT_WAREHOUSE),
    "contracts.add_contract": held_by(SALES, LEGAL),
    "contracts.change_templateversion": held_by(SALES_DIRECTOR, LEGAL),
    "contracts.lend_original": held_by(FINANCE, LEGAL, ADMINISTRATOR),
    "contracts.publish_template": held_by(LEGAL, frozenset({"greg"})),
    "contracts.seal_contract": held_by(LEGAL, MANAGEMENT),
    "contracts.sign_contract": held_by(LEGAL, MANAGEMENT),
    "contracts.terminate_contract": held_by(SALES_DIRECTOR, LEGAL, MANAGEMENT),
    "contracts.view_annex": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, LEGAL, ADMINISTRATOR),
    "contracts.view_clause": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, LEGAL, ADMINISTRATOR),
    "contracts.view_contract": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, LEGAL, ADMINISTRATOR),
    "contracts.view_contractclause": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, LEGAL, ADMINISTRATOR),
    "contracts.view_contractline": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, LEGAL, ADMINISTRATOR),
    "contracts.view_versionstep": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, LEGAL, ADMINISTRATOR),
    "contracts.view_originalloan": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, LEGAL, ADMINISTRATOR),
    "contracts.view_paymentpart": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, LEGAL, ADMINISTRATOR),
    "contracts.view_sealrequest": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, LEGAL, ADMINISTRATOR),
    "contracts.view_signedscan": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, LEGAL, ADMINISTRATOR),
    "contracts.view_submission": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, LEGAL, ADMINISTRATOR),
    "contracts.view_template": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, LEGAL, ADMINISTRATOR),
    "contracts.view_templateversion": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, LEGAL, ADMINISTRATOR),
    "core.add_currency": held_by(ADMINISTRATOR),
    "core.add_legalentity": held_by(ADMINISTRATOR),
    "core.add_rate": held_by(FINANCE, ADMINISTRATOR),
    "core.change_currency": held_by(ADMINISTRATOR),
    "core.change_legalentity": held_by(FINANCE_SUPERIORS, ADMINISTRATOR),
    "core.change_rate": held_by(FINANCE, ADMINISTRATOR),
    "core.close_period": held_by(FINANCE_SUPERIORS),
    "core.delete_rate": held_by(FINANCE_SUPERIORS),
    "core.reopen_period": held_by(FINANCE_DIRECTOR),
    "core.view_currency": held_by(FINANCE, CREDIT_CONTROLLER, ADMINISTRATOR),
    "core.view_idempotencykey": held_by(ADMINISTRATOR),
    "core.view_installation": held_by(ADMINISTRATOR),
    "core.view_legalentity": held_by(FINANCE, CREDIT_CONTROLLER, ADMINISTRATOR),
    "core.view_rate": held_by(FINANCE, CREDIT_CONTROLLER, ADMINISTRATOR),
    "approvals.activate_chain": held_by(FINANCE_SUPERIORS, ADMINISTRATOR),
    "approvals.add_chainrule": held_by(FINANCE_DIRECTOR, CREDIT_CONTROLLER, ADMINISTRATOR),
    "approvals.add_chainstep": held_by(FINANCE_DIRECTOR, CREDIT_CONTROLLER, ADMINISTRATOR),
    "approvals.add_chainversion": held_by(FINANCE_DIRECTOR, CREDIT_CONTROLLER, ADMINISTRATOR),
    "approvals.change_chainrule": held_by(FINANCE_DIRECTOR, CREDIT_CONTROLLER, ADMINISTRATOR),
    "approvals.change_chainstep": held_by(FINANCE_DIRECTOR, CREDIT_CONTROLLER, ADMINISTRATOR),
    "approvals.change_chainversion": held_by(FINANCE_DIRECTOR, CREDIT_CONTROLLER, ADMINISTRATOR),
    "approvals.decide_request": held_by(SALES_SUPERIORS, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, LEGAL),
    "approvals.delete_chainrule": held_by(FINANCE_DIRECTOR, CREDIT_CONTROLLER, ADMINISTRATOR),
    "approvals.delete_chainstep": held_by(FINANCE_DIRECTOR, CREDIT_CONTROLLER, ADMINISTRATOR),
    "approvals.view_chainrule": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER, ADMINISTRATOR),
    "approvals.view_chainstep": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER, ADMINISTRATOR),
    "approvals.view_chainversion": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER, ADMINISTRATOR),
    "approvals.view_delegation": held_by(FINANCE_DIRECTOR, ADMINISTRATOR),
    "approvals.view_request": held_by(EVERYBODY_BUT_WAREHOUSE),
    "credit.activate_check_policy": held_by(FINANCE_DIRECTOR, MANAGEMENT),
    "credit.add_creditcheckpolicy": held_by(CREDIT_CONTROLLER),
    "credit.change_creditcheckpolicy": held_by(CREDIT_CONTROLLER),
    "credit.view_creditcheck": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "credit.view_creditcheckpolicy": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "credit.view_hold": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "credit.view_lift": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "credit.add_creditrequest": held_by(SALES, FINANCE, CREDIT_CONTROLLER),
    "credit.activate_scorecard": held_by(FINANCE_SUPERIORS),
    "credit.add_financialstatement": held_by(SALES, FINANCE, CREDIT_CONTROLLER),
    "credit.add_investigation": held_by(SALES, CREDIT_CONTROLLER),
    "credit.add_statementconfirmation": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER),
    "credit.view_statementconfirmation": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "credit.add_rating": held_by(SALES, FINANCE, CREDIT_CONTROLLER),
    "credit.add_scorecarditem": held_by(FINANCE_DIRECTOR, CREDIT_CONTROLLER),
    "credit.add_scorecardversion": held_by(FINANCE_DIRECTOR, CREDIT_CONTROLLER),
    "credit.change_scorecarditem": held_by(FINANCE_DIRECTOR, CREDIT_CONTROLLER),
    "credit.change_scorecardversion": held_by(FINANCE_DIRECTOR, CREDIT_CONTROLLER),
    "credit.delete_scorecarditem": held_by(FINANCE_DIRECTOR, CREDIT_CONTROLLER),
    "credit.view_accountgrade": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "credit.view_financialstatement": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "credit.view_investigation": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "credit.view_investigationanswer": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "credit.exclude_rating": held_by(FINANCE, CREDIT_CONTROLLER),
    "credit.view_rating": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "credit.view_ratingreview": held_by(SALES_DIRECTOR, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "credit.view_scorecarditem": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER, ADMINISTRATOR),
    "credit.view_scorecardversion": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER, ADMINISTRATOR),
    "credit.restrict_account": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER, MANAGEMENT),
    "credit.view_fittedscorecard": held_by(FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "credit.activate_creditpolicy": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER),
    "credit.add_creditpolicy": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER),
    "credit.change_creditpolicy": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER),
    "credit.change_policyclass": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER),
    "credit.view_creditpolicy": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER, ADMINISTRATOR),
    "credit.view_policyclass": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER, ADMINISTRATOR),
    "credit.view_creditrequest": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "credit.view_creditaccount": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "credit.view_groupaccount": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "credit.view_creditentry": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "credit.view_openbyduedate": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "credit.view_paymentbehaviour": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "credit.view_reservation": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "customers.activate_tierpolicy": held_by(FINANCE_SUPERIORS),
    "customers.add_contact": held_by(SALES, FINANCE, CREDIT_CONTROLLER, SERVICE, ADMINISTRATOR),
    "customers.add_customer": held_by(SALES, FINANCE, CREDIT_CONTROLLER, ADMINISTRATOR),
    "customers.add_duplicatepolicy": held_by(ADMINISTRATOR),
    "customers.add_industry": held_by(ADMINISTRATOR),
    "customers.add_region": held_by(ADMINISTRATOR),
    "customers.add_tierpolicy": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER, ADMINISTRATOR),
    "customers.assign_customer": held_by(SALES_SUPERIORS, MANAGEMENT),
    "customers.blacklist_customer": held_by(SALES_SUPERIORS, CREDIT_CONTROLLER, FINANCE_DIRECTOR, MANAGEMENT, LEGAL),
    "customers.change_contact": held_by(SALES, FINANCE, CREDIT_CONTROLLER, SERVICE, ADMINISTRATOR),
    "customers.change_customer": held_by(SALES, FINANCE, CREDIT_CONTROLLER, ADMINISTRATOR),
    "customers.change_duplicatepolicy": held_by(ADMINISTRATOR),
    "customers.change_industry": held_by(ADMINISTRATOR),
    "customers.change_region": held_by(ADMINISTRATOR),
    "customers.change_tierpolicy": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER, ADMINISTRATOR),
    "customers.change_tierrule": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER, ADMINISTRATOR),
    "customers.set_tier": held_by(SALES_SUPERIORS, MANAGEMENT),
    "customers.share_customer": held_by(SALES_SUPERIORS, MANAGEMENT),
    "customers.view_assignment": held_by(EVERYBODY_BUT_WAREHOUSE),
    "customers.view_contact": held_by(EVERYBODY_BUT_WAREHOUSE),
    "customers.view_customer": held_by(EVERYBODY_BUT_WAREHOUSE),
    "customers.view_customershare": held_by(EVERYBODY_BUT_WAREHOUSE),
    "customers.view_customertier": held_by(EVERYBODY_BUT_WAREHOUSE),
    "customers.view_duplicatepolicy": held_by(ADMINISTRATOR),
    "customers.view_externalref": held_by(EVERYBODY_BUT_WAREHOUSE),
    "customers.view_industry": held_by(EVERYBODY_BUT_WAREHOUSE),
    "customers.view_region": held_by(EVERYBODY_BUT_WAREHOUSE),
    "customers.view_statechange": held_by(EVERYBODY_BUT_WAREHOUSE),
    "customers.view_tierchange": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "customers.view_tierpolicy": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER, ADMINISTRATOR),
    "customers.view_tierrule": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER, ADMINISTRATOR),
    "customers.view_timelineevent": held_by(EVERYBODY_BUT_WAREHOUSE),
    "django_celery_beat.change_periodictask": held_by(ADMINISTRATOR),
    "django_celery_beat.view_periodictask": held_by(ADMINISTRATOR),
    "exchange.add_import": held_by(SALES, FINANCE, CREDIT_CONTROLLER, ADMINISTRATOR),
    "exchange.export_list": held_by(EVERYBODY_BUT_WAREHOUSE),
    "exchange.view_import": held_by(FINANCE_SUPERIORS, ADMINISTRATOR),
    "jobs.change_run": held_by(ADMINISTRATOR),
    "jobs.rerun_night": held_by(FINANCE_DIRECTOR, CREDIT_CONTROLLER, ADMINISTRATOR),
    "jobs.view_night": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER, ADMINISTRATOR),
    "jobs.view_run": held_by(ADMINISTRATOR),
    "notices.resend_mail": held_by(ADMINISTRATOR),
    "notices.view_mail": held_by(ADMINISTRATOR),
    "notices.view_notice": held_by(ADMINISTRATOR),
    "notices.view_preference": held_by(ADMINISTRATOR),
    "receivables.activate_policy": held_by(FINANCE_SUPERIORS),
    "receivables.add_causecode": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER, ADMINISTRATOR),
    "receivables.add_collectionpolicy": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER, ADMINISTRATOR),
    "receivables.add_lettertemplate": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER, ADMINISTRATOR),
    "receivables.add_policystep": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER, ADMINISTRATOR),
    "receivables.change_causecode": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER, ADMINISTRATOR),
    "receivables.change_collectionpolicy": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER, ADMINISTRATOR),
    "receivables.change_lettertemplate": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER, ADMINISTRATOR),
    "receivables.change_policystep": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER, ADMINISTRATOR),
    "receivables.delete_policystep": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER, ADMINISTRATOR),
    "receivables.resolve_dispute": held_by(SALES_SUPERIORS, CREDIT_CONTROLLER, FINANCE_SUPERIORS),
    "receivables.view_casestep": held_by(SALES, FINANCE, CREDIT_CONTROLLER, LEGAL, MANAGEMENT, ADMINISTRATOR),
    "receivables.view_causecode": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER, ADMINISTRATOR),
    "receivables.view_collectioncontact": held_by(SALES, FINANCE, CREDIT_CONTROLLER, LEGAL, MANAGEMENT, ADMINISTRATOR),
    "receivables.view_collectionpolicy": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER, ADMINISTRATOR),
    "receivables.view_dunningoptout": held_by(SALES, FINANCE, CREDIT_CONTROLLER, LEGAL, MANAGEMENT, ADMINISTRATOR),
    "receivables.view_lettertemplate": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER, ADMINISTRATOR),
    "receivables.view_overduecause": held_by(SALES, FINANCE, CREDIT_CONTROLLER, LEGAL, MANAGEMENT, ADMINISTRATOR),
    "receivables.view_policystep": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER, ADMINISTRATOR),
    "receivables.collect": held_by(SALES, FINANCE, CREDIT_CONTROLLER, LEGAL),
    "receivables.opt_out_of_dunning": held_by(SALES_DIRECTOR, CREDIT_CONTROLLER, FINANCE_SUPERIORS),
    "receivables.send_letter": held_by(FINANCE, CREDIT_CONTROLLER, LEGAL),
    "receivables.view_case": held_by(SALES, FINANCE, CREDIT_CONTROLLER, LEGAL, MANAGEMENT, ADMINISTRATOR),
    "receivables.view_dispute": held_by(SALES, FINANCE, CREDIT_CONTROLLER, LEGAL, MANAGEMENT, ADMINISTRATOR),
    "receivables.view_instalmentplan": held_by(SALES, FINANCE, CREDIT_CONTROLLER, LEGAL, MANAGEMENT, ADMINISTRATOR),
    "receivables.view_letter": held_by(SALES, FINANCE, CREDIT_CONTROLLER, LEGAL, MANAGEMENT, ADMINISTRATOR),
    "receivables.view_paymentpromise": held_by(SALES, FINANCE, CREDIT_CONTROLLER, LEGAL, MANAGEMENT, ADMINISTRATOR),
    "receivables.add_ageingscheme": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER, ADMINISTRATOR),
    "receivables.assign_responsible": held_by(SALES_SUPERIORS, FINANCE, CREDIT_CONTROLLER),
    "receivables.change_ageingscheme": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER, ADMINISTRATOR),
    "receivables.delete_ageingscheme": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER, ADMINISTRATOR),
    "receivables.post_invoice": held_by(FINANCE),
    "receivables.post_receipt": held_by(FINANCE),
    "receivables.reverse_invoice": held_by(FINANCE_SUPERIORS),
    "receivables.reverse_receipt": held_by(FINANCE_SUPERIORS),
    "receivables.view_ageingscheme": held_by(FINANCE_SUPERIORS, CREDIT_CONTROLLER, ADMINISTRATOR),
    "receivables.view_allocation": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "receivables.view_deliveryinvoice": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "receivables.view_invoiceline": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "receivables.view_invoice": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "receivables.view_receipt": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
    "receivables.view_reversal": held_by(SALES, FINANCE, CREDIT_CONTROLLER, MANAGEMENT, ADMINISTRATOR),
}
