"""The national code tables of personal facts, as their standards number them."""

from schemas.codes import CodeTable


class Sex(CodeTable, zh="性别", en="Sex", source="GB/T 2261.1"):
    """Sex as registered."""

    UNKNOWN = "0", "未知的性别", "Unknown"
    MALE = "1", "男性", "Male"
    FEMALE = "2", "女性", "Female"
    UNSTATED = "9", "未说明的性别", "Not stated"


class MaritalStatus(CodeTable, zh="婚姻状况", en="Marital status", source="GB/T 2261.2"):
    """Marital status; the standard's finer codes 21 to 23 are marriages by order and are not asked for."""

    NEVER_MARRIED = "10", "未婚", "Never married"
    MARRIED = "20", "已婚", "Married"
    WIDOWED = "30", "丧偶", "Widowed"
    DIVORCED = "40", "离婚", "Divorced"
    UNSTATED = "90", "未说明的婚姻状况", "Not stated"


class Education(CodeTable, zh="学历", en="Education", source="GB/T 4658"):
    """The highest level of schooling, by the standard's groups."""

    POSTGRADUATE = "10", "研究生教育", "Postgraduate"
    UNDERGRADUATE = "20", "大学本科教育", "Undergraduate"
    JUNIOR_COLLEGE = "30", "大学专科教育", "Junior college"
    SECONDARY_VOCATIONAL = "40", "中等职业教育", "Secondary vocational"
    SENIOR_SECONDARY = "60", "普通高级中学教育", "Senior secondary"
    JUNIOR_SECONDARY = "70", "初级中学教育", "Junior secondary"
    PRIMARY = "80", "小学教育", "Primary"
    OTHER = "90", "其他", "Other"


class DisabilityKind(CodeTable, zh="残疾类别", en="Kind of disability", source="GB/T 26341"):
    """The seven kinds, numbered as the disability certificate numbers them."""

    SIGHT = "1", "视力残疾", "Sight"
    HEARING = "2", "听力残疾", "Hearing"
    SPEECH = "3", "言语残疾", "Speech"
    LIMBS = "4", "肢体残疾", "Limbs"
    INTELLECT = "5", "智力残疾", "Intellect"
    MIND = "6", "精神残疾", "Mind"
    MULTIPLE = "7", "多重残疾", "Multiple"


class DisabilityGrade(CodeTable, zh="残疾等级", en="Grade of disability", source="GB/T 26341"):
    """Grade 1 is the gravest."""

    FIRST = "1", "一级", "Grade 1"
    SECOND = "2", "二级", "Grade 2"
    THIRD = "3", "三级", "Grade 3"
    FOURTH = "4", "四级", "Grade 4"
