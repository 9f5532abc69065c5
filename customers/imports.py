"""Import of customers and contacts: what a row may say, and how it is compared and applied."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import TextChoices
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from crm.core.setbased import CHUNK
from crm.exchange import parsers
from crm.exchange.issues import WARNING, Issue, IssueKind, register_issues
from crm.exchange.kinds import (
    SOURCE,
    ZEROS,
    ZEROS_WIDTH,
    FieldSpec,
    ImportKind,
    ParsedRow,
    Planner,
    RowStatus,
    ValueKind,
)
from customers.models import (
    CompanySize,
    Contact,
    Customer,
    CustomerCategory,
    CustomerKind,
    ExternalRef,
    LegalForm,
    Ownership,
)
from customers.selectors import duplicates_of_rows
from customers.services import ContactRow, CustomerRow, plan_customers, upsert_contacts, upsert_customers

NUMBER_OPTIONS = (ZEROS, ZEROS_WIDTH, SOURCE)
register_issues(
    IssueKind("no_such_customer", _("There is no customer with this number.")),
    IssueKind("no_such_owner", _("There is no user with this login name.")),
    IssueKind("similar_customer", _("This looks like the existing customer %(name)s (%(code)s)."), WARNING),
    IssueKind("similar_to_hidden", _("This looks like a customer of a colleague."), WARNING),
)


def choices_of(choices: type[TextChoices], also: Mapping[str, str]) -> parsers.Parser:
    """Codes of a list, by code, by the label in either language, and by further words."""

    @cache
    def words() -> parsers.Parser:
        known = {str(value): str(value) for value in choices.values}
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                known |= {str(member.label).lower(): str(member.value) for member in choices}
        return parsers.choice({**known, **also})

    def parse(cell: Any, options: parsers.Options) -> Any:
        return words()(cell, options)

    return parse


def text(key: str, label: Any, *aliases: str, limit: int, example: str = "", required: bool = False) -> FieldSpec:
    return FieldSpec(key, label, parsers.limited(limit), aliases, example=example, required=required)


CUSTOMER_NUMBER = FieldSpec(
    "customer",
    _("Customer number"),
    parsers.limited(40, parsers.parse_customer_number),
    (
        "customer code", "customer no", "customer id", "customer", "cust number", "cust no", "cust", "account no",
        "account number", "debtor no", "client no", "client code", "sold to", "客户编号", "客户编码", "客户代码",
        "客户号", "往来单位编码", "购货单位代码", "购买方编码", "客户",
    ),
    required=True,
    example="0200706844",
)  # fmt: skip
CUSTOMER_NAME = text(
    "customer_name", _("Customer name"), "name customer", "cust name", "customer name", "account name", "client name",
    "debtor name", "company", "company name", "legal name", "客户名称", "客户全称", "单位名称", "公司名称", "企业名称",
    "往来单位", "往来单位名称", "购货单位", "购买方名称", "名称", "customer", "客户",
    limit=200, example="Example Trading Co., Ltd",
)  # fmt: skip

KINDS = {"company": "organisation", "organization": "organisation", "企业": "organisation", "公司": "organisation"}
KINDS |= {"单位": "organisation", "组织": "organisation", "个人": "person", "自然人": "person", "individual": "person"}
CATEGORIES = {"企业": "business", "dealer": "intermediary", "经销商": "intermediary", "中间商": "intermediary"}
CATEGORIES |= {"消费者": "consumer", "公共机构": "public", "政府": "public", "内部": "internal"}
SIZES = {"大型": "large", "中型": "medium", "小型": "small", "微型": "micro"}
OWNERSHIPS = {"国有": "state", "民营": "private", "私营": "private", "外资": "foreign", "合资": "joint"}
OWNERSHIPS |= {"集体": "collective", "个体": "sole", "个体工商户": "sole"}
LEGAL_FORMS = {
    "有限责任公司": "limited",
    "有限公司": "limited",
    "ltd": "limited",
    "llc": "limited",
    "股份有限公司": "shares",
}
LEGAL_FORMS |= {
    "合伙企业": "partnership",
    "普通合伙": "partnership",
    "个人独资企业": "sole",
    "个体工商户": "individual",
}
LEGAL_FORMS |= {"事业单位": "public", "机关": "public"}
LEGAL_FORMS |= {"合作社": "other", "农民专业合作社": "other", "分公司": "other", "全民所有制": "other"}

CUSTOMER_FIELDS = (
    FieldSpec(
        "code", CUSTOMER_NUMBER.label, CUSTOMER_NUMBER.parser, (*CUSTOMER_NUMBER.aliases, "code", "编号", "编码"),
        required=True, example="C000123",
    ),
    FieldSpec(
        "name", _("Legal name"), CUSTOMER_NAME.parser, (*CUSTOMER_NAME.aliases, "name", "customer_name"),
        example="Example Trading Co., Ltd",
    ),
    text("short_name", _("Short name"), "abbreviation", "alias", "客户简称", "简称", limit=80),
    text("english_name", _("English name"), "name en", "英文名称", "英文名", limit=200),
    text("uscc", _("Unified social credit code"), "uscc", "tax id", "tax number", "tax id number",
         "tax registration number", "统一社会信用代码", "信用代码", "税号", "纳税人识别号", "工商注册号", limit=40,
         example="91110000600007156Q"),
    text("foreign_number", _("Foreign registration number"), "foreign company number", "境外注册号", "境外注册证号",
         limit=60, example="HRB 12345"),
    text("identity_number", _("Identity document number"), "identity card number", "passport number", "身份证号",
         "身份证号码", "证件号码", limit=40),
    FieldSpec("kind", _("Kind"), choices_of(CustomerKind, KINDS), ("customer type", "客户类型", "性质")),
    FieldSpec("category", _("Category"), choices_of(CustomerCategory, CATEGORIES), ("customer category", "客户类别")),
    text("industry_id", _("Industry"), "industry code", "行业", "行业代码", limit=5, example="F51"),
    text("region_id", _("Region"), "region code", "地区", "地区代码", "行政区划", limit=6, example="310000"),
    text("country", _("Country"), "country code", "国家", "国别", limit=2, example="CN"),
    text("address", _("Address"), "street", "registered address", "地址", "注册地址", "通讯地址", limit=255),
    text("english_address", _("English address"), "address en", "address english", "英文地址", limit=255),
    text("phone", _("Phone"), "telephone", "tel", "mobile", "电话", "联系电话", "手机", limit=40),
    FieldSpec("email", _("E-mail"), parsers.parse_email, ("mail", "e-mail address", "邮箱", "电子邮箱", "电子邮件")),
    text("website", _("Website"), "url", "homepage", "网址", "网站", limit=200),
    FieldSpec("size", _("Size"), choices_of(CompanySize, SIZES), ("company size", "企业规模", "规模")),
    FieldSpec("ownership", _("Ownership"), choices_of(Ownership, OWNERSHIPS), ("ownership type", "所有制", "企业性质")),
    FieldSpec("founded_on", _("Founded on"), parsers.parse_date, ("founded", "成立日期", "成立时间"), ValueKind.DATE),
    FieldSpec(
        "registered_capital", _("Registered capital"), parsers.parse_amount, ("capital", "注册资本"), ValueKind.MONEY
    ),
    text("legal_representative", _("Legal representative"), "representative", "法定代表人", "法人代表", limit=80),
    FieldSpec("legal_form", _("Legal form"), choices_of(LegalForm, LEGAL_FORMS), ("company form", "组织形式")),
    text("proprietor", _("Owner who answers personally"), "proprietor", "经营者", "投资人", limit=80),
    text("proprietor_residence", _("Residence of that owner"), "owner residence", "经营者住所", limit=255),
    text("owner", _("Owner (login name)"), "owner", "sales rep", "account manager", "负责人", "业务员", "客户经理",
         limit=150, example="alice"),
    text("notes", _("Notes"), "remark", "remarks", "comment", "备注", limit=2000),
)  # fmt: skip


# The column that a refusal of the service is about.
FIELD_OF_FAULT = {
    "name_missing": "name",
    "uscc_invalid": "uscc",
    "uscc_taken": "uscc",
    "identity_invalid": "identity_number",
    "no_country": "country",
    "founded_later": "founded_on",
    "code_taken": "code",
    "row_repeated": "code",
}


class CustomerFinder:
    """Customers by the numbers of a file: by their key in the source when it is named, else by their own number.

    A customer that was merged is answered by the one it was merged into. Customers the user does not see do not exist.
    """

    def __init__(self, actor: Any, source: str) -> None:
        self.actor, self.source = actor, source

    def find(self, numbers: Collection[str]) -> dict[str, int]:
        wanted, found = sorted(set(numbers)), dict[str, int]()
        for start in range(0, len(wanted), CHUNK):
            chunk = wanted[start : start + CHUNK]
            found |= self.winners(Customer.objects.filter(code__in=chunk).values_list("code", "pk", "merged_into"))
            if self.source:
                refs = ExternalRef.objects.filter(source=self.source, kind="customer", key__in=chunk)
                found |= self.winners(refs.values_list("key", "customer", "customer__merged_into"))
        return self.visible(found)

    def winners(self, rows: Iterable[tuple[str, int, int | None]]) -> dict[str, int]:
        found = {}
        for number, pk, merged_into in rows:
            while merged_into is not None:
                pk = merged_into
                merged_into = Customer.objects.values_list("merged_into", flat=True).get(pk=pk)
            found[number] = pk
        return found

    def visible(self, found: dict[str, int]) -> dict[str, int]:
        if self.actor is None:
            return found
        ids, seen = sorted(set(found.values())), set[int]()
        for start in range(0, len(ids), CHUNK):
            chunk = Customer.objects.visible_to(self.actor).filter(pk__in=ids[start : start + CHUNK])
            seen.update(chunk.values_list("pk", flat=True))
        return {number: pk for number, pk in found.items() if pk in seen}


class CustomerPlanner(Planner):
    """Customers are created and brought up to date; an empty cell leaves what is known as it is."""

    def prepare(self) -> None:
        from crm.accounts.models import User

        names = self.values.distinct("owner")
        users = User.objects.filter(username__in=names, is_active=True)
        self.owners: dict[str, int] = dict(users.values_list("username", "pk"))

    def row(self, row: ParsedRow) -> CustomerRow:
        data = {key: value for key, value in row.data.items() if key != "owner"}
        return CustomerRow(**data, owner_id=self.owners.get(row.data.get("owner", "")))

    def compare(self, rows: Sequence[ParsedRow]) -> None:
        for row in rows:
            if "owner" in row.data and row.data["owner"] not in self.owners:
                row.fail("no_such_owner", "owner", row.data["owner"])
        fine = [row for row in rows if row.status != RowStatus.FAULTY]
        wanted = [self.row(row) for row in fine]
        plan = plan_customers(actor=self.actor, rows=wanted, source=self.options.get("source", ""))
        for index, _pk, _changes in plan.changed:
            fine[index].status = RowStatus.CHANGED
        for index, _pk in plan.unchanged:
            fine[index].status = RowStatus.UNCHANGED
        for fault in plan.faults:
            row, field = fine[fault.index], FIELD_OF_FAULT.get(fault.error.code, "")
            row.issues.append(Issue(fault.error.code, field, str(row.data.get(field, "")), fault.error.params))
            row.status = RowStatus.FAULTY
        self.warn_similar([row for row in fine if row.status == RowStatus.NEW])

    def warn_similar(self, rows: Sequence[ParsedRow]) -> None:
        """A new customer that looks like a known one: told, never refused, since the file may be right."""
        wanted = [self.row(row) for row in rows]
        for found in duplicates_of_rows(actor=self.actor, rows=wanted):
            row, name = rows[found.index], rows[found.index].data.get("name", "")
            if found.customer is None:
                row.warn("similar_to_hidden", "name", name)
            else:
                row.warn("similar_customer", "name", name, name=found.customer.name, code=found.customer.code)

    def apply(self, rows: Iterable[ParsedRow], progress: Callable[[int], None]) -> dict[str, int]:
        wanted = [self.row(row) for row in rows]
        progress(0)
        result = upsert_customers(
            actor=self.actor, rows=wanted, today=self.today, source=self.options.get("source", "")
        )
        return {"customers_created": result.new, "customers_changed": result.changed}


CONTACT_ROLES = {"使用者": "user", "影响者": "influencer", "决策者": "decider", "批准者": "approver", "采购": "buyer"}
CONTACT_ROLES |= {"采购者": "buyer", "把关者": "gatekeeper", "财务": "finance", "应付账款": "finance"}
CONTACT_FIELDS = (
    CUSTOMER_NUMBER,
    text("name", _("Name of the contact"), "name", "contact", "contact name", "contact person", "联系人", "姓名",
         "联系人姓名", limit=80, required=True, example="Li Hua"),
    text("job_title", _("Job title"), "title", "position", "职务", "职位", limit=80),
    FieldSpec("role", _("Role in buying"), choices_of(Contact.BuyingRole, CONTACT_ROLES), ("buying role", "角色")),
    text("phone", _("Phone"), "telephone", "tel", "mobile", "电话", "联系电话", "手机", limit=40),
    FieldSpec("email", _("E-mail"), parsers.parse_email, ("mail", "e-mail address", "邮箱", "电子邮箱", "电子邮件")),
    FieldSpec("is_primary", _("Main contact"), parsers.parse_yes, ("primary", "main", "主要联系人"), ValueKind.YES),
    text("notes", _("Notes"), "remark", "remarks", "comment", "备注", limit=255),
)  # fmt: skip


class ContactPlanner(Planner):
    """Contacts of customers that exist; found again by e-mail, else by name."""

    def prepare(self) -> None:
        finder = CustomerFinder(self.actor, self.options.get("source", ""))
        self.customers = finder.find(self.values.distinct("customer"))

    def row(self, row: ParsedRow) -> ContactRow:
        data = {key: value for key, value in row.data.items() if key != "customer"}
        return ContactRow(customer_id=self.customers[row.data["customer"]], **data)

    def compare(self, rows: Sequence[ParsedRow]) -> None:
        ids = {self.customers[row.data["customer"]] for row in rows if row.data["customer"] in self.customers}
        by_mail: dict[tuple[int, str], Contact] = {}
        by_name: dict[tuple[int, str], Contact] = {}
        for contact in Contact.objects.filter(customer__in=ids, is_active=True).order_by("-pk"):
            by_name[contact.customer_id, contact.name.lower()] = contact
            if contact.email:
                by_mail[contact.customer_id, contact.email.lower()] = contact
        for row in rows:
            if row.data["customer"] not in self.customers:
                row.fail("no_such_customer", "customer", row.data["customer"])
                continue
            pk = self.customers[row.data["customer"]]
            mail = row.data.get("email", "").lower()
            known = (by_mail.get((pk, mail)) if mail else None) or by_name.get((pk, row.data["name"].lower()))
            if known is not None:
                row.status = RowStatus.CHANGED if self.differs(known, row.data) else RowStatus.UNCHANGED

    def differs(self, known: Contact, data: Mapping[str, Any]) -> bool:
        given = {key: value for key, value in data.items() if key not in {"customer", "is_primary"}}
        promoted = bool(data.get("is_primary")) and not known.is_primary
        return promoted or any(getattr(known, key) != value for key, value in given.items())

    def apply(self, rows: Iterable[ParsedRow], progress: Callable[[int], None]) -> dict[str, int]:
        wanted = [self.row(row) for row in rows]
        progress(0)
        result = upsert_contacts(actor=self.actor, rows=wanted, today=self.today)
        return {"contacts_created": result.new, "contacts_changed": result.changed}


def note_labels() -> dict[str, Any]:
    return {
        "customers_created": _("Customers created"),
        "customers_changed": _("Customers changed"),
        "contacts_created": _("Contacts created"),
        "contacts_changed": _("Contacts changed"),
    }


CUSTOMERS = ImportKind(
    key="customers",
    label=_("Customers"),
    fields=CUSTOMER_FIELDS,
    planner=CustomerPlanner,
    key_of=lambda data, options: data["code"],
    permission="customers.add_customer",
    options=NUMBER_OPTIONS,
    note_labels=note_labels,
    links=lambda: [(_("Customers"), "customers:customers")],
    help=_("New customers are created, known ones are brought up to date; an empty cell changes nothing."),
    order=10,
)
CONTACTS = ImportKind(
    key="contacts",
    label=_("Contacts"),
    fields=CONTACT_FIELDS,
    planner=ContactPlanner,
    key_of=lambda data, options: f"{data['customer']}|{(data.get('email') or data['name']).lower()}",
    permission="customers.add_contact",
    options=NUMBER_OPTIONS,
    note_labels=note_labels,
    links=lambda: [(_("Customers"), "customers:customers")],
    help=_("People at customers that exist already, found again by e-mail, else by name."),
    order=20,
)
