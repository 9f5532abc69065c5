"""Login, logout, profile, language and the demo's one-click login."""

from typing import Any

from django.conf import settings
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render, resolve_url
from django.urls import reverse
from django.utils import translation
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from crm.accounts.demo import demo_people
from crm.accounts.forms import LoginForm, OwnPasswordForm, ProfileForm
from crm.accounts.models import User
from crm.accounts.services import change_password, save_profile, set_language
from crm.core.pages import FormView

LANGUAGE_SECONDS = 365 * 86400


@method_decorator(login_not_required, name="dispatch")
class Login(auth_views.LoginView):
    """The login page; in demo mode with a button for each of the demo's people."""

    template_name = "accounts/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        people = demo_people() if settings.DEMO_MODE else []
        unsent = "unsent" in self.request.GET
        return super().get_context_data(title=_("Sign in"), people=people, unsent=unsent, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        return remember_language(response, form.get_user().language)


@login_not_required
@require_POST
def demo_login(request: HttpRequest, username: str) -> HttpResponse:
    """Sign in as one of the demo's people; outside demo mode this address does not exist."""
    if not settings.DEMO_MODE:
        raise Http404
    person = get_object_or_404(demo_people(), username=username)
    login(request, person, backend="django.contrib.auth.backends.ModelBackend")
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) or translation.get_language() or person.language
    if chosen != person.language and known_language(chosen):
        set_language(user=person, language=chosen)
    return remember_language(HttpResponseRedirect(resolve_url(settings.LOGIN_REDIRECT_URL)), person.language)


@login_not_required
def locked_out(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Too many wrong passwords: says for how long, and who can help."""
    minutes = round(settings.AXES_COOLOFF_TIME * 60)
    context = {"title": _("Signing in is paused"), "minutes": minutes, "limit": settings.AXES_FAILURE_LIMIT}
    return render(request, "accounts/locked_out.html", context, status=429)


@login_not_required
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Switch the language: kept in a cookie, and in the profile of a signed-in user."""
    language = request.POST.get("language", "")
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        target = reverse("home:my_day")
    response = HttpResponseRedirect(target)
    if not known_language(language):
        return response
    if request.user.is_authenticated:
        set_language(user=request.user, language=language)
    return remember_language(response, language)


def known_language(language: str) -> bool:
    return language in dict(settings.LANGUAGES) and check_for_language(language)


def remember_language(response: HttpResponse, language: str) -> HttpResponse:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=LANGUAGE_SECONDS,
        samesite="Lax",
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response


class Profile(FormView):
    """Name, e-mail and language of the signed-in user."""

    permission = None
    form_class = ProfileForm
    title = _("My profile")
    done = _("Your profile is saved.")
    template_name = "accounts/profile.html"

    def form_kwargs(self) -> dict[str, Any]:
        user: Any = self.request.user
        return {"instance": User.objects.get(pk=user.pk)}

    def perform(self, form: Any) -> str:
        save_profile(user=form.instance, **form.cleaned_data)
        translation.activate(form.instance.language)
        return reverse("accounts:profile")

    def cancel_url(self) -> str:
        return reverse("home:my_day")


class PasswordChange(FormView):
    """A new password, under the rules that stand beside the field."""

    permission = None
    form_class = OwnPasswordForm
    title = _("Change password")
    done = _("Your password is changed. Other browsers are signed out.")

    def form_kwargs(self) -> dict[str, Any]:
        return {"user": self.request.user}

    def perform(self, form: Any) -> str:
        change_password(user=form.user, password=form.cleaned_data["new_password1"])
        update_session_auth_hash(self.request, form.user)
        return reverse("accounts:profile")

    def cancel_url(self) -> str:
        return reverse("accounts:profile")
