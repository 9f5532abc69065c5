"""The pages of templates and their versions."""

import re
from typing import Any

import pytest
from django.urls import reverse

from contracts.forms.templates import VersionForm
from contracts.models import TemplateVersion
from contracts.services.templates import new_version
from tests.contracts.making import legal, version_of
from tests.contracts.test_pages import signed_in
from tests.factories import Company


def test_the_second_editor_of_a_template_is_told(company: Company) -> None:
    lena, leo = legal(), legal("leo")
    version = new_version(actor=lena, template_id=version_of().template_id, language="en")
    address = reverse("contracts:edit_version", args=[version.pk])
    version.refresh_from_db()
    typed = version_form(version, variables=VersionForm(version=version).initial["variables"])
    assert signed_in(lena).post(address, {**typed, "clause-3-text": "Lena"}).status_code == 302
    assert signed_in(lena).post(address, {**typed, "clause-3-text": "Lena"}).status_code == 302  # sent twice
    refused = signed_in(leo).post(address, {**typed, "clause-3-text": "Leo"})
    page = refused.content.decode()
    assert refused.status_code == 422
    assert f"{lena} saved it at" in page
    title = typed["clause-3-title"]
    assert re.search(rf"<td>{title}</td><td[^>]*>Lena</td><td[^>]*>Leo</td>", page)
    kept = re.search(r'name="edition" value="(\d+)"', page)
    assert kept is not None
    answer = signed_in(leo).post(address, {**typed, "clause-3-text": "Leo", "edition": kept[1]})
    assert answer.status_code == 302
    assert version.clauses.get(position=4).text == "Leo"


def version_form(version: TemplateVersion, **changes: Any) -> dict[str, Any]:
    clauses = list(version.clauses.all())
    data: dict[str, Any] = {
        "edition": version.edition,
        "title": version.title,
        "variables": "place | text | 地点 | Place",
        "clause-TOTAL_FORMS": len(clauses),
        "clause-INITIAL_FORMS": len(clauses),
    }
    for place, clause in enumerate(clauses):
        for name in ("position", "key", "title", "text", "condition", "elements"):
            data[f"clause-{place}-{name}"] = getattr(clause, name)
    return {**data, **changes}


def test_a_version_is_written_beside_a_preview_that_names_what_is_unknown(company: Company) -> None:
    lena = legal()
    version = new_version(actor=lena, template_id=version_of().template_id, language="en")
    client = signed_in(lena)
    assert client.get(reverse("contracts:edit_version", args=[version.pk])).status_code == 200
    preview = reverse("contracts:preview_version", args=[version.pk])
    text = "At {{ place }} for {{ contract.amount }} <script>: {{ nonsense }} {% x %}"
    page = client.post(preview, version_form(version, **{"clause-0-text": text})).content.decode()
    assert "At 〈Place〉 for 123,456.78 &lt;script&gt;: [nonsense]" in page
    for unknown in ("nonsense", "delivery_place", "{%"):
        assert unknown in page
    without = version_form(version, **{"clause-3-is_out": "on"})
    answer = client.post(reverse("contracts:edit_version", args=[version.pk]), without)
    assert answer.url == version.get_absolute_url()  # type: ignore[attr-defined]
    assert version.clauses.count() == version_of(language="en").clauses.count() - 1
    assert "no clause provides" in client.get(version.get_absolute_url()).content.decode()
    bad = version_form(TemplateVersion.objects.get(pk=version.pk), **{"clause-0-condition": "import os"})
    assert client.post(reverse("contracts:edit_version", args=[version.pk]), bad).status_code == 422


@pytest.mark.repeats
@pytest.mark.parametrize("name", ["key", "title", "condition"])
def test_a_clause_that_is_begun_is_not_dropped_in_silence(company: Company, name: str) -> None:
    lena = legal()
    version = new_version(actor=lena, template_id=version_of().template_id, language="en")
    count, at = version.clauses.count(), version.clauses.count()
    typed = version_form(version, **{"clause-TOTAL_FORMS": count + 1, f"clause-{at}-{name}": "begun"})
    address, client = reverse("contracts:edit_version", args=[version.pk]), signed_in(lena)
    refused = client.post(address, typed)
    assert refused.status_code == 422
    assert "A clause needs it." in refused.content.decode()
    assert 'value="begun"' in refused.content.decode()
    assert client.post(address, {**typed, f"clause-{at}-is_out": "on"}).status_code == 302
    assert version.clauses.count() == count


def test_templates_are_listed_with_their_versions(company: Company) -> None:
    client = signed_in(company.alice)
    page = client.get(reverse("contracts:templates")).content.decode()
    assert "Credit terms with guarantee" in page
    version = version_of("dealer")
    assert client.get(version.template.get_absolute_url()).status_code == 200
    assert "经销授权" in client.get(version.get_absolute_url()).content.decode()


@pytest.mark.parametrize(("before", "after"), [(1, 5), (5, 1), (2, 3), (4, 4)])
def test_a_clause_moves_to_the_place_that_is_typed(company: Company, before: int, after: int) -> None:
    lena = legal()
    version = new_version(actor=lena, template_id=version_of().template_id, language="en")
    keys = [clause.key for clause in version.clauses.all()]
    moved = keys.pop(before - 1)
    keys.insert(after - 1, moved)
    address = reverse("contracts:edit_version", args=[version.pk])
    typed = version_form(version, variables=VersionForm(version=version).initial["variables"])
    assert signed_in(lena).post(address, {**typed, f"clause-{before - 1}-position": after}).status_code == 302
    assert [clause.key for clause in version.clauses.all()] == keys


def test_the_preview_says_what_saving_would_refuse(company: Company) -> None:
    lena = legal()
    version = new_version(actor=lena, template_id=version_of().template_id, language="en")
    typed = version_form(version, variables=VersionForm(version=version).initial["variables"], title="My own title")
    client, address = signed_in(lena), reverse("contracts:preview_version", args=[version.pk])
    page = client.post(address, typed).content.decode()
    assert "My own title" in page
    assert "What is wrong or missing" not in page
    subject = next(place for place, clause in enumerate(version.clauses.all()) if clause.key == "subject")
    broken = {
        f"clause-{subject}-elements": [], f"clause-{subject}-condition": "customer.name > 3",
        f"clause-{subject}-key": "disputes",
    }  # fmt: skip
    page = client.post(address, {**typed, **broken}).content.decode()
    for said in ("no clause provides: Subject", "the condition compares", "Two clauses have the same key: disputes"):
        assert said in page
    page = client.post(address, {**typed, f"clause-{subject}-key": "no key"}).content.decode()
    assert "slug" in page
    editor = client.get(reverse("contracts:edit_version", args=[version.pk])).content.decode()
    assert 'data-insert="customer.name"' in editor
    assert "js/templates.js" in editor
