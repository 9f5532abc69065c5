"""What products and orders tell the house, and who may do what.

see orders and products        sales (own customers), credit controller, finance, legal, service, management,
                               administrator
draft, change, cancel, release sales, credit controller
see the queue of holds         sales (own customers), credit controller, finance, management
deliver                        warehouse, which sees released orders only, and no money
agree a discount               sales manager and director, general manager, each up to the floor of the role
products and discount floors   sales director, finance manager and director, administrator (in the administration)
"""

from contracts.models import Order, Product
from contracts.order_imports import PRODUCTS
from contracts.order_panels import DAY_CARDS, KINDS, MENU, PANELS, SEARCHES, SOURCE_LINKS
from contracts.order_verification import verify_orders
from contracts.services.waiting import ORDERS
from crm.accounts import roles
from crm.audit.registry import track
from crm.core.registry import Grant, registry
from crm.exchange.kinds import register_import_kind

SEEN = [
    f"contracts.view_{name}"
    for name in ("order", "orderline", "delivery", "deliveryline", "product", "customerdiscount")
]
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
        registry.add(Grant(role, ["contracts.add_customerdiscount"]))
    for role in KEEP:
        registry.add(Grant(role, [*KEEPING, "contracts.view_discountfloor"]))
    for role in (*roles.SALES, roles.CREDIT_CONTROLLER, *roles.FINANCE, *roles.MANAGEMENT):
        registry.add(Grant(role, ["contracts.see_holds"]))
    registry.add(Grant(roles.WAREHOUSE, ["contracts.deliver_order"]))
    registry.add(*MENU, *PANELS, *DAY_CARDS, *SEARCHES, *KINDS, *SOURCE_LINKS, ORDERS)
    register_import_kind(PRODUCTS)
    registry.verifiers["orders"] = verify_orders
    track(Order, permission="contracts.view_order")
    track(Product, permission="contracts.view_product")
