from django.urls import path

from crm.jobs import night_views, views

app_name = "jobs"
urlpatterns = [
    path("", views.RunList.as_view(), name="runs"),
    path("head/", views.head, name="head"),
    path("seen/", views.seen, name="seen"),
    path("nights/", night_views.night_list, name="nights"),
    path("nights/start/", night_views.StartNight.as_view(), name="start_night"),
    path("nights/<int:pk>/", night_views.night, name="night"),
    path("nights/<int:pk>/progress/", night_views.progress, name="night_progress"),
    path("nights/<int:pk>/repeat/<slug:step>/", night_views.RepeatStep.as_view(), name="repeat_step"),
    path("<int:pk>/", views.RunPage.as_view(), name="run"),
    path("<int:pk>/progress/", views.progress, name="progress"),
    path("<int:pk>/result/", views.result, name="result"),
    path("<int:pk>/cancel/", views.cancel, name="cancel"),
    path("<int:pk>/retry/", views.retry, name="retry"),
]
