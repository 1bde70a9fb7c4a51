"""The "8+1" of social assistance: the eight kinds of 社会救助暂行办法, and the help of society."""

from typing import Final

from schemas.codes import CodeTable


class AssistanceKind(CodeTable, zh="救助种类", en="Kind of assistance", source="国务院令第649号"):
    """What a household can be referred for."""

    MINIMUM_LIVING = "minimum_living", "最低生活保障", "Minimum living allowance"
    EXTREME_POVERTY = "extreme_poverty", "特困人员救助供养", "Support for people in extreme poverty"
    DISASTER_RELIEF = "disaster_relief", "受灾人员救助", "Disaster relief"
    MEDICAL = "medical", "医疗救助", "Medical assistance"
    EDUCATION = "education", "教育救助", "Education assistance"
    HOUSING = "housing", "住房救助", "Housing assistance"
    EMPLOYMENT = "employment", "就业救助", "Employment assistance"
    TEMPORARY = "temporary", "临时救助", "Temporary assistance"
    SOCIAL_FORCE = "social_force", "社会力量参与", "Help from society"


class LowIncome(CodeTable, zh="低收入家庭认定", en="Recognised as of low income"):
    """What a family above the minimum line is recognised as: no help in itself, and other help goes by it."""

    EDGE = "edge", "低保边缘家庭", "On the edge of the minimum line"
    RIGID_SPENDING = "rigid_spending", "刚性支出困难家庭", "In difficulty by rigid spending"


class Department(CodeTable, zh="主管部门", en="Department"):
    """Who decides on a referral."""

    CIVIL_AFFAIRS = "civil_affairs", "民政", "Civil affairs"
    EMERGENCY = "emergency_management", "应急管理", "Emergency management"
    HEALTHCARE_SECURITY = "healthcare_security", "医疗保障", "Healthcare security"
    EDUCATION = "education", "教育", "Education"
    HOUSING = "housing", "住房城乡建设", "Housing and construction"
    HUMAN_RESOURCES = "human_resources", "人力资源社会保障", "Human resources and social security"


DEPARTMENTS: Final[dict[AssistanceKind, Department]] = {
    AssistanceKind.MINIMUM_LIVING: Department.CIVIL_AFFAIRS,
    AssistanceKind.EXTREME_POVERTY: Department.CIVIL_AFFAIRS,
    AssistanceKind.DISASTER_RELIEF: Department.EMERGENCY,
    AssistanceKind.MEDICAL: Department.HEALTHCARE_SECURITY,
    AssistanceKind.EDUCATION: Department.EDUCATION,
    AssistanceKind.HOUSING: Department.HOUSING,
    AssistanceKind.EMPLOYMENT: Department.HUMAN_RESOURCES,
    AssistanceKind.TEMPORARY: Department.CIVIL_AFFAIRS,
    # Charities, companies and volunteers give it; civil affairs brings them together with the need.
    AssistanceKind.SOCIAL_FORCE: Department.CIVIL_AFFAIRS,
}
