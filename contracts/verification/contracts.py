"""What is always true of contracts, looked at again: amounts by lines, scans and annexes by their checksum."""

from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet
from django.db.models.functions import Mod
from django.utils.translation import gettext_lazy as _

from contracts.models import Annex, SignedScan
from crm.core.dates import business_today
from crm.core.uploads import as_stored
from crm.core.verification import Difference

# An archive of years is not read every night: each day a part of it, and in so many days the whole.
FILES_IN_DAYS = 30
LABELS = {
    "contract_amount": _("Amount of the contract, by its lines"),
    "contract_scan": _("Scans of the signed contract"),
    "contract_scan_size": _("Bytes of the signed scan as it is stored"),
    "contract_scan_checksum": _("SHA-256 of the signed scan as it is stored"),
    "contract_annex_size": _("Bytes of the annex as it is stored"),
    "contract_annex_checksum": _("SHA-256 of the annex as it is stored"),
    "contract_number": _("Last contract number of the year, by the count of contracts"),
    "contract_current": _("Versions that hold, of the contract"),
    "contract_replaced": _("First day of the version that follows, by its signing"),
}
CHECKS = """
SELECT 'contract_amount', contract.number, lines.amount, contract.amount
FROM contracts_contract contract
JOIN (SELECT contract_id, sum(amount) AS amount FROM contracts_contractline GROUP BY contract_id) lines
  ON lines.contract_id = contract.id
WHERE lines.amount <> contract.amount
UNION ALL
SELECT 'contract_scan', contract.number, 1, 0
FROM contracts_contract contract
WHERE contract.signed_on IS NOT NULL
  AND NOT EXISTS (SELECT FROM contracts_signedscan scan WHERE scan.contract_id = contract.id)
UNION ALL
SELECT 'contract_number', 'C' || year, count, last
FROM (
    SELECT substr(number, 2, 4) AS year, count(*), max(substr(number, 7)::bigint) AS last
    FROM contracts_contract WHERE revision = 1 GROUP BY 1
) years
WHERE count <> last
UNION ALL
SELECT 'contract_current', min(number), 1, count(*) FILTER (WHERE is_current)
FROM contracts_contract
GROUP BY root_id
HAVING count(*) FILTER (WHERE is_current) <> 1
UNION ALL
SELECT 'contract_replaced', old.number, 1, 0
FROM contracts_contract old
WHERE old.replaced_on IS NOT NULL AND NOT EXISTS (
    SELECT FROM contracts_contract follower
    WHERE follower.replaces_id = old.id AND old.replaced_on = GREATEST(follower.starts_on, follower.signed_on)
      AND follower.signed_on IS NOT NULL
)
"""


def verify_contracts() -> Iterator[Difference]:
    """Every contract whose sums, papers or numbers are not what they must be."""
    with connection.cursor() as cursor:
        cursor.execute(CHECKS)
        for code, number, expected, found in cursor.fetchall():
            yield Difference(code, LABELS[code], number, expected, found)
    turn = business_today().toordinal() % FILES_IN_DAYS
    for code, model in (("contract_scan", SignedScan), ("contract_annex", Annex)):
        files = model._default_manager.annotate(turn=Mod(F("pk"), FILES_IN_DAYS))
        yield from verify_files(files.filter(turn=turn), code)


def verify_files(files: QuerySet[Any], code: str) -> Iterator[Difference]:
    """The files of contracts that are lost or are not those that were uploaded; each is read from end to end."""
    by_size, by_checksum = f"{code}_size", f"{code}_checksum"
    for kept in files.select_related("contract").order_by("pk").iterator():
        number = kept.contract.number
        stored = as_stored(kept.file)
        if stored is None:
            yield Difference(by_size, LABELS[by_size], number, kept.size, 0)
            continue
        size, checksum = stored
        if size != kept.size:
            yield Difference(by_size, LABELS[by_size], number, kept.size, size)
        if checksum != kept.checksum:
            yield Difference(by_checksum, LABELS[by_checksum], number, kept.checksum, checksum)
