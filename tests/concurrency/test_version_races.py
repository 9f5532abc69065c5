"""Versions of a contract under contention: two begun or signed at once, two files annexed at once, an order released
while one is signed.
"""

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError

from contracts.errors import StateForbids, VersionUnderWay
from contracts.models import Contract, SealRequest, SignedScan
from contracts.services import annexes, releasing, signing, versions
from contracts.services.annexes import add_annex
from contracts.services.pricing import seed_floors
from contracts.services.signing import sign_contract
from contracts.services.versions import open_version
from contracts.verification.contracts import verify_contracts
from credit.services.check_policies import seed_check_policy
from crm.accounts.roles import sync_roles
from crm.core.errors import Busy
from tests.concurrency.races import Rendezvous, at_once
from tests.contracts.making import SCAN, legal
from tests.factories import make_company
from tests.orders.making import TODAY, Shop

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]


@pytest.fixture
def shop() -> Shop:
    """A database that was emptied by an earlier test has neither roles nor policies."""
    sync_roles()
    seed_floors()
    seed_check_policy()
    return Shop(make_company())


def begin(shop: Shop, change: str = "amendment") -> Contract:
    return open_version(actor=shop.alice, contract_id=shop.contract.pk, change=change, starts_on=TODAY, on=TODAY)


def sealed(shop: Shop) -> tuple[Contract, Any]:
    """An amendment that only waits to be signed, and who signs it."""
    version, lena = begin(shop), legal()
    for state in ("in_approval", "approved"):
        Contract.objects.filter(pk=version.pk).update(state=state)
    SealRequest.objects.create(
        contract=version, state="sealed", asked_by=shop.alice, asked_on=TODAY, decided_by=lena, decided_on=TODAY
    )
    return version, lena


def sign(version: Contract, actor: Any) -> Contract:
    file = ContentFile(SCAN, name="scan.pdf")
    return sign_contract(actor=actor, contract_id=version.pk, file=file, name="scan.pdf", signed_on=TODAY, on=TODAY)


def without_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Contract.objects.all().__class__, "select_for_update", lambda self, **options: self.all())


class TestTwoBegunAtOnce:
    def race(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], Rendezvous]:
        meeting = Rendezvous(versions.refuse_under_way)
        monkeypatch.setattr(versions, "refuse_under_way", meeting)
        return at_once(lambda: begin(shop), lambda: begin(shop, "renewal")), meeting

    def test_without_the_lock_both_believe_to_be_alone_and_the_database_refuses_one(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        without_locks(monkeypatch)
        answers, meeting = self.race(shop, monkeypatch)
        assert meeting.met
        assert [type(answer) for answer in answers if isinstance(answer, Exception)] == [IntegrityError]
        assert Contract.objects.filter(root=shop.contract.pk).count() == 2

    def test_with_the_lock_the_second_is_told(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        answers, meeting = self.race(shop, monkeypatch)
        assert not meeting.met
        assert [type(answer) for answer in answers if isinstance(answer, Exception)] == [VersionUnderWay]
        assert Contract.objects.filter(root=shop.contract.pk).count() == 2


class TestSignedTwiceAtOnce:
    def race(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], Rendezvous]:
        version, lena = sealed(shop)
        meeting = Rendezvous(signing.must_be)
        monkeypatch.setattr(signing, "must_be", meeting)
        return at_once(lambda: sign(version, lena), lambda: sign(version, lena)), meeting

    def test_without_the_lock_both_go_on(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        without_locks(monkeypatch)
        answers, meeting = self.race(shop, monkeypatch)
        assert meeting.met
        assert [type(answer) for answer in answers if isinstance(answer, Exception)] == [IntegrityError]  # of the scan

    def test_with_the_lock_the_second_is_told(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        answers, meeting = self.race(shop, monkeypatch)
        assert not meeting.met
        assert [type(answer) for answer in answers if isinstance(answer, Exception)] == [StateForbids]
        assert SignedScan.objects.count() == 1
        kept = Contract.objects.filter(root=shop.contract.pk).order_by("revision").values_list("state", "is_current")
        assert list(kept) == [("superseded", False), ("signed", True)]


class TestTwoFilesAnnexedAtOnce:
    def race(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], Rendezvous, Contract]:
        version = begin(shop)
        meeting = Rendezvous(annexes.lock_draft)
        monkeypatch.setattr(annexes, "lock_draft", meeting)

        def annex(name: str) -> Any:
            file = ContentFile(SCAN + name.encode(), name=name)
            actor, kind = shop.alice, "schedule"
            return add_annex(actor=actor, contract_id=version.pk, kind=kind, title=name, file=file, name=name)

        return at_once(lambda: annex("one.pdf"), lambda: annex("two.pdf")), meeting, version

    def test_without_the_lock_both_take_one_place_and_the_database_refuses_one(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        without_locks(monkeypatch)
        answers, meeting, version = self.race(shop, monkeypatch)
        assert meeting.met
        [refused] = [answer for answer in answers if isinstance(answer, Exception)]
        assert isinstance(refused, IntegrityError | Busy)  # at once, or when it has waited too long for the other
        assert version.annexes.count() == 1

    def test_with_the_lock_they_stand_one_behind_the_other(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        answers, meeting, version = self.race(shop, monkeypatch)
        assert not meeting.met
        assert not [answer for answer in answers if isinstance(answer, Exception)]
        assert list(version.annexes.values_list("position", flat=True)) == [1, 2]
        assert Contract.objects.get(pk=version.pk).version == version.version + 2


def test_an_order_released_while_a_version_is_signed_stands_under_the_one_it_was_checked_by(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order read the terms first: it is as if it had been released a moment before the signing."""
    version, lena = sealed(shop)
    order, check = shop.draft("10"), releasing.check_and_reserve

    def signed_meanwhile(**given: Any) -> Any:
        [answer] = at_once(lambda: sign(version, lena))
        assert isinstance(answer, Contract)
        return check(**given)

    monkeypatch.setattr(releasing, "check_and_reserve", signed_meanwhile)
    released = shop.release(order)
    assert (released.state, released.contract_id) == ("released", shop.contract.pk)
    kept = Contract.objects.filter(root=shop.contract.pk).order_by("revision").values_list("state", flat=True)
    assert list(kept) == ["superseded", "in_performance"]
    monkeypatch.setattr(releasing, "check_and_reserve", check)
    assert shop.released("1").contract_id == version.pk


def test_a_release_that_waits_for_a_signing_marks_the_new_version_as_performed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    version, lena = sealed(shop)
    order = shop.draft("10")
    meeting = Rendezvous(signing.follow)
    monkeypatch.setattr(signing, "follow", meeting)  # the signing has changed both versions and is not committed
    begin_performance = releasing.begin_performance

    def at_the_same_time(**given: Any) -> None:
        meeting.barrier.wait(10)
        begin_performance(**given)

    monkeypatch.setattr(releasing, "begin_performance", at_the_same_time)
    meeting.patience = 10
    answers = at_once(lambda: sign(version, lena), lambda: shop.release(order))
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    kept = Contract.objects.filter(root=shop.contract.pk).order_by("revision").values_list("state", flat=True)
    assert list(kept) == ["superseded", "in_performance"]


def test_after_all_races_versions_are_what_they_must_be(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for _turn in range(4):
        answers = at_once(*[lambda: begin(shop)] * 4)
        assert sum(isinstance(answer, Contract) for answer in answers) == 1
        Contract.objects.filter(root=shop.contract.pk, state="draft").update(state="terminated", ended_on=TODAY)
    found = [difference for difference in verify_contracts() if difference.code == "contract_current"]
    assert not found
