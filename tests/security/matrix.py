"""Who may do what: the whole of it in one place, to be read by people.

PERMISSIONS says which roles hold which permission, SEES whose customers each person of the demo sees, RULES what each
address asks for. An address without a row here fails the test, and so does a role that holds more than it should.
"""

from dataclasses import dataclass
from typing import Any

# Somebody signed in, whatever the role; anybody at all.
SIGNED_IN = "signed in"
OPEN = "open"


@dataclass(frozen=True)
class Rule:
    """What an address asks for.

    needs   a permission, SIGNED_IN or OPEN
    record  what of a holding (tests.world.Holding) stands in the address: strangers get 404
    more    further parts of the address
    get     the answer to a GET of somebody who may, post to an empty POST
    """

    needs: str
    record: str = ""
    more: tuple[Any, ...] = ()
    get: int = 200
    post: int = 405


RULES: dict[str, Rule] = {
    "home:my_day": Rule(SIGNED_IN),
    "search": Rule(SIGNED_IN),
    "health": Rule(OPEN),
    "accounts:login": Rule(OPEN, post=200),
    "accounts:demo_login": Rule(OPEN, more=("alice",), get=405, post=404),  # exists in demo mode only
    "accounts:logout": Rule(OPEN, get=405, post=302),
    "accounts:profile": Rule(SIGNED_IN, post=422),
    "accounts:password_change": Rule(SIGNED_IN, post=422),
    "accounts:language": Rule(OPEN, get=405, post=302),
}

# Whose customers each person sees (crm/accounts/demo.py): own, the team's, or all. root is a superuser.
EVERYBODYS = frozenset({"alice", "bob", "charlie"})
SEES: dict[str, frozenset[str]] = {
    "alice": frozenset({"alice"}),  # sales rep
    "bob": frozenset({"bob"}),  # sales rep, alice's team
    "charlie": frozenset({"charlie"}),  # sales rep, another team
    "mary": frozenset({"alice", "bob"}),  # sales manager of alice's and bob's region
    "martin": frozenset({"charlie"}),  # sales manager of charlie's region
    "diana": EVERYBODYS,  # sales director
    "carol": EVERYBODYS,  # credit controller
    "fiona": EVERYBODYS,  # accountant
    "frank": EVERYBODYS,  # finance manager
    "flora": EVERYBODYS,  # finance director
    "greg": EVERYBODYS,  # general manager
    "helen": EVERYBODYS,  # chairman
    "leo": EVERYBODYS,  # legal
    "sarah": EVERYBODYS,  # service
    "walter": frozenset(),  # warehouse
    "adam": EVERYBODYS,  # administrator
    "root": EVERYBODYS,  # superuser
    "nobody": frozenset(),  # signed in without any role
}

PERMISSIONS: dict[str, frozenset[str]] = {}
