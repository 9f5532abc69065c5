"""What contracts do at night is done in pieces: what one step has written stays when a later one finds a lock."""

import datetime as dt
from typing import Any

import pytest

from contracts.models import ContractState
from contracts.nightly import CONTRACT_ENDS
from contracts.services import ending
from crm.core.errors import Busy
from crm.jobs.models import Run, RunState
from crm.jobs.nightly import start_night
from crm.jobs.worker import work_off
from crm.notices.models import Notice
from tests.contracts.making import again, signed
from tests.factories import Company

pytestmark = pytest.mark.django_db


def night(monkeypatch: pytest.MonkeyPatch, on: dt.date) -> Run:
    """The run of the night's step, as far as it came."""
    monkeypatch.setattr("crm.jobs.nightly.business_today", lambda: on)
    start_night(on=on, steps=[CONTRACT_ENDS.key])
    return go_on()


def go_on() -> Run:
    Run.objects.filter(nightly_step=CONTRACT_ENDS.key).update(not_before=None)
    work_off(worker="one")
    return Run.objects.get(nightly_step=CONTRACT_ENDS.key)


def test_a_contract_somebody_holds_leaves_what_was_done_before_it(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    contracts = [signed(company) for _number in range(3)]
    last = contracts[0].ends_on
    assert last is not None
    monkeypatch.setattr(ending, "CHUNK", 1)
    end, held = ending.end, {contracts[1].pk}

    def unless_held(contract: Any, *args: Any, **more: Any) -> None:
        if contract.pk in held:
            raise Busy
        end(contract, *args, **more)

    monkeypatch.setattr(ending, "end", unless_held)
    run = night(monkeypatch, last + dt.timedelta(days=1))
    assert run.state == RunState.WAITING
    assert [again(contract).state for contract in contracts] == ["expired", "signed", "signed"]
    held.clear()
    run = go_on()
    assert (run.state, run.counts["contracts_expired"]) == (RunState.DONE, 2)
    assert {again(contract).state for contract in contracts} == {ContractState.EXPIRED}


def test_owners_told_before_a_lock_are_not_told_again(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    contracts = [signed(company) for _number in range(2)]
    last = contracts[0].ends_on
    assert last is not None
    notify, told = ending.notify, []

    def busy_once(**notice: Any) -> None:
        told.append(notice["params"]["number"])
        if len(told) == 2:
            raise Busy
        notify(**notice)

    monkeypatch.setattr(ending, "notify", busy_once)
    assert night(monkeypatch, last - dt.timedelta(days=30)).state == RunState.WAITING
    assert Notice.objects.filter(kind="contract_ending").count() == 1
    assert go_on().state == RunState.DONE
    assert told == [contracts[0].number, contracts[1].number, contracts[1].number]
    assert Notice.objects.filter(kind="contract_ending").count() == 2
