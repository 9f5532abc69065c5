"""My day: what needs me now."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.core.dates import business_today
from crm.core.permissions import requires
from crm.core.registry import registry

NOON, EVENING = 12, 18


@requires(None)
def my_day(request: HttpRequest) -> HttpResponse:
    """The cards the apps registered, as far as the user may open what they lead to."""
    user: Any = request.user
    roles = [role.code for role in user.roles]
    cards = [
        (card, card.rows(user))
        for card in sorted(registry.day_cards.values(), key=lambda card: card.order_for(roles))
        if user.has_perm(card.permission)
    ]
    waiting = [(card, content) for card, content in cards if content.count]
    quiet = [(card, content) for card, content in cards if not content.count]
    context = {
        "title": _("My day"),
        "greeting": greeting(timezone.localtime().hour),
        "today": business_today(),
        "waiting": waiting,
        "quiet": quiet,
    }
    return render(request, "home/my_day.html", context)


def greeting(hour: int) -> str:
    """A word for the time of the day."""
    if hour < NOON:
        return _("Good morning")
    return _("Good afternoon") if hour < EVENING else _("Good evening")
