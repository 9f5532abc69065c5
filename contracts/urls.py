"""Addresses of contracts and orders."""

from django.urls import URLPattern, URLResolver

from contracts import order_urls

app_name = "contracts"
urlpatterns: list[URLPattern | URLResolver] = []
urlpatterns += order_urls.urlpatterns
