"""Versions of policies: drafted, tried, put into force by another; what was done under the old one stays."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation

from crm.accounts import roles
from crm.accounts.models import User
from crm.core.errors import NotAllowed
from crm.core.versions import OwnVersion, VersionNotDraft
from customers.services import set_tier
from receivables.errors.collection import (
    ConditionsUnusable,
    PolicyNeeded,
    PolicyNotInForce,
    PolicyScopeTaken,
    PolicyWithoutSteps,
)
from receivables.models import Case, CaseStep, CollectionPolicy, PolicyStep
from receivables.selectors.collection import dry_run, policy_for
from receivables.selectors.collection.conditions import words_of
from receivables.services.collection.policies import activate_policy, clean_conditions, new_version, retire_policy
from tests.collection.nights import night, nights, steps, the_case
from tests.factories import Company, day, give_grade, make_customer, make_invoice, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def standard(company: Company) -> CollectionPolicy:
    return CollectionPolicy.objects.get()


@pytest.fixture
def frank(company: Company) -> User:
    return make_user("frank", roles.FINANCE_MANAGER)


def as_user(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def draft_of(standard: CollectionPolicy, actor: Any) -> CollectionPolicy:
    return new_version(actor=actor, policy_id=standard.pk)


class TestVersions:
    def test_a_draft_copies_the_steps_and_changes_nothing_yet(self, company: Company, standard: Any) -> None:
        draft = draft_of(standard, company.fiona)
        assert (draft.version, draft.state, draft.steps.count()) == (2, "draft", standard.steps.count())
        make_invoice(company.customer, "1000.00", on="2026-01-01", due_on="2026-01-31")
        night("2026-02-01")
        assert the_case(company.customer).policy == standard

    def test_another_than_the_author_puts_it_into_force_and_the_old_one_retires(
        self, company: Company, standard: Any, frank: User
    ) -> None:
        draft = draft_of(standard, company.fiona)
        with pytest.raises(OwnVersion):
            activate_policy(actor=company.fiona, policy_id=draft.pk)
        with pytest.raises(NotAllowed):
            activate_policy(actor=company.anna, policy_id=draft.pk)
        activate_policy(actor=frank, policy_id=draft.pk)
        standard.refresh_from_db()
        assert (standard.state, CollectionPolicy.objects.get(state="active")) == ("retired", draft)
        with pytest.raises(VersionNotDraft):
            activate_policy(actor=frank, policy_id=draft.pk)

    def test_steps_taken_stay_and_the_next_ones_follow_the_new_version(
        self, company: Company, standard: Any, frank: User
    ) -> None:
        make_invoice(company.customer, "1000.00", on="2026-01-01", due_on="2026-01-31", term_days=30)
        nights("2026-02-01", "2026-02-04")
        before = list(CaseStep.objects.order_by("pk").values_list())
        draft = draft_of(standard, company.fiona)
        draft.steps.filter(code="cause").delete()
        draft.steps.filter(code="manager").update(days=6)
        activate_policy(actor=frank, policy_id=draft.pk)
        nights("2026-02-05", "2026-02-07")
        case = the_case(company.customer)
        assert steps(case) == [("call", "2026-02-01"), ("notice", "2026-02-04"), ("manager", "2026-02-07")]
        assert list(CaseStep.objects.order_by("pk").values_list())[:2] == before
        assert case.policy == draft

    def test_somebody_must_always_have_one(self, company: Company, standard: Any, frank: User) -> None:
        with pytest.raises(PolicyNeeded):
            retire_policy(actor=None, policy_id=standard.pk)
        draft = draft_of(standard, company.fiona)
        CollectionPolicy.objects.filter(pk=draft.pk).update(conditions={"size": ["large"]})
        with pytest.raises(PolicyNeeded):
            activate_policy(actor=frank, policy_id=draft.pk)
        draft.steps.all().delete()
        with pytest.raises(PolicyWithoutSteps):
            activate_policy(actor=frank, policy_id=draft.pk)

    def test_only_what_is_in_force_is_taken_out_of_it(self, company: Company, standard: Any) -> None:
        draft = draft_of(standard, company.fiona)
        with pytest.raises(PolicyNotInForce):
            retire_policy(actor=None, policy_id=draft.pk)
        draft.refresh_from_db()
        assert draft.state == "draft"

    @pytest.mark.parametrize("change", [{"tolerance": "999999.00"}, {"state": "draft"}])
    def test_a_version_in_force_is_not_changed(self, company: Company, standard: Any, change: dict[str, str]) -> None:
        with pytest.raises(DatabaseError), transaction.atomic():
            CollectionPolicy.objects.update(**change)
        with pytest.raises(DatabaseError), transaction.atomic():
            CollectionPolicy.objects.all().delete()

    def test_two_policies_are_not_for_the_same_customers(self, company: Company, standard: Any, frank: User) -> None:
        draft = draft_of(standard, company.fiona)
        CollectionPolicy.objects.filter(pk=draft.pk).update(code="other", version=1)
        with pytest.raises(PolicyScopeTaken):
            activate_policy(actor=frank, policy_id=draft.pk)


class TestMatching:
    def test_the_smallest_priority_that_fits_counts_at_night_and_for_one_customer(
        self, company: Company, standard: Any, frank: User
    ) -> None:
        draft = draft_of(standard, company.fiona)
        CollectionPolicy.objects.filter(pk=draft.pk).update(
            code="large", priority=10, conditions={"size": ["large", "medium"], "category": ["business"]}
        )
        draft.steps.exclude(code="manager").delete()
        draft.steps.update(days=2)
        activate_policy(actor=frank, policy_id=draft.pk)
        large = make_customer(owner=company.alice, size="large")
        dealer = make_customer(owner=company.alice, size="large", category="intermediary")
        for customer in (large, dealer):
            make_invoice(customer, "1000.00", on="2026-01-01", due_on="2026-01-31")
        nights("2026-02-01", "2026-02-02")
        assert steps(the_case(large)) == [("manager", "2026-02-02")]
        assert steps(the_case(dealer)) == [("call", "2026-02-01")]
        for customer in (large, dealer):
            assert policy_for(customer) == the_case(customer).policy

    def test_the_tier_decides_at_night_in_the_dry_run_and_for_one_customer(
        self, company: Company, standard: Any, frank: User
    ) -> None:
        draft = draft_of(standard, company.fiona)
        CollectionPolicy.objects.filter(pk=draft.pk).update(
            code="handled-with-care", priority=10, conditions={"tier": ["none", "vip"]}
        )
        draft.steps.exclude(code="manager").delete()
        draft.steps.update(days=1)
        vip, small, without = (make_customer(owner=company.alice) for _number in range(3))
        for customer, tier in ((vip, "vip"), (small, "small")):
            set_tier(actor=None, customer_id=customer.pk, tier=tier, reason="x", today=day("2026-01-01"))
        for customer in (vip, small, without):
            make_invoice(customer, "1000.00", on="2026-01-01", due_on="2026-01-31")
        tried = CollectionPolicy.objects.get(pk=draft.pk)
        assert {row.code for row in dry_run(tried, day("2026-02-01")).first} == {vip.code, without.code}
        activate_policy(actor=frank, policy_id=draft.pk)
        night("2026-02-01")
        for customer, step in ((vip, "manager"), (small, "call"), (without, "manager")):
            case = the_case(customer)
            assert steps(case) == [(step, "2026-02-01")]
            assert policy_for(customer) == case.policy
        with translation.override("en"):
            assert words_of(tried.conditions) == "customer tier: no tier yet, VIP customer"

    @pytest.mark.parametrize(("by", "values"), [("grade", ["B", "CCC"]), ("class", ["B"])])
    def test_the_credit_grade_decides_at_night_in_the_dry_run_and_for_one_customer(
        self, company: Company, standard: Any, frank: User, by: str, values: list[str]
    ) -> None:
        draft = draft_of(standard, company.fiona)
        CollectionPolicy.objects.filter(pk=draft.pk).update(code="risky", priority=10, conditions={by: values})
        draft.steps.exclude(code="manager").delete()
        draft.steps.update(days=1)
        good, risky, unrated = (make_customer(owner=company.alice) for _number in range(3))
        for customer, grade in ((good, "AA"), (risky, "B")):
            give_grade(customer, grade, day("2026-01-01"))
        for customer in (good, risky, unrated):
            make_invoice(customer, "1000.00", on="2026-01-01", due_on="2026-01-31")
        tried = CollectionPolicy.objects.get(pk=draft.pk)
        assert [row.code for row in dry_run(tried, day("2026-02-01")).first] == [risky.code]
        activate_policy(actor=frank, policy_id=draft.pk)
        night("2026-02-01")
        assert steps(the_case(risky)) == [("manager", "2026-02-01")]
        assert steps(the_case(good)) == steps(the_case(unrated)) == [("call", "2026-02-01")]
        for customer in (good, risky, unrated):
            assert policy_for(customer) == the_case(customer).policy

    def test_whoever_is_not_rated_can_have_a_policy(self, company: Company, standard: Any, frank: User) -> None:
        draft = draft_of(standard, company.fiona)
        CollectionPolicy.objects.filter(pk=draft.pk).update(code="unrated", priority=10, conditions={"grade": ["none"]})
        activate_policy(actor=frank, policy_id=draft.pk)
        rated = make_customer(owner=company.alice)
        give_grade(rated, "AAA", day("2026-01-01"))
        assert policy_for(company.customer) == draft
        assert policy_for(rated) == standard

    @pytest.mark.parametrize("wrong", [{"rank": ["A"]}, {"size": []}, {"size": "large"}, ["large"]])
    def test_conditions_name_known_facts(self, wrong: Any) -> None:
        with pytest.raises(ConditionsUnusable):
            clean_conditions(wrong)

    def test_equal_conditions_are_written_equally(self) -> None:
        assert list(clean_conditions({"size": ["small", "large", "small"], "kind": ["person"]}).items()) == [
            ("kind", ["person"]),
            ("size", ["large", "small"]),
        ]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"days": 0}, "On the due date"),
        ({"days": -3}, "Before the due date"),
        ({"action": "letter"}, "needs a template"),
        ({"fraction": Decimal("0.9")}, "fraction"),
        ({"gap_days": 0}, "at least one day"),
    ],
)
def test_a_step_that_cannot_be_is_refused_in_words(standard: Any, fields: dict[str, Any], said: str) -> None:
    step = PolicyStep(policy=standard, code="x", name_zh="x", name_en="x", position=99, **{"days": 1, **fields})
    with pytest.raises(ValidationError, match=said):
        step.full_clean()


class TestDryRun:
    def test_it_tells_what_the_night_then_does_and_writes_nothing(self, company: Company, standard: Any) -> None:
        for number in range(3):
            customer = make_customer(owner=company.alice)
            make_invoice(customer, f"{1000 + number}.00", on="2026-01-01", due_on="2026-01-31", term_days=30)
        nights("2026-02-01", "2026-02-03")
        make_invoice(company.customer, "5000.00", on="2026-01-01", due_on="2026-02-03")
        before = list(Case.objects.order_by("pk").values_list())
        found = dry_run(standard, day("2026-02-04"))
        assert list(Case.objects.order_by("pk").values_list()) == before
        assert [(total.step.code, total.cases, total.amount) for total in found.steps] == [
            ("call", 1, Decimal("5000.00")),
            ("notice", 3, Decimal("3003.00")),
        ]
        assert (found.customers, found.fits, found.first[0].opens) == (4, 4, True)
        night("2026-02-04")
        told = CaseStep.objects.filter(on="2026-02-04").values_list("policy_step__code", "amount")
        assert sorted(told) == sorted((line.step.code, line.amount) for line in found.first)

    def test_a_draft_stands_in_for_the_version_in_force(self, company: Company, standard: Any) -> None:
        draft = draft_of(standard, company.fiona)
        draft.steps.exclude(code="stop").delete()
        draft.steps.update(days=1)
        make_invoice(company.customer, "5000.00", on="2026-01-01", due_on="2026-01-31")
        assert [total.step.code for total in dry_run(draft, day("2026-02-01")).steps] == ["stop"]

    def test_the_administration_shows_it_and_keeps_four_eyes(
        self, company: Company, standard: Any, frank: User
    ) -> None:
        client, today = Client(), dt.date.today()  # noqa: DTZ011
        client.force_login(company.fiona)
        make_invoice(company.customer, "5000.00", on=today - dt.timedelta(days=90), due_on=today - dt.timedelta(days=9))
        page = reverse("admin:receivables_collectionpolicy_dry_run", args=[standard.pk])
        said = client.get(page).content.decode()
        assert company.customer.code in said
        assert "5,000.00" in said
        assert client.post(page, {"do": "copy"}).status_code == 302
        draft = CollectionPolicy.objects.get(state="draft")
        changed = reverse("admin:receivables_collectionpolicy_change", args=[draft.pk])
        assert "match_grade" in client.get(changed).content.decode()
        in_force = client.get(reverse("admin:receivables_collectionpolicy_change", args=[standard.pk]))
        assert "every customer" in in_force.content.decode()
        assert "match_category" not in in_force.content.decode()
        assert ">None<" not in in_force.content.decode()
        own = reverse("admin:receivables_collectionpolicy_dry_run", args=[draft.pk])
        client.post(own, {"do": "activate"})
        assert CollectionPolicy.objects.get(pk=draft.pk).state == "draft"
        other = as_user(frank)
        other.post(own, {"do": "activate"})
        assert CollectionPolicy.objects.get(pk=draft.pk).state == "active"
        adam = Client()
        adam.force_login(make_user("adam", roles.ADMINISTRATOR))
        assert adam.post(own, {"do": "retire"}).status_code == 302
        assert CollectionPolicy.objects.get(pk=draft.pk).state == "active"

    def test_whoever_rewrites_the_draft_of_another_or_its_steps_does_not_put_it_into_force(
        self, company: Company, standard: Any, frank: User
    ) -> None:
        carol = make_user("carol", roles.CREDIT_CONTROLLER)
        draft = draft_of(standard, carol)
        change = reverse("admin:receivables_collectionpolicy_change", args=[draft.pk])
        dry_run_page = reverse("admin:receivables_collectionpolicy_dry_run", args=[draft.pk])
        client = as_user(frank)
        form = dict(client.get(change).context["adminform"].form.initial)
        form |= {"steps-TOTAL_FORMS": "1", "steps-INITIAL_FORMS": "1", "steps-0-policy": draft.pk}
        step = draft.steps.get(code="call")
        for name in ("position", "code", "name_zh", "name_en", "days", "gap_days", "actor", "action"):
            form[f"steps-0-{name}"] = getattr(step, name)
        form |= {"steps-0-id": step.pk, "steps-0-days": 300}
        assert client.post(change, form).status_code == 302
        draft.refresh_from_db()
        assert (draft.steps.get(code="call").days, draft.author_ids) == (300, sorted([carol.pk, frank.pk]))
        said = client.get(dry_run_page).content.decode()
        assert 'value="activate"' not in said
        client.post(dry_run_page, {"do": "activate"})
        with pytest.raises(OwnVersion):
            activate_policy(actor=frank, policy_id=draft.pk)
        assert CollectionPolicy.objects.get(state="active") == standard
        as_user(company.fiona).post(dry_run_page, {"do": "activate"})
        assert CollectionPolicy.objects.get(state="active") == draft

    def test_a_new_policy_is_its_makers(self, company: Company, standard: Any, frank: User) -> None:
        client, add = as_user(frank), reverse("admin:receivables_collectionpolicy_add")
        form = {**client.get(add).context["adminform"].form.initial, "code": "own", "name_zh": "x", "name_en": "x"}
        for name in ("tolerance", "priority", "letter_interval_days", "cause_due_days", "promise_grace_days"):
            form[name] = getattr(standard, name)
        form |= {"longest_promise_days": 30, "dispute_days": 10, "steps-TOTAL_FORMS": "0", "steps-INITIAL_FORMS": "0"}
        assert client.post(add, form).status_code == 302
        assert CollectionPolicy.objects.get(code="own").author_ids == [frank.pk]
