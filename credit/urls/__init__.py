from django.urls import path

from credit.urls.ratings import rating_urls
from credit.views import checks, fitted, limits, requests
from credit.views import entries as views

app_name = "credit"
urlpatterns = [
    path("entries/", views.EntryList.as_view(), name="entries"),
    path("checks/", checks.CheckList.as_view(), name="checks"),
    path("checks/<int:pk>/", checks.CheckPage.as_view(), name="check"),
    path("checks/<int:pk>/release/", checks.AskRelease.as_view(), name="ask_release"),
    path("customers/<int:pk>/limit/", limits.LimitSheet.as_view(), name="limit_sheet"),
    path("customers/<int:pk>/restrict/", requests.Restrict.as_view(), name="restrict"),
    path("customers/<int:pk>/requests/<slug:kind>/", requests.NewRequest.as_view(), name="new_request"),
    path("scorecards/fitted/", fitted.FittedList.as_view(), name="fitted_scorecards"),
    path("scorecards/fitted/<int:pk>/", fitted.FittedPage.as_view(), name="fitted_scorecard"),
    path("requests/", requests.RequestList.as_view(), name="requests"),
    path("requests/<int:pk>/", requests.RequestPage.as_view(), name="request"),
    path("requests/<int:pk>/edit/", requests.EditRequest.as_view(), name="edit_request"),
    path("requests/<int:pk>/submit/", requests.submit, name="submit_request"),
    path("requests/<int:pk>/discard/", requests.Discard.as_view(), name="discard_request"),
    path("requests/<int:pk>/files/", requests.AddAttachment.as_view(), name="add_attachment"),
    path("requests/<int:pk>/files/<int:file_pk>/", requests.attachment, name="attachment"),
    path("requests/<int:pk>/files/<int:file_pk>/remove/", requests.remove, name="remove_attachment"),
    *rating_urls,
]
