from django.urls import path

from crm.approvals import views

app_name = "approvals"
urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("head/", views.head, name="head"),
    path("all/", views.RequestList.as_view(), name="requests"),
    path("<int:pk>/", views.RequestPage.as_view(), name="request"),
    path("<int:pk>/decide/", views.Decide.as_view(), name="decide"),
    path("<int:pk>/answer/", views.Answer.as_view(), name="answer"),
    path("<int:pk>/withdraw/", views.Withdraw.as_view(), name="withdraw"),
    path("stand-ins/", views.StandIns.as_view(), name="stand_ins"),
    path("stand-ins/colleagues/", views.colleagues, name="colleagues"),
    path("stand-ins/<int:pk>/end/", views.end_stand_in, name="end_stand_in"),
]
