"""Versions of templates: four eyes on their words, faults, and what drafted contracts keep."""

import pytest
from django.db import DatabaseError, transaction

from contracts.errors import (
    AuthorPublishes,
    TemplateFaulty,
    VersionChanged,
    VersionInWork,
    VersionNotPublished,
)
from contracts.models import Clause, TemplateVersion
from contracts.services.drafting import draft_contract
from contracts.services.templates import (
    new_version,
    publish_version,
    return_to_draft,
    save_version,
    send_to_review,
)
from crm.core.errors import NotAllowed
from tests.contracts.making import (
    TODAY,
    draft,
    legal,
    version_of,
)
from tests.factories import Company


def test_a_new_version_leaves_drafted_contracts_as_they_are(company: Company) -> None:
    contract, lena = draft(company), legal()
    before = [(clause.text, clause.template_text) for clause in contract.clauses.all()]
    old = version_of()
    new = new_version(actor=lena, template_id=old.template_id, language="zh")
    words = [{**clause.own_words(), "text": clause.text + "新增。"} for clause in new.clauses.all()]
    save_version(
        actor=lena, version_id=new.pk, edition=new.edition, title="买卖合同", variables=new.variables, clauses=words
    )
    send_to_review(actor=lena, version_id=new.pk)
    publish_version(actor=company.greg, version_id=new.pk, on=TODAY)
    assert version_of().number == 2
    assert TemplateVersion.objects.get(pk=old.pk).state == "retired"
    assert [(clause.text, clause.template_text) for clause in contract.clauses.all()] == before
    with pytest.raises(VersionNotPublished):
        draft_contract(
            actor=company.alice,
            customer_id=company.customer.pk,
            version_id=old.pk,
            legal_entity_id=company.entity.pk,
            currency="CNY",
            on=TODAY,
        )


def test_no_author_publishes_what_was_written(company: Company) -> None:
    lena, other = legal(), legal("leo")
    new = new_version(actor=lena, template_id=version_of().template_id, language="zh")
    with pytest.raises(VersionInWork):
        new_version(actor=other, template_id=version_of().template_id, language="zh")
    save_version(
        actor=other,
        version_id=new.pk,
        edition=1,
        title=new.title,
        variables=new.variables,
        clauses=[clause.own_words() for clause in new.clauses.all()],
    )
    with pytest.raises(VersionChanged):
        save_version(actor=lena, version_id=new.pk, edition=1, title="x", variables=[], clauses=[])
    send_to_review(actor=lena, version_id=new.pk)
    for author in (lena, other):
        with pytest.raises(AuthorPublishes):
            publish_version(actor=author, version_id=new.pk)
    with pytest.raises(NotAllowed):
        publish_version(actor=company.alice, version_id=new.pk)
    assert version_of().number == 1
    return_to_draft(actor=company.greg, version_id=new.pk, reason="Clearer")
    assert TemplateVersion.objects.get(pk=new.pk).state == "draft"


def test_a_version_with_faults_does_not_reach_legal(company: Company) -> None:
    lena = legal()
    new = new_version(actor=lena, template_id=version_of().template_id, language="zh")
    words = [clause.own_words() for clause in new.clauses.all() if "price" not in clause.elements]
    words[0] = {**words[0], "text": "{{ customer.secret }} {% x %}"}
    save_version(actor=lena, version_id=new.pk, edition=None, title="T", variables=new.variables, clauses=words)
    with pytest.raises(TemplateFaulty) as refused:
        send_to_review(actor=lena, version_id=new.pk)
    said = str(refused.value)
    assert "customer.secret" in said
    assert "{%" in said
    assert "Price" in said


def test_the_words_of_a_published_version_stay_in_the_database(company: Company) -> None:
    version = version_of()
    with pytest.raises(DatabaseError), transaction.atomic():
        Clause.objects.filter(version=version).update(text="x")
    with pytest.raises(DatabaseError), transaction.atomic():
        TemplateVersion.objects.filter(pk=version.pk).update(title="x")
    with pytest.raises(DatabaseError), transaction.atomic():
        TemplateVersion.objects.filter(pk=version.pk).update(state="draft")
