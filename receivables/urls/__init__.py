"""Addresses of receivables."""

from django.urls import URLPattern, URLResolver, path

from receivables.urls.collection import urlpatterns as collection_urls
from receivables.urls.order_invoices import urlpatterns as order_urls
from receivables.views import actions, closing, documents, invoices, ledger, lists, receipts
from receivables.views.ageing import urlpatterns as ageing_urls

app_name = "receivables"
urlpatterns: list[URLPattern | URLResolver] = [
    path("invoices/", lists.InvoiceList.as_view(), name="invoices"),
    path("invoices/options/", lists.invoice_options, name="invoice_options"),
    path("invoices/post/", invoices.PostInvoice.as_view(), name="post_invoice"),
    path("invoices/preview/", invoices.preview_invoice, name="preview_invoice"),
    path("invoices/assign/", actions.AssignResponsible.as_view(), name="assign"),
    path("invoices/<int:pk>/", documents.InvoicePage.as_view(), name="invoice"),
    path("invoices/<int:pk>/credit/", documents.invoice_credit, name="invoice_credit"),
    path("invoices/<int:pk>/responsible/", actions.AssignResponsible.as_view(), name="assign_responsible"),
    path("invoices/<int:pk>/reverse/", actions.ReverseInvoice.as_view(), name="reverse_invoice"),
    path("invoices/<int:pk>/allocate/", receipts.AllocateSource.as_view(is_receipt=False), name="allocate_credit_note"),
    path("receipts/", lists.ReceiptList.as_view(), name="receipts"),
    path("receipts/post/", receipts.PostReceipt.as_view(), name="post_receipt"),
    path("receipts/matches/", receipts.matches, name="matches"),
    path("receipts/<int:pk>/", documents.ReceiptPage.as_view(), name="receipt"),
    path("receipts/<int:pk>/credit/", documents.receipt_credit, name="receipt_credit"),
    path("receipts/<int:pk>/allocate/", receipts.AllocateSource.as_view(), name="allocate_receipt"),
    path("receipts/<int:pk>/clear/", actions.ClearReceipt.as_view(), name="clear_receipt"),
    path("receipts/<int:pk>/bounce/", actions.BounceReceipt.as_view(), name="bounce_receipt"),
    path("receipts/<int:pk>/reverse/", actions.ReverseReceipt.as_view(), name="reverse_receipt"),
    path("allocations/<int:pk>/", documents.allocation, name="allocation"),
    path("allocations/<int:pk>/take-back/", actions.TakeBack.as_view(), name="take_back"),
    path("ledger/<int:pk>/", ledger.LedgerPage.as_view(), name="ledger"),
    path("ledger/<int:pk>/export/", ledger.export, name="ledger_export"),
    path("closing/", closing.closing, name="closing"),
    path("closing/<int:pk>/", closing.ClosePeriod.as_view(), name="close_period"),
]
urlpatterns += collection_urls
urlpatterns += order_urls
urlpatterns += ageing_urls
