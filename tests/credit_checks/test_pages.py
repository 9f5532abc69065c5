"""Checks on their pages, in words and both languages; the policy in the administration with four eyes."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from credit.instruments import in_sentence
from credit.models import CreditCheck, CreditCheckPolicy, CreditRequest, Settlement
from credit.rules import checks as rules
from credit.selectors.accounts import try_policy
from credit.services import activate_check_policy, attachments, check_and_reserve, new_check_policy
from credit.words.checks import in_words
from crm.accounts import roles
from crm.core.dates import business_today
from crm.core.errors import NotAllowed
from crm.core.versions import OwnVersion, VersionNotDraft
from crm.jobs.models import private_storage
from customers.models import CustomerState
from tests.credit_requests.making import TODAY
from tests.factories import Company, make_account, make_user, money

FIGURES: dict[str, dict[str, Any]] = {
    "blacklisted": {"state": "blacklisted"},
    "not_identified": {"state": "lead"},
    "frozen": {},
    "cash_only": {},
    "limit_never_set": {"amount": "5.00"},
    "over_limit": {"limit": "0.00", "exposure": "9.00", "amount": "5.00", "over": "14.00", "tolerance": "0.00"},
    "over_group_limit": {
        "head": 1, "limit": "0.00", "exposure": "9.00", "amount": "5.00", "over": "14.00", "tolerance": "0.00",
    },
    "overdue": {"days": 1, "due_on": "2026-03-01", "amount": "250.00", "allowed_days": 0},
    "review_overdue": {"review_on": "2026-03-01", "days": 3},
    "settlement": {"asked": "", "agreed": "cash"},
    "instrument": {"asked": ["transfer", "cheque"], "accepted": ["transfer"]},
    "term": {"asked": 60, "agreed": 30},
    "prepayment": {"received": "5.00", "amount": "9.00", "short": "4.00"},
}  # fmt: skip


# What a reader must find of them in the sentence, whatever the language; the words of states are translated.
TOLD: dict[str, tuple[str, ...]] = {
    "blacklisted": (),
    "not_identified": (),
    "frozen": (),
    "cash_only": (),
    "limit_never_set": ("5.00",),
    "over_limit": ("9.00", "5.00", "14.00", "0.00"),
    "over_group_limit": ("9.00", "5.00", "14.00", "0.00"),
    "overdue": ("250.00", "2026-03-01", "1", "0"),
    "review_overdue": ("2026-03-01", "3"),
    "settlement": (),
    "instrument": (),
    "term": ("60", "30"),
    "prepayment": ("5.00", "4.00", "9.00"),
}
TOLD_IN_WORDS: dict[str, Any] = {
    "blacklisted": lambda: [CustomerState.BLACKLISTED.label],
    "not_identified": lambda: [CustomerState.LEAD.label],
    "settlement": lambda: [Settlement.CASH.label],
    "instrument": lambda: [in_sentence(["cheque"]), in_sentence(["transfer"])],
}
FIGURE = re.compile(r"[0-9]+(?:[-.,][0-9]+)*")


@pytest.mark.parametrize("code", rules.RULES)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_reason_has_words_with_its_figures(code: str, language: str) -> None:
    with translation.override(language):
        (reason,) = in_words([rules.Finding(code, "hold", FIGURES[code])])
        assert str(reason.label)
        assert reason.sentence
        assert reason.proposal
        assert "%(" not in reason.sentence + reason.proposal
        assert sorted(FIGURE.findall(reason.sentence)) == sorted(TOLD[code])
        for word in TOLD_IN_WORDS.get(code, list)():
            assert str(word) in reason.sentence


def as_user(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def held(company: Company, source_id: int = 1) -> CreditCheck:
    make_account(company.customer, "100")
    result = check_and_reserve(
        customer_id=company.customer.pk, source_kind="order", source_id=source_id, amount=money(600), on=TODAY
    )
    return CreditCheck.objects.get(pk=result.check_id)


def test_the_page_says_why_it_is_held_and_leads_to_both_directors(company: Company) -> None:
    check = held(company)
    client = as_user(company.alice)
    shown = client.get(check.get_absolute_url()).content.decode()
    assert "500.00 CNY over the limit of 100.00 CNY" in shown
    ask = reverse("credit:ask_release", args=[check.pk])
    assert ask in shown
    form = client.get(ask).content.decode()
    assert company.customer.get_absolute_url() in form
    make_user(role=roles.SALES_DIRECTOR, team=company.alice.team)
    past = client.post(ask, {"until": "2020-01-01", "reason": "They always pay"})
    assert (past.status_code, CreditRequest.objects.exists()) == (422, False)
    assert "2020-01-01 is over" in past.content.decode()
    answer = client.post(ask, {"until": business_today().isoformat(), "reason": "They always pay"})
    request = CreditRequest.objects.get()
    assert answer["Location"] == request.get_absolute_url()
    assert (request.kind, request.source_id, request.source_amount) == ("release", 1, 600)
    assert not request.is_draft
    assert "600.00" in client.get(request.get_absolute_url()).content.decode()


PDF = b"%PDF-1.7 what they promise"


def stored(path: str = "") -> set[str]:
    """What lies in private storage."""
    storage = private_storage()
    folders, files = storage.listdir(path)
    return {f"{path}/{name}" for name in files}.union(*(stored(f"{path}/{name}".strip("/")) for name in folders))


class TestFilesOfARelease:
    @pytest.fixture
    def ask(self, company: Company) -> str:
        make_user(role=roles.SALES_DIRECTOR, team=company.alice.team)
        return reverse("credit:ask_release", args=[held(company).pk])

    def post(self, company: Company, address: str, *files: ContentFile, **fields: Any) -> Any:
        values = {"until": business_today().isoformat(), "reason": "They always pay", **fields}
        return as_user(company.alice).post(address, {**values, "papers": files})

    def test_they_are_sent_with_it(self, company: Company, ask: str) -> None:
        assert "multiple" in as_user(company.alice).get(ask).content.decode()
        scan = ContentFile(b"\x89PNG\r\n\x1a\n", name="balance.png")
        assert self.post(company, ask, ContentFile(PDF, name="promise.pdf"), scan).status_code == 302
        request = CreditRequest.objects.get()
        kept = list(request.attachments.all())
        assert [(paper.name, paper.kind, paper.uploaded_by) for paper in kept] == [
            ("promise.pdf", "other", company.alice),
            ("balance.png", "other", company.alice),
        ]
        assert kept[0].file.read() == PDF
        assert not request.is_draft
        assert "promise.pdf" in as_user(company.greg).get(request.get_absolute_url()).content.decode()

    @pytest.mark.parametrize("second", [b"MZ program", b""])
    def test_one_that_is_refused_leaves_nothing_but_what_was_typed(
        self, company: Company, ask: str, second: bytes
    ) -> None:
        before = stored()
        answer = self.post(company, ask, ContentFile(PDF, name="promise.pdf"), ContentFile(second, name="x.pdf"))
        page = answer.content.decode()
        assert answer.status_code == 422
        assert ("They always pay" in page, "choose them again" in page) == (True, True)
        assert (CreditRequest.objects.exists(), stored()) == (False, before)

    def test_nor_is_a_file_left_of_a_request_that_is_refused(self, company: Company, ask: str) -> None:
        assert self.post(company, ask).status_code == 302
        before = stored()
        answer = self.post(company, ask, ContentFile(PDF, name="promise.pdf"))  # the first waits
        assert (answer.status_code, "choose them again" in answer.content.decode()) == (422, True)
        assert (CreditRequest.objects.count(), stored()) == (1, before)

    def test_only_so_many_are_taken(self, company: Company, ask: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(attachments, "MOST", 1)
        before = stored()
        answer = self.post(company, ask, ContentFile(PDF, name="1.pdf"), ContentFile(PDF, name="2.pdf"))
        assert "takes at most 1 files" in answer.content.decode()
        assert (CreditRequest.objects.exists(), stored()) == (False, before)

    def test_what_is_wrong_elsewhere_is_told_beside_them(self, company: Company, ask: str) -> None:
        answer = self.post(company, ask, ContentFile(PDF, name="promise.pdf"), reason="")
        assert (answer.status_code, "choose them again" in answer.content.decode()) == (422, True)
        assert "choose them again" not in self.post(company, ask, reason="").content.decode()


def test_a_stranger_finds_no_check(company: Company) -> None:
    check = held(company)
    client = as_user(company.charlie)
    for name in ("check", "ask_release"):
        assert client.get(reverse(f"credit:{name}", args=[check.pk])).status_code == 404
    assert not CreditRequest.objects.exists()


@pytest.mark.thorough
def test_panel_and_list_cost_no_more_with_more_checks(company: Company) -> None:
    client = as_user(company.alice)
    held(company)
    addresses = [reverse("customers:panel", args=[company.customer.pk, "credit_checks"]), reverse("credit:checks")]
    for address in addresses:
        client.get(address)

    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    before = [queries(address) for address in addresses]
    for source_id in range(2, 12):
        held(company, source_id)
    assert [queries(address) for address in addresses] == before
    assert client.get(f"{addresses[1]}?holds=true").status_code == 200


class TestPolicy:
    @pytest.fixture
    def carol(self, company: Company) -> Any:
        return make_user(role=roles.CREDIT_CONTROLLER)

    def test_a_draft_is_put_into_force_by_another_and_the_last_version_retires(
        self, company: Company, carol: Any
    ) -> None:
        first = CreditCheckPolicy.objects.get()
        draft = new_check_policy(actor=carol, policy_id=first.pk)
        with pytest.raises(NotAllowed):
            activate_check_policy(actor=carol, policy_id=draft.pk)
        with pytest.raises(NotAllowed):
            new_check_policy(actor=company.alice, policy_id=first.pk)
        activate_check_policy(actor=company.fiona, policy_id=draft.pk)
        with pytest.raises(VersionNotDraft):
            activate_check_policy(actor=company.greg, policy_id=draft.pk)
        assert list(CreditCheckPolicy.objects.values_list("version", "state")) == [(2, "active"), (1, "retired")]
        assert held(company).policy_version == 2

    def test_whoever_changed_a_draft_does_not_put_it_into_force(self, company: Company) -> None:
        root = make_user("root", is_superuser=True)
        draft = new_check_policy(actor=root, policy_id=CreditCheckPolicy.objects.get().pk)
        with pytest.raises(OwnVersion):
            activate_check_policy(actor=root, policy_id=draft.pk)
        assert CreditCheckPolicy.objects.get(state="active").version == 1

    def test_a_version_in_force_is_not_changed(self, company: Company) -> None:
        for change in ({"frozen": "off"}, {"overdue_days": 99}):
            with pytest.raises(DatabaseError), transaction.atomic():
                CreditCheckPolicy.objects.update(**change)
        with pytest.raises(DatabaseError), transaction.atomic():
            CreditCheckPolicy.objects.all().delete()

    def test_it_is_copied_edited_tried_and_activated_in_the_administration(self, company: Company, carol: Any) -> None:
        check = held(company)
        first = CreditCheckPolicy.objects.get()
        client = as_user(carol)
        assert client.post(self.address("dry_run", first), {"do": "copy"}).status_code == 302
        draft = CreditCheckPolicy.objects.get(state="draft")
        said = {
            name: getattr(draft, name)
            for name in ("name_zh", "name_en", *rules.RULES, "overdue_days", "overdue_tolerance", "lift_days")
        }
        client.post(self.address("change", draft), {**said, "limit_tolerance": "500.00"})
        draft.refresh_from_db()
        assert (draft.limit_tolerance, draft.author_ids) == (Decimal("500.00"), [carol.pk])
        assert try_policy(draft).newly_released == [check]
        assert company.customer.code in client.get(self.address("dry_run", draft)).content.decode()
        assert client.post(self.address("change", first), said).status_code == 403
        client.post(self.address("dry_run", draft), {"do": "activate"})
        assert CreditCheckPolicy.objects.get(state="active") == first
        as_user(company.fiona).post(self.address("dry_run", draft), {"do": "activate"})
        assert CreditCheckPolicy.objects.get(state="active") == draft

    def address(self, page: str, policy: CreditCheckPolicy) -> str:
        return reverse(f"admin:credit_creditcheckpolicy_{page}", args=[policy.pk])
