from django.urls import path

from customers.views import actions, contacts, editing, listing, options, page

app_name = "customers"
urlpatterns = [
    path("", listing.CustomerList.as_view(), name="customers"),
    path("new/", editing.CreateCustomer.as_view(), name="create"),
    path("similar/", editing.SimilarView.as_view(), name="similar"),
    path("options/customers/", options.CustomerOptions.as_view(), name="options"),
    path("options/owners/", options.OwnerOptions.as_view(), name="owners"),
    path("options/colleagues/", options.ColleagueOptions.as_view(), name="colleagues"),
    path("options/regions/", options.RegionOptions.as_view(), name="regions"),
    path("options/industries/", options.IndustryOptions.as_view(), name="industries"),
    path("<int:pk>/", page.CustomerPage.as_view(), name="detail"),
    path("<int:pk>/edit/", editing.EditCustomer.as_view(), name="edit"),
    path("<int:pk>/state/", actions.ChangeState.as_view(), name="state"),
    path("<int:pk>/blacklist/", actions.Blacklist.as_view(), name="blacklist"),
    path("<int:pk>/tier/", actions.SetTier.as_view(), name="tier"),
    path("<int:pk>/assign/", actions.Assign.as_view(), name="assign"),
    path("<int:pk>/share/", actions.Share.as_view(), name="share"),
    path("<int:pk>/shares/<int:share>/end/", actions.Unshare.as_view(), name="unshare"),
    path("<int:pk>/contacts/new/", contacts.AddContact.as_view(), name="add_contact"),
    path("<int:pk>/contacts/<int:contact>/", contacts.EditContact.as_view(), name="edit_contact"),
    path("<int:pk>/contacts/<int:contact>/left/", contacts.DeactivateContact.as_view(), name="deactivate_contact"),
    path("<int:pk>/timeline/", page.TimelineView.as_view(), name="timeline"),
    path("<int:pk>/panels/<slug:key>/", page.PanelView.as_view(), name="panel"),
]
