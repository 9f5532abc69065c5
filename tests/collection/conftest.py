import pytest

from tests.factories import Company, make_company


@pytest.fixture
def company(db: None) -> Company:
    """The fixed cast around one customer of alice's."""
    return make_company()
