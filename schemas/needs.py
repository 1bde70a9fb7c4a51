"""Words that several record types share: what people need, how grave it is, what the state grants."""

from schemas.codes import CodeTable


class Risk(CodeTable, zh="风险等级", en="Risk level", rising=True):
    """How soon somebody must come again; see `visit_intervals` in the catalogue."""

    LOW = "low", "低", "Low"
    MEDIUM = "medium", "中", "Medium"
    HIGH = "high", "高", "High"
    EMERGENCY = "emergency", "紧急", "Emergency"


class Need(CodeTable, zh="需求", en="Need"):
    """What a household or a person lacks, as screening and visits find it."""

    INCOME = "income", "基本生活", "Income and daily living"
    MEDICAL = "medical", "医疗", "Medical care"
    MEDICINE = "medicine", "用药", "Medicine"
    REHABILITATION = "rehabilitation", "康复", "Rehabilitation"
    EDUCATION = "education", "就学", "Schooling"
    HOUSING = "housing", "住房", "Housing"
    HEATING = "heating", "取暖", "Heating"
    EMPLOYMENT = "employment", "就业", "Employment"
    TRAINING = "training", "技能培训", "Skills training"
    DAILY_CARE = "daily_care", "日常照料", "Daily care"
    MEALS = "meals", "助餐", "Meals"
    HOUSEWORK = "housework", "家务", "Housework"
    GUARDIANSHIP = "guardianship", "监护", "Guardianship"
    SAFETY = "safety", "安全防护", "Safety"
    MENTAL = "mental", "心理支持", "Mental support"
    COMPANY = "company", "陪伴", "Company"
    SOCIAL = "social", "社会融入", "Taking part in community life"
    FAMILY_RELATIONS = "family_relations", "家庭关系", "Family relations"
    TUTORING = "tutoring", "课业辅导", "Help with homework"
    LEGAL = "legal", "法律援助", "Legal aid"
    POLICY = "policy", "政策咨询", "Advice on policies"
    PAPERS = "papers", "证件办理", "Papers and certificates"
    TRANSPORT = "transport", "出行", "Getting about"
    AIDS = "aids", "辅助器具", "Aids and appliances"
    FUNERAL = "funeral", "殡葬", "Funeral"
    OTHER = "other", "其他", "Other"


class Assistance(CodeTable, zh="已享受的救助和补贴", en="Assistance received"):
    """What the state grants already: the kinds of 社会救助暂行办法 (order 649 of 2014) and the allowances."""

    MINIMUM_LIVING = "minimum_living", "最低生活保障", "Minimum living allowance"
    EXTREME_POVERTY = "extreme_poverty", "特困人员救助供养", "Support for people in extreme poverty"
    DISASTER_RELIEF = "disaster_relief", "受灾人员救助", "Disaster relief"
    MEDICAL = "medical", "医疗救助", "Medical assistance"
    EDUCATION = "education", "教育救助", "Education assistance"
    HOUSING = "housing", "住房救助", "Housing assistance"
    EMPLOYMENT = "employment", "就业救助", "Employment assistance"
    TEMPORARY = "temporary", "临时救助", "Temporary assistance"
    SOCIAL_FORCE = "social_force", "社会力量帮扶", "Help from society"
    # 国发〔2015〕52号, the "two allowances"
    DISABLED_LIVING = "disabled_living", "困难残疾人生活补贴", "Living allowance for disabled people in need"
    DISABLED_NURSING = "disabled_nursing", "重度残疾人护理补贴", "Nursing allowance for severe disability"
    ORPHAN = "orphan", "孤儿基本生活费", "Orphans' living allowance"
    UNSUPPORTED_CHILD = (
        "unsupported_child",
        "事实无人抚养儿童基本生活补贴",
        "Living allowance for children de facto unsupported",
    )
    OLD_AGE = "old_age", "高龄津贴", "Old-age allowance"
    OTHER = "other", "其他", "Other"
