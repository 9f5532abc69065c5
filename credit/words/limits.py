"""The limit proposal in words."""

from django.utils.translation import gettext_lazy as _

METHODS = {
    "sales": _("By purchases"),
    "net_worth": _("By net worth"),
    "reference": _("By what others grant"),
    "one_purchase": _("At most one usual purchase"),
}
STEPS = {
    "monthly_purchases": _("Average monthly purchases of the last 12 months"),
    "purchase_estimate": _("Monthly purchases expected, as the customer says: nothing was bought yet"),
    "term": _("Term in days, at most what the policy gives the class"),
    "factor": _("Factor of the grade"),
    "net_worth": _("Net worth, by the last financial statement"),
    "capital": _("Registered capital, as no financial statement was entered"),
    "capital_percent": _("Share of it that counts as net worth"),
    "net_worth_percent": _("Share of it that the class may owe"),
    "reference": _("Highest limit another supplier grants, by the last request"),
    "usual_purchase": _("An invoice of the last 12 months, on average"),
    "reference_percent": _("Share of it that we grant"),
}
MISSING = {
    "monthly_purchases": _("Nothing was bought in the last 12 months."),
    "net_worth": _("No financial statement with assets and liabilities was entered."),
    "reference": _("No request says what another supplier grants."),
}
FORMULAS = {
    "sales": _("purchases × days / 30 × factor"),
    "net_worth": _("net worth × share"),
    "one_purchase": _("one purchase: the class is given some limit, not the terms of its contract"),
    "reference": _("limit of the other supplier × share"),
}
