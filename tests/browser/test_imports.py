"""The import wizard: a good file, a bad one with its workbook, and leaving the page while it works."""

import io
import re
from collections.abc import Callable
from pathlib import Path

from openpyxl import Workbook, load_workbook
from playwright.sync_api import Page, expect

from customers.models import Customer
from tests.browser.names import unique_name
from tests.browser.watch import Watch
from tests.world import World

SignIn = Callable[..., Page]
HEADS = ("客户编号", "客户名称", "统一社会信用代码")


def workbook(*rows: tuple[object, ...]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def upload(page: Page, name: str, content: bytes) -> None:
    """The first step: kind and file."""
    page.goto("/exchange/new/")
    page.locator("select[name=kind]").select_option("customers")
    page.locator("input[name=file]").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )
    page.locator("main form button[type=submit]").last.click()


def check(page: Page) -> None:
    """The second step as guessed, and wait for the outcome of the dry run."""
    expect(page).to_have_url(re.compile(r"/exchange/\d+/columns/"))
    page.locator(".columns-form button[type=submit]").last.click()
    expect(page.locator(".tiles")).to_be_visible(timeout=20_000)


def test_a_good_file_is_checked_and_applied(sign_in: SignIn, watch: Watch, language: str) -> None:
    watch.typed += [*HEADS, "客户.xlsx", "错误.xlsx", "坏.xlsx", "Sheet"]
    name = unique_name("纺织")
    code = f"K{abs(hash(name)) % 10**9}"
    page = sign_in("frank", language)
    upload(page, "客户.xlsx", workbook(HEADS, (code, name, "")))
    check(page)
    assert not Customer.objects.filter(code=code).exists(), "a dry run writes nothing"
    page.locator("form[action$='/apply/'] button[type=submit]").first.click()
    expect(page.locator("main")).to_contain_text(re.compile("Applied|已导入|已应用|已执行"), timeout=20_000)
    for _attempt in range(50):
        if Customer.objects.filter(code=code).exists():
            break
        page.wait_for_timeout(200)
    assert Customer.objects.get(code=code).name == name


def test_a_bad_file_names_row_column_and_cause_and_can_be_left(
    sign_in: SignIn, watch: Watch, language: str, tmp_path: Path
) -> None:
    name = unique_name()
    watch.typed += [*HEADS, name, "客户.xlsx", "错误.xlsx", "坏.xlsx", "Sheet"]
    code = f"B{abs(hash(unique_name())) % 10**9}"
    page = sign_in("frank", language)
    rows = [HEADS, (code, name, "91310000MA1FL0000X"), (f"{code}9", "", "")]
    upload(page, "错误.xlsx", workbook(*rows))
    check(page)
    here = page.url
    page.goto("/customers/")
    page.goto("/exchange/")
    page.locator("tr[data-href]", has_text="错误.xlsx").first.click()
    expect(page).to_have_url(here)
    expect(page.locator(".tile-danger")).to_have_text("2")
    expect(page.locator(".causes tbody tr")).to_have_count(2)
    with page.expect_download() as downloading:
        page.locator("a[href$='/result/']").first.click()
    file = tmp_path / "faults.xlsx"
    downloading.value.save_as(file)
    cells = [str(cell) for row in load_workbook(file).active.iter_rows(values_only=True) for cell in row if cell]
    assert any("91310000MA1FL0000X" in cell for cell in cells)
    assert not Customer.objects.filter(code=code).exists()


def test_what_is_no_workbook_is_refused_with_a_reason(sign_in: SignIn, watch: Watch, language: str) -> None:
    watch.typed.append("坏.xlsx")
    page = sign_in("frank", language)
    upload(page, "坏.xlsx", b"PK\x03\x04 this is not a workbook")
    expect(page.locator(".alert, .invalid-feedback, .note-error, .live-error").first).to_be_visible()
    expect(page).to_have_url(re.compile("/exchange/new/"))


def test_the_list_of_imports_says_why_it_is_empty(sign_in: SignIn, world: World, language: str) -> None:
    page = sign_in("carol", language)
    page.goto("/exchange/")
    expect(page.locator("main .empty")).to_be_visible()
