"""The clause library: templates take copies that remember their source, and learn of a newer wording."""

from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse

from contracts.errors import AuthorPublishes, LibraryThere, NotOfLibrary, VersionNotPublished
from contracts.models import Clause, Template, TemplateVersion
from contracts.rules.library import Wordings
from contracts.selectors.library import library_in, standings
from contracts.services.drafting import draft_contract
from contracts.services.standard import seed_templates
from contracts.services.templates import (
    create_template,
    faults_of,
    new_version,
    publish_version,
    save_version,
    send_to_review,
)
from crm.core.errors import NotAllowed
from tests.contracts.making import again, draft, legal, version_of
from tests.contracts.test_pages import signed_in
from tests.contracts.test_template_pages import version_form
from tests.factories import Company

NEWER = "Disputes are settled by arbitration in Shanghai at {{ seat }}."


def library() -> Template:
    return Template.objects.get(kind="library")


def republished(company: Company, author: Any, *, drop: str = "", **texts: str) -> TemplateVersion:
    """The next English version of the library with other words for some clauses, published by another."""
    version = new_version(actor=author, template_id=library().pk, language="en")
    clauses = [
        {**clause.own_words(), "text": texts.get(clause.key, clause.text)}
        for clause in version.clauses.all()
        if clause.key != drop
    ]
    seat = {"name": "seat", "kind": "text", "label_zh": "仲裁地", "label_en": "Seat"}
    variables = [*version.variables, seat]
    save_version(
        actor=author, version_id=version.pk, edition=1, title=version.title, variables=variables, clauses=clauses
    )
    send_to_review(actor=author, version_id=version.pk)
    with pytest.raises(AuthorPublishes):
        publish_version(actor=author, version_id=version.pk)
    return publish_version(actor=company.greg, version_id=version.pk)


def words(version: TemplateVersion, key: str) -> Clause:
    return version.clauses.get(key=key)


def form_of(version: TemplateVersion, **changes: Any) -> dict[str, Any]:
    """What the editor sends for a version as it is."""
    data = version_form(version)
    data["variables"] = "\n".join(
        " | ".join(each[name] for name in ("name", "kind", "label_zh", "label_en")) for each in version.variables
    )
    for place, clause in enumerate(version.clauses.all()):
        data[f"clause-{place}-source_id"] = clause.source_id or ""
        if clause.is_fixed:
            data[f"clause-{place}-is_fixed"] = "on"
    return {**data, **changes}


def typed(page: Any, place: int, name: str) -> Any:
    return page.context["form"].clauses.forms[place][name].value()


def place_of(version: TemplateVersion, key: str) -> int:
    return [clause.key for clause in version.clauses.all()].index(key)


@pytest.mark.parametrize(
    ("own", "taken", "now", "newer", "changed", "gone"),
    [
        ("a", "a", "a", False, False, False),
        ("a", "a", "b", True, False, False),
        ("b", "a", "b", False, False, False),  # written by hand already
        ("c", "a", "a", False, True, False),
        ("c", "a", "b", True, True, False),
        ("a", "a", None, False, False, True),
    ],
)
def test_a_clause_stands_to_the_library(
    own: str, taken: str, now: str | None, *, newer: bool, changed: bool, gone: bool
) -> None:
    found = Wordings(own, taken, now)
    assert (found.has_newer, found.is_changed, found.is_gone) == (newer, changed, gone)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_installation_begins_with_the_clauses_its_templates_share(company: Company, language: str) -> None:
    version = version_of("clause-library", language)
    clauses = {clause.key: clause for clause in version.clauses.all()}
    assert faults_of(version.variables, list(clauses.values()), is_library=True) == []
    assert {"disputes", "payment-form", "parties"} <= set(clauses)
    sales = version_of("sales", language)
    taken = standings(sales, list(sales.clauses.all()))
    assert len(taken) >= 10
    assert all(
        each.wordings == Wordings(each.source.words, each.source.words, each.source.words) for each in taken.values()
    )
    seed_templates()  # after the next migrate
    assert TemplateVersion.objects.filter(template=library()).count() == 2


def test_the_library_is_one_and_no_contract(company: Company) -> None:
    head = {"kind": "library", "name_zh": "二", "name_en": "Two", "code": "two", "languages": ["en"]}
    with pytest.raises(LibraryThere):
        create_template(actor=legal(), **head)  # type: ignore[arg-type]
    with pytest.raises(IntegrityError), transaction.atomic():
        Template.objects.create(kind="library", name_zh="二", name_en="Two", code="two")
    before = draft(company)
    with pytest.raises(VersionNotPublished):
        draft_contract(
            actor=company.alice,
            customer_id=company.customer.pk,
            version_id=version_of("clause-library").pk,
            legal_entity_id=company.entity.pk,
            currency="CNY",
        )
    form = signed_in(company.alice).get(reverse("contracts:new_contract", args=[company.customer.pk]))
    assert str(version_of("clause-library")) not in form.content.decode()
    assert again(before).clauses.exists()


def test_a_newer_wording_changes_no_template_until_it_is_taken_over(company: Company) -> None:
    lena = legal()
    sales = version_of("sales", "en")
    before = words(sales, "disputes").text
    republished(company, lena, disputes=NEWER)
    assert words(sales, "disputes").text == before
    with pytest.raises(DatabaseError), transaction.atomic():
        Clause.objects.filter(version=sales, key="disputes").update(source=library_in("en")["disputes"])
    page = signed_in(lena).get(sales.get_absolute_url()).content.decode()
    assert page.count("A newer wording exists") == 1
    assert "Take over" not in page  # it is published
    version = new_version(actor=lena, template_id=sales.template_id, language="en")
    assert words(version, "disputes").text == before
    client, address = signed_in(lena), reverse("contracts:edit_version", args=[version.pk])
    place = place_of(version, "disputes")
    page = client.get(address).content.decode()
    assert "A newer wording exists" in page
    assert f'value="take-{place}"' in page
    answer = client.post(address, form_of(version, more=f"take-{place}", **{"clause-0-title": "Typed, not saved"}))
    assert (typed(answer, place, "text"), typed(answer, place, "key")) == (NEWER, "disputes")
    assert typed(answer, 0, "title") == "Typed, not saved"
    assert "seat | text | 仲裁地 | Seat" in answer.context["form"]["variables"].value()
    assert "A newer wording exists" not in answer.content.decode()
    assert words(version, "disputes").text == before  # nothing is saved yet
    taken = form_of(
        version,
        variables=answer.context["form"]["variables"].value(),
        **{f"clause-{place}-{name}": typed(answer, place, name) for name in ("title", "text", "source_id")},
    )
    assert client.post(address, taken).status_code == 302
    clause = words(version, "disputes")
    assert (clause.text, clause.source) == (NEWER, library_in("en")["disputes"])
    assert words(version, "notices").source == words(sales, "notices").source
    assert client.post(address, taken).status_code == 302  # sent twice
    assert TemplateVersion.objects.get(pk=version.pk).edition == 2


def test_a_clause_is_put_in_from_the_library(company: Company) -> None:
    lena = legal()
    head = {"kind": "sales", "name_zh": "出口", "name_en": "Export", "code": "export", "languages": ["en"]}
    version = create_template(actor=lena, **head).versions.get()  # type: ignore[arg-type]
    client, address = signed_in(lena), reverse("contracts:edit_version", args=[version.pk])
    assert "Put a copy in" in client.get(address).content.decode()
    empty = {"edition": 1, "title": "Export", "variables": "", "clause-TOTAL_FORMS": 1, "clause-INITIAL_FORMS": 0}
    answer = client.post(address, {**empty, "more": "insert", "from_library": "liability"})
    source = library_in("en")["liability"]
    form = answer.context["form"]
    assert [typed(answer, 0, name) for name in ("key", "text", "condition", "elements", "is_fixed")] == [
        source.key, source.text, source.condition, source.elements, False,
    ]  # fmt: skip
    assert form["variables"].value().startswith("late_rate | number | ")
    assert "liability" not in [clause.key for clause in form.offered]
    row = {f"clause-0-{name}": typed(answer, 0, name) for name in ("key", "title", "text", "condition", "source_id")}
    sent = {**empty, **row, "clause-0-elements": source.elements}
    sent["variables"] = form["variables"].value()
    again_ = client.post(address, {**sent, "more": "insert", "from_library": "liability"})
    assert len(again_.context["form"].clauses.forms) == 1  # it is there already
    second = client.post(address, {**sent, "more": "insert", "from_library": "disputes"})
    assert typed(second, 1, "key") == "disputes"
    assert client.post(address, sent).status_code == 302
    clause = version.clauses.get()
    assert (clause.source, clause.words) == (source, source.words)


def test_only_what_the_library_published_in_that_language_is_a_source(company: Company) -> None:
    lena = legal()
    version = new_version(actor=lena, template_id=version_of().template_id, language="en")
    drafted = new_version(actor=lena, template_id=library().pk, language="en")
    clause = words(version, "disputes")
    foreign = [words(drafted, "disputes"), words(version_of("clause-library", "zh"), "disputes"), clause]

    def save(into: TemplateVersion, source: Clause) -> None:
        save_version(
            actor=lena, version_id=into.pk, edition=1, title="x", variables=[],
            clauses=[{**clause.own_words(), "source_id": source.pk}],
        )  # fmt: skip

    for source in foreign:
        with pytest.raises(NotOfLibrary):
            save(version, source)
    with pytest.raises(NotOfLibrary):
        save(drafted, library_in("en")["disputes"])
    with pytest.raises(NotAllowed):
        save_version(actor=company.alice, version_id=version.pk, edition=1, title="x", variables=[], clauses=[])
    assert words(version, "disputes") == clause


def test_the_library_says_who_uses_which_version(company: Company, django_assert_max_num_queries: Any) -> None:
    lena = legal()
    client, address = signed_in(lena), reverse("contracts:library")
    assert "A newer wording exists" not in client.get(address).content.decode()
    republished(company, lena, drop="notices", disputes=NEWER)
    begun = new_version(actor=lena, template_id=version_of().template_id, language="en")
    with django_assert_max_num_queries(14):
        page = client.get(address).content.decode()
    assert begun.get_absolute_url() in page
    assert version_of("sales", "en").get_absolute_url() in page
    users = Clause.objects.filter(key="disputes", source__isnull=False, version__language="en").count()
    assert page.count("A newer wording exists") == users
    assert "No longer in the library" in page
    assert signed_in(company.alice).get(address).status_code == 200
    assert reverse("contracts:library") in client.get(reverse("contracts:templates")).content.decode()
