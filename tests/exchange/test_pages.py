"""The wizard and the pages of background work, driven as a browser does."""

import datetime as dt
import io
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from crm.accounts import roles
from crm.exchange.models import Import, ImportProfile, StagingRow
from crm.exchange.services import purge_imports
from crm.jobs.models import Run, RunState
from crm.jobs.worker import work_off
from receivables.models import Invoice
from tests.exchange.files import HEADS, ROW, csv_file, workbook
from tests.factories import make_customer, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("still")]


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def client(anna) -> Client:
    return signed_in(anna)


def upload(client: Client, file: io.BytesIO, name: str = "open.csv", kind: str = "invoices") -> Any:
    file.name = name  # type: ignore[attr-defined]
    return client.post(reverse("exchange:new"), {"kind": kind, "file": file, "profile": ""})


def fields(found: Import, **changes: str) -> dict[str, str]:
    """What the form of the second step sends."""
    sent = {f"map-{key}": head for key, head in found.mapping.items()}
    sent |= {f"option-{key}": value for key, value in found.options.items() if value}
    return {**sent, "profile_name": "", **changes}


def test_the_wizard_from_file_to_books(client: Client, entity, anna) -> None:
    make_customer(code="C1")
    rows = [ROW, [*ROW[:2], "A-2", *ROW[3:]]]
    response = upload(client, csv_file([HEADS, *rows]))
    found = Import.objects.get()
    assert response.url == reverse("exchange:columns", args=[found.pk])
    assert (found.file_name, found.created_by) == ("open.csv", anna)
    assert "open" not in found.file.name

    page = client.get(response.url).content.decode()
    assert 'value="Invoice number" data-sample="A-1 · A-2" selected' in page

    response = client.post(response.url, fields(found, **{"option-legal_entity": "E1", "profile_name": "Old books"}))
    assert response.url == found.get_absolute_url()
    page = client.get(response.url).content.decode()
    assert f'hx-get="{reverse("jobs:progress", args=[Run.objects.get().pk])}"' in page

    work_off()
    page = client.get(found.get_absolute_url()).content.decode()
    assert "No row is faulty" in page
    assert "A-2" in page
    assert not Invoice.objects.exists()

    client.post(reverse("exchange:apply", args=[found.pk]))
    work_off()
    page = client.get(found.get_absolute_url()).content.decode()
    assert "The books were recomputed afterwards" in page
    assert Invoice.objects.count() == 2

    profile = ImportProfile.objects.get(name="Old books")
    assert profile.options["legal_entity"] == "E1"
    upload(client, csv_file([HEADS, *rows]))
    second = Import.objects.first()
    assert (second.profile, second.options["legal_entity"]) == (profile, "E1"), "the same heads are read the same way"


def test_a_faulty_file_cannot_be_applied_and_its_workbook_names_the_causes(client: Client, entity) -> None:
    make_customer(code="C1")
    rows = [ROW, ["C1", "=1+1", "A-2", "2026-03-01", "2026-03-31", "CNY", "=cmd|'x'!A0"]]
    upload(client, csv_file([HEADS, *rows]))
    found = Import.objects.get()
    client.post(reverse("exchange:columns", args=[found.pk]), fields(found, **{"option-legal_entity": "E1"}))
    work_off()
    page = client.get(found.get_absolute_url()).content.decode()
    assert "1 row is faulty" in page
    client.post(reverse("exchange:apply", args=[found.pk]), follow=True)
    assert not Run.objects.filter(kind="exchange.apply").exists()
    assert not Invoice.objects.exists()

    found.refresh_from_db()
    response = client.get(reverse("jobs:result", args=[found.check_run_id]))
    assert response.headers["Content-Disposition"].startswith("attachment")
    sheet = load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    assert sheet is not None
    head, fault = sheet.iter_rows(values_only=True)
    assert len(head) == 6
    assert fault[0] == 3
    assert fault[2:5] == ("Amount", "Amount", "'=cmd|'x'!A0")
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)

    client.post(reverse("exchange:apply", args=[found.pk]), {"leave_out_faulty": "1"})
    work_off()
    assert list(Invoice.objects.values_list("number", flat=True)) == ["A-1"]
    found.refresh_from_db()
    assert (found.leave_out_faulty, found.applied["left_out"]) == (True, 1)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4", b"PK\x03\x04 cut off"])
def test_a_file_that_is_refused_leaves_nothing_and_says_why(client: Client, content: bytes) -> None:
    response = upload(client, io.BytesIO(content), name="x.xlsx")
    assert response.status_code == 422
    assert not Import.objects.exists()


def test_a_file_above_the_limit_is_refused(client: Client, settings) -> None:
    settings.EXCHANGE_MAX_UPLOAD_MB = 0
    response = upload(client, csv_file([HEADS, ROW]))
    assert response.status_code == 422
    assert "larger than 0 MB" in response.content.decode()


def test_columns_that_are_missing_or_chosen_twice_are_told_at_the_field(client: Client, entity) -> None:
    upload(client, csv_file([HEADS, ROW]))
    found = Import.objects.get()
    address = reverse("exchange:columns", args=[found.pk])
    response = client.post(address, fields(found, **{"map-number": "", "map-reference": "Amount"}))
    assert response.status_code == 422
    page = response.content.decode()
    assert "Choose a column." in page
    assert "This column is already read as Amount." in page
    assert not Run.objects.exists()


def test_another_sheet_of_the_workbook_can_be_read(client: Client) -> None:
    from openpyxl import Workbook

    from tests.exchange.files import saved

    book = Workbook()
    book.active.append(["a", "b"])
    book.active.append(["1", "2"])
    other = book.create_sheet("Data")
    for row in (HEADS, ROW):
        other.append(row)
    upload(client, saved(book), name="x.xlsx")
    found = Import.objects.get()
    assert (found.sheet, found.heads) == ("Sheet", ["a", "b"])
    client.post(reverse("exchange:columns", args=[found.pk]), {"do": "sheet", "sheet": "Data"})
    found.refresh_from_db()
    assert (found.sheet, found.mapping["number"]) == ("Data", "Invoice number")


def test_discarding_deletes_the_file_and_its_rows(client: Client, entity) -> None:
    upload(client, csv_file([HEADS, ROW]))
    found = Import.objects.get()
    client.post(reverse("exchange:columns", args=[found.pk]), fields(found))
    work_off()
    found.refresh_from_db()
    name, storage = found.file.name, found.file.storage
    client.post(reverse("exchange:discard", args=[found.pk]))
    assert not storage.exists(name)
    assert not StagingRow.objects.exists()
    found.refresh_from_db()
    assert found.state == "discarded"
    assert client.get(found.get_absolute_url()).status_code == 200


def test_uploads_are_purged_after_their_time(client: Client, entity) -> None:
    upload(client, csv_file([HEADS, ROW]))
    found = Import.objects.get()
    client.post(reverse("exchange:columns", args=[found.pk]), fields(found))
    work_off()
    assert purge_imports(14) == 0
    Import.objects.update(created_at=found.created_at - dt.timedelta(days=15))
    assert purge_imports(14) == 1
    assert not StagingRow.objects.exists()
    assert client.get(found.get_absolute_url()).status_code == 200
    found.refresh_from_db()
    response = client.post(reverse("exchange:columns", args=[found.pk]), fields(found))
    work_off()
    assert response.status_code == 302
    assert Run.objects.order_by("-pk")[0].error_code == "import_file_gone"


def test_an_import_belongs_to_the_one_who_brought_it(client: Client, entity, anna) -> None:
    upload(client, csv_file([HEADS, ROW]))
    found = Import.objects.get()
    client.post(reverse("exchange:columns", args=[found.pk]), fields(found))
    work_off()
    run = Run.objects.get()
    other = signed_in(make_user("anton", roles.ACCOUNTANT))
    manager = signed_in(make_user("frank", roles.FINANCE_MANAGER))
    rep = signed_in(make_user("alice", roles.SALES_REP))  # imports orders and customers, never invoices
    keeper = signed_in(make_user("walter", roles.WAREHOUSE))
    assert other.get(found.get_absolute_url()).status_code == 404
    assert manager.get(found.get_absolute_url()).status_code == 200
    assert rep.get(found.get_absolute_url()).status_code == 404
    assert found.file_name not in rep.get(reverse("exchange:imports")).content.decode()
    assert 'value="invoices"' not in rep.get(reverse("exchange:new")).content.decode()
    assert keeper.get(found.get_absolute_url()).status_code == 403
    assert keeper.get(reverse("exchange:imports")).status_code == 403
    for stranger in (other, rep, keeper):
        for name in ("run", "progress", "result"):
            assert stranger.get(reverse(f"jobs:{name}", args=[run.pk])).status_code == 404
        for name in ("cancel", "retry"):
            assert stranger.post(reverse(f"jobs:{name}", args=[run.pk])).status_code == 404
    for stranger in (other, rep, manager):
        stranger.post(reverse("exchange:apply", args=[found.pk]))
        stranger.post(reverse("exchange:discard", args=[found.pk]))
    assert not Invoice.objects.exists()
    assert Run.objects.count() == 1
    found.refresh_from_db()
    assert found.discarded_at is None


def test_a_credit_controller_imports_customers_but_no_invoices(entity) -> None:
    carol = make_user("carol", roles.CREDIT_CONTROLLER)
    controller = signed_in(carol)
    page = controller.get(reverse("exchange:new")).content.decode()
    assert 'value="customers"' in page
    assert 'value="invoices"' not in page
    assert upload(controller, csv_file([HEADS, ROW])).status_code == 422
    assert controller.get(reverse("exchange:template", args=["invoices"])).status_code == 404
    assert controller.get(reverse("exchange:template", args=["customers"])).status_code == 200


def test_progress_is_asked_until_the_run_has_ended(client: Client, entity) -> None:
    upload(client, csv_file([HEADS, ROW]))
    found = Import.objects.get()
    client.post(reverse("exchange:columns", args=[found.pk]), fields(found))
    run = Run.objects.get()
    address = reverse("jobs:progress", args=[run.pk])
    assert "Waiting for a worker" in client.get(address).content.decode()
    work_off()
    assert client.get(address).headers["HX-Refresh"] == "true"
    head = client.get(reverse("jobs:head")).content.decode()
    assert "open.csv" in head
    assert found.get_absolute_url() in head
    client.get(found.get_absolute_url())
    assert client.get(reverse("jobs:head")).content.decode().strip() == ""


@pytest.mark.thorough
def test_a_run_can_be_cancelled_and_tried_again(client: Client, entity) -> None:
    upload(client, csv_file([HEADS, ROW]))
    found = Import.objects.get()
    client.post(reverse("exchange:columns", args=[found.pk]), fields(found))
    run = Run.objects.get()
    client.post(reverse("jobs:cancel", args=[run.pk]))
    work_off()
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    client.post(reverse("jobs:retry", args=[run.pk]))
    work_off()
    run.refresh_from_db()
    assert run.state == RunState.DONE
    assert client.get(reverse("jobs:runs")).status_code == 200
    assert client.get(reverse("jobs:run", args=[run.pk])).status_code == 200


def test_templates_have_the_heads_that_are_recognised(client: Client) -> None:
    for key in ("customers", "contacts", "invoices", "paid_invoices", "receipts"):
        response = client.get(reverse("exchange:template", args=[key]))
        book = load_workbook(io.BytesIO(b"".join(response.streaming_content)))
        heads = [cell.value for cell in book.worksheets[0][1]]
        upload(client, workbook([heads, ["1"] * len(heads)]), name="t.xlsx", kind=key)
        found = Import.objects.first()
        kind = found.import_kind
        assert {key: head for key, head in found.mapping.items() if kind.field(key).required} == {
            spec.key: str(spec.label) for spec in kind.fields if spec.required
        }


def test_the_encoding_of_a_text_file_is_chosen_with_its_columns(client: Client) -> None:
    rows = [["Customer number", "Customer name"], ["C1", "Müller & Söhne"]]
    response = upload(client, csv_file(rows, encoding="cp1252"), kind="customers")
    assert "Müller" not in client.get(response.url).content.decode()
    client.post(response.url, {"do": "encoding", "encoding": "cp1252"})
    page = client.get(response.url).content.decode()
    assert "Müller &amp; Söhne" in page
    assert '<option value="cp1252" selected>' in page
    said = client.post(response.url, {"do": "encoding", "encoding": "utf-8-sig"}, follow=True).content.decode()
    assert "Choose its encoding" in said
    found = Import.objects.get()
    sent = fields(found)
    del sent["option-encoding"]
    client.post(response.url, sent)
    work_off()
    found.refresh_from_db()
    assert (found.options["encoding"], found.encoding, found.counts["warned"]) == ("cp1252", "cp1252", 0)


def test_a_file_that_fits_no_guess_is_taken_in_the_encoding_named_with_it(client: Client) -> None:
    content = b"Customer number,Customer name\nC1,Caf\xe9 \xdcbung\n"
    assert "Choose its encoding" in upload(client, io.BytesIO(content), kind="customers").content.decode()
    file = io.BytesIO(content)
    file.name = "a.csv"  # type: ignore[attr-defined]
    sent = {"kind": "customers", "file": file, "profile": "", "encoding": "cp1252"}
    client.post(reverse("exchange:new"), sent)
    assert Import.objects.get().samples == [["C1", "Café Übung"]]


def test_a_workbook_has_no_encoding_to_choose(client: Client) -> None:
    response = upload(client, workbook([HEADS, ROW]), name="open.xlsx")
    assert 'name="encoding"' not in client.get(response.url).content.decode()


def test_file_and_kind_stand_apart_in_the_list(client: Client) -> None:
    upload(client, csv_file([HEADS, ROW]))
    page = client.get(reverse("exchange:imports")).content.decode()
    assert '<div class="pair"><span>open.csv</span><span class="cell-detail">' in page
