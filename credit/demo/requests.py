"""Credit requests of the demo company: some decided weeks ago, some on their way, one with an open question."""

import datetime as dt
from decimal import Decimal
from typing import Any

from crm.core.demo import DemoCompany, DemoStep

REASONS = (
    "新项目中标，未来半年月均采购预计翻倍",
    "客户扩产，第二条生产线已投产",
    "连续两年按期付款，申请随业务量同步调整",
    "旺季备货，货款于下月十五日前结清",
    "客户被集团收购，付款由集团财务中心统一安排",
)


def ten_thousands(amount: Decimal) -> Decimal:
    """An amount as people ask for it."""
    return max((amount / 10_000).quantize(Decimal(1)), Decimal(2)) * 10_000


def build_requests(company: DemoCompany) -> None:
    """A story for each of some customers: what is asked, and how far it came."""
    from credit.models import CreditAccount

    rng = company.stream("credit_requests")
    accounts = list(
        CreditAccount.objects.filter(
            customer__owner__username__in=("alice", "bob", "charlie"),
            limit__gt=0,
            limit__lt=1_800_000,
            status="normal",
            term_days__gt=0,
        )
        .exclude(instruments=["transfer"])  # somebody asks for no other form than that
        .select_related("customer__owner", "customer__team")
        .order_by("pk")
    )
    rng.shuffle(accounts)
    largest = max(accounts, key=lambda account: account.limit or 0, default=None)
    if largest is not None:  # the one that goes as far as the general manager
        accounts.remove(largest)
        accounts.insert(6, largest)
    people = People()
    stories = (approved, for_less, rejected, waits_for_manager, waits_for_director, question, waits_for_general_manager,
               temporary, withdrawn, waits_for_manager, waits_for_accountant, term, transfer_only)  # fmt: skip
    for number, (account, story) in enumerate(zip(accounts, stories, strict=False)):
        teller = Teller(company, people, account, REASONS[number % len(REASONS)])
        story(teller)
    for account in accounts[len(stories) : len(stories) + 2]:
        people.draft(account, "increase", wanted_limit=None, reason="")


class People:
    """The people of the demo company, by user name."""

    def __init__(self) -> None:
        from crm.accounts.models import User

        self.users = {user.username: user for user in User.objects.all()}

    def manager(self, account: Any) -> Any:
        return self.users["martin" if account.customer.owner.username == "charlie" else "mary"]

    def draft(self, account: Any, kind: str, **asked: Any) -> Any:
        from credit.services import draft_request

        return draft_request(actor=account.customer.owner, customer_id=account.customer_id, kind=kind, **asked)


class Teller:
    """Tells the story of one request: who asks, and what each approver says on which day."""

    def __init__(self, company: DemoCompany, people: People, account: Any, reason: str) -> None:
        self.today, self.people, self.account, self.reason = company.end_on, people, account, reason
        self.request: Any = None
        self.day = self.today

    def ask(self, kind: str, days_ago: int, **asked: Any) -> None:
        from credit.services import submit_request

        self.day = self.today - dt.timedelta(days=days_ago)
        draft = self.people.draft(self.account, kind, **{"reason": self.reason, **asked})
        self.request = submit_request(actor=self.account.customer.owner, request_id=draft.pk, on=self.day)

    def more(self, share: str) -> Decimal:
        """A share of the limit beyond it, also where it is so small that the share is rounded away."""
        limit: Decimal = self.account.limit
        return max(ten_thousands(limit * Decimal(share)), limit + 10_000)

    def increase(self, days_ago: int, share: str) -> None:
        limit = self.more(share)
        self.ask("increase", days_ago, wanted_limit=limit, purchase_estimate=ten_thousands(limit / 2))

    def says(self, who: str, verb: str = "approve", **more: Any) -> None:
        from crm.approvals.models import RequestStep, StepState, Verb
        from crm.approvals.services import decide

        actor = self.people.manager(self.account) if who == "manager" else self.people.users[who]
        step = RequestStep.objects.get(request=self.request.approval_id, state=StepState.OPEN)
        self.day = min(self.day + dt.timedelta(days=1), self.today)
        decide(request_id=self.request.approval_id, step_id=step.pk, actor=actor, verb=Verb(verb), on=self.day, **more)

    def until_the_end(self) -> None:
        """The rest of the way: the general manager too where the amount asks for it."""
        self.request.refresh_from_db()
        if self.request.is_open:
            self.says("greg")

    @property
    def asked(self) -> Decimal:
        amount: Decimal = self.request.wanted_limit
        return amount


def approved(teller: Teller) -> None:
    teller.increase(40, "1.4")
    teller.says("manager", reason="同意，客户信誉良好")
    teller.says("fiona", reason="近一年回款正常")
    teller.says("flora")
    teller.until_the_end()


def for_less(teller: Teller) -> None:
    teller.increase(25, "2")
    teller.says("manager")
    teller.says("fiona", reason="有两笔逾期十天以内，已付清")
    less = min(ten_thousands((teller.asked + teller.account.limit) / 2), teller.asked - 5_000)
    teller.says("flora", "less", amount=less, reason="先增加一半，三个月后视回款再议")
    teller.until_the_end()


def rejected(teller: Teller) -> None:
    teller.increase(18, "1.8")
    teller.says("manager")
    teller.says("fiona", "reject", reason="近三个月付款明显变慢，先收回逾期再谈")


def waits_for_manager(teller: Teller) -> None:
    teller.increase(1, "1.5")


def waits_for_accountant(teller: Teller) -> None:
    teller.increase(3, "1.6")
    teller.says("manager", reason="同意")


def waits_for_director(teller: Teller) -> None:
    teller.increase(5, "1.5")
    teller.says("manager", reason="客户要求合理，建议批准")
    teller.says("fiona", reason="付款记录良好")


def waits_for_general_manager(teller: Teller) -> None:
    limit = max(ten_thousands(teller.account.limit * Decimal("1.5")), Decimal(600_000))
    teller.ask("increase", 6, wanted_limit=limit, purchase_estimate=ten_thousands(limit / 3))
    teller.says("manager", reason="年度框架合同已谈妥")
    teller.says("fiona", reason="付款历史已核对")
    teller.says("flora", reason="建议附条件：季度复核")


def question(teller: Teller) -> None:
    teller.increase(4, "1.7")
    teller.says("manager")
    teller.says("fiona", "ask", reason="六月有一笔拖了四十天，原因是什么？")


def temporary(teller: Teller) -> None:
    teller.ask("temporary", 9, wanted_limit=teller.more("1.3"), until=teller.today + dt.timedelta(days=21))
    teller.says("manager")
    teller.says("fiona")
    teller.says("flora", reason="仅限旺季")
    teller.until_the_end()


def withdrawn(teller: Teller) -> None:
    from crm.approvals.services import withdraw

    teller.increase(12, "1.2")
    withdraw(
        request_id=teller.request.approval_id,
        actor=teller.account.customer.owner,
        reason="客户改为款到发货",
        on=teller.day + dt.timedelta(days=1),
    )


def term(teller: Teller) -> None:
    teller.ask("term", 2, wanted_term_days=teller.account.term_days + 30)


def transfer_only(teller: Teller) -> None:
    teller.ask("instrument", 3, wanted_instruments=["transfer"], reason="两张支票被退票，改为只收银行转账")
    teller.says("manager", reason="同意")


def nothing_asked() -> bool:
    from credit.models import CreditRequest

    return not CreditRequest.objects.exists()


DEMO_REQUESTS = DemoStep(key="credit_requests", order=110, build=build_requests, is_empty=nothing_asked)
