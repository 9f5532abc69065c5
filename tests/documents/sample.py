"""A letter as the documents are handed it, without a database: for tests and for the benchmark."""

from typing import Any

BODY = (
    "尊敬的客户：\n\n截至2026年11月21日，贵公司下列货款已经逾期，合计人民币 1,234,567.89 元。"
    "请于收到本函后 7 日内付清；如已付款，请将付款凭证（银行回单）发送至我司财务部，以便及时核销。\n\n"
    "若对下列款项有任何疑问，请与我司“应收账款组”联系。"
)


def letters(*each: dict[str, Any]) -> dict[str, Any]:
    """A file of these letters."""
    return {"title": each[0]["subject"], "letters": list(each)}


def letter(
    number: int = 1, *, name: str = "苏州岑泓包装材料有限公司", lines: int = 12, **changes: Any
) -> dict[str, Any]:
    """One letter with so many invoices."""
    rows = [
        [f"INV-{number:05}-{line:02}", "2026-08-01", "2026-08-31", str(83 - line), "123,456.78", "23,456.78"]
        for line in range(lines)
    ]
    return {
        "language": "zh-hans",
        "number": f"D-{number:05}",
        "subject": "逾期款项催收函",
        "sender": {"name": "华东贸易有限公司", "lines": ["上海市浦东新区张江路88号", "91310115MA1K4BXX0H"]},
        "recipient": {"name": name, "lines": ["苏州市工业园区星湖街328号", "李文静 收"]},
        "facts": [["日期", "2026-11-22"], ["编号", f"D-{number:05}"]],
        "body": BODY,
        "statement": [
            {
                "title": "未付款项（CNY）",
                "heads": ["发票号", "开票日期", "到期日", "逾期天数", "发票金额", "未结金额"],
                "rows": rows,
                "foot": [["合计", "", "", "", "", "1,234,567.89"]],
            }
        ],
        "bank": {"title": "付款账户", "text": "开户行：中国银行上海分行\n账号：4563 5100 1234 5678"},
        "close": "如在收到本函前已经付款，请忽略本函。",
        "signature": ["华东贸易有限公司", "2026年11月22日"],
        **changes,
    }
