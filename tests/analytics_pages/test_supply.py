"""What waits between order and delivery on the dashboards: each figure is that of the list it leads to."""

import datetime as dt

import pytest
from django.test import Client

from analytics.views.supply import supply_tiles
from contracts.models import Order
from crm.accounts.models import User
from tests.factories import make_company, make_user
from tests.orders.making import TODAY, Shop, make_contract


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop(make_company())


def tiles(user: User) -> dict[str, str]:
    return {str(tile.label): str(tile.value) for tile in supply_tiles(user, TODAY)}


def test_each_figure_is_that_of_the_rows_it_leads_to(shop: Shop) -> None:
    shop.released("1001")
    shop.released("1002")
    make_contract(shop.customer, shop.alice, shop.company.entity, ends_on=TODAY + dt.timedelta(days=60))
    found = tiles(shop.company.greg)
    held = list(Order.objects.filter(state="held").values_list("base_total", flat=True))
    assert len(held) == 2
    assert found["Orders on hold"] == f"{sum(amount or 0 for amount in held):,.2f}"
    assert found["Contracts ending"] == "1", "the other ends in December"
    client = Client(headers={"accept-language": "en"})
    client.force_login(shop.company.greg)
    for tile in supply_tiles(shop.company.greg, TODAY):
        assert client.get(tile.url).status_code == 200


def test_a_stranger_sees_nothing_of_it(shop: Shop) -> None:
    shop.released("1001")
    charlie = shop.company.charlie
    assert not any(tiles(charlie).values())


def test_nobody_without_the_permission_has_the_figure(shop: Shop) -> None:
    assert supply_tiles(make_user("nobody", role="warehouse"), TODAY) == []
