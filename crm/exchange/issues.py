"""What can be wrong with a row of a file: codes are stored, their sentences made in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.jobs.errors import sentence as domain_sentence

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True)
class IssueKind:
    """A cause: an error keeps its row out, a warning only tells."""

    code: str
    message: str | Promise
    severity: str = ERROR

    @property
    def is_error(self) -> bool:
        return self.severity == ERROR


class Issue(NamedTuple):
    """One cause in one row, as stored: a code, the key of the field, the cell as it stood there, figures."""

    code: str
    field: str = ""
    value: str = ""
    params: Mapping[str, Any] = {}

    @property
    def is_error(self) -> bool:
        return self.code not in ISSUES or ISSUES[self.code].is_error

    @property
    def sentence(self) -> str:
        """The cause in the reader's language: one of ours, or the error of a service that would refuse the row."""
        if self.code not in ISSUES:
            return domain_sentence(self.code, dict(self.params)) or self.code
        message = str(ISSUES[self.code].message)
        return message % self.params if self.params else message


class CellError(Exception):
    """A parser cannot read a cell; becomes an Issue."""

    def __init__(self, code: str, /, **params: Any) -> None:
        self.code, self.params = code, params
        super().__init__(code, params)


ISSUES: dict[str, IssueKind] = {}


def register_issues(*kinds: IssueKind) -> None:
    """Add causes an app knows; a code that is already taken is a mistake of the programmer."""
    for kind in kinds:
        if kind.code in ISSUES:
            raise ValueError(f"issue {kind.code!r} is registered twice")
        ISSUES[kind.code] = kind


register_issues(
    IssueKind("required", _("This field is required but the cell is empty.")),
    IssueKind("not_a_number", _("This is not an amount.")),
    IssueKind(
        "separators", _("The separators do not fit: check whether this file writes decimals with a comma or a point.")
    ),
    IssueKind("too_many_decimals", _("The amount has more than two decimals.")),
    IssueKind("quantity_decimals", _("The quantity has more than three decimals.")),
    IssueKind(
        "quantity_unclear",
        _("This may be thousands or three decimals: make it a number cell, or write a further zero behind it."),
    ),
    IssueKind(
        "percent_unclear",
        _("This may be a share of 1: write 5 for five percent, and a percentage below one as text with its sign."),
    ),
    IssueKind("too_large", _("The amount is too large.")),
    IssueKind("digits_lost", _("The number was saved in scientific notation, so digits are lost.")),
    IssueKind("not_a_date", _("This is not a date.")),
    IssueKind("date_order", _("Day and month cannot be told apart: choose their order in the options.")),
    IssueKind("short_year", _("The year has two digits only.")),
    IssueKind("date_out_of_range", _("The date lies outside the years 1970 to 2100.")),
    IssueKind("not_whole", _("This is not a whole number.")),
    IssueKind("not_a_choice", _("This is none of: %(choices)s.")),
    IssueKind("not_a_currency", _("This is not a currency code such as CNY.")),
    IssueKind("not_an_email", _("This is not an e-mail address.")),
    IssueKind("too_long", _("The text is longer than %(limit)s characters.")),
    IssueKind("control_characters", _("The cell contains characters that cannot be stored.")),
    IssueKind("cell_error", _("The formula in this cell ended with the error %(error)s.")),
    IssueKind(
        "formula_without_value",
        _("The formula in this cell has no stored value: open and save the file in Excel once."),
    ),
    IssueKind("formula", _("The cell is a formula; its last calculated value was taken."), WARNING),
    IssueKind(
        "encoding_doubtful",
        _("Read as GB18030, this does not look like Chinese: another encoding can be chosen above the columns."),
        WARNING,
    ),
    IssueKind("merged_cell", _("The cell is part of a merged area; only its first cell holds a value."), WARNING),
    IssueKind("too_many_cells", _("The row has more cells (%(found)s) than the head has columns (%(expected)s).")),
    IssueKind("duplicate_in_file", _("Row %(row)s of this file has the same key already.")),
    IssueKind("repeated_row", _("This row repeats row %(row)s exactly; it counts as a document of its own."), WARNING),
)
