"""What the form pages of receivables add to a form page: files come along, the question comes before the answer."""

from typing import Any

import pytest
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import RequestFactory

from crm.core.errors import NotAllowed
from receivables.forms.documents import HouseForm
from receivables.views.base import PostingView


class PaperForm(HouseForm):
    paper = forms.FileField()


class PaperView(PostingView):
    permission = None
    form_class = PaperForm

    def perform(self, form: Any) -> str:
        content = form.cleaned_data["paper"].read()
        if content == b"forbidden":
            raise NotAllowed
        return f"/{content.decode()}/"


def send(rf: RequestFactory, content: bytes) -> HttpResponse:
    request = rf.post("/", {"paper": SimpleUploadedFile("paper.txt", content)})
    request.user = AnonymousUser()
    answer: Any = PaperView.as_view()(request)
    return answer


def test_a_form_that_posts_gets_the_files_that_are_sent(rf: RequestFactory) -> None:
    assert send(rf, b"seen").headers["Location"] == "/seen/"


def test_what_is_not_allowed_keeps_its_own_page(rf: RequestFactory) -> None:
    with pytest.raises(NotAllowed):
        send(rf, b"forbidden")
