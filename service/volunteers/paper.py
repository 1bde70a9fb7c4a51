"""A certificate as a page for the printer: Chinese first, English beside, nothing loaded from anywhere."""

from html import escape
from typing import Final

from service.volunteers.certificates import Content, Printed, in_hours

MEDIA_TYPE: Final = "text/html; charset=utf-8"
POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
NONE: Final = "—"
_STYLE: Final = """
@page { size: A4; margin: 20mm }
body { font: 14px/1.8 "Songti SC", SimSun, "Noto Serif CJK SC", serif; max-width: 42rem; margin: 2rem auto }
h1 { text-align: center; font-size: 1.6rem; margin-bottom: 0 }
small, h1 + p { color: #555 } h1 + p { text-align: center; margin-top: 0 }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 }
th, td { border: 1px solid #888; padding: .2rem .5rem; text-align: left; vertical-align: top }
th { font-weight: normal; white-space: nowrap } td.number { text-align: right }
.sign { margin-top: 3rem; text-align: right }
"""


def paper(certificate: Printed) -> str:
    """The page."""
    facts = [
        ("姓名", "Name", certificate.name),
        ("志愿者编号", "Volunteer's number", certificate.volunteer_number),
        ("证件类型", "Kind of papers", certificate.paper),
        ("证件号码", "Number of papers", certificate.paper_number),
        ("服务期间", "Service", _span(certificate)),
        (
            "服务时长",
            "Time of service",
            f"{certificate.hours} 小时 hours（{certificate.minutes} 分钟 minutes）",
        ),
        ("证明编号", "Certificate number", certificate.number),
    ]
    rows = "".join(
        f"<tr><th>{zh} <small>{en}</small></th><td>{escape(value or NONE)}</td></tr>"
        for zh, en, value in facts
    )
    lines = "".join(_line(each) for each in certificate.content)
    return f"""<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<title>志愿服务记录证明 {escape(certificate.number)}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>志愿服务记录证明</h1>
<p>Certificate of voluntary service</p>
<table>{rows}</table>
<table>
<tr>{"".join(f"<th>{zh} <small>{en}</small></th>" for zh, en in _COLUMNS)}</tr>
{lines}
</table>
<p>本证明免费出具。凭编号和时长（分钟）可向出具单位的系统核验。
<small>Issued free of charge; number and minutes are verified by the issuer's system.</small></p>
<p><small>依据 {escape(certificate.source)}</small></p>
<p class="sign">出具单位（盖章） <small>Issued by</small> {escape(certificate.issuer)}<br>
经办人（签字） <small>Signed</small> ＿＿＿＿＿＿<br>
{certificate.issued_on}</p>
</body>
</html>
"""


_COLUMNS: Final = (
    ("日期", "Day"),
    ("服务内容", "Activity"),
    ("地点", "Place"),
    ("组织单位及负责人", "Organiser"),
    ("小时", "Hours"),
)


def _line(content: Content) -> str:
    by = " ".join(each for each in (content.organiser, content.in_charge) if each)
    cells = "".join(
        f"<td>{escape(str(said or NONE))}</td>" for said in (content.on, content.title, content.place, by)
    )
    return f'<tr>{cells}<td class="number">{in_hours(content.minutes)}</td></tr>\n'


def _span(certificate: Printed) -> str:
    if certificate.since is None:
        return f"至 until {certificate.until}"
    return f"{certificate.since} 至 to {certificate.until}"
