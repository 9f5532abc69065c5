"""Addresses of contracts and orders."""

from django.urls import URLPattern, URLResolver

from contracts import contract_urls, order_urls

app_name = "contracts"
urlpatterns: list[URLPattern | URLResolver] = []
urlpatterns += contract_urls.urlpatterns
urlpatterns += order_urls.urlpatterns
