"""What customers tell the house: menu, panels, search, timeline, history, and who may do what.

Who may do what (everyone only with the customers they see; docs/user-guide/customers.md):
    see customers                   every role but the warehouse
    create and change profiles      sales, credit controller, finance, administrator (master data, imports)
    contacts                        the same and customer service
    tier of a customer              as customers; why it is that tier: sales, finance, credit controller, management
    set a tier by hand              sales manager, sales director, general manager, chairman
    policy on tiers                 credit controller, finance manager and director, administrator; the finance
                                    manager and director put it into force
    reassign, share with colleagues sales manager, sales director, general manager, chairman
    blacklist, and take off it      the same, credit controller, finance director, legal
    policy on duplicates, lists     administrator
"""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from crm.accounts import roles
from crm.audit.registry import track
from crm.core.registry import Grant, MenuItem, registry
from crm.exchange.kinds import register_import_kind
from customers.imports import CONTACTS as CONTACT_IMPORT
from customers.imports import CUSTOMERS as CUSTOMER_IMPORT
from customers.models import Contact, Customer, TierPolicy
from customers.panels import PANELS
from customers.search import CUSTOMER_SEARCH
from customers.timeline import CUSTOMER_KINDS
from customers.verification import verify_tiers

VIEW = [
    f"customers.view_{model}"
    for model in (
        "customer",
        "contact",
        "assignment",
        "statechange",
        "customershare",
        "externalref",
        "timelineevent",
        "customertier",
    )
] + ["customers.view_industry", "customers.view_region"]  # fmt: skip
EDIT = ["customers.add_customer", "customers.change_customer"]
CONTACTS = ["customers.add_contact", "customers.change_contact"]
ASSIGN = ["customers.assign_customer", "customers.share_customer"]
WHY_TIER = ["customers.view_tierchange"]
SET_TIER = ["customers.set_tier"]
TIER_POLICY = [
    *(f"customers.{verb}_tierpolicy" for verb in ("view", "add", "change")),
    *(f"customers.{verb}_tierrule" for verb in ("view", "change")),
]
BLACKLIST = ["customers.blacklist_customer"]
LISTS = [
    f"customers.{verb}_{model}"
    for model in ("duplicatepolicy", "industry", "region")
    for verb in ("view", "add", "change")
]

SEE = tuple(code for code in roles.ROLES if code != roles.WAREHOUSE)
PROFILES = (*roles.SALES, roles.CREDIT_CONTROLLER, *roles.FINANCE, roles.ADMINISTRATOR)
MANAGERS = (roles.SALES_MANAGER, roles.SALES_DIRECTOR, *roles.MANAGEMENT)
SEE_FIGURES = (*roles.SALES, roles.CREDIT_CONTROLLER, *roles.FINANCE, *roles.MANAGEMENT, roles.ADMINISTRATOR)
SUPERIORS = (roles.FINANCE_MANAGER, roles.FINANCE_DIRECTOR)
WRITE_TIER_POLICY = (roles.CREDIT_CONTROLLER, *SUPERIORS, roles.ADMINISTRATOR)
BLACKLISTERS = (*MANAGERS, roles.CREDIT_CONTROLLER, roles.FINANCE_DIRECTOR, roles.LEGAL)


def register(config: AppConfig) -> None:
    for role in SEE:
        registry.add(Grant(role, VIEW))
    for role in PROFILES:
        registry.add(Grant(role, [*EDIT, *CONTACTS]))
    registry.add(Grant(roles.SERVICE, CONTACTS))
    for role in MANAGERS:
        registry.add(Grant(role, [*ASSIGN, *SET_TIER]))
    for role in SEE_FIGURES:
        registry.add(Grant(role, WHY_TIER))
    for role in WRITE_TIER_POLICY:
        registry.add(Grant(role, TIER_POLICY))
    for role in SUPERIORS:
        registry.add(Grant(role, ["customers.activate_tierpolicy"]))
    for role in BLACKLISTERS:
        registry.add(Grant(role, BLACKLIST))
    registry.add(Grant(roles.ADMINISTRATOR, LISTS))
    register_import_kind(CUSTOMER_IMPORT, CONTACT_IMPORT)
    registry.add(
        MenuItem("customers", _("Customers"), "customers:customers", "users", "customers.view_customer", order=20),
        CUSTOMER_SEARCH,
        *PANELS,
        *CUSTOMER_KINDS,
    )
    registry.verifiers["customers"] = verify_tiers
    track(TierPolicy, permission="customers.view_tierpolicy", shared=True)
    track(
        Customer,
        permission="customers.view_customer",
        lines=((Contact, "customer"),),
        hidden=("core_name", "pinyin", "search_text", "phone_digits", "version"),
        masked=("identity_number",),
    )
