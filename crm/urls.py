"""All addresses of the product. Every app brings its own `urls.py`; a page is private unless it says otherwise."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from crm.core import views

APPS = {
    "customers/": "customers.urls",
    "credit/": "credit.urls",
    "contracts/": "contracts.urls",
    "receivables/": "receivables.urls",
    "analytics/": "analytics.urls",
    "jobs/": "crm.jobs.urls",
    "notices/": "crm.notices.urls",
    "approvals/": "crm.approvals.urls",
    "exchange/": "crm.exchange.urls",
}

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("crm.home.urls")),
    path("account/", include("crm.accounts.urls")),
    path("history/", include("crm.audit.urls")),
    path("search/", views.search, name="search"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("admin/", admin.site.urls),
    *(path(prefix, include(module)) for prefix, module in APPS.items() if find_spec(module)),
]

handler403 = "crm.core.views.forbidden"
handler404 = "crm.core.views.not_found"
handler500 = "crm.core.views.server_error"
