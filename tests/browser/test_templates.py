"""A contract template of one's own: begun as a copy, written beside its preview, another clause, handed to legal."""

from typing import Any

from django.urls import reverse
from playwright.sync_api import expect

from contracts.clause_text import KNOWN
from contracts.models import Template
from tests.browser.hands import no_sideways_scroll, settled
from tests.browser.watch import Watch

NAMES = {"zh-hans": ("寄售合同", "Consignment contract"), "en": ("加工合同", "Tolling contract")}
WORDS = {"zh-hans": ("包装", "包装由甲方负责。"), "en": ("Packing", "The Seller packs the goods.")}


def test_legal_begins_a_template_and_writes_it(sign_in: Any, watch: Watch, language: str) -> None:
    page, (name_zh, name_en), (title, text) = sign_in("leo", language), NAMES[language], WORDS[language]
    variables = sorted(KNOWN, key=len, reverse=True)  # they read the same in every language
    watch.typed += [*variables, name_zh, name_en, title, text, "packing"]
    page.goto(reverse("contracts:templates"))
    page.locator(f"a[href='{reverse('contracts:new_template')}']").click()
    page.fill("[name=name_zh]", name_zh)
    page.fill("[name=name_en]", name_en)
    other = "en" if language == "zh-hans" else "zh"
    page.uncheck(f"[name=languages][value={other}]")
    sales = Template.objects.get(code="sales")
    page.select_option("[name=copy_of]", str(sales.pk))
    page.locator(".form-foot .btn-primary").click()
    version = Template.objects.get(name_zh=name_zh).versions.get()
    expect(page).to_have_url(reverse("contracts:edit_version", args=[version.pk]))
    expect(page.locator("#preview .clause-title")).to_have_count(version.clauses.count())
    no_sideways_scroll(page)
    last = version.clauses.count()
    for field, typed in (("key", "packing"), ("title", title), ("text", text)):
        page.fill(f"[name=clause-{last}-{field}]", typed)
    page.locator("button[name=more][value='1']").click()
    expect(page.locator(f"[name=clause-{last + 1}-text]")).to_be_visible()
    expect(page.locator("#preview")).to_contain_text(text)
    settled(page)
    page.locator(".form-foot .btn-primary").click()
    expect(page).to_have_url(version.get_absolute_url())
    page.locator("form[action$='/review/'] .btn-primary").click()
    expect(page.locator("form[action$='/publish/']")).to_have_count(0)  # its author does not publish it
    version.refresh_from_db()
    assert (version.state, version.clauses.count()) == ("legal_review", last + 1)
