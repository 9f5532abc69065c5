"""Addresses of contracts and orders."""

from django.urls import URLPattern, URLResolver

from contracts.urls import contracts, orders

app_name = "contracts"
urlpatterns: list[URLPattern | URLResolver] = [*contracts.urlpatterns, *orders.urlpatterns]
