"""Every address, every role, own and foreign records, GET and POST: the answers of the table in matrix.py."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy, deepcopy

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import reverse

from crm.accounts.models import User
from crm.core.registry import registry
from tests.pages import address_of
from tests.security.addresses import all_addresses, writes
from tests.security.matrix import OPEN, PANELS, PERMISSIONS, REPS, RULES, SEES, SIGNED_IN, Rule
from tests.world import HOLDERS, World

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

LOGIN = settings.LOGIN_URL


# People whose role somebody else stands for too, where it does not matter whose record is asked for.
TWINS = frozenset({"bob", "charlie", "emma", "martin", "helen"})


@contextmanager
def undone() -> Iterator[None]:
    """Whatever happens inside is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def may(username: str, permission: str) -> bool:
    """Whether somebody holds a permission, or one of two: "this or that"."""
    return permission in (SIGNED_IN, OPEN) or any(username in PERMISSIONS[one] for one in permission.split(" or "))


def expected(rule: Rule, username: str, holder: str, method: str) -> set[int]:
    allowed = rule.get if method == "get" else rule.post
    unsupported = {405} if allowed == 405 else set()
    if not may(username, rule.needs):
        return {403} | unsupported
    if rule.of_holding and holder not in SEES[username]:
        return {404} | unsupported
    if rule.seen_by is not None and username not in rule.seen_by:
        return {404} | unsupported
    if rule.only and username != rule.only:
        return {403} | unsupported
    return {allowed}


def test_every_address_has_a_name_and_a_row_in_the_table() -> None:
    addresses = all_addresses()
    unnamed = [address.route for address in addresses if not address.name.rpartition(":")[2]]
    assert not unnamed
    names = {address.name for address in addresses}
    assert sorted(names - set(RULES)) == [], "say in tests/security/matrix.py who may open these"
    assert sorted(set(RULES) - names) == [], "these addresses are gone"


def asked(rule: Rule) -> Iterator[tuple[str, str]]:
    """Who asks for whose record. Whoever must be refused is tried; of those who may and see the same, one is enough."""
    tried: set[tuple[frozenset[str], bool]] = set()
    for username, seen in SEES.items():
        if username in TWINS and not (rule.of_holding and may(username, rule.needs)):
            continue
        # One foreign record speaks for all of them, where everything or nothing is seen.
        for holder in HOLDERS if rule.of_holding and 0 < len(seen) < len(HOLDERS) else HOLDERS[-1:]:
            allowed = not expected(rule, username, holder, "get") & {403, 404}
            kind = (seen, username in REPS)
            if not allowed or username == "root" or kind not in tried:
                yield username, holder
            if allowed:
                tried.add(kind)


@pytest.mark.parametrize("name", sorted(RULES))
def test_each_role_gets_the_answer_of_the_table(world: World, clients: dict[str, Client], name: str) -> None:
    rule = RULES[name]
    wrong: list[str] = []
    known: dict[str, int] | None = None  # the writes so far, as long as nobody was let in since
    for username, holder in asked(rule):
        client = copy(clients[username])
        for method in ("get", "post"):
            client.cookies = deepcopy(clients[username].cookies)  # signing out must not sign out the next one
            want = expected(rule, username, holder, method)
            refused = bool(want & {403, 404})
            before = (writes() if known is None else known) if refused else None
            with undone():
                status = getattr(client, method)(address_of(world, name, holder)).status_code
                known = writes() if refused else None
            if status not in want:
                wrong.append(f"{username} {method} of {holder}'s: {status}, not {want}")
            if known != before:
                changed = set((known or {}).items()) ^ set((before or {}).items())
                wrong.append(f"{username} {method} of {holder}'s was refused but wrote {sorted(changed)}")
    assert not wrong, "\n".join([name, *wrong])


@pytest.mark.parametrize("name", sorted(RULES))
def test_nobody_reads_anything_without_signing_in(world: World, name: str) -> None:
    rule = RULES[name]
    client = Client(raise_request_exception=False)
    url = address_of(world, name)
    for method in ("get", "post"):
        before = writes()
        with undone():
            response = getattr(client, method)(url)
            part = getattr(client, method)(url, headers={"HX-Request": "true"})
            after = writes()
        if rule.needs == OPEN:
            get, post = rule.out or (rule.get, rule.post)
            assert response.status_code == (get if method == "get" else post)
            continue
        assert response.status_code == 302
        assert response.headers["Location"].startswith(reverse(LOGIN))
        assert part.status_code == 204
        assert part.headers["HX-Redirect"].startswith(reverse(LOGIN))
        assert after == before


def test_every_panel_has_a_row_in_the_table() -> None:
    assert sorted(registry.panels) == sorted(PANELS), "say in tests/security/matrix.py who may see these"


@pytest.mark.parametrize("key", sorted(PANELS))
def test_each_role_gets_the_panels_of_the_table(world: World, clients: dict[str, Client], key: str) -> None:
    rule = Rule(PANELS[key], (".customer", key))
    wrong: list[str] = []
    for username in SEES:
        for holder in HOLDERS:
            address = reverse("customers:panel", args=[world.holdings[holder].customer.pk, key])
            with undone():
                status = clients[username].get(address).status_code
            if status not in (want := expected(rule, username, holder, "get")):
                wrong.append(f"{username}, customer of {holder}: {status}, not {want}")
    assert not wrong, "\n".join([key, *wrong])


def test_whoever_has_left_or_sees_nothing_sees_no_record(world: World) -> None:
    """An account that was closed is signed out by its next request."""
    client = Client()
    client.force_login(world.users["bob"])
    with undone():
        User.objects.filter(username="bob").update(is_active=False)
        assert client.get(reverse("home:my_day")).status_code == 302


def test_roles_hold_exactly_the_permissions_of_the_table(world: World) -> None:
    """Read as a matrix: permission by permission, the people of the demo who hold it."""
    wanted = {permission: {who for who in people if who != "root"} for permission, people in PERMISSIONS.items()}
    found: dict[str, set[str]] = {}
    for username in SEES:
        if username != "root":
            for permission in User.objects.get(username=username).get_all_permissions():
                found.setdefault(permission, set()).add(username)
    differences = [
        f"{permission}: too many {sorted(found.get(permission, set()) - wanted.get(permission, set()))}, "
        f"missing {sorted(wanted.get(permission, set()) - found.get(permission, set()))}"
        for permission in sorted({*wanted, *found})
        if found.get(permission, set()) != wanted.get(permission, set())
    ]
    assert not differences, "\n".join(differences)


@pytest.mark.parametrize("username", [name for name in SEES if name != "nobody"])
def test_each_person_sees_exactly_the_customers_of_the_table(world: World, username: str) -> None:
    from customers.models import Customer

    user = User.objects.get(username=username)
    assert set(Customer.objects.visible_to(user).values_list("owner__username", flat=True)) == set(SEES[username])
