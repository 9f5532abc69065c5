"""The archive lends paper originals: who, until when, one at a time, and nothing of it is changed afterwards."""

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from contracts.errors import DueBeforeLent, NoOriginal, OriginalOut
from contracts.models import Contract, OriginalLoan
from contracts.panels.contracts import originals_card
from contracts.services.originals import lend_original, take_back_original
from crm.core.errors import NotAllowed, ReasonMissing
from customers.models import TimelineEvent
from tests.contracts.making import TODAY, draft, signed
from tests.factories import Company

KNOW_THE_DAY = ("views.contract_lists", "views.contracts", "views.versions", "panels.contracts", "services.originals")


def it_is(monkeypatch: pytest.MonkeyPatch, today: dt.date) -> None:
    for module in KNOW_THE_DAY:
        monkeypatch.setattr(f"contracts.{module}.business_today", lambda: today)


WEEK = dt.timedelta(days=7)


def lend(contract: Contract, company: Company, actor: Any = None, **more: Any) -> OriginalLoan:
    terms = {"borrower_id": company.alice.pk, "due_on": TODAY + WEEK, "purpose": "Tender", "on": TODAY, **more}
    return lend_original(actor=actor or company.fiona, contract_id=contract.pk, **terms)


def test_an_original_is_with_one_person_at_a_time(company: Company) -> None:
    contract = signed(company)
    loan = lend(contract, company)
    assert (loan.borrower, loan.lent_by, loan.is_out) == (company.alice, company.fiona, True)
    with pytest.raises(OriginalOut):
        lend(contract, company)
    with pytest.raises(IntegrityError), transaction.atomic():
        OriginalLoan.objects.create(
            contract=contract,
            borrower=company.bob,
            purpose="x",
            lent_on=TODAY,
            due_on=TODAY,
            lent_by=company.fiona,
        )
    take_back_original(actor=company.fiona, contract_id=contract.pk, on=TODAY + WEEK)
    with pytest.raises(NoOriginal):
        take_back_original(actor=company.fiona, contract_id=contract.pk, on=TODAY + WEEK)
    lend(contract, company, borrower_id=company.bob.pk)
    assert contract.loans.count() == 2
    kinds = TimelineEvent.objects.filter(kind__startswith="original").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["original_lent", "original_returned", "original_lent"]


def test_only_the_archive_lends_what_was_signed(company: Company) -> None:
    contract = signed(company)
    for stranger in (company.alice, company.charlie, company.greg):
        with pytest.raises(NotAllowed):
            lend(contract, company, actor=stranger)
    with pytest.raises(DueBeforeLent):
        lend(contract, company, due_on=TODAY - WEEK)
    with pytest.raises(ReasonMissing):
        lend(contract, company, purpose=" ")
    Contract.objects.filter(pk=contract.pk).update(state="completed", ended_on=TODAY)
    lend(contract, company)  # what is over is still in the archive
    with pytest.raises(NotAllowed):
        take_back_original(actor=company.alice, contract_id=contract.pk, on=TODAY)
    assert OriginalLoan.objects.filter(returned_on=None).count() == 1


def test_a_draft_has_no_original(company: Company) -> None:
    with pytest.raises(NoOriginal):
        lend(draft(company), company)


def test_what_was_lent_stays_written(company: Company) -> None:
    loan = lend(signed(company), company)
    found = OriginalLoan.objects.filter(pk=loan.pk)
    changes: tuple[dict[str, Any], ...]
    changes = ({"purpose": "Other"}, {"due_on": TODAY + 2 * WEEK}, {"borrower": company.bob})
    for change in changes:
        with pytest.raises(DatabaseError), transaction.atomic():
            found.update(**change)
    take_back_original(actor=company.fiona, contract_id=loan.contract_id, on=TODAY)
    changes = ({"returned_on": None, "taken_back_by": None}, {"returned_on": TODAY + WEEK})
    for change in changes:
        with pytest.raises(DatabaseError), transaction.atomic():
            found.update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        found.delete()


def test_the_page_and_the_day_of_the_archive(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    it_is(monkeypatch, TODAY)
    contract = signed(company)
    client = Client()
    client.force_login(company.fiona)
    address = reverse("contracts:lend_original", args=[contract.pk])
    assert client.get(address).status_code == 200
    given = {"borrower": company.alice.pk, "due_on": TODAY.isoformat(), "purpose": "Court hearing"}
    assert client.post(address, given).status_code == 302
    page = client.get(contract.get_absolute_url()).content.decode()
    assert "Court hearing" in page
    assert "Take it back" in page
    assert originals_card(company.fiona).count == 0
    later = TODAY + WEEK
    it_is(monkeypatch, later)
    card = originals_card(company.fiona)
    assert card.count == 1
    assert contract.number in client.get(card.url).content.decode()
    other = Client()
    other.force_login(company.alice)
    page = other.get(contract.get_absolute_url()).content.decode()
    assert "Overdue" in page
    assert "Take it back" not in page
    assert client.post(reverse("contracts:take_back_original", args=[contract.pk])).status_code == 302
    assert originals_card(company.fiona).count == 0
    assert contract.number not in client.get(card.url).content.decode()
