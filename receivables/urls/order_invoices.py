"""Addresses of billing deliveries and of the trading status, under those of receivables."""

from django.urls import URLPattern, path

from receivables.views import deliveries as lists
from receivables.views import order_invoices as views
from receivables.views import trading

urlpatterns: list[URLPattern] = [
    path("deliveries/", lists.DeliveriesToInvoice.as_view(), name="deliveries_to_invoice"),
    path("deliveries/invoice/", views.InvoiceDeliveries.as_view(), name="invoice_deliveries"),
    path("deliveries/<int:pk>/invoice/", views.InvoiceDelivery.as_view(), name="invoice_delivery"),
    path("trading/", trading.TradingPage.as_view(), name="trading"),
    path("trading/export/", trading.export, name="trading_export"),
]
