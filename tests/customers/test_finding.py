"""Finding customers: duplicates, the search box, the list of regions and industries."""

import datetime as dt
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import translation

from customers.models import Contact, Customer, DuplicatePolicy, Industry, Region
from customers.search import ranked, search_customers
from customers.selectors import Reason, similar_customers
from customers.services import create_customer
from tests.factories import Company, make_company

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 3, 31)
USCC = "91110000600037341L"


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def huaxin(company: Company) -> Customer:
    return create_customer(
        actor=company.alice,
        today=TODAY,
        code="H1",
        name="深圳市华信科技有限公司",
        short_name="华信",
        english_name="Huaxin Technology",
        uscc=USCC,
        phone="0755-88888888",
        email="info@huaxin.example",
    )


def test_a_duplicate_is_found_by_each_of_its_marks(company: Company, huaxin: Customer) -> None:
    for given, reason in (
        ({"code": "H1"}, Reason.CODE),
        ({"uscc": "9111 0000 6000 3734 1L"}, Reason.USCC),
        ({"name": "上海华信科技股份有限公司"}, Reason.NAME),
        ({"name": "华信科贸有限公司"}, Reason.NAME),
        ({"phone": "+86 755 8888 8888"}, Reason.PHONE),
        ({"email": "INFO@huaxin.example"}, Reason.EMAIL),
    ):
        found = similar_customers(actor=company.alice, **given)
        assert [(one.customer, one.reasons) for one in found.candidates] == [(huaxin, [reason])], given
        assert found.hidden == 0
    assert not similar_customers(actor=company.alice, name="大兴木业有限公司", phone="123").found


def test_a_contacts_phone_and_mail_lead_to_its_customer(company: Company, huaxin: Customer) -> None:
    Contact.objects.create(customer=huaxin, name="王", phone_digits="13800138000", email="wang@huaxin.example")
    assert similar_customers(actor=company.alice, phone="138 0013 8000").candidates[0].customer == huaxin
    assert similar_customers(actor=company.alice, email="WANG@huaxin.example").candidates[0].customer == huaxin


def test_of_a_colleagues_customer_only_its_existence_is_told(company: Company, huaxin: Customer) -> None:
    found = similar_customers(actor=company.charlie, name="华信科技有限公司", uscc=USCC)
    assert (list(found.candidates), found.hidden) == ([], 1)
    assert similar_customers(actor=company.mona, name="华信科技有限公司").candidates[0].customer == huaxin


def test_the_policy_says_how_alike_is_alike(company: Company, huaxin: Customer) -> None:
    assert similar_customers(actor=company.alice, name="华信科贸").found
    DuplicatePolicy.objects.create(pk=1, similarity=90, shown=5)
    assert not similar_customers(actor=company.alice, name="华信科贸").found
    assert similar_customers(actor=company.alice, name="华信科技").found


def test_the_customer_being_edited_is_no_duplicate_of_itself(company: Company, huaxin: Customer) -> None:
    assert not similar_customers(actor=company.alice, name=huaxin.name, but=huaxin.pk).found


@pytest.mark.parametrize(
    "typed",
    [
        "H1",
        "h1",
        "华信",
        "信科",
        "华信科技",
        "深圳华信",
        "深圳市华信科技有限公司",
        "huaxin",
        "HXKJ",
        "hx",
        "Technology",
        USCC,
    ],
)
def test_the_search_box_finds_a_customer_by_whatever_people_type(
    company: Company, huaxin: Customer, typed: str
) -> None:
    create_customer(actor=company.alice, today=TODAY, code="D9", name="大兴木业有限公司")
    assert ranked(company.alice, typed) == [huaxin]


def test_the_exact_number_comes_first_then_equal_names_then_beginnings(company: Company) -> None:
    def make(code: str, name: str) -> Customer:
        return create_customer(actor=company.alice, today=TODAY, code=code, name=name, accept_similar=True)

    inside = make("Z3", "北京新华信息有限公司")
    begins = make("Z2", "北京华信木业有限公司")
    equal = make("Z1", "北京华信有限公司")
    assert ranked(company.alice, "华信") == [equal, begins, inside]
    number = make("华信", "别的公司")
    assert ranked(company.alice, "华信")[0] == number


def test_the_search_shows_nobody_a_strangers_customer(company: Company, huaxin: Customer) -> None:
    assert list(search_customers(company.charlie, "华信")) == []
    assert list(search_customers(company.charlie, "H1")) == []
    hit = next(iter(search_customers(company.mona, "华信")))
    assert (hit.label, hit.url) == (huaxin.name, huaxin.get_absolute_url())


def test_provinces_cities_sections_and_divisions_are_there_after_migrating() -> None:
    assert Region.objects.filter(level=1).count() == 34
    assert set(Region.objects.filter(code__in=["710000", "810000", "820000"]).values_list("name_en", flat=True)) == {
        "Taiwan",
        "Hong Kong",
        "Macao",
    }
    shenzhen = Region.objects.get(code="440300")
    assert (shenzhen.name_zh, shenzhen.name_en, shenzhen.level) == ("深圳市", "Shenzhen", 2)
    assert (shenzhen.parent_id, shenzhen.province_id) == ("440000", "440000")
    assert Region.objects.get(code="110105").parent_id == "110000"
    assert Industry.objects.filter(level=1).count() == 20
    assert Industry.objects.filter(level=2).count() == 97
    assert not Industry.objects.filter(name_en="").exists()


def test_loading_again_brings_names_up_to_date_and_deletes_nothing() -> None:
    Region.objects.filter(code="440300").update(name_zh="?")
    Region.objects.create(code="999900", name_zh="从前有过", level=2)
    call_command("load_regions", verbosity=0, stdout=StringIO())
    assert Region.objects.get(code="440300").name_zh == "深圳市"
    assert Region.objects.filter(code="999900").exists()


def test_groups_and_classes_come_from_a_file(tmp_path: Path) -> None:
    source = tmp_path / "classes.csv"
    source.write_text("code,name\nA,不要\nA011,谷物种植\nA0111,稻谷种植\n", encoding="utf-8")
    call_command("load_industries", "--from", str(source), stdout=StringIO())
    rice = Industry.objects.get(code="A0111")
    with translation.override("en"):
        assert (rice.parent_id, rice.level, rice.name) == ("A011", 4, "A0111 稻谷种植")
    assert Industry.objects.get(code="A").name_zh == "农、林、牧、渔业"
    with pytest.raises(CommandError):
        call_command("load_industries", "--from", str(tmp_path / "missing.csv"))
