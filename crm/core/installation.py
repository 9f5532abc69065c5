"""What this database was begun with: base currency and time zone are recorded at the first migrate and never change.

Amounts in base currency and business dates would silently mean something else under other settings, so other settings
are refused: by the system checks (`manage.py migrate`, `check --database default`) and when a server process starts.
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, connection

from crm.core.errors import OtherInstallation
from crm.core.models import Currency, Installation

# ISO 4217 code, decimal places, Chinese and English name of the currencies every installation begins with.
CURRENCIES = (
    ("CNY", 2, "人民币", "Chinese yuan"),
    ("USD", 2, "美元", "US dollar"),
    ("CAD", 2, "加拿大元", "Canadian dollar"),
    ("EUR", 2, "欧元", "Euro"),
    ("HKD", 2, "港元", "Hong Kong dollar"),
    ("JPY", 0, "日元", "Japanese yen"),
    ("GBP", 2, "英镑", "Pound sterling"),
)


def record_installation(**kwargs: Any) -> None:
    """After migrate: remember the settings of the first time, and add the currencies that are missing."""
    Installation.objects.get_or_create(
        pk=1, defaults={"base_currency": settings.BASE_CURRENCY, "time_zone": settings.BUSINESS_TIME_ZONE}
    )
    Currency.objects.bulk_create(
        [
            Currency(code=code, places=places, name_zh=name_zh, name_en=name_en)
            for code, places, name_zh, name_en in (
                *CURRENCIES,
                (settings.BASE_CURRENCY, 2, *[settings.BASE_CURRENCY] * 2),
            )
        ],
        ignore_conflicts=True,
    )


def refuse_other_settings() -> None:
    """Raise OtherInstallation when the settings differ from what the database was begun with."""
    if Installation._meta.db_table not in connection.introspection.table_names():
        return
    begun = Installation.objects.filter(pk=1).first()
    if begun and (begun.base_currency, begun.time_zone) != (settings.BASE_CURRENCY, settings.BUSINESS_TIME_ZONE):
        raise OtherInstallation(
            base_currency=begun.base_currency,
            time_zone=begun.time_zone,
            other_currency=settings.BASE_CURRENCY,
            other_time_zone=settings.BUSINESS_TIME_ZONE,
        )


def refuse_at_start() -> None:
    """What a server process calls as it starts; a database that cannot be asked yet is asked again by /health/ready."""
    try:
        refuse_other_settings()
    except DatabaseError:
        return
    finally:
        connection.close()  # the processes that are forked later open their own


@register(Tags.database)
def installation_check(
    app_configs: Any = None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """System check of the commands that use the database."""
    if not databases or "default" not in databases:
        return []
    try:
        refuse_other_settings()
    except OtherInstallation as refusal:
        return [Error(str(refusal), id="core.E001")]
    except DatabaseError:
        return []  # unreachable or being built: other checks and the command itself say so
    return []
