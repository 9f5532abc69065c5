"""Why a file or an import is refused as a whole."""

from django.utils.translation import gettext_lazy as _

from crm.core.errors import DomainError


class FileRefused(DomainError):
    """The file cannot be read, or must not be. Nothing of it was taken."""

    code = "file_refused"


class FileTooLarge(FileRefused):
    code = "file_too_large"
    message = _("The file is larger than %(limit)s MB. Split it, or ask the administrator to raise the limit.")


class FileEmpty(FileRefused):
    code = "file_empty"
    message = _("The file is empty.")


class NoRows(FileRefused):
    code = "no_rows"
    message = _("The sheet has no rows below its head.")


class FileUnknown(FileRefused):
    code = "file_unknown"
    message = _("This is neither an .xlsx workbook nor a text file with commas, semicolons or tabs.")


class OldWorkbook(FileRefused):
    code = "file_xls"
    message = _("This is an old .xls workbook. Save it as .xlsx in Excel and upload that.")


class PasswordProtected(FileRefused):
    code = "file_password"
    message = _("The workbook is protected by a password. Save it without one and upload that.")


class FileBroken(FileRefused):
    code = "file_broken"
    message = _("The workbook is damaged or was cut off while it was copied. Save it again and upload that.")


class ZipBomb(FileRefused):
    code = "file_zip_bomb"
    message = _("The workbook unpacks to more than it may (%(limit)s MB). It is not opened.")


class TooManyRows(FileRefused):
    code = "file_too_many_rows"
    message = _("The sheet has more than %(limit)s rows. Split the file.")


class TooManyColumns(FileRefused):
    code = "file_too_many_columns"
    message = _("The sheet has more than %(limit)s columns. Leave out what is not needed.")


class SheetTooLarge(FileRefused):
    code = "file_sheet_too_large"
    message = _("The sheet reaches over %(rows)s rows by %(columns)s columns. Leave out what is not needed.")


class EncodingUnknown(FileRefused):
    code = "file_encoding"
    message = _("The characters of this text file cannot be read. Choose its encoding, or save it as UTF-8.")


class BrokenText(FileRefused):
    code = "file_broken_text"
    message = _("The text file is broken near line %(line)s: a quotation mark that is never closed, most likely.")


class SheetUnknown(FileRefused):
    code = "file_sheet_unknown"
    message = _("The workbook has no sheet called %(sheet)s.")


class ColumnsMissing(DomainError):
    """A required field has no column, or a mapped column is not in the file."""

    code = "columns_missing"
    message = _("Choose a column for: %(fields)s.")


class KindNotKnown(DomainError):
    code = "import_kind_unknown"
    message = _("This kind of import does not exist.")


class OptionInvalid(DomainError):
    code = "import_option_invalid"
    message = _("The option %(option)s cannot be %(value)s.")


class NotChecked(DomainError):
    """Apply was asked for before a dry run ended well."""

    code = "import_not_checked"
    message = _("Let the dry run end first.")


class StillWorking(DomainError):
    """The import is being checked or applied right now."""

    code = "import_still_working"
    message = _("This import is being worked on. Wait until it has ended, or cancel it.")


class AlreadyApplied(DomainError):
    code = "import_already_applied"
    message = _("This import was applied already.")


class Superseded(DomainError):
    """An old run was tried again after a newer one took over, or after the import was applied or discarded."""

    code = "import_superseded"
    message = _("This import has moved on since; look at its page.")


class FaultyRows(DomainError):
    """All or nothing: faulty rows stop the import unless the user chose to leave them out."""

    code = "import_faulty_rows"
    message = _("%(count)s rows are faulty. Nothing was imported. Mend the file, or choose to leave these rows out.")


class NothingToApply(DomainError):
    code = "import_nothing_to_apply"
    message = _("There is nothing new or changed in this file.")


class ChangedSinceCheck(DomainError):
    """Between dry run and apply somebody changed what the rows were compared with."""

    code = "import_changed_since_check"
    message = _("%(count)s rows that were fine in the dry run are faulty now. Nothing was imported; run it again.")


class FileGone(DomainError):
    code = "import_file_gone"
    message = _("The uploaded file was deleted after its time to be kept was over. Upload it again.")


class ListNotExportable(DomainError):
    code = "export_list_unknown"
    message = _("This list cannot be exported.")
