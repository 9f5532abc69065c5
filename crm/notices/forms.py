"""The form of one's wish about e-mail."""

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.notices.models import MailWish


class WishForm(forms.Form):
    """At once, once a day, or not at all."""

    mail = forms.ChoiceField(
        label=_("Notices by e-mail"),
        choices=MailWish.choices,
        widget=forms.RadioSelect,
        help_text=_(
            "All notices stand under the bell in any case. What cannot wait, such as a night that failed, is mailed at "
            "once to those who want the daily e-mail."
        ),
    )
