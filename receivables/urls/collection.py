"""Addresses of collection, under those of receivables."""

from django.urls import URLPattern, path

from receivables.views import collection_actions as actions
from receivables.views import collection_case as case
from receivables.views import collection_disputes as disputes
from receivables.views import collection_letters as letters
from receivables.views import collection_lists as lists
from receivables.views import instalments

urlpatterns: list[URLPattern] = [
    path("cases/", lists.CaseList.as_view(), name="cases"),
    path("cases/<int:pk>/", case.CasePage.as_view(), name="case"),
    path("cases/<int:pk>/contact/<slug:outcome>/", case.LogContact.as_view(), name="log_contact"),
    path("cases/<int:pk>/dispute/", actions.OpenDispute.as_view(), name="open_dispute"),
    path("cases/<int:pk>/cause/", actions.FileCause.as_view(), name="file_cause"),
    path("case-steps/<int:pk>/done/", actions.FinishStep.as_view(), name="finish_step"),
    path("customers/<int:pk>/opt-out/", actions.OptOut.as_view(), name="opt_out"),
    path("opt-outs/<int:pk>/end/", actions.EndOptOut.as_view(), name="end_opt_out"),
    path("people/", actions.people, name="people"),
    path("disputes/", lists.DisputeList.as_view(), name="disputes"),
    path("disputes/<int:pk>/", disputes.DisputePage.as_view(), name="dispute"),
    path("disputes/<int:pk>/resolve/", actions.ResolveDispute.as_view(), name="resolve_dispute"),
    path("promises/", lists.PromiseList.as_view(), name="promises"),
    path("cases/<int:pk>/plan/", instalments.ProposePlan.as_view(), name="propose_plan"),
    path("plans/", lists.PlanList.as_view(), name="plans"),
    path("plans/<int:pk>/", instalments.PlanPage.as_view(), name="plan"),
    path("letters/", lists.LetterList.as_view(), name="letters"),
    path("letters/send/", letters.SendLetters.as_view(), name="send_letters"),
    path("letters/<int:pk>/", letters.LetterPage.as_view(), name="letter"),
    path("letters/<int:pk>/pdf/", letters.letter_pdf, name="letter_pdf"),
    path("letters/<int:pk>/send/", letters.SendLetters.as_view(), name="send_letter"),
]
