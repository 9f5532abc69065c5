"""Word files (.docx) from paragraphs and tables, without a template: the same bytes for the same content.

Everything is written as text of an XML document: nothing of it is ever read as markup.
"""

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
# What XML cannot hold, wherever a user got it from.
CONTROL = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
LONG_AGO = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Paragraph:
    """One paragraph of text. `indent` begins it two characters further in, as Chinese prose does."""

    text: str
    style: str = ""  # Title, Heading1
    align: str = ""  # center, right, both
    indent: bool = False


@dataclass(frozen=True)
class Table:
    """Heads and rows of texts; `figures` are the columns that stand right."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    figures: Sequence[int] = ()


def docx(body: Sequence[Paragraph | Table], *, title: str, language: str) -> bytes:
    """A Word file of A4 pages with these parts, in their order."""
    parts = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": RELATIONS,
        "docProps/core.xml": CORE % {"title": text_of(title), "language": text_of(language)},
        "word/document.xml": DOCUMENT % {"w": W, "body": "".join(map(xml_of, body))},
        "word/_rels/document.xml.rels": DOCUMENT_RELATIONS,
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
    return escape(CONTROL.sub("", text))


def xml_of(part: Paragraph | Table) -> str:
    return paragraph(part) if isinstance(part, Paragraph) else table(part)


def paragraph(part: Paragraph) -> str:
    properties = ""
    if part.style:
        properties += f"<w:pStyle w:val={quoteattr(part.style)}/>"
    if part.indent:
        properties += '<w:ind w:firstLineChars="200" w:firstLine="420"/>'
    if part.align:
        properties += f"<w:jc w:val={quoteattr(part.align)}/>"
    return f'<w:p><w:pPr>{properties}</w:pPr><w:r><w:t xml:space="preserve">{text_of(part.text)}</w:t></w:r></w:p>'


def table(part: Table) -> str:
    def row(cells: Sequence[str], *, head: bool = False) -> str:
        written = "".join(
            f'<w:tc><w:tcPr><w:tcW w:w="0" w:type="auto"/></w:tcPr>'
            f"{paragraph(Paragraph(cell, align='right' if column in part.figures else ''))}</w:tc>"
            for column, cell in enumerate(cells)
        )
        return f"<w:tr>{'<w:trPr><w:tblHeader/></w:trPr>' if head else ''}{written}</w:tr>"

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
    f'<Relationship Id="rId1" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>'
)
CORE = (
    f'<cp:coreProperties xmlns:cp="{PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    "<dc:title>%(title)s</dc:title><dc:language>%(language)s</dc:language></cp:coreProperties>"
)
DOCUMENT = (
    '<w:document xmlns:w="%(w)s"><w:body>%(body)s<w:sectPr><w:pgSz w:w="11906" w:h="16838"/>'
    '<w:pgMar w:top="1134" w:right="1134" w:bottom="1247" w:left="1361" w:header="709" w:footer="709" w:gutter="0"/>'
    "</w:sectPr></w:body></w:document>"
)
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
    '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:tblPr>'
    '<w:tblCellMar><w:left w:w="108" w:type="dxa"/><w:right w:w="108" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>'
    '<w:style w:type="table" w:styleId="TableGrid"><w:name w:val="Table Grid"/><w:basedOn w:val="TableNormal"/>'
    "<w:tblPr><w:tblBorders>" + BORDERS + "</w:tblBorders></w:tblPr></w:style></w:styles>"
)
