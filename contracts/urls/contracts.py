"""Addresses of contracts and their templates."""

from django.urls import path

from contracts.views import annexes, library, templates, versions
from contracts.views import contract_lists as lists
from contracts.views import contract_steps as steps
from contracts.views import contracts as views

urlpatterns = [
    path("", lists.ContractList.as_view(), name="contracts"),
    path("options/", lists.contract_options, name="contract_options"),
    path("customers/<int:pk>/new/", views.NewContract.as_view(), name="new_contract"),
    path("<int:pk>/", views.ContractPage.as_view(), name="contract"),
    path("<int:pk>/edit/", views.EditContract.as_view(), name="edit_contract"),
    path("<int:pk>/clauses/<int:clause_pk>/", views.EditClause.as_view(), name="edit_clause"),
    path("<int:pk>/submit/", steps.submit, name="submit_contract"),
    path("<int:pk>/submit/reason/", steps.SubmitDeviation.as_view(), name="submit_deviation"),
    path("<int:pk>/ask-seal/", steps.AskSeal.as_view(), name="ask_seal"),
    path("<int:pk>/seal/", steps.Seal.as_view(), name="seal"),
    path("<int:pk>/refuse-seal/", steps.RefuseSeal.as_view(), name="refuse_seal"),
    path("<int:pk>/sign/", steps.Sign.as_view(), name="sign"),
    path("<int:pk>/complete/", steps.Complete.as_view(), name="complete_contract"),
    path("<int:pk>/terminate/", steps.Terminate.as_view(), name="terminate_contract"),
    path("<int:pk>/balance/", steps.take_ledger_balance, name="take_balance"),
    path("<int:pk>/give-up/", steps.GiveUp.as_view(), name="give_up_contract"),
    path("<int:pk>/amend/", versions.Amend.as_view(), name="amend_contract"),
    path("<int:pk>/renew/", versions.Renew.as_view(), name="renew_contract"),
    path("<int:pk>/lend/", versions.Lend.as_view(), name="lend_original"),
    path("<int:pk>/take-back/", versions.take_back, name="take_back_original"),
    path("<int:pk>/contract.pdf", views.download_pdf, name="contract_pdf"),
    path("<int:pk>/contract.docx", views.download_docx, name="contract_docx"),
    path("<int:pk>/scan/", views.scan, name="scan"),
    path("<int:pk>/annexes/", annexes.AddAnnex.as_view(), name="add_annex"),
    path("<int:pk>/annexes/<int:annex_pk>/", annexes.annex, name="annex"),
    path("<int:pk>/annexes/<int:annex_pk>/up/", annexes.move, name="move_annex"),
    path("<int:pk>/annexes/<int:annex_pk>/remove/", annexes.remove, name="remove_annex"),
    path("templates/", templates.TemplateList.as_view(), name="templates"),
    path("templates/library/", library.LibraryPage.as_view(), name="library"),
    path("templates/new/", templates.NewTemplate.as_view(), name="new_template"),
    path("templates/<int:pk>/", templates.TemplatePage.as_view(), name="template"),
    path("templates/<int:pk>/new-version/", templates.NewVersion.as_view(), name="new_version"),
    path("templates/versions/<int:pk>/", templates.VersionPage.as_view(), name="version"),
    path("templates/versions/<int:pk>/edit/", templates.EditVersion.as_view(), name="edit_version"),
    path("templates/versions/<int:pk>/preview/", templates.preview_version, name="preview_version"),
    path("templates/versions/<int:pk>/review/", templates.review_version, name="review_version"),
    path("templates/versions/<int:pk>/return/", templates.ReturnVersion.as_view(), name="return_version"),
    path("templates/versions/<int:pk>/take-back/", templates.take_back, name="take_back_version"),
    path("templates/versions/<int:pk>/retire/", templates.RetireVersion.as_view(), name="retire_version"),
    path("templates/versions/<int:pk>/discard/", templates.DiscardVersion.as_view(), name="discard_version"),
    path("templates/versions/<int:pk>/publish/", templates.publish, name="publish_version"),
]
