"""What credit shows: columns of the customer list, panel and head, cards of My day, entries."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from credit.models import CreditAccount, CreditRequest
from credit.panels.accounts import over_limit_card, overdue_card
from credit.selectors.accounts import account_summary
from credit.services import submit_request
from credit.timeline import terms_changed
from crm.accounts.roles import Scope
from crm.audit.registry import audit_url
from crm.core.dates import business_today
from crm.core.lists import list_view
from customers.models import TimelineEvent
from receivables.models import Invoice
from tests.credit_requests.making import say
from tests.factories import Company, make_account, make_company, make_customer, make_invoice, make_receipt

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def company() -> Company:
    return make_company()


def as_user(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def late_invoice(customer: Any, amount: str, days: int = 10) -> None:
    today = business_today()
    make_invoice(customer, amount, on=today - (days + 30) * DAY, due_on=today - days * DAY)


def rows(user: Any, query: str) -> list[Any]:
    selection = list_view("customers").selection(user, f"cols=name,limit,exposure,headroom,overdue&{query}")
    return selection.rows_of(list(selection.ordered.values_list("pk", flat=True)))


def test_columns_say_the_same_as_the_summary_of_the_account(company: Company) -> None:
    customer = company.customer
    make_account(customer, "5000")
    late_invoice(customer, "1200.00")
    make_invoice(customer, "300.00", on=business_today(), due_on=business_today() + 5 * DAY)
    make_receipt(customer, "450.00", on=business_today())
    row = rows(company.alice, "")[0]
    summary = account_summary(CreditAccount.objects.get(customer=customer), business_today())
    assert (row.limit, row.exposure, row.headroom, row.overdue) == (
        summary.limit,
        summary.exposure,
        summary.headroom,
        summary.overdue,
    )
    assert (row.exposure, row.headroom, row.overdue) == (Decimal("1050.00"), Decimal("3950.00"), Decimal("1200.00"))


def test_unallocated_money_counts_by_the_policy_of_the_account(company: Company) -> None:
    make_account(company.customer, "100", counts_unallocated=False)
    late_invoice(company.customer, "80.00")
    make_receipt(company.customer, "50.00", on=business_today())
    row = rows(company.alice, "")[0]
    assert (row.exposure, row.headroom) == (Decimal("80.00"), Decimal("20.00"))


def test_what_falls_due_today_is_not_overdue(company: Company) -> None:
    make_account(company.customer)
    make_invoice(company.customer, "10.00", on=business_today() - DAY, due_on=business_today())
    assert rows(company.alice, "")[0].overdue is None
    assert rows(company.alice, "overdue=true") == []
    late_invoice(company.customer, "20.00", days=1)
    assert rows(company.alice, "overdue=true")[0].overdue == Decimal("20.00")


def test_the_list_filters_and_sorts_by_credit(company: Company) -> None:
    for name, limit, late in (("Over", "100", "500.00"), ("Within", "9000", "200.00"), ("Never set", None, "50.00")):
        customer = make_customer(name, owner=company.alice)
        make_account(customer, limit)
        late_invoice(customer, late)

    def names(query: str) -> list[str]:
        return [row.name for row in rows(company.alice, query)]

    assert names("over_limit=true") == ["Over"]
    assert set(names("over_limit=false")) == {"Within", "Never set", "Alice's customer"}
    assert names("overdue=true&sort=-overdue") == ["Over", "Within", "Never set"]
    assert names("overdue=false") == ["Alice's customer"]
    # Whoever has no account is unknown and stands last either way.
    assert names("sort=headroom") == ["Over", "Never set", "Within", "Alice's customer"]
    assert names("sort=-headroom") == ["Within", "Never set", "Over", "Alice's customer"]
    totals = list_view("customers").selection(company.alice, "cols=limit,exposure,overdue").totals()[0]
    assert (totals["total_limit"], totals["total_overdue"]) == (Decimal("9100.00"), Decimal("750.00"))


def test_columns_of_credit_are_not_for_everybody(company: Company) -> None:
    from crm.accounts import roles
    from tests.factories import make_user

    make_account(company.customer, "777777")
    client = as_user(make_user("sarah", roles.SERVICE))
    text = client.get(reverse("customers:customers") + "?cols=name,limit&sort=limit").content.decode()
    assert "Alice" in text
    assert "777,777" not in text
    page = client.get(company.customer.get_absolute_url()).content.decode()
    assert "777,777" not in page


def test_the_panel_shows_the_parts_and_leads_to_the_documents(company: Company) -> None:
    make_account(company.customer, "5000")
    late_invoice(company.customer, "1200.00", days=12)
    address = reverse("customers:panel", args=[company.customer.pk, "credit"])
    text = as_user(company.alice).get(address).content.decode()
    for part in ("5,000.00", "1,200.00", "3,800.00", "12 days ago"):
        assert part in text
    invoice = Invoice.objects.get(customer=company.customer)
    assert reverse("receivables:invoice", args=[invoice.pk]) in text
    assert "Restrict the account" not in text
    assert "Restrict the account" in as_user(company.fiona).get(address).content.decode()


def test_a_customer_without_account_says_so(company: Company) -> None:
    address = reverse("customers:panel", args=[company.customer.pk, "credit"])
    assert "no credit account yet" in as_user(company.alice).get(address).content.decode()


def test_a_limit_never_set_is_told_and_is_no_breach(company: Company) -> None:
    make_account(company.customer)
    late_invoice(company.customer, "1200.00")
    text = as_user(company.alice).get(company.customer.get_absolute_url()).content.decode()
    assert "never set" in text
    assert "Over limit" not in text
    assert over_limit_card(company.alice).count == 0


def test_the_card_of_customers_over_limit(company: Company, django_assert_num_queries: Any) -> None:
    for index in range(7):
        customer = make_customer(f"Over {index}", owner=company.alice)
        make_account(customer, "100")
        late_invoice(customer, f"{200 + index}.00")
    foreign = make_customer("Foreign", owner=company.charlie)
    make_account(foreign, "1")
    late_invoice(foreign, "100000.00")
    assert company.alice.scope is Scope.OWN  # known from the request already
    with django_assert_num_queries(2):
        card = over_limit_card(company.alice)
    assert card.count == 7
    assert [row.label for row in card.rows] == ["Over 6", "Over 5", "Over 4", "Over 3", "Over 2"]
    assert card.rows[0].amount == Decimal("106.00")
    assert over_limit_card(company.greg).count == 8


def test_the_card_of_my_overdue_customers(company: Company, django_assert_num_queries: Any) -> None:
    late_invoice(company.customer, "40.00", days=3)
    late_invoice(company.customer, "60.00", days=9)
    bobs = make_customer("Bob's", owner=company.bob)
    late_invoice(bobs, "500.00")
    assert company.alice.scope is Scope.OWN  # known from the request already
    with django_assert_num_queries(2), translation.override("en"):
        card = overdue_card(company.alice)
    assert (card.count, card.rows[0].amount, card.rows[0].detail) == (1, Decimal("100.00"), "oldest 9 days late")
    assert [row.label for row in overdue_card(company.mona).rows] == ["Bob's", "Alice's customer"]
    assert overdue_card(company.greg).count == 0
    # The link of the card leads to exactly what the card counts.
    for user in (company.alice, company.mona):
        query = overdue_card(user).url.partition("?")[2]
        assert list_view("customers").get_queryset_for(user, query).count() == overdue_card(user).count


def test_entries_are_listed_for_those_who_see_the_customer(company: Company) -> None:
    late_invoice(company.customer, "1200.00")
    late_invoice(make_customer("Foreign", owner=company.charlie), "999.00")
    address = reverse("credit:entries")
    text = as_user(company.alice).get(address).content.decode()
    assert "1,200.00" in text
    assert "999.00" not in text
    both = as_user(company.greg).get(f"{address}?customer={company.customer.pk}").content.decode()
    assert "1,200.00" in both
    assert "999.00" not in both
    stranger = as_user(company.bob).get(f"{address}?customer={company.customer.pk}").content.decode()
    assert "1,200.00" not in stranger


@pytest.mark.thorough
def test_the_list_of_entries_costs_the_same_for_any_number(
    company: Company, django_assert_max_num_queries: Any
) -> None:
    client, address = as_user(company.alice), reverse("credit:entries")
    late_invoice(company.customer, "1.00")
    with django_assert_max_num_queries(9) as few:
        client.get(address)
    for index in range(30):
        late_invoice(company.customer, f"{index + 2}.00")
    with django_assert_max_num_queries(len(few)):
        client.get(address)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_pages_render_in_both_languages(company: Company, language: str) -> None:
    company.fiona.language = language
    company.fiona.save()
    make_account(company.customer, "1000")
    late_invoice(company.customer, "1200.00")
    client = as_user(company.fiona)
    for address in (
        reverse("credit:entries"),
        reverse("credit:restrict", args=[company.customer.pk]),
        reverse("customers:panel", args=[company.customer.pk, "credit"]),
    ):
        answer = client.get(address)
        assert answer.status_code == 200
        assert b"style=" not in answer.content


def test_other_payment_forms_are_asked_for_decided_and_told(company: Company) -> None:
    account = make_account(company.customer, "100000")
    alice = as_user(company.alice)
    panel = reverse("customers:panel", args=[company.customer.pk, "credit"])
    assert "All payment forms" in alice.get(panel).content.decode()
    ask = reverse("credit:new_request", args=[company.customer.pk, "instrument"])
    form = alice.get(ask).content.decode()
    assert form.count('name="wanted_instruments"') == form.count("checked") == 5
    assert "payment by bank transfer, cash, cheque, bank draft or acceptance bill" in form
    assert alice.post(ask, {"wanted_instruments": ["gold"], "reason": "r"}).status_code == 422
    same = alice.post(ask, {"wanted_instruments": account.instruments, "reason": "As ever"})
    assert "Other payment forms than the present ones" in alice.get(same["Location"]).content.decode()
    made = alice.post(ask, {"wanted_instruments": ["cheque", "transfer"], "reason": "No more bills"})
    request = CreditRequest.objects.first()
    assert request is not None
    assert request.wanted_instruments == ["transfer", "cheque"]
    change = "<del>All payment forms</del> → <ins>Bank transfer, Cheque</ins>"
    assert change in alice.get(made["Location"]).content.decode()
    request = submit_request(actor=company.alice, request_id=request.pk)
    assert change in as_user(company.mona).get(reverse("approvals:inbox")).content.decode()
    for person in (company.mona, company.anna, company.fiona):
        say(request, person, on=business_today())
    assert "<dd>Bank transfer, Cheque</dd>" in alice.get(panel).content.decode()
    told = TimelineEvent.objects.get(kind="terms_changed")
    assert "Accepted payment forms All payment forms → Bank transfer, Cheque" in terms_changed(told.data)
    history = alice.get(audit_url(CreditAccount.objects.get())).content.decode()
    assert "Bank transfer, Cheque" in history


def test_a_new_request_says_beforehand_what_is_drafted_or_undecided_already(company: Company) -> None:
    make_account(company.customer, "100000")
    alice, typed = as_user(company.alice), {"wanted_instruments": ["transfer"], "reason": "No more bills"}
    ask = reverse("credit:new_request", args=[company.customer.pk, "instrument"])
    other = reverse("credit:new_request", args=[company.customer.pk, "decrease"])
    assert "what-happens" not in alice.get(ask).content.decode()
    drafted = alice.post(ask, typed)["Location"]
    form = alice.get(ask).content.decode()
    assert "There is a draft of the same kind already, begun by" in form
    assert f'<a href="{drafted}">' in form
    assert drafted not in alice.get(other).content.decode()
    asked = submit_request(actor=company.alice, request_id=CreditRequest.objects.get().pk)
    for address in (ask, other):
        form = alice.get(address).content.decode()
        assert f"{asked.number} (Other payment forms) is undecided" in form
        assert f'<a href="{drafted}">' in form
    assert alice.post(ask, typed).status_code == 302  # drafts are not refused


def test_what_a_draft_lacks_stands_first_with_where_it_is_entered(company: Company) -> None:
    alice = as_user(company.alice)
    alice.post(reverse("credit:new_request", args=[company.customer.pk, "new"]), {"reason": "New"})
    request = CreditRequest.objects.get()
    items = alice.get(request.get_absolute_url()).context["items"]
    assert [there for _label, there, _url in items] == sorted(there for _label, there, _url in items)
    urls = {str(label): url for label, _there, url in items}
    assert urls["Bank reference"] == reverse("credit:edit_request", args=[request.pk])
    assert urls["Signed credit form, as a file"] == "#files"
    assert urls["Legal form, in the customer's profile"] == reverse("customers:edit", args=[company.customer.pk])
    assert urls["The reason"] == ""


def test_who_has_no_limit_may_be_asked_for_other_payment_forms_too(company: Company) -> None:
    alice, ask = as_user(company.alice), reverse("credit:new_request", args=[company.customer.pk, "instrument"])
    assert ask in alice.get(reverse("customers:panel", args=[company.customer.pk, "credit_requests"])).content.decode()
    form = alice.get(ask).content.decode()
    assert form.count("checked") == 5
    alice.post(ask, {"wanted_instruments": ["transfer"], "reason": "Two cheques bounced"})
    request = submit_request(actor=company.alice, request_id=CreditRequest.objects.get().pk)
    for person in (company.mona, company.anna, company.fiona):
        say(request, person, on=business_today())
    account = CreditAccount.objects.get(customer=company.customer)
    assert (account.limit, account.instruments) == (None, ["transfer"])


def test_the_account_of_a_stranger_is_not_asked_about(company: Company) -> None:
    make_account(company.customer, "100000")
    ask = reverse("credit:new_request", args=[company.customer.pk, "instrument"])
    assert as_user(company.charlie).post(ask, {"wanted_instruments": ["cash"], "reason": "r"}).status_code == 404
    assert not CreditRequest.objects.exists()
