"""Exports hold exactly what the list shows, made harmless, and no more than the reader may see."""

import csv
import datetime as dt
import io
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from crm.accounts import roles
from crm.accounts.models import User
from crm.core.lists import LISTS
from crm.exchange import export as exports
from crm.exchange.workbook import cell_value, neutralised, text_value
from crm.jobs.models import Run
from crm.jobs.worker import work_off
from tests.factories import make_customer, make_entity, make_invoice, make_team, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("still")]


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_text_that_looks_like_a_formula_is_made_harmless(text: str) -> None:
    assert neutralised(text) == f"'{text}"
    assert text_value(text).startswith("'")


def test_numbers_and_dates_stay_what_they_are() -> None:
    assert cell_value(Decimal("-5.00")) == Decimal("-5.00")
    assert text_value(Decimal("-5.00")) == "-5.00"
    assert cell_value(dt.date(2026, 1, 1)) == dt.date(2026, 1, 1)
    assert cell_value("a\x07b") == "a\ufffdb"
    assert (cell_value(None), text_value(None)) == (None, "")


def test_a_list_is_exported_as_filtered_sorted_and_shown() -> None:
    anna = make_user("anna", roles.ACCOUNTANT)
    entity = make_entity("E1")
    customer = make_customer("=Evil Ltd", code="C1")
    for number, amount in (("A-1", "10.00"), ("A-2", "20.00"), ("B-1", "30.00")):
        make_invoice(customer, amount, number=number, entity=entity)
    address = reverse("exchange:export", args=["invoices"])
    query = "q=A-&cols=number,customer,amount,on&sort=-number"
    response = client_of(anna).post(address, {"query": query})
    sheet = load_workbook(io.BytesIO(body(response))).active
    assert sheet is not None
    rows = list(sheet.iter_rows(min_row=2))
    assert [row[0].value for row in rows] == ["A-2", "A-1"]
    assert rows[0][1].value == "'=Evil Ltd"
    assert rows[0][1].data_type == "s"
    assert rows[0][2].value == "C1"
    assert (rows[0][3].value, rows[0][3].data_type) == (20, "n")
    assert rows[0][4].is_date

    response = client_of(anna).post(address, {"query": query, "format": "csv"})
    text = body(response)
    assert text.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))
    assert lines[1][:4] == ["A-2", "'=Evil Ltd", "C1", "20.00"]


def test_everybody_exports_only_what_they_see() -> None:
    team = make_team()
    mary = make_user("mary", roles.SALES_MANAGER, team=team)
    alice = make_user("alice", roles.SALES_REP, team=team)
    make_customer("Seen", owner=alice, code="C1")
    make_customer("Hidden", code="C2")
    address = reverse("exchange:export", args=["customers"])
    text = body(client_of(mary).post(address, {"query": "", "format": "csv"})).decode()
    assert "Seen" in text
    assert "Hidden" not in text


def test_who_may_not_see_the_list_may_not_export_it() -> None:
    walter, leo = make_user("walter", roles.WAREHOUSE), make_user("leo", roles.LEGAL)
    assert client_of(walter).post(reverse("exchange:export", args=["customers"])).status_code == 403
    assert client_of(leo).post(reverse("exchange:export", args=["invoices"])).status_code == 403
    assert client_of(leo).post(reverse("exchange:export", args=["nothing"])).status_code == 409
    assert client_of(leo).get(reverse("exchange:export", args=["customers"])).status_code == 405
    assert client_of(leo).post(reverse("exchange:export", args=["customers"]), {"format": "exe"}).status_code == 404
    assert not Run.objects.exists()


def test_a_large_list_is_exported_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm.exchange.views.AT_ONCE", 2)
    anna, other = make_user("anna", roles.ACCOUNTANT), make_user("anton", roles.ACCOUNTANT)
    for number in range(5):
        make_customer(f"Customer {number}", code=f"C{number}")
    response = client_of(anna).post(reverse("exchange:export", args=["customers"]), {"query": "", "format": "csv"})
    run = Run.objects.get()
    assert response.url == run.get_absolute_url()
    assert client_of(anna).get(reverse("jobs:result", args=[run.pk])).status_code == 404
    work_off()
    response = client_of(anna).get(reverse("jobs:result", args=[run.pk]))
    assert len(body(response).decode().splitlines()) == 6
    assert f"customers-{run.on}.csv" in response.headers["Content-Disposition"]
    assert client_of(other).get(reverse("jobs:result", args=[run.pk])).status_code == 404
    run.refresh_from_db()
    assert run.counts == {"rows": 5}
    assert exports.title(run)


def heads_and_rows(response: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body(response).decode("utf-8-sig"))))


def test_an_export_has_the_number_of_a_customer_beside_the_name() -> None:
    anna = make_user("anna", roles.ACCOUNTANT)
    make_invoice(make_customer("=Evil Ltd", code="=C1"), "10.00", number="A-1", entity=make_entity("E1"))
    client = client_of(anna)
    names, values = ["Customer", "Customer number"], ["'=Evil Ltd", "'=C1"]
    for key, query, expected in (
        ("invoices", "cols=number,customer", [["Number", *names], ["A-1", *values]]),
        ("customers", "cols=name,state", [[*names, "State"], [*values, "Active"]]),
        ("customers", "cols=code,name", [names[::-1], values[::-1]]),
        ("customers", "cols=state", [["State"], ["Active"]]),
    ):
        asked = {"query": query, "format": "csv"}
        assert heads_and_rows(client.post(reverse("exchange:export", args=[key]), asked)) == expected
    response = client.post(reverse("exchange:export", args=["invoices"]), {"query": "cols=customer"})
    sheet = load_workbook(io.BytesIO(body(response))).active
    assert sheet is not None
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["Customer", "Customer number"],
        ["'=Evil Ltd", "'=C1"],
    ]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s"}


def test_an_exported_list_of_customers_is_imported_again_unchanged(bring) -> None:
    anna = User.objects.get(username="anna")
    make_customer("Example Ltd", code="C1")
    exported = body(client_of(anna).post(reverse("exchange:export", args=["customers"]), {"query": "cols=name"}))
    found = bring("customers", io.BytesIO(exported), name="customers.xlsx")
    assert found.mapping == {"name": "Customer", "code": "Customer number"}
    assert (found.counts["unchanged"], found.counts["faulty"]) == (1, 0)


def test_every_list_that_shows_customers_exports_their_numbers() -> None:
    named = [
        (key, [added.key for added in column.export_with])
        for key, view in LISTS.items()
        for column in view.columns
        if str(column.label) == "Customer"
    ]
    without = {key for key, added in named if added != ["code"]}
    assert without == {"approvals"}, "an approval keeps only the name its subject had"
    assert len(named) > 10
