"""Names and texts that people entered: they read the same in every language."""

from contracts.models import Contract, ContractClause, TemplateVersion
from crm.accounts.models import User
from customers.models import Contact, Customer


def entered_names() -> list[str]:
    # Reasons and a file of tests.world, and what the tests search for.
    names = {
        "共同跟进",
        "首次授信",
        "重大合作谈判",
        "旺季后回款",
        "月底前先付一半",
        "少了两箱",
        "Half of it this month",
        "Two boxes are missing",
        "客户编号",
        "客户名称",
        "上海岑泓纺织有限公司",
        "上海",
        "bankruptcy",
        "text、number、money、date",  # what is typed for the kind of a variable
    }
    for user in User.objects.all():
        names.update([user.name, user.username, *user.name.split()])
    of_customer = ("name", "short_name", "english_name", "address", "english_address", "legal_representative")
    for row in Customer.objects.values_list(*of_customer):
        names.update(row)
    names.update(Contract.objects.values_list("title", flat=True))
    names.update(ContractClause.objects.values_list("title", flat=True))
    for title, variables in TemplateVersion.objects.values_list("title", "variables"):
        names.add(title)
        names.update(each[key] for each in variables for key in ("name", "label_zh", "label_en"))
    names.update(Contact.objects.values_list("name", flat=True))
    return [name for name in names if len(name) > 1]
