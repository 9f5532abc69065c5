"""What products and orders tell the house, and who may do what.

see orders and products        sales (own customers), credit controller, finance, legal, service, management,
                               administrator
review what is made to order   sales manager and director, general manager; never what they wrote
draft, change, cancel, release sales, credit controller
see the queue of holds         sales (own customers), credit controller, finance, management
deliver                        warehouse, which sees released orders only, and no money
add the signed delivery note   warehouse (of all deliveries), sales, credit controller
agree a discount               sales manager and director, general manager, each up to the floor of the role
products                       sales director, finance manager and director, administrator (on their pages)
discount floors                the same, in the administration
"""

from contracts.imports import ORDERS as ORDER_IMPORT
from contracts.imports import PRODUCTS
from contracts.models import Order, Product
from contracts.notices import ORDER_NOTICES
from contracts.panels.orders import DAY_CARDS, KINDS, MENU, PANELS, SEARCHES, SOURCE_LINKS
from contracts.services.order_reviews import MAY_REVIEW
from contracts.services.paper_reviews import MAY_ACCEPT
from contracts.services.waiting import ORDERS
from contracts.verification.orders import verify_orders
from crm.accounts import roles
from crm.audit.registry import track
from crm.core.registry import Grant, registry
from crm.exchange.kinds import register_import_kind

MODELS = (
    "order",
    "orderline",
    "orderpaper",
    "orderreview",
    "paperreview",
    "delivery",
    "deliveryline",
    "product",
    "customerdiscount",
)
SEEN = [f"contracts.view_{name}" for name in MODELS]
SEE = tuple(role for role in roles.EVERYONE if role != roles.WAREHOUSE)
SELL = (*roles.SALES, roles.CREDIT_CONTROLLER)
KEEP = (roles.SALES_DIRECTOR, roles.FINANCE_MANAGER, roles.FINANCE_DIRECTOR, roles.ADMINISTRATOR)
SELLING = ["contracts.add_order", "contracts.release_order", "contracts.cancel_order"]
KEEPING = [f"contracts.{verb}_{name}" for name in ("product", "discountfloor") for verb in ("add", "change")]


def register_orders() -> None:
    for role in SEE:
        registry.add(Grant(role, SEEN))
    for role in SELL:
        registry.add(Grant(role, SELLING))
    for role in (roles.SALES_MANAGER, roles.SALES_DIRECTOR, roles.GENERAL_MANAGER):
        registry.add(Grant(role, ["contracts.add_customerdiscount", MAY_REVIEW]))
    for role in (roles.LEGAL, roles.GENERAL_MANAGER):
        registry.add(Grant(role, [MAY_ACCEPT]))
    for role in KEEP:
        registry.add(Grant(role, [*KEEPING, "contracts.view_discountfloor"]))
    for role in (*roles.SALES, roles.CREDIT_CONTROLLER, *roles.FINANCE, *roles.MANAGEMENT):
        registry.add(Grant(role, ["contracts.see_holds"]))
    registry.add(Grant(roles.WAREHOUSE, ["contracts.deliver_order"]))
    registry.add(*MENU, *PANELS, *DAY_CARDS, *SEARCHES, *KINDS, *SOURCE_LINKS, *ORDER_NOTICES, ORDERS)
    register_import_kind(PRODUCTS, ORDER_IMPORT)
    registry.verifiers["orders"] = verify_orders
    track(Order, permission="contracts.view_order")
    track(Product, permission="contracts.change_product", shared=True)  # it shows what they cost
