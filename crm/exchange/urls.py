from django.urls import path

from crm.exchange import views

app_name = "exchange"
urlpatterns = [
    path("", views.ImportList.as_view(), name="imports"),
    path("new/", views.NewImport.as_view(), name="new"),
    path("<int:pk>/", views.ImportPage.as_view(), name="import"),
    path("<int:pk>/columns/", views.ImportColumns.as_view(), name="columns"),
    path("<int:pk>/apply/", views.apply, name="apply"),
    path("<int:pk>/discard/", views.put_away, name="discard"),
    path("template/<slug:key>/", views.template, name="template"),
    path("export/<slug:key>/", views.export, name="export"),
]
