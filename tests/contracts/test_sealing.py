"""Who learns of seal and signature, and where contracts on their way to them stand."""

from decimal import Decimal

from django.core.files.base import ContentFile
from django.urls import reverse

from contracts.models import Contract, ContractState
from contracts.panels.contracts import own_card, sealed_card
from contracts.services.orders import LineInput, draft_order
from contracts.services.signing import ask_for_seal, decide_seal, sign_contract
from crm.notices.models import Notice
from tests.contracts.making import SCAN, TODAY, again, approved, draft, legal
from tests.contracts.test_pages import signed_in
from tests.factories import Company
from tests.orders.making import make_product


def told(person: object) -> list[str]:
    return list(Notice.objects.filter(user=person).order_by("pk").values_list("kind", flat=True))


def waits(person: object) -> tuple[list[str], int]:
    """What the cards say: what own contracts wait for, and how many wait for their signature."""
    return [str(row.detail) for row in own_card(person).rows], sealed_card(person).count


def test_owner_and_asker_are_told_what_became_of_the_seal_and_the_day_says_what_is_next(company: Company) -> None:
    contract, lena, leo = approved(company), legal(), legal("leo")
    Notice.objects.all().delete()
    assert waits(company.alice) == (["The seal is to be asked for"], 0)
    ask_for_seal(actor=lena, contract_id=contract.pk, on=TODAY)
    assert waits(company.alice) == (["The seal is asked for"], 0)
    decide_seal(actor=leo, contract_id=contract.pk, sealed=False, reason="Wrong copy", on=TODAY)
    assert told(company.alice) == told(lena) == ["contract_seal_refused"]
    notice = Notice.objects.filter(user=company.alice).get()
    assert notice.params["reason"] == "Wrong copy"
    assert notice.url == contract.get_absolute_url()
    ask_for_seal(actor=lena, contract_id=contract.pk, on=TODAY)
    decide_seal(actor=leo, contract_id=contract.pk, sealed=True, on=TODAY)
    assert waits(company.alice) == (["Sealed, to be signed"], 1)
    file = ContentFile(SCAN, name="scan.pdf")
    sign_contract(actor=leo, contract_id=contract.pk, file=file, name="scan.pdf", signed_on=TODAY, on=TODAY)
    assert told(company.alice) == told(lena) == ["contract_seal_refused", "contract_sealed", "contract_signed"]
    assert told(leo) == [], "nobody is told what he did himself"
    assert waits(company.alice) == ([], 0)


def test_the_cards_of_seal_and_signature_open_the_contracts_they_count(company: Company) -> None:
    contract, lena = approved(company), legal()
    client = signed_in(company.alice)

    def listed(url: str) -> list[Contract]:
        return [row for row in Contract.objects.all() if row.number in client.get(url).content.decode()]

    asked = f"{reverse('contracts:contracts')}?seal=asked"
    assert listed(own_card(company.alice).url) == [contract]
    assert listed(asked) == []
    ask_for_seal(actor=company.alice, contract_id=contract.pk, on=TODAY)
    assert listed(asked) == [contract]
    decide_seal(actor=lena, contract_id=contract.pk, sealed=True, on=TODAY)
    assert listed(asked) == []
    assert listed(sealed_card(company.alice).url) == listed(own_card(company.alice).url) == [contract]


def test_seal_and_completion_are_asked_about_before_and_name_what_is_still_open(company: Company) -> None:
    contract, lena = approved(company), legal()
    ask_for_seal(actor=company.alice, contract_id=contract.pk, copies=3, on=TODAY)
    client, seal = signed_in(lena), reverse("contracts:seal", args=[contract.pk])
    assert f"3 originals of {contract.number} bear the seal." in client.get(seal).content.decode()
    assert [client.post(seal).status_code for _time in range(2)] == [302, 302]
    file = ContentFile(SCAN, name="scan.pdf")
    sign_contract(actor=lena, contract_id=contract.pk, file=file, name="scan.pdf", signed_on=TODAY, on=TODAY)
    draft_order(
        actor=company.alice,
        customer_id=company.customer.pk,
        legal_entity_id=company.entity.pk,
        currency="CNY",
        lines=[LineInput(make_product("100.00").pk, Decimal(9))],
        on=TODAY,
        today=TODAY,
        contract_id=contract.pk,
    )
    complete = reverse("contracts:complete_contract", args=[contract.pk])
    page = client.get(complete).content.decode()
    assert "900.00 CNY is drafted or on hold under it." in page
    assert "not delivered" not in page
    assert again(contract).state == ContractState.SIGNED
    client.post(complete)
    assert again(contract).state == ContractState.COMPLETED


def test_the_form_for_the_seal_is_there_only_while_the_seal_can_be_asked_for(company: Company) -> None:
    client, contract = signed_in(company.alice), draft(company)
    form = reverse("contracts:ask_seal", args=[contract.pk])
    answer = client.get(form, headers={"HX-Request": "true", "HX-Target": "dialog-body"})
    assert (answer.status_code, "while the contract is" in answer.content.decode()) == (409, True)
    for state in ("in_approval", "approved"):
        Contract.objects.filter(pk=contract.pk).update(state=state)
    assert client.get(form).status_code == 200
    ask_for_seal(actor=company.alice, contract_id=contract.pk, on=TODAY)
    assert client.get(form).status_code == 409


def test_contracts_to_be_reviewed_and_sealed_stand_first_on_the_day_of_legal(company: Company) -> None:
    for person, first in (
        (legal(), ["contracts_to_accept", "approvals", "approval_questions", "templates_in_review", "seals_asked"]),
        (company.greg, ["approvals", "approval_questions"]),
    ):
        page = signed_in(person).get("/")
        cards = [card.key for part in ("waiting", "quiet") for card, _content in page.context[part]]
        assert cards[: len(first)] == first
    assert cards.index("templates_in_review") > cards.index("contracts_ending")
