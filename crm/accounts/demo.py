"""The people of the demo company: one for each role, in a sales organisation of three teams."""

from dataclasses import dataclass

from django.db.models import Case, IntegerField, QuerySet, Value, When

from crm.accounts import roles
from crm.accounts.models import User


@dataclass(frozen=True)
class DemoPerson:
    """Somebody of the demo company; `team` is a key of TEAMS."""

    username: str
    name: str
    role: str
    team: str = ""
    language: str = "zh-hans"


# key: (Chinese name, English name, key of the team above)
TEAMS: dict[str, tuple[str, str, str]] = {
    "sales": ("销售部", "Sales", ""),
    "east": ("华东区", "East China", "sales"),
    "shanghai": ("上海组", "Shanghai", "east"),
    "south": ("华南区", "South China", "sales"),
}

PEOPLE: tuple[DemoPerson, ...] = (
    DemoPerson("alice", "陈爱丽 Alice Chen", roles.SALES_REP, "shanghai"),
    DemoPerson("bob", "王博 Bob Wang", roles.SALES_REP, "shanghai"),
    DemoPerson("charlie", "李志强 Charlie Li", roles.SALES_REP, "south"),
    DemoPerson("mary", "周敏 Mary Zhou", roles.SALES_MANAGER, "east"),
    DemoPerson("martin", "何明 Martin He", roles.SALES_MANAGER, "south"),
    DemoPerson("diana", "赵丹 Diana Zhao", roles.SALES_DIRECTOR, "sales"),
    DemoPerson("carol", "吴可 Carol Wu", roles.CREDIT_CONTROLLER),
    DemoPerson("fiona", "方芳 Fiona Fang", roles.ACCOUNTANT),
    DemoPerson("frank", "范国华 Frank Fan", roles.FINANCE_MANAGER),
    DemoPerson("flora", "冯兰 Flora Feng", roles.FINANCE_DIRECTOR),
    DemoPerson("greg", "郭刚 Greg Guo", roles.GENERAL_MANAGER),
    DemoPerson("helen", "韩海伦 Helen Han", roles.CHAIRMAN),
    DemoPerson("leo", "罗立 Leo Luo", roles.LEGAL),
    DemoPerson("sarah", "孙莎 Sarah Sun", roles.SERVICE),
    DemoPerson("walter", "魏涛 Walter Wei", roles.WAREHOUSE),
    DemoPerson("adam", "安达 Adam An", roles.ADMINISTRATOR),
)


def demo_people() -> QuerySet[User]:
    """Users a visitor of the demo may sign in as, in the order of the list above."""
    order = Case(
        *(When(username=person.username, then=Value(place)) for place, person in enumerate(PEOPLE)),
        output_field=IntegerField(),
    )
    names = [person.username for person in PEOPLE]
    return User.objects.filter(username__in=names, is_active=True, is_superuser=False).order_by(order)
