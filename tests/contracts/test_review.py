"""The legal review of templates: who is told what, what is compared, how versions are taken back, retired, given up."""

from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from contracts.errors import VersionNotPublished, VersionStateForbids
from contracts.models import TemplateVersion, VersionStep
from contracts.services.drafting import draft_contract
from contracts.services.templates import (
    discard_version,
    new_version,
    publish_version,
    retire_version,
    return_to_draft,
    save_version,
    send_to_review,
    take_back_version,
)
from crm.core.errors import NotAllowed, ReasonMissing
from crm.notices.models import Notice
from tests.contracts.making import draft, legal, version_of
from tests.contracts.test_pages import signed_in
from tests.factories import Company


def begun(actor: Any, language: str = "en") -> TemplateVersion:
    return new_version(actor=actor, template_id=version_of().template_id, language=language)


def state(version: TemplateVersion) -> str:
    return TemplateVersion.objects.get(pk=version.pk).state


def test_reviewers_and_authors_are_told(company: Company) -> None:
    lena, leo = legal(), legal("leo")
    version = begun(lena)
    send_to_review(actor=lena, version_id=version.pk)
    assert Notice.objects.filter(user=leo, kind="template_waits").count() == 1
    assert Notice.objects.filter(user=company.greg, kind="template_waits").count() == 1
    assert not Notice.objects.filter(user__in=[lena, company.alice]).exists()
    day = signed_in(leo).get(reverse("home:my_day")).content.decode()
    assert "Templates in legal review" in day
    assert version.get_absolute_url() in day
    assert version.get_absolute_url() not in signed_in(lena).get(reverse("home:my_day")).content.decode()
    return_to_draft(actor=leo, version_id=version.pk, reason="Clause 7 is not clear")
    notice = Notice.objects.get(user=lena)
    assert (notice.kind, notice.params["reason"]) == ("template_returned", "Clause 7 is not clear")
    page = signed_in(lena).get(version.get_absolute_url()).content.decode()
    assert f"Returned by {leo}" in page
    assert page.count("Clause 7 is not clear") == 2
    send_to_review(actor=lena, version_id=version.pk)
    publish_version(actor=leo, version_id=version.pk)
    assert Notice.objects.filter(user=lena, kind="template_published").count() == 1
    assert list(VersionStep.objects.order_by("pk").values_list("kind", flat=True)) == [
        "sent", "returned", "sent", "published",
    ]  # fmt: skip


def test_what_returns_comes_with_a_reason(company: Company) -> None:
    lena = legal()
    version = begun(lena)
    send_to_review(actor=lena, version_id=version.pk)
    with pytest.raises(ReasonMissing):
        return_to_draft(actor=company.greg, version_id=version.pk, reason=" ")
    assert state(version) == "legal_review"
    address = reverse("contracts:return_version", args=[version.pk])
    assert signed_in(company.greg).post(address, {"reason": ""}).status_code == 422
    assert signed_in(company.greg).post(address, {"reason": "No"}).status_code == 302
    assert state(version) == "draft"


def test_reviewers_see_what_differs_from_the_version_in_force(company: Company) -> None:
    lena = legal()
    version = begun(lena)
    words = [clause.own_words() for clause in version.clauses.all()]
    kept = [clause for clause in words if clause["key"] != "confidentiality"]
    notices = next(clause for clause in kept if clause["key"] == "notices")
    notices["text"] = notices["text"].replace("five days", "ten days")
    kept.append({**notices, "key": "extra", "title": "Extra"})
    save_version(
        actor=lena, version_id=version.pk, edition=1, title=version.title, variables=version.variables, clauses=kept
    )
    send_to_review(actor=lena, version_id=version.pk)
    page = signed_in(company.greg).get(version.get_absolute_url()).content.decode()
    assert '<del class="redline-out">five</del><ins class="redline-in">ten</ins>' in page
    assert page.count("New clause") == 1
    assert page.count("Changed clause") == 1
    assert "left out" in page


def test_an_author_takes_a_version_back_and_nobody_else_does(company: Company) -> None:
    lena, leo = legal(), legal("leo")
    version = begun(lena)
    send_to_review(actor=lena, version_id=version.pk)
    for other in (leo, company.alice):
        with pytest.raises(NotAllowed):
            take_back_version(actor=other, version_id=version.pk)
    assert state(version) == "legal_review"
    signed_in(lena).post(reverse("contracts:take_back_version", args=[version.pk]))
    assert state(version) == "draft"
    with pytest.raises(VersionStateForbids):
        take_back_version(actor=lena, version_id=version.pk)


def test_a_version_is_retired_without_another_in_its_place(company: Company) -> None:
    lena, version = legal(), version_of("dealer")
    contract = draft(company, "dealer")
    with pytest.raises(NotAllowed):
        retire_version(actor=company.alice, version_id=version.pk, reason="x")
    with pytest.raises(ReasonMissing):
        retire_version(actor=lena, version_id=version.pk, reason="")
    assert state(version) == "published"
    address = reverse("contracts:retire_version", args=[version.pk])
    assert signed_in(lena).post(address, {"reason": "Wrong law"}).status_code == 302
    assert state(version) == "retired"
    assert "Wrong law" in signed_in(lena).get(version.get_absolute_url()).content.decode()
    with pytest.raises(VersionNotPublished):
        draft_contract(
            actor=company.alice, customer_id=company.customer.pk, version_id=version.pk,
            legal_entity_id=company.entity.pk, currency="CNY",
        )  # fmt: skip
    contract.refresh_from_db()
    assert contract.template_version_id == version.pk
    with pytest.raises(VersionStateForbids):
        retire_version(actor=lena, version_id=version.pk, reason="again")


def test_a_draft_of_a_version_is_discarded_and_another_begins_where_it_should(company: Company) -> None:
    lena, first = legal(), version_of(language="en")
    version = begun(lena)
    save_version(actor=lena, version_id=version.pk, edition=1, title="Wrong", variables=[], clauses=[])
    with pytest.raises(NotAllowed):
        discard_version(actor=company.alice, version_id=version.pk, reason="x")
    assert state(version) == "draft"
    assert (
        signed_in(lena).post(reverse("contracts:discard_version", args=[version.pk]), {"reason": "Begun by mistake"})
    ).status_code == 302
    assert state(version) == "discarded"
    assert version.get_absolute_url() not in signed_in(lena).get(reverse("contracts:templates")).content.decode()
    other = begun(lena)
    assert (other.number, other.clauses.count()) == (3, first.clauses.count())
    with pytest.raises(VersionStateForbids):
        discard_version(actor=lena, version_id=first.pk, reason="published")


def test_steps_stay_as_they_were_written(company: Company) -> None:
    lena = legal()
    version = begun(lena)
    send_to_review(actor=lena, version_id=version.pk)
    with pytest.raises(DatabaseError), transaction.atomic():
        VersionStep.objects.update(reason="other")
    with pytest.raises(DatabaseError), transaction.atomic():
        VersionStep.objects.all().delete()
