"""Before the first night and the first invoice every page of analysis stands, and says why it is empty."""

import pytest
from django.test import Client
from django.urls import reverse

from crm.accounts.services import create_demo_users

pytestmark = pytest.mark.django_db
ADDRESSES = ["team", "finance", "segments", "moves", "retention", "contribution", "cash", "models"]


@pytest.mark.repeats
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_pages_stand_without_any_data(language: str) -> None:
    greg = create_demo_users()["greg"]
    greg.language = language
    greg.save()
    client = Client()
    client.force_login(greg)
    for page in ADDRESSES:
        response = client.get(reverse(f"analytics:{page}"))
        assert response.status_code == 200, page
        html = response.content.decode()
        assert "panel-quiet" in html or "chart-empty" in html or 'class="empty"' in html, page
