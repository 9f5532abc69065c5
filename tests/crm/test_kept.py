"""What is rendered once for all readers holds nothing of any of them; addresses and permissions are read once."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.template import Context, Template, TemplateSyntaxError
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import path, reverse, set_script_prefix
from django.utils import translation
from django.views.generic import View

from crm.accounts.models import User
from crm.core import kept
from crm.core.addresses import page_url, record_url

urlpatterns = [path("elsewhere/<int:pk>/", View.as_view(), name="search")]


def render(text: str, **values: Any) -> str:
    return Template(text).render(Context(values))


def test_a_kept_part_sees_the_named_values_alone() -> None:
    assert (
        render("{% kept label=label %}{{ label }}|{{ user }}|{{ csrf_token }}{% endkept %}", label="A", user="me")
        == "A||"
    )


def test_a_kept_part_is_rendered_once_for_each_language_and_values() -> None:
    asked: list[str] = []

    class Counted:
        def __str__(self) -> str:
            asked.append(translation.get_language() or "")
            return "x"

    counted = Counted()
    template = Template("{% kept label=label number=number %}{{ label }}{{ number }}{% endkept %}")
    for language, number in (("en", 1), ("en", 1), ("zh-hans", 1), ("en", 2), ("zh-hans", 1)):
        with translation.override(language):
            assert template.render(Context({"label": counted, "number": number})) == f"x{number}"
    assert asked == ["en", "zh-hans", "en"]


def test_a_kept_part_speaks_the_language_of_its_reader() -> None:
    template = Template("{% kept %}{% translate 'Yes' %}{% endkept %}")
    with translation.override("en"):
        assert template.render(Context()) == "Yes"
    with translation.override("zh-hans"):
        assert template.render(Context()) == "是"
    with translation.override("en"):
        assert template.render(Context()) == "Yes"


def test_what_is_kept_does_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 5)
    template = Template("{% kept number=number %}{{ number }}{% endkept %}")
    assert [template.render(Context({"number": number})) for number in range(23)] == [str(n) for n in range(23)]
    (node,) = template.nodelist
    assert len(node.kept.found) <= 5  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "text",
    [
        "{% kept %}{% block a %}{% endblock %}{% endkept %}",
        "{% kept user %}x{% endkept %}",
        "{% kept a=1 b %}{% endkept %}",
    ],
)
def test_a_kept_part_refuses_what_it_cannot_keep(text: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        Template(text)


def test_addresses_are_those_of_reverse() -> None:
    assert record_url("customers:detail", 7) == reverse("customers:detail", args=[7])
    assert record_url("customers:panel", 918, "credit") == reverse("customers:panel", args=[918, "credit"])
    assert page_url("search") == reverse("search")


def test_addresses_follow_the_prefix_and_the_table_of_addresses() -> None:
    usual = record_url("customers:detail", 7)
    set_script_prefix("/below/")
    try:
        assert record_url("customers:detail", 7) == f"/below{usual}"
    finally:
        set_script_prefix("/")
    with override_settings(ROOT_URLCONF=__name__):
        assert record_url("search", 7) == "/elsewhere/7/"


@pytest.mark.django_db
def test_roles_and_permissions_are_read_in_one_statement(alice: User) -> None:
    from django.db import connection

    alice.user_permissions.add(Permission.objects.get(codename="delete_session"))
    reader = User.objects.get(pk=alice.pk)
    with CaptureQueriesContext(connection) as asked:
        assert reader.has_perm("sessions.delete_session")
        assert not reader.has_perm("sessions.add_session")
        assert reader.has_module_perms("sessions")
        assert not reader.has_module_perms("session")
        assert reader.roles
    assert len(asked) == 1
    assert reader.granted.permissions == reader.get_all_permissions()
    assert not reader.has_perm("sessions.delete_session", reader)


@pytest.mark.django_db
def test_who_is_not_active_may_nothing_and_a_superuser_everything(alice: User) -> None:
    boss = User(username="boss", is_superuser=True)
    assert boss.has_perm("no.such")
    assert boss.has_module_perms("no")
    held = min(alice.get_all_permissions())
    gone = User.objects.get(pk=alice.pk)
    gone.is_active = False
    assert not gone.has_perm(held)
    assert not gone.has_module_perms(held.partition(".")[0])
    assert not User(username="retired", is_superuser=True, is_active=False).has_perm(held)
