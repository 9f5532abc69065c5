"""The policy, letters and causes a new installation begins with; all of it is the company's to change afterwards."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from crm.core.dates import business_today
from crm.core.versions import PolicyState
from receivables.models import CauseCode, CollectionPolicy, CollectionRate, LetterTemplate, PolicyStep
from receivables.services.collection.rates import refresh_collection_rates

FOUR_THIRDS = "1.3333"
TEMPLATES: list[dict[str, str]] = [
    {
        "code": "reminder",
        "kind": "reminder",
        "name_zh": "到期提醒",
        "name_en": "Reminder before the due date",
        "subject_zh": "{entity}：贵司款项即将到期",
        "subject_en": "{entity}: payment falls due soon",
        "body_zh": "{contact}：\n\n感谢贵司一直以来的支持。以下 {count} 笔款项即将到期，合计 {total}，"
        "敬请按期安排付款。如款项已经付出，请不必理会本函。",
        "body_en": "Dear {contact},\n\nThank you for your business. The {count} items below fall due soon, {total} in "
        "all. Please arrange payment in time. If you have paid already, please disregard this note.",
    },
    {
        "code": "overdue",
        "kind": "reminder",
        "name_zh": "逾期提示",
        "name_en": "Notice of overdue items",
        "subject_zh": "{entity}：款项已逾期，请核对",
        "subject_en": "{entity}: overdue items, please check",
        "body_zh": "{contact}：\n\n截至 {on}，贵司有 {count} 笔款项已过付款期限，合计 {total}，"
        "最早一笔于 {oldest_due_on} 到期。请于 {pay_by} 前付款；如对账目有疑问，请与我司 {owner} 联系。",
        "body_en": "Dear {contact},\n\nAs at {on}, {count} items of your account are past their due date, {total} in "
        "all, the oldest since {oldest_due_on}. Please pay by {pay_by}; should you have any question about them, "
        "please speak with {owner}.",
    },
    {
        "code": "formal",
        "kind": "warning",
        "name_zh": "催款警告函",
        "name_en": "Formal demand",
        "subject_zh": "{entity}：催款函（{number}）",
        "subject_en": "{entity}: formal demand ({number})",
        "body_zh": "{customer}：\n\n贵司有 {count} 笔款项逾期未付，合计 {total}，最早一笔已逾期 {oldest_days} 天。"
        "经多次提醒，款项至今未到。请于 {pay_by} 前付清；逾期仍未付清的，我司将停止供货，并保留采取法律手段的权利。",
        "body_en": "To {customer}:\n\n{count} items are overdue, {total} in all, the oldest for {oldest_days} days. "
        "Our reminders have brought no payment. Please settle the whole by {pay_by}. Failing that we will stop "
        "deliveries and reserve the right to take legal steps.",
    },
    {
        "code": "lawyer",
        "kind": "lawyer",
        "name_zh": "律师函",
        "name_en": "Lawyer's letter",
        "subject_zh": "律师函：{customer} 拖欠货款（{number}）",
        "subject_en": "Lawyer's letter: debts of {customer} ({number})",
        "body_zh": "{customer}：\n\n受 {entity} 委托，就贵司拖欠货款一事致函如下：截至 {on}，贵司拖欠货款 {total}，"
        "共 {count} 笔，明细附后。请于 {pay_by} 前付清全部欠款，否则将依法提起诉讼或仲裁，由此产生的费用由贵司承担。",
        "body_en": "To {customer}:\n\nOn behalf of {entity}: as at {on} you owe {total} for {count} deliveries, as "
        "listed. Unless the whole is paid by {pay_by}, proceedings will be brought, the costs of which you will bear.",
    },
]
CAUSES: list[tuple[str, str, str, bool]] = [
    ("short_of_cash", "客户资金紧张", "Customer short of cash", False),
    ("customer_process", "客户付款流程未走完", "Customer's approval not finished", False),
    ("unwilling", "客户有意拖延", "Customer delays on purpose", False),
    ("disputed_goods", "货物或数量有争议", "Goods or quantity disputed", False),
    ("insolvent", "客户停产或破产", "Customer closed down or insolvent", False),
    ("late_invoice", "我方开票延误", "We billed late", True),
    ("wrong_invoice", "我方单据有误", "Our documents were wrong", True),
    ("late_delivery", "我方交货延误", "We delivered late", True),
    ("term_not_agreed", "账期未与客户讲清", "The term was not made clear", True),
    ("not_followed_up", "未及时跟催", "Nobody followed up", True),
    ("other", "其他", "Other", False),
]
# A week: the cause; a month: the manager; 4/3 of the term: formal recovery; legal is a step of its own.
STEPS: list[dict[str, Any]] = [
    {"code": "reminder", "days": -3, "actor": "rep", "action": "email", "template": "reminder",
     "name_zh": "到期前提醒", "name_en": "Reminder before the due date"},
    {"code": "call", "days": 1, "actor": "rep", "action": "task",
     "name_zh": "业务员催收", "name_en": "Sales rep calls"},
    {"code": "notice", "days": 4, "gap_days": 2, "actor": "rep", "action": "email", "template": "overdue",
     "name_zh": "发逾期提示", "name_en": "Notice of overdue items"},
    {"code": "cause", "days": 7, "actor": "rep", "action": "cause",
     "name_zh": "填报逾期原因", "name_en": "File the cause"},
    {"code": "formal", "days": 8, "fraction": FOUR_THIRDS, "gap_days": 3, "actor": "supervisor", "action": "letter",
     "template": "formal", "name_zh": "正式追收，发警告函", "name_en": "Formal recovery: demand"},
    {"code": "manager", "days": 30, "gap_days": 3, "actor": "manager", "action": "task",
     "name_zh": "经理上报，准备法律手段", "name_en": "Manager reports upward, legal steps are prepared"},
    {"code": "stop", "days": 45, "gap_days": 3, "actor": "manager", "action": "stop_supply",
     "name_zh": "停止供货", "name_en": "Supply stops"},
    {"code": "lawyer", "days": 75, "gap_days": 14, "actor": "legal", "action": "letter", "template": "lawyer",
     "name_zh": "发律师函", "name_en": "Lawyer's letter"},
    {"code": "legal", "days": 90, "gap_days": 14, "actor": "legal", "action": "task",
     "name_zh": "移交法务", "name_en": "Hand over to legal"},
]  # fmt: skip


def seed_collection(**kwargs: Any) -> None:
    """Bring a collection policy, letters and causes where there are none; runs after every migrate."""
    with transaction.atomic():
        if not CauseCode.objects.exists():
            CauseCode.objects.bulk_create(
                [
                    CauseCode(code=code, name_zh=name_zh, name_en=name_en, own_fault=own, position=position)
                    for position, (code, name_zh, name_en, own) in enumerate(CAUSES)
                ]
            )
        if not CollectionRate.objects.exists():
            refresh_collection_rates(on=business_today())
        if CollectionPolicy.objects.exists():
            return
        templates = {
            item["code"]: LetterTemplate.objects.get_or_create(code=item["code"], defaults=item)[0]
            for item in TEMPLATES
        }
        policy = CollectionPolicy.objects.create(
            code="standard",
            version=1,
            name_zh="标准催收政策",
            name_en="Standard collection",
            tolerance="100.00",
            state=PolicyState.ACTIVE,
            activated_at=timezone.now(),
        )
        PolicyStep.objects.bulk_create(
            [
                PolicyStep(
                    **{**step, "template": templates.get(step.get("template", ""))}, policy=policy, position=position
                )
                for position, step in enumerate(STEPS)
            ]
        )
