"""Forms around the own account."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import User


class LoginForm(AuthenticationForm):
    """User name and password; one sentence for every way it can be wrong."""

    error_messages = {
        "invalid_login": _("User name and password do not match. Both mind upper and lower case."),
        "inactive": _("This account is closed. Ask an administrator."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("User name")
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-control"


class ProfileForm(forms.ModelForm):
    """What users change about themselves."""

    class Meta:
        model = User
        fields = ["name", "email", "language"]


class OwnPasswordForm(PasswordChangeForm):
    """The old password, and the new one twice."""

    def __init__(self, user: Any = None, **kwargs: Any) -> None:
        super().__init__(user, **kwargs)
        self.fields["old_password"].widget.attrs.pop("autofocus", None)
