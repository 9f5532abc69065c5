from django.urls import path

from analytics.views.cash import CashPage
from analytics.views.contribution import ContributionList
from analytics.views.finance import FinanceDashboard
from analytics.views.home import home
from analytics.views.models import ModelsPage
from analytics.views.retention import RetentionList
from analytics.views.segments import MoveList, SegmentsPage
from analytics.views.team import TeamDashboard

app_name = "analytics"
urlpatterns = [
    path("", home, name="home"),
    path("team/", TeamDashboard.as_view(), name="team"),
    path("finance/", FinanceDashboard.as_view(), name="finance"),
    path("segments/", SegmentsPage.as_view(), name="segments"),
    path("segments/moves/", MoveList.as_view(), name="moves"),
    path("retention/", RetentionList.as_view(), name="retention"),
    path("contribution/", ContributionList.as_view(), name="contribution"),
    path("cash/", CashPage.as_view(), name="cash"),
    path("models/", ModelsPage.as_view(), name="models"),
]
