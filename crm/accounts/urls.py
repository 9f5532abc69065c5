from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.urls import path

from crm.accounts import views

app_name = "accounts"
urlpatterns = [
    path("login/", views.Login.as_view(), name="login"),
    path("login/demo/<str:username>/", views.demo_login, name="demo_login"),
    path("logout/", login_not_required(LogoutView.as_view()), name="logout"),
    path("profile/", views.Profile.as_view(), name="profile"),
    path("password/", views.PasswordChange.as_view(), name="password_change"),
    path("language/", views.choose_language, name="language"),
]
