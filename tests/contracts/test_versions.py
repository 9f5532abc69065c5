"""Amendments and renewals: how a further version goes its way, what stays in force meanwhile, what it becomes."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import DatabaseError, IntegrityError, transaction

from contracts.contract_text import text_of
from contracts.documents import contract_docx, contract_pdf, printed
from contracts.errors import (
    CustomerBarred,
    OwnSealRequest,
    StartsBeforeReplaced,
    StateForbids,
    VersionUnderWay,
    VersionWaits,
)
from contracts.models import Contract, ContractState
from contracts.rules.payment_plans import Part
from contracts.search import search_contracts
from contracts.selectors.versions import history_of
from contracts.services.approving import submit_contract
from contracts.services.drafting import change_clause, draft_contract
from contracts.services.ending import (
    complete_contract,
    expire_contracts,
    give_up_contract,
    remind_of_ends,
    terminate_contract,
)
from contracts.services.signing import ask_for_seal, decide_seal, sign_contract
from contracts.services.versions import begin_versions, open_version, version_on
from contracts.verification.contracts import verify_contracts
from crm.accounts.models import User
from crm.approvals.models import Verb
from crm.core.errors import NotAllowed
from customers.models import Customer, TimelineEvent
from tests.contracts.making import LINES, SCAN, TODAY, again, change, draft, legal, say, signed, version_of
from tests.contracts.test_documents import bare, read_docx, read_pdf
from tests.factories import Company

DAY = dt.timedelta(days=1)
PLAN = [Part(Decimal(30), None, "signing", days=7), Part(Decimal(70), None, "delivery", days=30)]


def amend(contract: Contract, actor: Any, starts_on: dt.date = TODAY, **more: Any) -> Contract:
    return open_version(actor=actor, contract_id=contract.pk, change="amendment", starts_on=starts_on, on=TODAY, **more)


def renew(contract: Contract, actor: Any) -> Contract:
    assert contract.ends_on is not None
    return open_version(
        actor=actor,
        contract_id=contract.pk,
        change="renewal",
        starts_on=contract.ends_on + DAY,
        ends_on=contract.ends_on + 365 * DAY,
        on=TODAY,
    )


def approve(version: Contract, company: Company) -> None:
    """Through its approvers and the seal, by who is there already."""
    submit_contract(actor=company.alice, contract_id=version.pk, reason="As agreed", on=TODAY)
    for person in (company.mona, company.anna):
        say(version, person)
    ask_for_seal(actor=company.alice, contract_id=version.pk, on=TODAY)
    decide_seal(actor=lena(), contract_id=version.pk, sealed=True, on=TODAY)


def lena() -> Any:
    return User.objects.get(username="lena")


def sign(version: Contract, on: dt.date = TODAY) -> Contract:
    sign_contract(
        actor=lena(),
        contract_id=version.pk,
        file=ContentFile(SCAN, name="scan.pdf"),
        name="scan.pdf",
        signed_on=on,
        on=on,
    )
    return again(version)


def agreed(version: Contract, company: Company, on: dt.date = TODAY) -> Contract:
    approve(version, company)
    return sign(version, on)


def states(contract: Contract) -> list[tuple[str, bool]]:
    return list(Contract.objects.filter(root=contract.root_id).order_by("revision").values_list("state", "is_current"))


def test_an_amendment_copies_the_version_in_force_and_takes_no_number_of_the_year(company: Company) -> None:
    contract = draft(company)
    change(contract, company.alice, plan=PLAN)
    legal()
    approve(contract, company)
    first = sign(contract)
    second = again(amend(first, company.alice, starts_on=TODAY + DAY))
    assert second.number == f"{first.number}/2"
    assert (second.revision, second.change, second.replaces_id, second.root_id) == (2, "amendment", first.pk, first.pk)
    for name in ("title", "amount", "term_days", "settlement", "ends_on", "values", "our_signatory", "owner_id"):
        assert getattr(second, name) == getattr(first, name), name
    for rows in ("clauses", "lines", "plan"):
        names = {"clauses": ("key", "text"), "lines": ("description", "amount"), "plan": ("share", "due", "days")}[rows]
        assert list(getattr(second, rows).values_list(*names)) == list(getattr(first, rows).values_list(*names))
    assert second.starts_on == TODAY + DAY
    assert states(first) == [("signed", True), ("draft", False)]
    assert draft_next(company).number == "C2026-00002"
    assert list(verify_contracts()) == []


def draft_next(company: Company) -> Contract:
    """Another contract of the same customer; its account is there already."""
    return draft_contract(
        actor=company.alice,
        customer_id=company.customer.pk,
        version_id=version_of().pk,
        legal_entity_id=company.entity.pk,
        currency="CNY",
        on=TODAY,
    )


def test_an_amendment_goes_its_way_and_supersedes_the_one_in_force(company: Company) -> None:
    first = signed(company)
    second = change(amend(first, company.alice), company.alice, lines=LINES[:1], term_days=20)
    submit_contract(actor=company.alice, contract_id=second.pk, reason="As agreed", on=TODAY)
    assert states(first) == [("signed", True), ("in_approval", False)]
    assert second.submissions.get().approval.amount == Decimal("10700.40")
    for person in (company.mona, company.anna):
        say(second, person)
    ask_for_seal(actor=company.alice, contract_id=second.pk, on=TODAY)
    with pytest.raises(NotAllowed):
        decide_seal(actor=company.alice, contract_id=second.pk, sealed=True, on=TODAY)
    decide_seal(actor=lena(), contract_id=second.pk, sealed=True, on=TODAY)
    assert version_on(again(first), TODAY).pk == first.pk
    second = sign(second)
    assert states(first) == [("superseded", False), ("signed", True)]
    old = again(first)
    assert (old.replaced_on, old.ended_on, old.amount) == (TODAY, TODAY, first.amount)
    assert version_on(old, TODAY).pk == second.pk
    assert TimelineEvent.objects.filter(kind="contract_superseded").count() == 1
    with pytest.raises(DatabaseError), transaction.atomic():
        Contract.objects.filter(pk=first.pk).update(amount=1)
    with pytest.raises(DatabaseError), transaction.atomic():
        Contract.objects.filter(pk=first.pk).delete()
    assert list(verify_contracts()) == []


@pytest.mark.thorough
def test_whoever_asked_for_the_seal_of_a_version_cannot_put_it_there(company: Company) -> None:
    first = signed(company)
    second = amend(first, lena())
    submit_contract(actor=lena(), contract_id=second.pk, reason="As agreed", on=TODAY)
    for person in (company.mona, company.anna):
        say(second, person)
    ask_for_seal(actor=lena(), contract_id=second.pk, on=TODAY)
    with pytest.raises(OwnSealRequest):
        decide_seal(actor=lena(), contract_id=second.pk, sealed=True, on=TODAY)
    assert states(first) == [("signed", True), ("approved", False)]


@pytest.mark.thorough
def test_what_was_performed_goes_on_under_an_amendment_and_begins_anew_under_a_renewal(company: Company) -> None:
    first = signed(company)
    Contract.objects.filter(pk=first.pk).update(state="in_performance")
    second = agreed(amend(first, company.alice), company)
    assert second.state == ContractState.IN_PERFORMANCE
    assert second.term == 1
    third = agreed(renew(second, company.alice), company)
    assert (third.revision, third.term, third.state) == (3, 3, ContractState.SIGNED)


def test_a_version_that_begins_later_leaves_the_one_in_force_until_its_first_day(company: Company) -> None:
    first = signed(company)
    second = agreed(renew(first, company.alice), company)
    assert states(first) == [("signed", True), ("signed", False)]
    last = first.ends_on
    assert last is not None
    first = again(first)
    assert first.replaced_on == last + DAY
    assert version_on(first, last).pk == first.pk
    assert version_on(first, last + DAY).pk == second.pk  # before any night
    assert remind_of_ends(on=last - 20 * DAY) == 0
    assert expire_contracts(on=last + DAY) == 0
    assert begin_versions(on=last) == 0
    assert begin_versions(on=last + DAY) == 1
    assert begin_versions(on=last + DAY) == 0
    assert states(first) == [("superseded", False), ("signed", True)]
    assert again(first).ended_on == last + DAY
    assert list(verify_contracts()) == []


def test_only_one_further_version_is_under_way(company: Company) -> None:
    first = signed(company)
    amend(first, company.alice)
    with pytest.raises(VersionUnderWay):
        renew(first, company.alice)
    assert Contract.objects.filter(root=first.pk).count() == 2
    second = Contract.objects.get(root=first.pk, revision=2)
    second.pk, second.number, second.revision = None, f"{first.number}/3", 3
    with pytest.raises(IntegrityError), transaction.atomic():
        second.save(force_insert=True)


@pytest.mark.thorough
def test_one_that_waits_for_its_first_day_bars_a_further_one_and_ending(company: Company) -> None:
    first = signed(company)
    second = agreed(renew(first, company.alice), company)
    with pytest.raises(VersionWaits):
        amend(first, company.alice)
    with pytest.raises(VersionWaits):
        terminate_contract(actor=lena(), contract_id=first.pk, reason="x", on=TODAY)
    with pytest.raises(VersionWaits):
        complete_contract(actor=lena(), contract_id=second.pk, on=TODAY)
    assert states(first) == [("signed", True), ("signed", False)]
    terminate_contract(actor=lena(), contract_id=second.pk, reason="Customer changed its mind", on=TODAY)
    assert states(first) == [("signed", True), ("terminated", False)]
    assert again(first).replaced_on is None  # so it would expire again
    agreed(renew(first, company.alice), company)
    assert first.ends_on is not None
    assert expire_contracts(on=first.ends_on + DAY) == 0
    assert begin_versions(on=first.ends_on + DAY) == 1
    assert states(first) == [("superseded", False), ("terminated", False), ("signed", True)]
    assert list(verify_contracts()) == []


@pytest.mark.thorough
def test_the_one_in_force_is_not_ended_while_another_is_under_way(company: Company) -> None:
    first = signed(company)
    amend(first, company.alice)
    for end in (
        lambda: terminate_contract(actor=lena(), contract_id=first.pk, reason="x", on=TODAY),
        lambda: complete_contract(actor=lena(), contract_id=first.pk, on=TODAY),
    ):
        with pytest.raises(VersionUnderWay):
            end()
    assert states(first) == [("signed", True), ("draft", False)]


@pytest.mark.thorough
def test_a_rejected_or_given_up_version_leaves_the_one_in_force_and_the_next_counts_on(company: Company) -> None:
    first = signed(company)
    second = amend(first, company.alice)
    submit_contract(actor=company.alice, contract_id=second.pk, reason="As agreed", on=TODAY)
    say(second, company.mona, Verb.REJECT, reason="Not now")
    assert states(first) == [("signed", True), ("draft", False)]
    give_up_contract(actor=company.alice, contract_id=second.pk, reason="Not agreed", on=TODAY)
    assert states(first) == [("signed", True), ("terminated", False)]
    third = agreed(amend(first, company.alice), company)
    assert third.number == f"{first.number}/3"
    assert states(first) == [("superseded", False), ("terminated", False), ("signed", True)]
    assert list(verify_contracts()) == []


@pytest.mark.thorough
def test_one_signed_after_the_last_day_follows_at_once_what_expired(company: Company) -> None:
    first = signed(company)
    second = renew(first, company.alice)
    approve(second, company)
    assert first.ends_on is not None
    late = first.ends_on + 10 * DAY
    assert expire_contracts(on=late) == 1
    sign(second, on=late)
    assert states(first) == [("expired", False), ("signed", True)]


@pytest.mark.parametrize("state", ["draft", "completed"])
def test_only_what_is_in_force_is_amended(company: Company, state: str) -> None:
    contract = signed(company) if state == "completed" else draft(company)
    if state == "completed":
        complete_contract(actor=lena(), contract_id=contract.pk, on=TODAY)
    with pytest.raises(StateForbids):
        amend(contract, company.alice)
    assert Contract.objects.count() == 1


def test_strangers_barred_customers_and_early_days_get_no_version(company: Company) -> None:
    first = signed(company)
    for stranger in (company.charlie, company.fiona):
        with pytest.raises(NotAllowed):
            amend(first, stranger)
    with pytest.raises(StartsBeforeReplaced):
        amend(first, company.alice, starts_on=TODAY - DAY)
    Customer.objects.filter(pk=company.customer.pk).update(state="blacklisted")
    with pytest.raises(CustomerBarred):
        amend(first, company.alice)
    assert Contract.objects.count() == 1


def test_a_draft_cannot_be_moved_before_the_version_it_replaces(company: Company) -> None:
    second = amend(signed(company), company.alice)
    with pytest.raises(StartsBeforeReplaced):
        change(second, company.alice, starts_on=TODAY - DAY)
    assert again(second).starts_on == TODAY


def test_what_differs_from_the_version_in_force_is_shown_and_decided_on(company: Company) -> None:
    first = signed(company)
    second = amend(first, company.alice)
    clause = second.clauses.get(key="other")
    change_clause(actor=company.alice, contract_id=second.pk, version=None, clause_id=clause.pk, text="另有约定。")
    second = change(second, company.alice, lines=LINES[:1])
    text = text_of(again(second))
    assert [each["title"] for each in text.amended] == [clause.title]
    assert [each.clause.key for each in text.clauses if each.amended] == ["other"]
    submit_contract(actor=company.alice, contract_id=second.pk, reason="As agreed", on=TODAY)
    figures = second.submissions.get().approval.decisions.earliest("pk").figures
    assert figures["replaces"]["number"] == first.number
    assert figures["replaces"]["amount"] == str(first.amount)
    assert figures["replaces"]["clauses"] == [{"title": clause.title, "before": clause.text, "after": "另有约定。"}]
    newest, oldest = history_of(again(second), company.alice).rows
    assert [row.label for row in newest.changes] == ["Amount"]
    assert (newest.clauses, newest.other) == ([clause.title], ["lines"])
    assert (oldest.what, oldest.changes) == ("First version", [])


SAYS = {
    ("zh", "amendment"): (
        "本协议为合同 {number} 的变更协议（第 2 版），自2026年4月1日起取代2026年3月31日签署的第 1 版。"
    ),
    ("en", "amendment"): (
        "Amendment to contract {number}: version 2, which replaces version 1, signed on 31 March 2026, from "
        "1 April 2026 on."
    ),
    ("zh", "renewal"): (
        "本协议为合同 {number} 的续签协议（第 2 版），接续2026年3月31日签署的第 1 版，自2027年3月31日起取代该版本。"
    ),
    ("en", "renewal"): (
        "Renewal of contract {number}: version 2, which follows version 1, signed on 31 March 2026, and takes its "
        "place from 31 March 2027 on."
    ),
}


@pytest.mark.repeats
@pytest.mark.parametrize(("language", "kind"), list(SAYS))
def test_both_documents_say_what_a_version_is_and_which_it_replaces(company: Company, language: str, kind: str) -> None:
    first = signed(company, language=language)
    assert "/2" not in printed(text_of(first)).number
    assert printed(text_of(first)).about == ""
    made = amend(first, company.alice, TODAY + DAY) if kind == "amendment" else renew(first, company.alice)
    text = text_of(again(made))
    sentence = SAYS[language, kind].format(number=first.number)
    paragraphs, _rows = read_docx(contract_docx(text))
    assert sentence in paragraphs
    assert f"{first.number}/2" in paragraphs[1]
    assert bare(sentence) in read_pdf(contract_pdf(text))


@pytest.mark.thorough
def test_a_search_finds_each_contract_once_by_the_version_that_holds(company: Company) -> None:
    first = signed(company)
    second = amend(first, company.alice)
    assert [hit.url for hit in search_contracts(company.alice, "轴承")] == [first.get_absolute_url()]
    agreed(second, company)
    assert [hit.url for hit in search_contracts(company.alice, "轴承")] == [second.get_absolute_url()]
