"""Takes pictures of the running product: every page, in both languages, at a desk's and a phone's width.

    make run                                                   # or any installation in demo mode
    .venv/bin/python -m tests.browser.pictures --url http://127.0.0.1:8000 var/pictures
    .venv/bin/python -m tests.browser.pictures --readme         # renews the pictures of the README in docs/pictures

A picture is named after its page, language and width. Whatever a page does wrong on the way is printed.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from scripts.console import ROOT
from tests.browser.chromium import launch

DESK, PHONE = 1440, 390
LANGUAGES = {"zh": "zh-hans", "en": "en"}


@dataclass(frozen=True)
class Picture:
    """One page as one person of the demo sees it; `then` leads further, such as into the first record of a list."""

    name: str
    path: str
    person: str = "frank"
    then: Callable[[Page], None] | None = None
    phone: bool = False
    whole: bool = False  # the whole page, however long


def calm(page: Page) -> None:
    """Wait until nothing loads or moves; parts that load when they come into sight are looked at."""
    page.wait_for_load_state("networkidle")
    for share in (0.25, 0.5, 0.75, 1):
        page.evaluate("share => scrollTo(0, document.documentElement.scrollHeight * share)", share)
        page.wait_for_timeout(150)
        page.wait_for_load_state("networkidle")
    expect(page.locator(".htmx-request")).to_have_count(0, timeout=10_000)
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(250)


def first_row(page: Page) -> None:
    href = page.locator("tr[data-href]").first.get_attribute("data-href")
    page.goto(href or "")
    calm(page)


def receipt_of_first_debtor(page: Page) -> None:
    """The posting form as it looks once payer and amount are typed: suggestions with their reasons."""
    href = page.locator("tr[data-href]").first.get_attribute("data-href") or ""
    page.goto(f"/receivables/receipts/post/?customer={href.strip('/').rpartition('/')[2]}&amount=500000")
    expect(page.locator("[data-match]").first).to_be_visible()
    calm(page)


def upload_of_customers(page: Page) -> None:
    """An upload with one good row and two faulty ones, up to the outcome of its dry run."""
    lines = (
        "客户编号,客户名称,统一社会信用代码,电话\n"
        "K-901,宁波岑泓包装材料有限公司,,0574-87654321\n"
        "K-902,,,\n"
        "K-903,苏州砚凯电气有限公司,91310000MA1FL0000X,\n"
    )
    page.locator("select[name=kind]").select_option("customers")
    file = {"name": "customers-2026.csv", "mimeType": "text/csv", "buffer": lines.encode()}
    page.locator("input[name=file]").set_input_files(file)
    page.locator("main form button[type=submit]").last.click()
    page.locator(".columns-form button[type=submit]").last.click()
    expect(page.locator(".tiles")).to_be_visible(timeout=60_000)
    calm(page)


PICTURES: tuple[Picture, ...] = (
    Picture("login", "/account/login/", person=""),
    Picture("my-day", "/", person="alice", phone=True, whole=True),
    Picture("my-day-finance", "/", person="fiona", whole=True),
    Picture("my-day-director", "/", person="flora", whole=True),
    Picture("my-day-warehouse", "/", person="walter"),
    Picture("customers", "/customers/", phone=True),
    Picture("customer", "/customers/?sort=-overdue", then=first_row, phone=True, whole=True),
    Picture("invoices", "/receivables/invoices/"),
    Picture("invoice", "/receivables/invoices/", then=first_row, whole=True),
    Picture("invoice-post", "/receivables/invoices/post/", whole=True),
    Picture("receipts", "/receivables/receipts/"),
    Picture("receipt", "/receivables/receipts/", then=first_row, whole=True),
    Picture("receipt-post", "/receivables/receipts/post/", whole=True),
    Picture("receipt-matched", "/customers/?sort=-overdue", person="fiona", then=receipt_of_first_debtor),
    Picture("import", "/exchange/new/", person="fiona", then=upload_of_customers),
    Picture("closing", "/receivables/closing/"),
    Picture("ageing", "/receivables/ageing/"),
    Picture("exchange", "/exchange/"),
    Picture("jobs", "/jobs/"),
    Picture("search", "/search/?q=上海"),
    Picture("profile", "/account/profile/"),
    Picture("password", "/account/password/"),
    Picture("not-found", "/no/such/page/"),
    Picture("refused", "/receivables/receipts/post/", person="alice"),
    Picture("admin", "/admin/", person="adam"),
    # Credit, contracts and orders.
    Picture("inbox", "/approvals/", person="greg", phone=True, whole=True),
    Picture("approval", "/approvals/all/", person="greg", then=first_row, phone=True, whole=True),
    Picture("credit-requests", "/credit/requests/", person="carol"),
    Picture("credit-request", "/credit/requests/", person="carol", then=first_row, whole=True),
    Picture("ratings", "/credit/ratings/", person="carol"),
    Picture("rating", "/credit/ratings/", person="carol", then=first_row, whole=True),
    Picture("reviews", "/credit/reviews/", person="carol"),
    Picture("checks", "/credit/checks/", person="carol"),
    Picture("check", "/credit/checks/?decision=held", person="carol", then=first_row, whole=True),
    Picture("templates", "/contracts/templates/", person="leo"),
    Picture("template", "/contracts/templates/", person="leo", then=first_row, whole=True),
    Picture("contracts", "/contracts/", person="mary", phone=True),
    Picture("contract", "/contracts/?state=in_performance", person="mary", then=first_row, whole=True),
    Picture("orders", "/contracts/orders/", person="mary"),
    Picture("order", "/contracts/orders/?state=held", person="mary", then=first_row, phone=True, whole=True),
    Picture("holds", "/contracts/holds/", person="carol", whole=True),
    Picture("warehouse", "/contracts/warehouse/", person="walter"),
    Picture("products", "/contracts/products/", person="mary"),
    Picture("trading", "/receivables/trading/", person="mary", whole=True),
    # Collection, and what the night found.
    Picture("cases", "/receivables/cases/", person="carol", phone=True),
    Picture("case", "/receivables/cases/", person="carol", then=first_row, phone=True, whole=True),
    Picture("letters", "/receivables/letters/", person="carol"),
    Picture("letter", "/receivables/letters/", person="carol", then=first_row, whole=True),
    Picture("disputes", "/receivables/disputes/", person="carol"),
    Picture("promises", "/receivables/promises/", person="carol"),
    Picture("plans", "/receivables/plans/", person="carol"),
    Picture("analysis", "/analytics/", person="mary", whole=True),
    Picture("dashboard-team", "/analytics/team/", person="diana", whole=True),
    Picture("dashboard-finance", "/analytics/finance/", person="flora", whole=True),
    Picture("segments", "/analytics/segments/", person="diana", whole=True),
    Picture("retention", "/analytics/retention/", person="diana"),
    Picture("contribution", "/analytics/contribution/", person="flora", whole=True),
    Picture("cash", "/analytics/cash/", person="flora", whole=True),
    Picture("models", "/analytics/models/", person="flora", whole=True),
    Picture("nights", "/jobs/nights/", person="adam"),
    Picture("night", "/jobs/nights/", person="adam", then=first_row, whole=True),
    Picture("notices", "/notices/", person="mary"),
)
README: dict[str, tuple[str, str]] = {
    "ageing-en.png": ("ageing", "en"),
    "receipt-zh.png": ("receipt-matched", "zh"),
    "customer-en.png": ("customer", "en"),
    "import-zh.png": ("import", "zh"),
    "holds-zh.png": ("holds", "zh"),
    "finance-en.png": ("dashboard-finance", "en"),
}  # file in docs/pictures: (name of the picture, language)


def sign_in(page: Page, person: str, language: str) -> None:
    page.goto("/account/login/")
    if page.locator("html").get_attribute("lang") != ("zh-Hans" if language == "zh-hans" else "en"):
        page.locator(f"button[name=language][value={language}]").click()
        page.wait_for_load_state()
    if person:
        page.locator(f"form[action$='/login/demo/{person}/'] button").click()
        page.wait_for_url(lambda url: "/login/" not in url)


def take(
    browser: Browser, url: str, picture: Picture, short: str, width: int, file: Path, whole: bool = True
) -> list[str]:
    """Take one picture; what went wrong on the way."""
    faults: list[str] = []
    language = LANGUAGES[short]
    context = browser.new_context(
        base_url=url,
        viewport={"width": width, "height": (900 if whole else 800) if width == DESK else 844},
        locale="zh-CN" if short == "zh" else "en-GB",
        reduced_motion="reduce",
    )
    try:
        page = context.new_page()
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        sign_in(page, picture.person, language)
        answer = page.goto(picture.path)
        if answer is not None and answer.status >= 500:
            faults.append(f"{answer.status}")
        calm(page)
        if picture.then:
            picture.then(page)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            faults.append(f"{wide} px wider than the window")
        page.screenshot(path=file, full_page=picture.whole and whole)
    finally:
        context.close()
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.browser.pictures", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "var/pictures")
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--only", default="", help="names of pictures, with commas between")
    parser.add_argument("--language", choices=sorted(LANGUAGES), help="one language only")
    parser.add_argument("--readme", action="store_true", help="renew docs/pictures")
    options = parser.parse_args()
    folder = ROOT / "docs/pictures" if options.readme else options.folder
    folder.mkdir(parents=True, exist_ok=True)
    wanted = set(filter(None, options.only.split(",")))
    by_name = {picture.name: picture for picture in PICTURES}
    jobs: list[tuple[Picture, str, int, str]] = []
    if options.readme:
        jobs = [(by_name[name], short, DESK, file) for file, (name, short) in README.items()]
    else:
        for picture in PICTURES:
            if wanted and picture.name not in wanted:
                continue
            for short in LANGUAGES:
                if options.language in (None, short):
                    widths = (DESK, PHONE) if picture.phone else (DESK,)
                    jobs += [(picture, short, width, f"{picture.name}-{short}-{width}.png") for width in widths]
    status = 0
    with sync_playwright() as playwright:
        browser = launch(playwright)
        if browser is None:
            sys.exit("no Chromium on this machine (Debian: apt-get install chromium fonts-noto-cjk)")
        for picture, short, width, file in jobs:
            try:
                faults = take(browser, options.url, picture, short, width, folder / file, not options.readme)
            except Exception as error:  # one page that fails must not cost the other pictures
                faults = [f"no picture: {str(error).splitlines()[0]}"]
            print(f"{file}: {'; '.join(faults) or 'good'}")
            status |= bool(faults)
        browser.close()
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
