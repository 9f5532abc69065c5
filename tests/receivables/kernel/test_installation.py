"""What an installation begins with, and that it does not change under its books."""

from typing import Any
from unittest.mock import patch

import pytest
from django.core.checks import run_checks

from crm.core.errors import OtherInstallation
from crm.core.installation import CURRENCIES, record_installation, refuse_at_start, refuse_other_settings
from crm.core.models import Currency, Installation
from receivables.models import AgeingScheme
from receivables.services.schemes import seed_ageing_scheme

pytestmark = pytest.mark.django_db


def test_migrate_records_the_settings_and_seeds_currencies_and_buckets() -> None:
    begun = Installation.objects.get()
    assert (begun.base_currency, begun.time_zone) == ("CNY", "Asia/Shanghai")
    assert set(Currency.objects.values_list("code", flat=True)) >= {code for code, *_rest in CURRENCIES}
    assert Currency.objects.get(code="JPY").places == 0
    scheme = AgeingScheme.objects.get(is_default=True)
    assert scheme.bounds == [30, 60, 90, 180, 365]
    assert scheme.name_zh
    assert scheme.name_en


def test_seeding_again_leaves_what_people_edited() -> None:
    Currency.objects.filter(code="USD").update(name_en="Dollar", is_active=False)
    AgeingScheme.objects.update(bounds=[45])
    record_installation()
    seed_ageing_scheme()
    assert Currency.objects.get(code="USD").name_en == "Dollar"
    assert AgeingScheme.objects.get().bounds == [45]


@pytest.mark.parametrize(("name", "value"), [("BASE_CURRENCY", "USD"), ("BUSINESS_TIME_ZONE", "Europe/Berlin")])
def test_other_settings_are_refused(settings: Any, name: str, value: str) -> None:
    refuse_other_settings()
    assert not [error for error in run_checks(databases=["default"], tags=["database"]) if error.id == "core.E001"]
    setattr(settings, name, value)
    with pytest.raises(OtherInstallation) as refusal:
        refuse_other_settings()
    assert value in str(refusal.value)
    with pytest.raises(OtherInstallation), patch("crm.core.installation.connection.close"):
        refuse_at_start()
    found = [error for error in run_checks(databases=["default"], tags=["database"]) if error.id == "core.E001"]
    assert len(found) == 1
    assert "CNY" in found[0].msg
