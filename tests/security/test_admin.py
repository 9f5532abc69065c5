"""The administration: who may open it, and that nothing posted is changed or removed there, by superusers either."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse

from crm.accounts import roles
from crm.accounts.models import User
from tests.security.addresses import writes
from tests.security.matrix import PERMISSIONS, SEES
from tests.security.test_matrix import undone
from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

# What happened: rows that only services write.
POSTED = (
    "receivables.invoice",
    "receivables.receipt",
    "receivables.allocation",
    "receivables.reversal",
    "credit.creditentry",
    "credit.openbyduedate",
    "credit.reservation",
    "credit.creditaccount",
    "credit.creditrequest",
    "credit.groupaccount",
    "credit.rating",
    "credit.financialstatement",
    "credit.investigation",
    "credit.creditcheck",
    "credit.hold",
    "credit.lift",
    "approvals.request",
    "approvals.delegation",
    "contracts.template",
    "contracts.templateversion",
    "contracts.contract",
    "contracts.order",
    "contracts.delivery",
)
# Sums, states and links that services keep; the administration shows them.
KEPT_BY_SERVICES = {
    "credit.creditaccount": {"reserved", "receivable", "unallocated", "uncleared", "customer"},
    "customers.customer": {"state", "version", "merged_into", "owner", "team", "core_name", "pinyin"},
}
REGISTERED = {model._meta.label_lower: model for model in admin.site._registry}


def client_of(username: str) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.get(username=username))
    return client


def page(model: type[Model], action: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{action}", args=args)


@pytest.mark.parametrize("username", sorted(SEES))
def test_only_those_who_need_it_open_the_administration(world: World, username: str) -> None:
    status = client_of(username).get(reverse("admin:index")).status_code
    if username == "root" or username in PERMISSIONS["accounts.use_admin"]:
        assert status == 200
    else:
        assert status in (302, 403)


@pytest.mark.parametrize("username", sorted(set(SEES) - {"root"}))
def test_the_administration_gives_no_more_than_the_permissions_of_the_role(world: World, username: str) -> None:
    """Lists, add and change pages of every model: open where the role holds the permission, closed where not."""
    client = client_of(username)
    user = User.objects.get(username=username)
    opens = username in PERMISSIONS["accounts.use_admin"]
    wrong: list[str] = []
    for label, model in REGISTERED.items():
        app, name = label.split(".")
        held = {verb: user.has_perm(f"{app}.{verb}_{name}") for verb in ("view", "change", "add", "delete")}
        before = writes()
        with undone():
            listed = client.get(page(model, "changelist")).status_code == 200
            added = client.get(page(model, "add")).status_code == 200
            client.post(page(model, "add"), {})
            after = writes()
        if listed and not (opens and (held["view"] or held["change"])):
            wrong.append(f"{label} is listed")
        if added and not (opens and held["add"]):
            wrong.append(f"{label} can be added")
        if after != before:
            wrong.append(f"an empty form wrote something for {label}")
    assert not wrong, "\n".join(wrong)


# Whoever holds the permission to look at these sees all of them: what the machinery did, who stands in for whom.
OVERSEEN = {"notices.notice", "exchange.import", "jobs.run", "approvals.delegation"}
SEEN_BY_CUSTOMER = sorted(
    label
    for label, model in REGISTERED.items()
    if hasattr(model._default_manager.all(), "visible_to") and label not in OVERSEEN
)


@pytest.mark.parametrize("label", SEEN_BY_CUSTOMER)
def test_the_administration_shows_no_stranger_s_rows(world: World, label: str) -> None:
    """Whoever is let into it sees the rows of his or her own customers there, as everywhere."""
    model = REGISTERED[label]
    request = RequestFactory().get("/")
    for username in ("alice", "charlie"):
        request.user = world.user(username)
        shown = admin.site._registry[model].get_queryset(request)
        visible: Any = model._default_manager.all()
        assert set(shown.values_list("pk", flat=True)) == set(
            visible.visible_to(request.user).values_list("pk", flat=True)
        )


@pytest.mark.parametrize("label", POSTED)
def test_what_happened_is_shown_and_never_touched_even_by_a_superuser(world: World, label: str) -> None:
    if label not in REGISTERED:
        pytest.fail(f"{label} is not in the administration: every model is usefully registered")
    model = REGISTERED[label]
    client = client_of("root")
    assert client.get(page(model, "changelist")).status_code == 200
    assert client.get(page(model, "add")).status_code == 403
    record = model._default_manager.first()
    if record is None:
        return
    before = writes()
    with undone():
        shown = client.get(page(model, "change", record.pk))
        deleted = client.post(page(model, "delete", record.pk), {"post": "yes"})
        client.post(page(model, "change", record.pk), {"amount": "1.00", "number": "X", "reason": "x"})
        client.post(
            page(model, "changelist"), {"action": "delete_selected", "_selected_action": [record.pk], "post": "yes"}
        )
        after = writes()
    assert shown.status_code == 200
    assert deleted.status_code == 403
    touched = {table for table in after if before.get(table) != after[table] and table != "django_admin_log"}
    assert not touched
    assert model._default_manager.filter(pk=record.pk).exists()


@pytest.mark.parametrize(("label", "names"), sorted(KEPT_BY_SERVICES.items()))
def test_sums_and_states_are_read_only(world: World, label: str, names: set[str]) -> None:
    model = REGISTERED[label]
    client = client_of("root")
    record = model._default_manager.first()
    response = client.get(page(model, "change", record.pk))
    assert response.status_code == 200
    form = response.context.get("adminform")
    assert form is not None
    assert not names & set(form.form.fields), "only services change these"


@pytest.mark.parametrize("label", ["customers.customer", "credit.creditaccount", "accounts.user"])
def test_master_data_that_others_point_to_cannot_be_deleted(world: World, label: str) -> None:
    model = REGISTERED[label]
    record = model._default_manager.filter(pk__isnull=False).order_by("pk").first()
    client = client_of("root")
    with undone():
        answer = client.post(page(model, "delete", record.pk), {"post": "yes"})
        assert model._default_manager.filter(pk=record.pk).exists(), answer.status_code


def test_every_row_in_the_administration_has_a_name_people_can_read() -> None:
    nameless = [model._meta.label for model in admin.site._registry if model.__str__ is Model.__str__]
    assert nameless == []


def test_every_model_of_ours_is_in_the_administration() -> None:
    from django.apps import apps

    ours = {"core", "accounts", "jobs", "exchange", "customers", "credit", "contracts", "receivables", "approvals"}
    technical = {
        "core.installation",
        "core.idempotencykey",
        "jobs.step",
        "jobs.note",
        "exchange.stagingrow",
        "receivables.policystep",
        "core.numberseries",
        "credit.attachment",
        "approvals.chainstep",
        "approvals.requeststep",
        "approvals.assignment",
        "approvals.decision",
        "credit.policyclass",
        "customers.tierrule",  # stands in its policy
        "credit.scorecarditem",
        "credit.investigationanswer",
        "credit.statementconfirmation",  # stands in its statement
        "contracts.clause",  # these stand in their template version or contract
        "contracts.annex",
        "contracts.contractclause",
        "contracts.contractline",
        "contracts.orderpaper",
        "contracts.paymentpart",
        "contracts.sealrequest",
        "contracts.signedscan",
        "contracts.submission",
        "contracts.versionstep",
    }
    missing = [
        model._meta.label_lower
        for model in apps.get_models()
        if model._meta.app_label in ours
        and model._meta.label_lower not in REGISTERED
        and model._meta.label_lower not in technical
        and not model._meta.label_lower.endswith("event")  # rows of the history (pghistory)
        and not model._meta.auto_created
    ]
    assert not missing


def test_an_administrator_makes_nobody_more_than_the_roles_allow(world: World) -> None:
    """Neither the own roles nor a superuser are within reach, and nobody becomes one by a field nobody was shown."""
    client, adam, root = client_of("adam"), world.user("adam"), world.user("root")
    director = Group.objects.get(name=roles.FINANCE_DIRECTOR)
    form = {"username": "adam", "name": "Adam", "language": "en", "is_active": "on"}
    reach = {"groups": [director.pk], "is_superuser": "on", "is_staff": "on", "user_permissions": ["1"]}
    assert client.post(page(User, "change", adam.pk), form | reach).status_code == 302
    adam.refresh_from_db()
    assert (adam.is_superuser, set(adam.groups.values_list("name", flat=True))) == (False, {roles.ADMINISTRATOR})
    alice = world.user("alice")
    assert client.post(page(User, "change", alice.pk), {**form, **reach, "username": "alice"}).status_code == 302
    alice.refresh_from_db()
    assert (alice.is_superuser, alice.user_permissions.count()) == (False, 0)
    before = root.password
    assert client.post(page(User, "change", root.pk), form | {"username": "root"}).status_code == 403
    password = {"password1": "another key of the house 1", "password2": "another key of the house 1"}
    address = reverse("admin:auth_user_password_change", args=[root.pk])
    assert client.post(address, password).status_code == 403
    root.refresh_from_db()
    assert (root.username, root.password) == ("root", before)
