"""Chains in the administration: who would decide, versions in words, dry run, activation by another."""

from decimal import Decimal

import pytest
from django.urls import reverse

from crm.accounts import roles
from crm.approvals.models import ChainRule, ChainVersion, Request, RequestState
from crm.approvals.selectors.inbox import way_of
from crm.approvals.services import new_chain_version
from crm.core.dates import business_today
from tests.approvals.test_pages import as_user, submitted
from tests.credit_requests.making import say
from tests.factories import Company, make_company, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return make_company()


class TestChains:
    def chain(self) -> ChainVersion:
        return ChainVersion.objects.get(kind="credit_request", state="active")

    @pytest.mark.parametrize(
        ("amount", "days", "grade", "names"),
        [
            ("500000", "60", "BBB", ["Mona", "Anna", "Fiona"]),
            ("800000", "60", "BBB", ["Mona", "Anna", "Fiona", "Greg"]),
            ("500000", "60", "CCC", ["Mona", "Anna", "Fiona", "Greg"]),
        ],
    )
    def test_who_would_approve(self, company: Company, amount: str, days: str, grade: str, names: list[str]) -> None:
        address = reverse("admin:approvals_chainversion_dry_run", args=[self.chain().pk])
        asked = {"amount": amount, "days": days, "grade": grade, "applicant": company.alice.pk}
        answer = as_user(company.fiona).get(address, asked)
        assert [[str(person) for person in step.people] for step in answer.context["way"]] == [[n] for n in names]
        assert not Request.objects.exists()

    def test_the_dry_run_says_who_is_passed_over(self, company: Company) -> None:
        """Mona asks herself: greg decides her own step for want of a superior, and is not asked again at the end."""
        make_user("carol", roles.CREDIT_CONTROLLER)
        address = reverse("admin:approvals_chainversion_dry_run", args=[self.chain().pk])
        asked = {"amount": "800000", "days": "60", "grade": "BBB", "applicant": company.mona.pk}
        client = as_user(company.fiona)
        answer = client.get(address, asked)
        way = [([str(person) for person in step.people], step.passes) for step in answer.context["way"]]
        assert way == [(["Greg"], False), (["Anna"], False), (["Fiona"], False), (["Greg"], True)]
        text = answer.content.decode()
        assert "passed over: will have approved before" in text
        # Who has no team asks too, for ratings and reviews.
        assert "Carol" in text
        assert client.get(address, asked | {"applicant": company.fiona.pk}).context["form"].is_valid()
        # And so it goes.
        request = submitted(company, actor=company.mona, wanted_limit=Decimal(800_000))
        assert [step.passes for step in way_of(request.approval)] == [False, False, False, True]
        for actor in (company.greg, company.anna, company.fiona):
            say(request, actor, on=business_today())
        assert Request.objects.get(pk=request.approval_id).state == RequestState.APPROVED

    def test_a_chain_is_read_in_words(self, company: Company) -> None:
        """Whoever only looks reads the kind and who decides each rule; its author picks the kind."""
        chain = self.chain()
        address = reverse("admin:approvals_chainversion_change", args=[chain.pk])
        text = as_user(make_user("frank", roles.FINANCE_MANAGER)).get(address).content.decode()
        assert "Credit request" in text
        assert "credit_request" not in text
        assert "Sales manager reviews (Superior) → " in text
        draft_ = new_chain_version(actor=company.fiona, chain_id=chain.pk)
        answer = as_user(company.fiona).get(reverse("admin:approvals_chainversion_change", args=[draft_.pk]))
        assert '<select name="kind"' in answer.content.decode()

    def test_a_mistaken_draft_is_discarded_after_a_question(self, company: Company) -> None:
        chain = self.chain()
        draft_ = new_chain_version(actor=company.fiona, chain_id=chain.pk)
        address, author = reverse("admin:approvals_chainversion_changelist"), as_user(company.fiona)
        picked = {"action": "discard", "_selected_action": [draft_.pk, chain.pk]}
        asked = author.post(address, picked)
        assert asked.status_code == 200
        assert "cannot be undone" in asked.content.decode()
        carol = as_user(make_user("carol", roles.CREDIT_CONTROLLER))  # writes chains, but not this one
        carol.post(address, picked | {"sure": "yes"})
        assert ChainVersion.objects.filter(pk=draft_.pk).exists()
        text = author.post(address, picked | {"sure": "yes"}, follow=True).content.decode()
        assert "is gone" in text
        assert "Only a draft can be" in text
        assert not ChainVersion.objects.filter(pk=draft_.pk).exists()
        assert not ChainRule.objects.filter(chain=draft_.pk).exists()
        assert self.chain() == chain

    def test_a_version_in_force_is_not_edited(self, company: Company) -> None:
        chain = self.chain()
        client = as_user(company.fiona)
        for address in (
            reverse("admin:approvals_chainversion_change", args=[chain.pk]),
            reverse("admin:approvals_chainrule_change", args=[chain.rules.first().pk]),
        ):
            assert client.get(address).status_code == 200
            assert client.post(address, {"name_en": "Mine"}).status_code == 403
        assert not ChainRule.objects.filter(name_en="Mine").exists()

    def test_a_new_version_is_put_into_force_by_another_than_its_author(self, company: Company) -> None:
        old = self.chain()
        address = reverse("admin:approvals_chainversion_changelist")
        author, other = as_user(company.fiona), as_user(make_user("frank", roles.FINANCE_MANAGER))
        picked = {"action": "make_version", "_selected_action": [old.pk]}
        assert author.post(address, picked).status_code == 302
        draft_ = ChainVersion.objects.get(state="draft")
        assert (draft_.version, draft_.author_ids) == (2, [company.fiona.pk])
        assert draft_.rules.count() == old.rules.count()
        rule = draft_.rules.first()
        change = reverse("admin:approvals_chainrule_change", args=[rule.pk])
        assert author.get(change).status_code == 200
        activate = {"action": "activate", "_selected_action": [draft_.pk]}
        answer = author.post(address, activate, follow=True)
        assert "You wrote in this version" in answer.content.decode()
        assert self.chain() == old
        # A gap is refused whoever asks.
        draft_.rules.order_by("-position").first().delete()
        assert "No rule fits amount" in other.post(address, activate, follow=True).content.decode()
        ChainRule.objects.filter(chain=draft_, name_en="Up to 3,000,000 and 90 days").update(
            amount_up_to=None, days_up_to=None
        )
        request = submitted(company)
        assert "is in force" in other.post(address, activate, follow=True).content.decode()
        old.refresh_from_db()
        assert (self.chain(), old.state) == (draft_, "retired")
        # What was under way keeps its chain.
        assert Request.objects.get(pk=request.approval_id).chain == old
        say(request, company.mona)
