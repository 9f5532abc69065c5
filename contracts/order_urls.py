"""Addresses of products, orders and deliveries."""

from django.urls import path

from contracts import order_lists as lists
from contracts import order_views as views
from contracts.order_holds import HoldQueue

urlpatterns = [
    path("products/", lists.ProductList.as_view(), name="products"),
    path("products/options/", views.product_options, name="product_options"),
    path("customers/<int:pk>/discount/", views.AgreeDiscount.as_view(), name="agree_discount"),
    path("orders/new/<int:pk>/", views.NewOrder.as_view(), name="new_order"),
    path("orders/", lists.OrderList.as_view(), name="orders"),
    path("orders/new/", views.ChooseCustomer.as_view(), name="choose_customer"),
    path("orders/<int:pk>/", views.OrderPage.as_view(), name="order"),
    path("orders/<int:pk>/edit/", views.EditOrder.as_view(), name="edit_order"),
    path("orders/<int:pk>/release/", views.release, name="release_order"),
    path("orders/<int:pk>/copy/", views.copy, name="copy_order"),
    path("orders/<int:pk>/cancel/", views.Cancel.as_view(), name="cancel_order"),
    path("orders/<int:pk>/close/", views.close, name="close_order"),
    path("holds/", HoldQueue.as_view(), name="holds"),
    path("warehouse/", lists.WarehouseList.as_view(), name="warehouse"),
    path("warehouse/<int:pk>/", views.Deliver.as_view(), name="deliver"),
]
