from django.urls import path

from crm.notices import views

app_name = "notices"
urlpatterns = [
    path("", views.NoticeList.as_view(), name="notices"),
    path("head/", views.head, name="head"),
    path("read/", views.read, name="read"),
    path("read/all/", views.read_all, name="read_all"),
    path("wish/", views.Wish.as_view(), name="wish"),
    path("<int:pk>/", views.open_notice, name="open"),
]
