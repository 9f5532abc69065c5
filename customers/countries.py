"""Countries a customer may be in, by ISO 3166."""

from functools import cache

from babel import Locale

# Codes that ISO 3166 keeps aside: parts of countries, unions, and those that mean no country.
KEPT_ASIDE = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"})


@cache
def countries() -> frozenset[str]:
    """The two-letter codes."""
    codes = {str(code) for code in Locale("en").territories}  # numbers stand for regions of several countries
    return frozenset(code for code in codes if len(code) == 2 and code.isalpha()) - KEPT_ASIDE
