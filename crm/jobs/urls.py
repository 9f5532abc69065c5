from django.urls import path

from crm.jobs import views

app_name = "jobs"
urlpatterns = [
    path("", views.RunList.as_view(), name="runs"),
    path("head/", views.head, name="head"),
    path("seen/", views.seen, name="seen"),
    path("<int:pk>/", views.RunPage.as_view(), name="run"),
    path("<int:pk>/progress/", views.progress, name="progress"),
    path("<int:pk>/result/", views.result, name="result"),
    path("<int:pk>/cancel/", views.cancel, name="cancel"),
    path("<int:pk>/retry/", views.retry, name="retry"),
]
