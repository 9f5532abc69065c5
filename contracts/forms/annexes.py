"""The form of an annex."""

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from contracts.models import AnnexKind
from contracts.services.annexes import MEGABYTES
from crm.core.uploads import PAPERS


class AnnexForm(forms.Form):
    """A file to be annexed to a draft."""

    title = forms.CharField(label=_("Title"), max_length=120)
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=AnnexKind.choices,
        help_text=_("Additional terms, and what is none of the other kinds, go to legal."),
    )
    file = forms.FileField(
        label=_("File"),
        help_text=format_lazy(_("PDF, Word, Excel, JPEG or PNG, at most {megabytes} MB."), megabytes=MEGABYTES),
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(PAPERS)}),
    )
