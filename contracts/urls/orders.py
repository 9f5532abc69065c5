"""Addresses of products, orders and deliveries."""

from django.urls import path

from contracts.views import deliveries, order_papers, order_reviews, paper_reviews, products
from contracts.views import order_lists as lists
from contracts.views import orders as views
from contracts.views.holds import HoldQueue, check_again

urlpatterns = [
    path("products/", lists.ProductList.as_view(), name="products"),
    path("products/new/", products.NewProduct.as_view(), name="new_product"),
    path("products/<int:pk>/", products.ProductPage.as_view(), name="product"),
    path("products/<int:pk>/edit/", products.EditProduct.as_view(), name="edit_product"),
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
    path("orders/<int:pk>/review/", order_reviews.ReviewOrder.as_view(), name="review_order"),
    path("orders/<int:pk>/papers/", order_papers.AddPaper.as_view(), name="add_paper"),
    path("orders/<int:pk>/papers/<int:paper_pk>/", order_papers.paper, name="paper"),
    path(
        "orders/<int:pk>/papers/<int:paper_pk>/review/",
        paper_reviews.ReviewContract.as_view(),
        name="review_paper",
    ),
    path("orders/<int:pk>/papers/<int:paper_pk>/remove/", order_papers.remove, name="remove_paper"),
    path("holds/", HoldQueue.as_view(), name="holds"),
    path("holds/check/", check_again, name="check_again"),
    path("warehouse/", lists.WarehouseList.as_view(), name="warehouse"),
    path("warehouse/made/", lists.DeliveredList.as_view(), name="deliveries_made"),
    path("warehouse/made/<int:pk>/", deliveries.DeliveryPage.as_view(), name="delivery"),
    path("warehouse/made/<int:pk>/signed/", deliveries.AddSignedNote.as_view(), name="add_signed_note"),
    path("warehouse/made/<int:pk>/note/<str:language>/<str:ending>/", deliveries.warehouse_note, name="warehouse_note"),
    path("deliveries/<int:pk>/note/<str:language>/<str:ending>/", deliveries.note, name="delivery_note"),
    path("warehouse/made/<int:pk>/reverse/", deliveries.ReverseDelivery.as_view(), name="reverse_delivery"),
    path("warehouse/<int:pk>/", deliveries.Deliver.as_view(), name="deliver"),
]
