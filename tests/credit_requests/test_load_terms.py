"""The first load from a file: all or nothing, and never over a limit that was set."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from credit.models import CreditAccount
from tests.factories import Company, account_of, make_account

HEAD = "code,limit,term_days,settlement\n"


def load(path: Path, rows: str, **options: object) -> None:
    file = path / "terms.csv"
    file.write_text(HEAD + rows, encoding="utf-8")
    call_command("load_terms", str(file), **options)


def test_limits_are_loaded_once(company: Company, tmp_path: Path) -> None:
    make_account(company.customer)
    row = f'{company.customer.code},"120,000",45,monthly\n'
    load(tmp_path, row, dry_run=True)
    assert account_of(company.customer).limit is None
    load(tmp_path, row)
    account = account_of(company.customer)
    assert (account.limit, account.term_days, account.settlement) == (120_000, 45, "monthly")
    with pytest.raises(CommandError, match="line 2"):
        load(tmp_path, row.replace("120", "990"))
    assert account_of(company.customer).limit == 120_000


def test_payment_forms_may_stand_in_a_further_column(company: Company, tmp_path: Path) -> None:
    make_account(company.customer)
    file = tmp_path / "terms.csv"
    head = "code,limit,term_days,settlement,instruments\n"
    file.write_text(f"{head}{company.customer.code},100,30,rolling,gold\n", encoding="utf-8")
    with pytest.raises(CommandError, match="line 2"):
        call_command("load_terms", str(file))
    file.write_text(f"{head}{company.customer.code},100,30,rolling,cheque transfer\n", encoding="utf-8")
    call_command("load_terms", str(file))
    assert account_of(company.customer).instruments == ["transfer", "cheque"]


@pytest.mark.parametrize("bad", ["NOBODY,1,30,rolling", "{code},lots,30,rolling", "{code},1,30,sometimes"])
def test_a_fault_loads_nothing(company: Company, tmp_path: Path, bad: str) -> None:
    code = company.customer.code
    with pytest.raises(CommandError, match="line 3"):
        load(tmp_path, f"{code},1000,30,rolling\n" + bad.format(code=code) + "\n")
    assert not CreditAccount.objects.exists()
