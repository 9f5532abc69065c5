"""All addresses of the product. Every app brings its own `urls.py`; a page is private unless it says otherwise."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from crm.core import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("crm.home.urls")),
    path("account/", include("crm.accounts.urls")),
    path("health/", views.health, name="health"),
    path("admin/", admin.site.urls),
]
