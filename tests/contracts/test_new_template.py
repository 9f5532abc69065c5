"""A template of the company's own, from its first words to the contract that uses it."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from contracts.errors import AuthorPublishes, LanguageMissing, NothingToCopy, TemplateNameless, TemplateTaken
from contracts.models import Template, TemplateVersion
from contracts.services.templates import create_template, publish_version, send_to_review
from crm.core.errors import NotAllowed
from tests.contracts.making import draft, legal, version_of
from tests.contracts.test_pages import signed_in
from tests.contracts.test_template_pages import version_form
from tests.factories import Company

HEAD: dict[str, Any] = {"kind": "sales", "name_zh": "出口买卖合同", "name_en": "Export sales", "code": "export-sales"}
FORM = {**HEAD, "code": "", "languages": ["zh", "en"], "copy_of": ""}


def counts() -> tuple[int, int]:
    return Template.objects.count(), TemplateVersion.objects.count()


def make(actor: Any, **changes: Any) -> Template:
    return create_template(actor=actor, **{**HEAD, "languages": ["zh", "en"], **changes})


class TestService:
    def test_it_begins_empty_with_a_draft_in_each_language(self, company: Company) -> None:
        lena = legal()
        versions = make(lena).versions.order_by("language")
        assert [(each.language, each.number, each.state) for each in versions] == [
            ("en", 1, "draft"),
            ("zh", 1, "draft"),
        ]
        assert [each.title for each in versions] == ["Export sales", "出口买卖合同"]
        assert all(each.author_ids == [lena.pk] and each.created_by == lena for each in versions)
        assert not any(each.clauses.exists() for each in versions)

    def test_it_copies_what_another_has_published(self, company: Company) -> None:
        source = version_of("dealer", "en")
        made = make(legal(), languages=["en"], copy_of_id=source.template_id).versions.get()
        assert [each.own_words() for each in made.clauses.all()] == [each.own_words() for each in source.clauses.all()]
        assert (made.variables, made.title) == (source.variables, "Export sales")

    def test_what_is_not_published_in_a_language_cannot_be_copied(self, company: Company) -> None:
        lena = legal()
        source = make(lena, languages=["zh"])
        before = counts()
        with pytest.raises(NothingToCopy):
            make(lena, name_zh="二", name_en="Two", code="two", copy_of_id=source.pk)
        assert counts() == before

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"languages": []}, LanguageMissing),
            ({"languages": ["fr"]}, LanguageMissing),
            ({"name_en": "  "}, TemplateNameless),
            ({"code": "SALES"}, TemplateTaken),
            ({"name_zh": "买卖合同"}, TemplateTaken),
            ({"name_en": "sales CONTRACT"}, TemplateTaken),
        ],
    )
    def test_what_is_missing_or_taken_is_refused(
        self, company: Company, changes: dict[str, Any], error: type[Exception]
    ) -> None:
        before = counts()
        with pytest.raises(error) as found:
            make(legal(), **changes)
        assert counts() == before
        if error is TemplateTaken:
            assert next(iter(changes.values())).lower() in str(found.value).lower()

    def test_the_database_keeps_names_apart_too(self, company: Company) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Template.objects.create(code="other", kind="sales", name_zh="买卖合同", name_en="Other")

    def test_a_rep_cannot_make_one(self, company: Company) -> None:
        before = counts()
        for actor in (company.alice, company.greg):
            with pytest.raises(NotAllowed):
                make(actor)
        assert counts() == before

    def test_its_author_does_not_publish_it_and_another_does(self, company: Company) -> None:
        lena = legal()
        version = make(lena, languages=["zh"], copy_of_id=version_of().template_id).versions.get()
        send_to_review(actor=lena, version_id=version.pk)
        with pytest.raises(AuthorPublishes):
            publish_version(actor=lena, version_id=version.pk)
        publish_version(actor=company.greg, version_id=version.pk)
        assert draft(company, "export-sales").clauses.count() == version.clauses.count()


class TestPages:
    def test_legal_begins_one_and_arrives_in_the_editor(self, company: Company) -> None:
        client = signed_in(legal())
        assert reverse("contracts:new_template") in client.get(reverse("contracts:templates")).content.decode()
        address = reverse("contracts:new_template")
        assert client.get(address).status_code == 200
        answer = client.post(address, {**FORM, "copy_of": version_of().template_id}, follow=True)
        made = Template.objects.get(code="export-sales")
        chinese = made.versions.get(language="zh")
        assert answer.redirect_chain == [(reverse("contracts:edit_version", args=[chinese.pk]), 302)]
        page = answer.content.decode()
        assert "The template is begun." in page
        assert reverse("contracts:preview_version", args=[chinese.pk]) in page
        listed = client.get(reverse("contracts:templates")).content.decode()
        assert "not yet" in listed
        assert made.versions.get(language="en").get_absolute_url() in listed

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"languages": []}, "Choose at least one language."),
            ({"name_zh": "买卖合同"}, "There is a template &#x27;买卖合同&#x27; already."),
            ({"code": "sales"}, "There is a template &#x27;sales&#x27; already."),
            ({"name_en": "合同"}, "No code can be made of this English name"),
            ({"code": "no blanks"}, "slug"),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
        self, company: Company, changes: dict[str, Any], said: str
    ) -> None:
        before = counts()
        answer = signed_in(legal()).post(reverse("contracts:new_template"), {**FORM, **changes})
        page = answer.content.decode()
        assert answer.status_code == 422
        assert said in page
        assert str({**FORM, **changes}["name_zh"]) in page
        assert counts() == before

    def test_who_does_not_write_templates_is_not_offered_one(self, company: Company) -> None:
        client: Client = signed_in(company.alice)
        assert reverse("contracts:new_template") not in client.get(reverse("contracts:templates")).content.decode()
        assert client.post(reverse("contracts:new_template"), FORM).status_code == 403

    def test_another_clause_keeps_what_was_typed(self, company: Company) -> None:
        lena = legal()
        version = make(lena, languages=["en"]).versions.get()
        client, address = signed_in(lena), reverse("contracts:edit_version", args=[version.pk])
        words = {
            "clause-0-key": "parties",
            "clause-0-title": "Parties",
            "clause-0-text": "Between us.",
            "clause-TOTAL_FORMS": 1,
        }
        answer = client.post(address, version_form(version, **words, more="1"))
        page = answer.content.decode()
        assert answer.status_code == 200
        assert "Between us." in page
        assert 'name="clause-1-text"' in page
        assert not version.clauses.exists()
        again = {**words, "clause-TOTAL_FORMS": 2, "clause-1-key": "price", "clause-1-title": "Price"}
        again |= {"clause-1-text": "{{ contract.amount }}"}
        assert client.post(address, version_form(version, **again)).status_code == 302
        assert list(version.clauses.values_list("key", flat=True)) == ["parties", "price"]
