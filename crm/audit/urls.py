from django.urls import path

from crm.audit import views

app_name = "audit"
urlpatterns = [path("<str:label>/<int:pk>/", views.changes, name="changes")]
