"""What is always true of contracts, looked at again: amounts by lines, signed ones with their scan."""

from collections.abc import Iterator

from django.db import connection
from django.utils.translation import gettext_lazy as _

from crm.core.verification import Difference

LABELS = {
    "contract_amount": _("Amount of the contract, by its lines"),
    "contract_scan": _("Scans of the signed contract"),
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
