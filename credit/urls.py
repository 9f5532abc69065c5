from django.urls import path

from credit import views

app_name = "credit"
urlpatterns = [
    path("entries/", views.EntryList.as_view(), name="entries"),
    path("customers/<int:pk>/terms/", views.SetTerms.as_view(), name="terms"),
]
