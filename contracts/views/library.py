"""The page of the clause library: its clauses, and which templates use which version of each."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from contracts.models import ContractLanguage, Template
from contracts.rules.library import LIBRARY
from contracts.selectors.library import library_entries
from contracts.services.templates import MAY_WRITE
from contracts.views.templates import SEE
from crm.core.language import in_chinese
from crm.core.permissions import Guarded


class LibraryPage(Guarded):
    """Every clause of the library with the template versions in use that took it."""

    permission = SEE

    def get(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        languages = list(ContractLanguage.values)
        context = {
            "library": Template.objects.filter(kind=LIBRARY).first(),
            "entries": library_entries(languages if in_chinese() else languages[::-1]),
            "may_write": user.has_perm(MAY_WRITE),
        }
        return render(request, "contracts/templates/library.html", context)
