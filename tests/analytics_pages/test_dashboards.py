"""The dashboards: every figure equals the report it leads to, nobody sees more than is theirs, queries stay few."""

import datetime as dt
import json
import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection
from django.http import QueryDict
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from analytics.charts import Cell
from analytics.learning import churn, late_payment, segments
from analytics.learning.drift import typical
from analytics.models import CustomerFeatures, ModelVersion
from analytics.panels import panel_context
from analytics.selectors.segments import segment_map
from analytics.views.contribution import ContributionList
from analytics.wording import feature_label, reason_sentence
from crm.accounts.models import User
from crm.core.dates import business_today
from crm.core.lists import list_view
from customers.models import Customer
from receivables.forms.ageing import AgeingForm
from receivables.models import Dispute, Invoice
from receivables.selectors.ageing import open_documents
from receivables.services import post_invoice
from tests.analytics_pages.conftest import Found
from tests.factories import make_invoice, make_receipt, make_user

pytestmark = pytest.mark.django_db
Enter = Callable[..., Client]
LINK = re.compile(r'<a[^>]* href="([^"]+)"[^>]*>([^<]+)</a>')
DATA = re.compile(r'<script id="chart-[a-z-]+-data" type="application/json">(.+?)</script>', re.DOTALL)
AMOUNT = re.compile(r"-?\d{1,3}(?:,\d{3})*\.\d\d")
MOST_QUERIES = 25
LISTS = {"/receivables/invoices/": "invoices", "/receivables/receipts/": "receipts"}


def leads(html: str) -> dict[str, Decimal]:
    """Where figures of the page lead, with the figure; of charts as well as of tables and tiles."""
    found = {}
    for address, text in LINK.findall(html.replace("&amp;", "&")):
        if amount := AMOUNT.search(text):
            found[address] = Decimal(amount[0].replace(",", ""))
    for data in DATA.findall(html):
        for series in json.loads(data)["series"]:
            for address, text in zip(series["urls"], series["texts"], strict=True):
                if address and AMOUNT.fullmatch(text):
                    found[address] = Decimal(text.replace(",", ""))
    return found


def reported(user: User, address: str, today: dt.date) -> Decimal | None:
    """What the report or list behind an address adds up to, in base currency; None where it is a page of one record.

    Asked of what the page itself asks, its form and its selector: hundreds of figures are looked up.
    """
    path, _mark, query = address.partition("?")
    if path == reverse("receivables:ageing_documents"):
        params = QueryDict(query)
        form = AgeingForm(params, user=user, today=today)
        assert form.key_makes_sense, address
        assert not form.errors, address
        return abs(open_documents(form.query(), params["cell"], limit=1).base_total)
    if path in LISTS:
        totals = list_view(LISTS[path]).selection(user, QueryDict(query)).totals()
        wanted = [key for key in totals[0] if key in ("total_base_amount", "total_open_base")] if totals else []
        return sum((line[wanted[0]] for line in totals), Decimal(0)) if wanted else Decimal(0)
    return None


def check_every_figure(client: Client, name: str, address: str, least: int) -> None:
    user = User.objects.get(username=name)
    html = client.get(address).content.decode()
    checked = 0
    for link, amount in leads(html).items():
        total = reported(user, link, business_today())
        if total is None:
            continue
        assert total == amount, (link, amount, total)
        checked += 1
        if checked % 40 == 1:  # the page itself opens too
            assert client.get(link).status_code == 200, link
    assert checked >= least, checked


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["mary", "diana"])
def test_every_figure_of_the_team_equals_its_report(found: Found, enter: Enter, name: str) -> None:
    """Months and days, tiles, charts and tables: to the cent, for who sees a team and for who sees all."""
    check_every_figure(enter(name), name, reverse("analytics:team"), 150)


@pytest.mark.thorough
def test_every_figure_of_the_last_days_equals_its_report(found: Found, enter: Enter) -> None:
    check_every_figure(enter("mary"), "mary", reverse("analytics:team") + "?span=days", 150)


def test_every_figure_of_finance_equals_its_report(found: Found, enter: Enter) -> None:
    check_every_figure(enter("frank"), "frank", reverse("analytics:finance"), 8)


@pytest.mark.thorough
def test_a_legal_entity_alone(found: Found, enter: Enter) -> None:
    client = enter("diana")
    entity = Invoice.objects.exclude(legal_entity=found.history.world.entity).values_list("legal_entity", flat=True)[0]
    address = f"{reverse('analytics:team')}?entity={entity}"
    check_every_figure(client, "diana", address, 60)
    assert client.get(reverse("analytics:team") + "?entity=99999").status_code == 404
    assert client.get(reverse("analytics:team") + "?entity=x").status_code == 404


def test_a_manager_sees_the_team_alone(found: Found, enter: Enter) -> None:
    """What mary and martin see adds up to less than all, and neither page names the other's customers."""
    seen = {}
    for name in ("mary", "martin", "diana"):
        response = enter(name).get(reverse("analytics:team"))
        html = response.content.decode()
        mine = set(Customer.objects.visible_to(User.objects.get(username=name)).values_list("name", flat=True))
        others = {customer.name for customer in found.customers} - mine
        assert not [other for other in others if other in html], name
        seen[name] = response.context["tiles"][0].value
    assert len(set(seen.values())) == 3
    assert "-" not in seen.values()


@pytest.mark.parametrize("page", ["segments", "moves", "retention", "contribution"])
def test_findings_are_told_of_visible_customers_alone(found: Found, enter: Enter, page: str) -> None:
    for name in ("alice", "mary", "diana"):
        user = User.objects.get(username=name)
        mine = set(Customer.objects.visible_to(user).values_list("name", flat=True))
        html = enter(name).get(reverse(f"analytics:{page}")).content.decode()
        for customer in found.customers:
            if page != "segments":
                assert (customer.name in html) is (customer.name in mine), (name, customer.name)
            elif customer.name not in mine:
                assert customer.name not in html
                assert customer.code not in html


def test_the_forecast_of_all_is_not_shown_to_who_sees_a_part(found: Found, enter: Enter) -> None:
    assert "1,300.00" in enter("frank").get(reverse("analytics:cash")).content.decode()
    for name in ("alice", "mary"):
        client = enter(name)
        assert client.get(reverse("analytics:cash")).status_code == 403
        assert reverse("analytics:cash") not in client.get(reverse("analytics:segments")).content.decode()


def test_rank_and_shares_are_among_the_customers_of_the_reader(found: Found, enter: Enter) -> None:
    """Alice has the first and the fifth of all: 500.00 and 140.00. List, export and panel count these alone."""
    alice, frank = (User.objects.get(username=name) for name in ("alice", "frank"))
    exported = [row for part in ContributionList.selection(alice, "").chunks() for row in part]
    assert [(row.rank, round(row.share, 4), round(row.cumulative_share, 4)) for row in exported] == [
        (1, 0.7812, 0.7812),
        (2, 0.2188, 1.0),
    ]
    assert [row.rank for part in ContributionList.selection(frank, "").chunks() for row in part] == list(range(1, 8))
    html = enter("alice").get(reverse("analytics:contribution")).content.decode()
    assert "21.9%" in html
    assert "Rank and shares are among the customers you see." in html
    second = found.customers[4]
    for name, said in (("alice", "rank 2 of 2"), ("frank", "rank 5 of 7")):
        request = RequestFactory().get("/")
        request.user = User.objects.get(username=name)
        context = panel_context(request, second)
        assert said in render_to_string("analytics/panels/customer.html", context), name


def test_medians_of_a_segment_are_those_of_the_reader_s_customers(found: Found, enter: Enter) -> None:
    """The night's median of all is 250.00; alice's two customers brought 1,000.00 and 5,000.00."""
    page = reverse("analytics:segments")
    assert "250.00" in enter("frank").get(page).content.decode()
    html = enter("alice").get(page).content.decode()
    assert "250.00" not in html
    assert "3,000.00" in html


def test_disputes_stand_on_the_dashboard_of_finance(found: Found, enter: Enter) -> None:
    invoice = Invoice.objects.filter(open_amount__gt=100, kind="invoice", currency="CNY").first()
    assert invoice is not None
    Dispute.objects.create(
        customer=invoice.customer,
        invoice=invoice,
        reason="price",
        amount=Decimal("77.70"),
        owner=User.objects.get(username="alice"),
        on=found.today,
        due_on=found.today,
    )
    html = enter("frank").get(reverse("analytics:finance")).content.decode()
    assert invoice.customer.name in html
    assert "77.70" in html


def test_broken_promises_lead_to_those_of_the_chosen_legal_entity(found: Found, enter: Enter) -> None:
    entity = found.history.world.entity.pk
    html = enter("frank").get(f"{reverse('analytics:finance')}?entity={entity}").content.decode()
    link = next(link for link in re.findall(r'href="([^"]+)"', html) if "judged_from" in link)
    assert QueryDict(link.replace("&amp;", "&").partition("?")[2])["legal_entity"] == str(entity)


def test_the_rows_of_owners_add_up_and_lead_to_what_was_billed(found: Found, enter: Enter) -> None:
    """Also owners whose customers owe nothing, and customers without an owner."""
    owner = make_user("olga")
    client = enter("diana")
    diana = User.objects.get(username="diana")
    for place, (customer_owner, amount) in enumerate([(owner, "4321.00"), (None, "1234.00")]):
        customer = Customer.objects.create(code=f"OWN{place}", name=f"Owned {place}", owner=customer_owner)
        entity = found.history.world.entity
        invoice = make_invoice(customer, amount, on=found.today, entity=entity)
        make_receipt(customer, amount, on=found.today, lines=[(invoice, amount)], entity=entity)
    response = client.get(reverse("analytics:team"))
    table = response.context["owners"]

    def amount_of(cell: Cell) -> Decimal:
        return Decimal(0) if cell.text in ("–", "") else Decimal(str(cell.text).replace(",", ""))

    for column in (1, 2, 4, 5):
        assert sum(amount_of(row[column]) for row in table.rows) == amount_of(table.foot[column]), column
    assert any(row[0].text == str(owner) and row[5].text == "4,321.00" for row in table.rows)
    for row in table.rows:
        if row[5].url:
            assert reported(diana, row[5].url, found.today) == amount_of(row[5]), row[0].text
    assert all(row[5].url for row in table.rows if amount_of(row[5]))


def test_customers_without_revenue_stand_on_the_lower_edge_of_the_map(found: Found, enter: Enter) -> None:
    asleep = found.customers[1]
    CustomerFeatures.objects.filter(customer=asleep).update(revenue_12m=Decimal(0))
    plane = enter("frank").get(reverse("analytics:segments")).context["map"]
    spots = {spot.text.split(" (")[0]: spot for _name, _tone, spots in plane.groups for spot in spots}
    assert len(spots) == len(found.customers)
    assert spots[asleep.name].y == plane.scales[1]["min"] == 100
    assert "0.00 in 12 months" in spots[asleep.name].text
    assert "on the lower edge those without revenue" in plane.note


def test_the_map_has_customers_of_every_segment_however_many_there_are(found: Found) -> None:
    points = segment_map(User.objects.get(username="frank"), limit=2)
    assert len({point.segment_id for point in points}) == 2


def test_nothing_reads_as_an_amount_inside_a_sentence() -> None:
    said = reason_sentence({"code": "falling_3m", "value": 0, "before": 1200})
    assert said == "Revenue of 3 months 0.00, 1,200.00 in the 3 months before"
    moved = reason_sentence({"code": "revenue_12m", "before": 500, "after": 0})
    assert "now 0.00, before 500.00" in moved


ADDRESSES = ["team", "finance", "segments", "moves", "retention", "contribution", "cash", "models"]


@pytest.mark.thorough
@pytest.mark.parametrize("page", ADDRESSES)
def test_queries_are_few_and_do_not_grow_with_the_rows(found: Found, enter: Enter, page: str) -> None:
    client = enter("root")
    address = reverse(f"analytics:{page}")

    def count() -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    before = count()
    assert before <= MOST_QUERIES
    for place, customer in enumerate(found.customers):
        post_invoice(
            actor=None,
            legal_entity_id=found.history.world.entity.pk,
            customer_id=customer.pk,
            kind="invoice",
            number=f"MORE-{place}",
            on=found.today - dt.timedelta(days=place),
            currency="CNY",
            amount=Decimal("1000.00"),
        )
    assert count() == before


def test_drift_is_told_by_what_decides_and_by_the_worst_features(found: Found, enter: Enter) -> None:
    """One feature that changed much is named; the median decides, and the rule stands on the page."""
    drifts = {"mean_30": 4.54, "silence": 0.02, "growth": 0.31, "order_value": 0.01}
    ModelVersion.objects.filter(kind="churn").update(drift=typical(drifts), drifts=drifts)
    html = enter("frank").get(reverse("analytics:models")).content.decode()
    assert "0.17, some; most in mean days late (30 days) 4.54, growth 0.31" in html
    assert "the naive figure speaks instead" in html


def test_every_feature_has_a_word() -> None:
    for name in (*churn.FEATURES, *segments.FEATURES, *late_payment.NAMES):
        if name not in late_payment.CHANGING:
            assert "_" not in str(feature_label(name)), name


def test_charts_have_their_table_and_their_finding(found: Found, enter: Enter) -> None:
    html = enter("diana").get(reverse("analytics:team")).content.decode()
    charts = html.count("data-chart-box")
    assert charts >= 5
    assert html.count('class="chart-table"') == charts == len(DATA.findall(html))
    assert " style=" not in html


def test_the_way_in_leads_to_the_page_of_the_role(found: Found, enter: Enter) -> None:
    ways = {"mary": "team", "frank": "finance", "alice": "segments"}
    for name, page in ways.items():
        response = enter(name).get(reverse("analytics:home"))
        assert response.headers["Location"] == reverse(f"analytics:{page}")
