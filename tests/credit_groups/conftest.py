import pytest

from tests.credit_groups.family import Family, make_family
from tests.factories import Company, make_company


@pytest.fixture
def company(db: None) -> Company:
    return make_company()


@pytest.fixture
def family(company: Company) -> Family:
    return make_family(company)
