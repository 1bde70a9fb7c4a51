"""The papers that go with an application, and which of them each kind asks for."""

from typing import Final

from schemas.aid.assistance import AssistanceKind, LowIncome
from schemas.codes import CodeTable


class Document(CodeTable, zh="申请材料", en="Document"):
    """Papers that go with an application."""

    APPLICATION = "application", "申请书", "Application"
    AUTHORISATION = "authorisation", "家庭经济状况核对授权书", "Authorisation to check the family's means"
    RESIDENT_ID = "resident_id", "身份证复印件", "Copy of the identity card"
    HOUSEHOLD_REGISTER = "household_register", "户口簿复印件", "Copy of the household register"
    MARRIAGE = "marriage", "婚姻证明", "Proof of marriage or divorce"
    INCOME = "income", "收入证明", "Proof of income"
    ASSETS = "assets", "财产证明", "Proof of assets"
    DIAGNOSIS = "diagnosis", "诊断证明", "Diagnosis"
    MEDICAL_BILLS = "medical_bills", "医疗费用票据", "Medical bills"
    DISABILITY = "disability", "残疾人证", "Disability certificate"
    SCHOOL = "school", "在校证明", "Proof of schooling"
    HOUSING = "housing", "住房证明", "Proof of housing"
    JOBLESS = "jobless", "失业登记证明", "Proof of registered unemployment"
    EVENT = "event", "突发事件证明", "Proof of the event"
    OTHER = "other", "其他材料", "Other"


_ALWAYS: Final = (Document.APPLICATION, Document.RESIDENT_ID, Document.HOUSEHOLD_REGISTER)
_OF_MEANS: Final = (*_ALWAYS, Document.AUTHORISATION, Document.INCOME, Document.ASSETS)

DOCUMENTS: Final[dict[str, tuple[Document, ...]]] = {
    AssistanceKind.MINIMUM_LIVING.code: _OF_MEANS,
    AssistanceKind.EXTREME_POVERTY.code: (*_OF_MEANS, Document.DISABILITY),
    AssistanceKind.DISASTER_RELIEF.code: (*_ALWAYS, Document.EVENT),
    AssistanceKind.MEDICAL.code: (*_ALWAYS, Document.DIAGNOSIS, Document.MEDICAL_BILLS),
    AssistanceKind.EDUCATION.code: (*_ALWAYS, Document.SCHOOL),
    AssistanceKind.HOUSING.code: (*_ALWAYS, Document.HOUSING, Document.INCOME),
    AssistanceKind.EMPLOYMENT.code: (*_ALWAYS, Document.JOBLESS),
    AssistanceKind.TEMPORARY.code: (*_ALWAYS, Document.AUTHORISATION, Document.EVENT),
    AssistanceKind.SOCIAL_FORCE.code: (),
    LowIncome.EDGE.code: _OF_MEANS,
    LowIncome.RIGID_SPENDING.code: (*_OF_MEANS, Document.MEDICAL_BILLS),
}
"""What to bring, as far as is usual; the office that receives it says what it asks for beside (一次性告知).

In an emergency help does not wait for any of them.
"""
