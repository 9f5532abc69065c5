import pytest

from tests.factories import make_company
from tests.orders.making import Shop


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop(make_company())
