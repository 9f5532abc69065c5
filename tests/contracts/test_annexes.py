"""Annexes of a contract: taken in while it is a draft, printed with their checksum, and never changed after."""

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import DatabaseError, transaction
from django.urls import reverse

from contracts.contract_text import text_of
from contracts.documents import contract_docx, contract_pdf, printed
from contracts.errors import (
    AnnexedAlready,
    AnnexRefused,
    ContractChanged,
    ContractNotDraft,
    TooManyAnnexes,
)
from contracts.models import Annex, Contract
from contracts.services.annexes import add_annex, move_annex, remove_annex
from contracts.services.approving import submit_contract
from contracts.verification.contracts import verify_contracts
from crm.approvals.models import Verb
from crm.core.errors import NotAllowed, ReasonMissing
from tests.contracts.making import TODAY, again, draft, legal, say
from tests.contracts.test_documents import bare, read_docx, read_pdf
from tests.contracts.test_pages import signed_in
from tests.contracts.test_versions import agreed, amend
from tests.factories import Company

PDF = b"%PDF-1.7 what is to be delivered, day by day"


def annex(contract: Contract, actor: Any, title: str = "交货计划", content: bytes = PDF, **more: Any) -> Annex:
    given = {"kind": "schedule", "name": "plan.pdf", **more}
    file = ContentFile(content, name=given["name"])
    return add_annex(actor=actor, contract_id=contract.pk, title=title, file=file, **given)


def titles(contract: Contract) -> list[str]:
    return list(contract.annexes.values_list("title", flat=True))


def is_stored(annex: Annex) -> bool:
    return bool(annex.file.storage.exists(str(annex.file.name)))


def test_files_are_annexed_in_an_order_and_taken_out_again(
    company: Company, django_capture_on_commit_callbacks: Any
) -> None:
    contract = draft(company)
    first = annex(contract, company.alice)
    second = annex(contract, company.alice, " ", b"\x89PNG\r\n\x1a\nplan", name="C:\\plans\\site.png")
    assert (second.title, second.name) == ("site.png", "site.png")
    assert again(contract).version == contract.version + 2
    move_annex(actor=company.alice, contract_id=contract.pk, annex_id=second.pk)
    move_annex(actor=company.alice, contract_id=contract.pk, annex_id=second.pk)  # it is the first already
    assert titles(contract) == ["site.png", "交货计划"]
    with django_capture_on_commit_callbacks(execute=True):
        remove_annex(actor=company.alice, contract_id=contract.pk, annex_id=second.pk)
        remove_annex(actor=company.alice, contract_id=contract.pk, annex_id=second.pk)  # sent twice
    assert titles(contract) == ["交货计划"]
    assert is_stored(first)
    assert not is_stored(second)
    found = Contract.objects.search("交货计划")
    assert list(found) == [contract]


def test_only_papers_are_taken_each_once_and_not_too_many(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    contract = draft(company)
    for content, name in ((PDF, "plan.exe"), (b"MZ program", "plan.pdf"), (b"", "plan.pdf")):
        with pytest.raises(AnnexRefused):
            annex(contract, company.alice, content=content, name=name)
    made = annex(contract, company.alice)
    assert annex(contract, company.alice) == made  # sent twice
    with pytest.raises(AnnexedAlready, match="交货计划"):
        annex(contract, company.alice, "Otherwise")
    monkeypatch.setattr("contracts.services.annexes.MOST", 1)
    with pytest.raises(TooManyAnnexes):
        annex(contract, company.alice, content=PDF + b"2")
    assert titles(contract) == ["交货计划"]


def test_who_may_not_draft_changes_no_annex(company: Company) -> None:
    contract = draft(company)
    made = annex(contract, company.alice)
    for stranger in (company.bob, company.fiona):
        with pytest.raises(NotAllowed):
            annex(contract, stranger, content=PDF + b"2")
        for service in (move_annex, remove_annex):
            with pytest.raises(NotAllowed):
                service(actor=stranger, contract_id=contract.pk, annex_id=made.pk)
    other = draft(company)
    remove_annex(actor=company.alice, contract_id=other.pk, annex_id=made.pk)  # of another contract
    assert titles(contract) == ["交货计划"]


def test_what_is_submitted_is_what_was_read_and_stays(company: Company) -> None:
    contract = draft(company)
    made = annex(contract, company.alice)
    with pytest.raises(ContractChanged):  # who submits read the edition without it
        submit_contract(actor=company.mona, contract_id=contract.pk, version=contract.version, on=TODAY)
    submit_contract(actor=company.alice, contract_id=contract.pk, on=TODAY)
    for change in (
        lambda: Annex.objects.filter(pk=made.pk).update(title="Other"),
        lambda: Annex.objects.filter(pk=made.pk).delete(),
        lambda: Annex.objects.create(
            contract=contract, position=2, kind="other", title="x", name="x", file="x", size=1, content_type="x",
            checksum="0" * 64, uploaded_by=company.alice,
        ),
    ):  # fmt: skip
        with pytest.raises(DatabaseError, match="stays once it is submitted"), transaction.atomic():
            change()
    with pytest.raises(ContractNotDraft):
        annex(contract, company.alice, content=PDF + b"2")
    with pytest.raises(ContractNotDraft):
        remove_annex(actor=company.alice, contract_id=contract.pk, annex_id=made.pk)
    assert titles(contract) == ["交货计划"]
    say(again(contract), company.mona, Verb.REJECT, reason="Another plan")  # a draft again
    annex(contract, company.alice, "New plan", PDF + b"2")
    assert titles(contract) == ["交货计划", "New plan"]


def test_what_was_rejected_can_still_be_read(company: Company, django_capture_on_commit_callbacks: Any) -> None:
    contract = draft(company)
    made = annex(contract, company.alice)
    submit_contract(actor=company.alice, contract_id=contract.pk, on=TODAY)
    say(again(contract), company.mona, Verb.REJECT, reason="Another plan")
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):  # sent twice
            remove_annex(actor=company.alice, contract_id=contract.pk, annex_id=made.pk)
    text = text_of(again(contract))
    assert (text.annexes, printed(text).annexes) == ([], [])
    assert not Contract.objects.search("交货计划").exists()
    client, file = signed_in(company.alice), reverse("contracts:annex", args=[contract.pk, made.pk])
    assert file not in client.get(contract.get_absolute_url()).content.decode()
    approval = contract.submissions.get().approval
    assert file in signed_in(company.mona).get(approval.get_absolute_url()).content.decode()
    answer = signed_in(company.mona).get(file)
    assert b"".join(answer.streaming_content) == PDF  # type: ignore[attr-defined]
    with pytest.raises(DatabaseError, match="taken out, not deleted"), transaction.atomic():
        Annex.objects.filter(pk=made.pk).delete()
    second = annex(contract, company.alice, "Plan once more")  # the same file is annexed anew, behind the others
    assert list(contract.annexes.annexed()) == [second]
    assert second.position == made.position + 1


def test_terms_in_an_annex_go_to_legal(company: Company) -> None:
    contract = draft(company)
    annex(contract, company.alice)
    assert not text_of(again(contract)).is_deviation
    annex(contract, company.alice, "Side letter", PDF + b"2", kind="terms")
    assert text_of(again(contract)).is_deviation
    legal()
    with pytest.raises(ReasonMissing):
        submit_contract(actor=company.alice, contract_id=contract.pk, on=TODAY)
    submit_contract(actor=company.alice, contract_id=contract.pk, reason="Asked for", on=TODAY)
    approval = contract.submissions.get().approval
    assert approval.deviation
    page = signed_in(company.mona).get(approval.get_absolute_url()).content.decode()
    assert "An annex may bring terms that the template does not have." in page
    for made in contract.annexes.all():
        assert made.title in page
        assert reverse("contracts:annex", args=[contract.pk, made.pk]) in page


@pytest.mark.parametrize("language", ["zh", "en"])
def test_both_documents_list_the_annexes_before_who_signs(company: Company, language: str) -> None:
    contract = draft(company, language=language)
    assert "SHA-256" not in read_pdf(contract_pdf(text_of(again(contract))))
    made = annex(contract, company.alice)
    annex(contract, company.alice, "Site 平面图", PDF + b"2", name="site_" + "x" * 90 + ".pdf")
    text = text_of(again(contract))
    content = printed(text)
    assert [row[0] for row in content.annexes] == (["附件一", "附件二"] if language == "zh" else ["Annex 1", "Annex 2"])
    paragraphs, rows = read_docx(contract_docx(text))
    at = rows.index(content.annexes[0])
    assert rows[at - 1 : at + 2] == [content.annex_heads, *content.annexes]
    assert rows[at + 2][0] == content.parties[0][0]
    assert paragraphs[-3:] == [content.annexes_title, content.annexes_note, ""]
    said = read_pdf(contract_pdf(text))
    for place, word in enumerate((made.title, made.name, made.checksum)):
        assert bare(word) in said, place
    assert said.index(bare(content.annexes_note)) < said.rindex(bare(content.parties[0][1][0]))


def test_a_further_version_takes_them_along(company: Company, django_capture_on_commit_callbacks: Any) -> None:
    contract = draft(company)
    kept, dropped = annex(contract, company.alice), annex(contract, company.alice, "Old prices", PDF + b"2")
    legal()
    first = agreed(contract, company)
    second = amend(first, company.alice)
    assert titles(second) == ["交货计划", "Old prices"]
    copy = second.annexes.get(title=dropped.title)
    with django_capture_on_commit_callbacks(execute=True):
        remove_annex(actor=company.alice, contract_id=second.pk, annex_id=copy.pk)
    assert is_stored(dropped)  # the version in force still has it
    annex(second, company.alice, "New prices", PDF + b"3")
    text = text_of(again(second))
    assert [each.title for each in text.new_annexes] == ["New prices"]
    assert [each.title for each in text.gone_annexes] == ["Old prices"]
    page = signed_in(company.alice).get(second.get_absolute_url()).content.decode()
    assert page.count("New annex") == 1
    assert "No longer annexed:" in page
    assert "Also:</b> annexes" in page or "Also: annexes" in page
    agreed(second, company)
    assert titles(first) == ["交货计划", "Old prices"]
    assert titles(second) == ["交货计划", "New prices"]
    assert second.annexes.get(title=kept.title).file.name == kept.file.name


def test_annexes_are_added_and_read_on_the_page_of_the_contract(company: Company) -> None:
    contract = draft(company)
    client, address = signed_in(company.alice), reverse("contracts:add_annex", args=[contract.pk])
    assert address in client.get(contract.get_absolute_url()).content.decode()
    given = {"title": "Plan", "kind": "schedule", "file": ContentFile(PDF, name="plan.pdf")}
    assert client.post(address, given).status_code == 302
    refused = client.post(address, {**given, "file": ContentFile(b"MZ", name="plan.exe")})
    assert refused.status_code == 422
    made = contract.annexes.get()
    page = client.get(contract.get_absolute_url()).content.decode()
    assert made.checksum in page
    file = reverse("contracts:annex", args=[contract.pk, made.pk])
    answer = client.get(file)
    assert b"".join(answer.streaming_content) == PDF  # type: ignore[attr-defined]
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert signed_in(company.bob).get(file).status_code == 404  # he does not see the customer
    other = draft(company)
    assert client.get(reverse("contracts:annex", args=[other.pk, made.pk])).status_code == 404
    assert client.post(reverse("contracts:remove_annex", args=[contract.pk, made.pk])).status_code == 302
    assert titles(contract) == []


def test_verify_reads_annexes_as_it_reads_scans(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    contract = draft(company)
    made = annex(contract, company.alice)
    monkeypatch.setattr("contracts.verification.contracts.FILES_IN_DAYS", 1)
    assert list(verify_contracts()) == []
    storage, name = made.file.storage, str(made.file.name)
    storage.delete(name)
    storage.save(name, ContentFile(PDF.replace(b"day", b"dax")))
    assert [(each.code, each.key) for each in verify_contracts()] == [("contract_annex_checksum", contract.number)]
    storage.delete(name)
    assert [(each.code, each.found) for each in verify_contracts()] == [("contract_annex_size", 0)]
    assert signed_in(company.alice).get(reverse("contracts:annex", args=[contract.pk, made.pk])).status_code == 404
