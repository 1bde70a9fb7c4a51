"""The words of what society offers: by whom, of what kind, how much, and how far it has got."""

from schemas.codes import CodeTable, StateTable


class Provider(CodeTable, zh="提供方", en="Who offers"):
    """Who offers a resource."""

    COMPANY = "company", "企业", "Company"
    SHOP = "shop", "商铺", "Shop"
    INSTITUTION = "institution", "机关事业单位", "Public institution"
    CHARITY = "charity", "慈善组织", "Charity"
    ORGANISATION = "organisation", "社会组织", "Social organisation"
    RESIDENT = "resident", "居民", "Resident"
    OTHER = "other", "其他", "Other"


class ResourceKind(CodeTable, zh="资源种类", en="Kind of resource"):
    """What is offered. Which needs each serves by nature is `matching` in the catalogue."""

    MONEY = "money", "资金", "Money"
    FOOD = "food", "粮油食品", "Food"
    MEALS = "meals", "餐食", "Meals"
    CLOTHING = "clothing", "衣被", "Clothing and bedding"
    FURNITURE = "furniture", "家具家电", "Furniture and appliances"
    HEATING = "heating", "取暖物资", "Things for heating"
    STATIONERY = "stationery", "学习用品", "Things for school"
    MEDICINE = "medicine", "药品和健康服务", "Medicine and health services"
    AIDS = "aids", "辅助器具", "Aids and appliances"
    CARE = "care", "照料陪护", "Care"
    HOUSEWORK = "housework", "家政维修", "Housework and repairs"
    COMPANY = "company", "陪伴探访", "Company"
    COUNSELLING = "counselling", "心理疏导", "Counselling"
    TUTORING = "tutoring", "课业辅导", "Help with homework"
    TRAINING = "training", "技能培训", "Skills training"
    JOB = "job", "就业岗位", "A job"
    LEGAL = "legal", "法律服务", "Legal services"
    SPACE = "space", "场地", "A place"
    TRANSPORT = "transport", "交通出行", "Transport"
    OTHER = "other", "其他", "Other"


class Measure(CodeTable, zh="计量方式", en="Measured in"):
    """What the amount of a resource counts."""

    FEN = "fen", "分（人民币）", "fen (0.01 yuan)"
    PIECE = "piece", "件", "pieces"
    TIME = "time", "次", "times"
    MINUTE = "minute", "分钟", "minutes"
    PLACE = "place", "名额", "places"


class ResourceState(StateTable, zh="资源状态", en="State of the resource", initial=("offered", "available")):
    """Somebody has looked at what was offered before it is given to families."""

    OFFERED = "offered", "已提出", "Offered", ("available", "ended")
    AVAILABLE = "available", "可对接", "Available", ("paused", "ended")
    PAUSED = "paused", "暂停", "Paused", ("available", "ended")
    ENDED = "ended", "已结束", "Ended"


class LinkState(StateTable, zh="对接状态", en="State of the link", initial=("proposed",)):
    """Both sides agree before anything is given; what was given is confirmed by the family."""

    PROPOSED = "proposed", "已提出", "Proposed", ("accepted", "declined", "cancelled")
    ACCEPTED = "accepted", "家庭已同意", "The family agreed", ("promised", "declined", "cancelled")
    PROMISED = "promised", "提供方已确认", "The provider agreed", ("given", "cancelled")
    GIVEN = "given", "已提供", "Given", ("confirmed", "cancelled")
    CONFIRMED = "confirmed", "家庭已确认", "Confirmed by the family"
    DECLINED = "declined", "已谢绝", "Declined"
    CANCELLED = "cancelled", "已取消", "Cancelled"
