import pytest

from tests.factories import Company, make_company


@pytest.fixture
def company(db: None) -> Company:
    return make_company()
