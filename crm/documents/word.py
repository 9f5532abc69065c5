"""Word files (.docx) from paragraphs and tables, without a template: the same bytes for the same content.

Everything is written as text of an XML document: nothing of it is ever read as markup.
"""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from crm.documents.signs import without_controls

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
LONG_AGO = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Paragraph:
    """One paragraph of text. `indent` begins it two characters further in, as Chinese prose does."""

    text: str
    style: str = ""  # Title, Heading1, Signer, Signature
    align: str = ""  # center, right, both
    indent: bool = False


@dataclass(frozen=True)
class Table:
    """Heads and rows of texts; `figures` are the columns that stand right."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    figures: Sequence[int] = ()


@dataclass(frozen=True)
class Beside:
    """Columns of paragraphs beside each other, row by row at one height, without lines; they stay on one page."""

    columns: Sequence[Sequence[Paragraph]]


Part = Paragraph | Table | Beside


def docx(body: Sequence[Part], *, title: str, language: str, foot: str = "", pages: str = "") -> bytes:
    """A Word file of A4 pages with these parts, in their order; at the foot of each `foot`, and `pages` with the number
    of the page and that of all pages for its two braces ('Page {} of {}').
    """
    parts = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": RELATIONS,
        "docProps/core.xml": CORE % {"title": text_of(title), "language": text_of(language)},
        "word/document.xml": DOCUMENT % {"w": W, "r": OFFICE, "body": "".join(map(xml_of, body))},
        "word/_rels/document.xml.rels": DOCUMENT_RELATIONS,
        "word/footer1.xml": FOOTER % {"w": W, "words": footer(foot, pages)},
        "word/styles.xml": STYLES % {"w": W, "language": quoteattr(language)},
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            info = zipfile.ZipInfo(name, date_time=LONG_AGO)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, HEAD + content)
    return file.getvalue()


def text_of(text: str) -> str:
    return escape(without_controls(text))


def xml_of(part: Part) -> str:
    if isinstance(part, Paragraph):
        return paragraph(part)
    return table(part) if isinstance(part, Table) else beside(part)


def run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{text_of(text)}</w:t></w:r>'


def paragraph(part: Paragraph, *, keep: bool = False) -> str:
    """`keep`: on one page with the paragraph behind it."""
    properties = ""
    if part.style:
        properties += f"<w:pStyle w:val={quoteattr(part.style)}/>"
    if keep:
        properties += "<w:keepNext/>"
    if part.indent:
        properties += '<w:ind w:firstLineChars="200" w:firstLine="420"/>'
    if part.align:
        properties += f"<w:jc w:val={quoteattr(part.align)}/>"
    return f"<w:p><w:pPr>{properties}</w:pPr>{run(part.text)}</w:p>"


def footer(foot: str, pages: str) -> str:
    """What stands at the foot of each page: a text on the left, the numbers of pages on the right."""
    before, between, after = (*pages.split("{}"), "", "")[:3]
    numbers = run(before) + number("PAGE") + run(between) + number("NUMPAGES") + run(after) if pages else ""
    return f"{run(foot)}<w:r><w:tab/></w:r>{numbers}"


def number(field: str) -> str:
    return f'<w:fldSimple w:instr=" {field} "><w:r><w:t>1</w:t></w:r></w:fldSimple>'


def beside(part: Beside) -> str:
    width = 9411 // len(part.columns)  # twentieths of a point between the margins
    last = max(map(len, part.columns)) - 1

    def cell(column: Sequence[Paragraph], row: int) -> str:
        found = column[row] if row < len(column) else Paragraph("")
        return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>{paragraph(found, keep=row < last)}</w:tc>'

    rows = "".join(
        f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{''.join(cell(column, row) for column in part.columns)}</w:tr>"
        for row in range(last + 1)
    )
    grid = f'<w:gridCol w:w="{width}"/>' * len(part.columns)
    return (
        '<w:tbl><w:tblPr><w:tblW w:w="5000" w:type="pct"/><w:tblLayout w:type="fixed"/></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{rows}</w:tbl>{paragraph(Paragraph(''))}"
    )


def table(part: Table) -> str:
    def row(cells: Sequence[str], *, head: bool = False) -> str:
        written = "".join(
            f'<w:tc><w:tcPr><w:tcW w:w="0" w:type="auto"/></w:tcPr>'
            f"{paragraph(Paragraph(cell, align='right' if column in part.figures else ''))}</w:tc>"
            for column, cell in enumerate(cells)
        )
        return f"<w:tr><w:trPr><w:cantSplit/>{'<w:tblHeader/>' if head else ''}</w:trPr>{written}</w:tr>"

    grid = "<w:gridCol/>" * len(part.heads)
    rows = row(part.heads, head=True) + "".join(row(cells) for cells in part.rows)
    return (
        '<w:tbl><w:tblPr><w:tblStyle w:val="TableGrid"/><w:tblW w:w="5000" w:type="pct"/></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{rows}</w:tbl>"
    )


HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
TYPES = (
    f'<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{WORD}.document.main+xml"/>'
    f'<Override PartName="/word/styles.xml" ContentType="{WORD}.styles+xml"/>'
    f'<Override PartName="/word/footer1.xml" ContentType="{WORD}.footer+xml"/>'
    '<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>'
    "</Types>"
)
RELATIONS = (
    f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="word/document.xml"/>'
    f'<Relationship Id="rId2" Type="{PACKAGE}/relationships/metadata/core-properties" Target="docProps/core.xml"/>'
    "</Relationships>"
)
DOCUMENT_RELATIONS = (
    f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/styles" Target="styles.xml"/>'
    f'<Relationship Id="rId2" Type="{OFFICE}/footer" Target="footer1.xml"/></Relationships>'
)
CORE = (
    f'<cp:coreProperties xmlns:cp="{PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    "<dc:title>%(title)s</dc:title><dc:language>%(language)s</dc:language></cp:coreProperties>"
)
DOCUMENT = (
    '<w:document xmlns:w="%(w)s" xmlns:r="%(r)s"><w:body>%(body)s<w:sectPr>'
    '<w:footerReference w:type="default" r:id="rId2"/><w:pgSz w:w="11906" w:h="16838"/>'
    '<w:pgMar w:top="1134" w:right="1134" w:bottom="1247" w:left="1361" w:header="709" w:footer="709" w:gutter="0"/>'
    "</w:sectPr></w:body></w:document>"
)
FOOTER = '<w:ftr xmlns:w="%(w)s"><w:p><w:pPr><w:pStyle w:val="Footer"/></w:pPr>%(words)s</w:p></w:ftr>'
FONTS = '<w:rFonts w:ascii="Calibri" w:hAnsi="Calibri" w:eastAsia="SimSun" w:cs="Calibri"/>'
BORDERS = "".join(
    f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="808080"/>'
    for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)
STYLES = (
    '<w:styles xmlns:w="%(w)s"><w:docDefaults><w:rPrDefault><w:rPr>'
    + FONTS
    + '<w:sz w:val="21"/><w:szCs w:val="21"/><w:lang w:val=%(language)s w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault>'
    '<w:pPrDefault><w:pPr><w:spacing w:after="80" w:line="320" w:lineRule="auto"/></w:pPr></w:pPrDefault>'
    "</w:docDefaults>"
    '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/><w:basedOn w:val="Normal"/>'
    '<w:pPr><w:spacing w:after="240"/><w:jc w:val="center"/></w:pPr><w:rPr><w:b/><w:sz w:val="36"/></w:rPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:basedOn w:val="Normal"/>'
    '<w:pPr><w:keepNext/><w:spacing w:before="200" w:after="80"/><w:outlineLvl w:val="0"/></w:pPr>'
    '<w:rPr><w:b/><w:sz w:val="23"/></w:rPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="Signer"><w:name w:val="Signer"/><w:basedOn w:val="Normal"/>'
    '<w:pPr><w:spacing w:before="240"/></w:pPr><w:rPr><w:b/></w:rPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="Signature"><w:name w:val="Signature"/><w:basedOn w:val="Normal"/>'
    '<w:pPr><w:spacing w:before="360"/></w:pPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="Footer"><w:name w:val="footer"/><w:basedOn w:val="Normal"/>'
    '<w:pPr><w:tabs><w:tab w:val="right" w:pos="9411"/></w:tabs></w:pPr>'
    '<w:rPr><w:color w:val="5A5A5A"/><w:sz w:val="16"/></w:rPr></w:style>'
    '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:tblPr>'
    '<w:tblCellMar><w:left w:w="108" w:type="dxa"/><w:right w:w="108" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>'
    '<w:style w:type="table" w:styleId="TableGrid"><w:name w:val="Table Grid"/><w:basedOn w:val="TableNormal"/>'
    "<w:tblPr><w:tblBorders>" + BORDERS + "</w:tblBorders></w:tblPr></w:style></w:styles>"
)
