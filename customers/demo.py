"""Invented customers of the demo company: made-up Chinese names, with registration codes that pass the check."""

import datetime as dt
import random
from dataclasses import dataclass
from decimal import Decimal

from stdnum.cn import uscc

from crm.accounts.services import create_demo_users
from crm.core.demo import DemoCompany, DemoStep
from crm.core.money import base_currency

# (city, GB/T 2260 code of the city, area code)
CITIES = [
    ("上海", "310000", "021"), ("苏州", "320500", "0512"), ("无锡", "320200", "0510"), ("南京", "320100", "025"),
    ("杭州", "330100", "0571"), ("宁波", "330200", "0574"), ("温州", "330300", "0577"), ("合肥", "340100", "0551"),
    ("广州", "440100", "020"), ("深圳", "440300", "0755"), ("东莞", "441900", "0769"), ("佛山", "440600", "0757"),
    ("厦门", "350200", "0592"), ("青岛", "370200", "0532"), ("济南", "370100", "0531"), ("武汉", "420100", "027"),
    ("长沙", "430100", "0731"), ("郑州", "410100", "0371"), ("成都", "510100", "028"), ("重庆", "500000", "023"),
    ("西安", "610100", "029"), ("天津", "120000", "022"), ("北京", "110000", "010"), ("沈阳", "210100", "024"),
]  # fmt: skip
CITY_WEIGHTS = [12, 14, 9, 6, 10, 9, 5, 4, 7, 9, 8, 5, 3, 5, 3, 4, 3, 3, 5, 4, 3, 4, 3, 2]
STREETS = [("中山路", "Zhongshan Road"), ("人民路", "Renmin Road"), ("解放大道", "Jiefang Avenue")]
SOUTH = {"35", "43", "44", "50", "51"}  # provinces of the team in the south
FIRST = "澜岑砚曜骊霁徽珩璟昶翊铄煦沐筱桁锦棠禹楷瀚屹峤湛"
SECOND = "柏源泓嘉诚凯驰远拓衡启铭川岳隆腾汇岩康博"
# (word in the name, GB/T 4754 division, English)
TRADES = [
    ("精密机械", "C34", "Precision Machinery"), ("五金制品", "C33", "Hardware"), ("电子科技", "C39", "Electronics"),
    ("自动化设备", "C35", "Automation"), ("塑胶制品", "C29", "Plastics"), ("包装材料", "C22", "Packaging"),
    ("纺织", "C17", "Textile"), ("化工", "C26", "Chemicals"), ("汽车零部件", "C36", "Auto Parts"),
    ("电气", "C38", "Electric"), ("贸易", "F51", "Trading"), ("供应链管理", "F51", "Supply Chain"),
    ("建材", "F51", "Building Materials"), ("医疗器械", "C35", "Medical Devices"), ("食品", "C14", "Foods"),
]  # fmt: skip
SURNAMES = "王李张刘陈杨黄赵周吴徐孙朱马胡郭林何高梁曾单"
GIVEN = ["建国", "晓敏", "志强", "丽华", "海涛", "雪梅", "俊杰", "文静", "国栋", "思远", "佳怡", "子轩", "春燕", "永康"]
JOBS = [
    ("采购经理", "buyer"),
    ("财务主管", "finance"),
    ("总经理", "decider"),
    ("采购员", "buyer"),
    ("财务经理", "approver"),
]


@dataclass(frozen=True)
class DemoCustomer:
    """What the simulation draws for one customer before anything is written."""

    code: str
    name: str
    english_name: str
    uscc: str
    address: str
    english_address: str
    region: str
    industry: str
    phone: str
    founded_on: dt.date
    legal_representative: str
    size: str
    ownership: str
    capital: int
    contacts: tuple[tuple[str, str, str, str], ...]


def invented_code(rng: random.Random, region: str) -> str:
    """A unified social credit code of an enterprise (91) with a right check digit."""
    body = "91" + region + "MA" + "".join(rng.choice("0123456789ABCDEFGHJKLMNPQRTUWXY") for _ in range(7))
    return body + uscc.calc_check_digit(body)


def person(rng: random.Random) -> str:
    return rng.choice(SURNAMES) + rng.choice(GIVEN)


def latin(text: str) -> str:
    """A Chinese name in pinyin, as companies write it on English letterheads."""
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin(text)).capitalize()


def draw_customers(company: DemoCompany, count: int = 300) -> list[DemoCustomer]:
    """Draw the customers; sizes, regions and trades are as uneven as those of a trading firm in the lower Yangtze."""
    rng = company.stream("customers")
    drawn: list[DemoCustomer] = []
    names: set[str] = set()
    while len(drawn) < count:
        city, region, area = rng.choices(CITIES, CITY_WEIGHTS)[0]
        trade, industry, english = rng.choice(TRADES)
        brand = rng.choice(FIRST) + rng.choice(SECOND)
        suffix = rng.choices(["有限公司", "股份有限公司", "集团有限公司"], [90, 7, 3])[0]
        if brand in names:
            continue
        names.add(brand)
        size = rng.choices(["large", "medium", "small", "micro"], [6, 24, 50, 20])[0]
        people = tuple(
            (person(rng), *rng.choice(JOBS), f"1{rng.choice('3578')}{rng.randrange(10**8, 10**9)}")
            for _ in range(rng.choice([1, 1, 2, 2, 3]))
        )
        number = len(drawn) + 1
        street, road = STREETS[number % len(STREETS)]
        drawn.append(
            DemoCustomer(
                code=f"C{number:05d}",
                name=f"{city}{brand}{trade}{suffix}",
                english_name=f"{latin(city)} {latin(brand)} {english} Co., Ltd.",
                uscc=invented_code(rng, region),
                address=f"{city}市{street}{number}号",
                english_address=f"{number} {road}, {latin(city)}, China",
                region=region,
                industry=industry,
                phone=f"{area}-{rng.randrange(10**7, 10**8)}",
                founded_on=company.end_on - dt.timedelta(days=rng.randrange(400, 9500)),
                legal_representative=person(rng),
                size=size,
                ownership=rng.choices(["private", "state", "foreign", "joint"], [78, 8, 9, 5])[0],
                capital={"large": 5000, "medium": 1000, "small": 200, "micro": 50}[size] * rng.randrange(1, 9) * 10_000,
                contacts=people,
            )
        )
    return drawn


def build_customers(company: DemoCompany) -> None:
    """People, customers, contacts; reps of the south look after the customers there."""
    from customers.models import Customer
    from customers.services import ContactRow, CustomerRow, upsert_contacts, upsert_customers

    users = create_demo_users()
    rng = company.stream("owners")
    drawn = draw_customers(company)
    rows = []
    for item in drawn:
        owner = users["charlie"] if item.region[:2] in SOUTH else users[rng.choice(["alice", "alice", "bob"])]
        rows.append(
            CustomerRow(
                code=item.code,
                name=item.name,
                english_name=item.english_name,
                uscc=item.uscc,
                address=item.address,
                english_address=item.english_address,
                industry_id=item.industry,
                region_id=f"{item.region[:2]}0000",
                phone=item.phone,
                email=f"ap@{item.code.lower()}.example.com",
                size=item.size,
                ownership=item.ownership,
                founded_on=item.founded_on,
                registered_capital=Decimal(item.capital),
                registered_capital_currency=base_currency(),
                legal_representative=item.legal_representative,
                legal_form="shares" if "股份" in item.name else "limited",
                owner_id=owner.pk,
                team_id=owner.team_id,
            )
        )
    upsert_customers(actor=None, rows=rows, today=company.start_on)
    ids = dict(Customer.objects.values_list("code", "pk"))
    contacts = [
        ContactRow(customer_id=ids[item.code], name=name, job_title=job, role=role, phone=phone)
        for item in drawn
        for name, job, role, phone in {contact[0]: contact for contact in item.contacts}.values()
    ]
    upsert_contacts(actor=None, rows=contacts, today=company.start_on)
    company.shared["users"] = users
    company.shared["customers"] = [(ids[item.code], item) for item in drawn]


def has_no_customers() -> bool:
    from customers.models import Customer

    return not Customer.objects.exists()


DEMO_CUSTOMERS = DemoStep(key="customers", order=10, build=build_customers, is_empty=has_no_customers)
