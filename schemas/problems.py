"""Every problem the server names, in one place.

A problem has a stable `type` that programs compare, an HTTP status for when it answers a whole request, and
a title in Chinese and English that a worker can read (RFC 9457). Problems of one change travel inside the
results of `POST /sync` with the same types.
"""

from typing import Final

import msgspec


class FieldProblem(msgspec.Struct, frozen=True):
    """One thing wrong with one value.

    `pointer` is an RFC 6901 JSON pointer into what was sent, `code` a stable word for programs; the detail
    says what is wrong and what to do, in both languages.
    """

    pointer: str
    code: str
    detail_zh: str
    detail_en: str

    def under(self, prefix: str) -> "FieldProblem":
        """The same problem, seen from further up: `prefix` is put before the pointer."""
        return FieldProblem(prefix + self.pointer, self.code, self.detail_zh, self.detail_en)


class ProblemKind(msgspec.Struct, frozen=True):
    """A named problem: `type` is stable for ever."""

    type: str
    status: int
    zh: str
    en: str


KINDS: Final[dict[str, ProblemKind]] = {}


def kind(type: str, status: int, zh: str, en: str) -> ProblemKind:
    """Declare a problem; a second declaration of one type is a programming error."""
    if type in KINDS:
        raise ValueError(f"problem {type} is declared twice")
    KINDS[type] = declared = ProblemKind(type, status, zh, en)
    return declared


class Problem(Exception):
    """Answers the whole request with `kind`, as problem details.

    `detail_*` say what is wrong here and what to do; `errors` name the values at fault; `headers` go out with
    the answer (`Retry-After`, `WWW-Authenticate`). `enrolment_token` is what
    OTP_ENROLMENT_REQUIRED hands out.
    """

    def __init__(
        self,
        kind: ProblemKind,
        detail_zh: str | None = None,
        detail_en: str | None = None,
        errors: tuple[FieldProblem, ...] = (),
        headers: dict[str, str] | None = None,
        enrolment_token: str | None = None,
    ) -> None:
        super().__init__(detail_en or kind.en)
        self.kind = kind
        self.detail_zh = detail_zh
        self.detail_en = detail_en
        self.errors = errors
        self.headers = headers or {}
        self.enrolment_token = enrolment_token


# The request as a whole
MALFORMED = kind("malformed", 400, "请求内容无法读取", "The request cannot be read")
INVALID = kind("invalid", 422, "内容有误", "Some values are not valid")
TOO_LARGE = kind("too-large", 413, "内容太大，请分批发送", "Too large: send it in smaller batches")
UNSUPPORTED_MEDIA = kind(
    "unsupported-media", 415, "不支持的内容格式", "This content type or encoding is not supported"
)
NOT_FOUND = kind("not-found", 404, "没有找到", "Not found")
METHOD_NOT_ALLOWED = kind("method-not-allowed", 405, "不支持此操作", "This method is not allowed here")
NOT_ACCEPTABLE = kind("not-acceptable", 406, "无法按要求的格式回答", "No acceptable answer format")
TOO_MANY_AREAS = kind(
    "too-many-areas",
    422,
    "可同步的区域过多，请选择部分区域",
    "Too many areas for one device: name some in `areas`",
)
UNAVAILABLE = kind(
    "unavailable", 503, "服务暂时不可用，请稍后再试", "Temporarily unavailable, try again shortly"
)
INTERNAL = kind("internal", 500, "服务器内部错误", "Internal error")
SEALED_PART_BROKEN = kind(
    "sealed-part-broken",
    500,
    "加密保存的内容已损坏或被改动，请联系系统管理员",
    "Something that is kept sealed was damaged or altered: tell the administrator",
)

# Who is asking
SIGN_IN_REQUIRED = kind("sign-in-required", 401, "请先登录", "Please sign in")
TOKEN_EXPIRED = kind("token-expired", 401, "登录已过期，请刷新", "The access token has expired: refresh it")
LOGIN_FAILED = kind("login-failed", 401, "账号或密码不正确", "Account or password is not right")
# The next three only to whoever has the password
OTP_REQUIRED = kind("otp-required", 401, "请输入动态验证码", "Enter the code of your authenticator app")
OTP_WRONG = kind(
    "otp-wrong",
    401,
    "验证码不正确或已用过，请等下一个",
    "The code is not right or was used before: wait for the next one",
)
OTP_ENROLMENT_REQUIRED = kind(
    "otp-enrolment-required",
    401,
    "首次登录须绑定动态验证码",
    "This account needs an authenticator app: set it up with the enrolment token",
)
OTP_ENROLMENT_INVALID = kind(
    "otp-enrolment-invalid",
    401,
    "绑定已过期或已完成，请重新登录",
    "This set-up has expired or is complete: sign in again",
)
REFRESH_INVALID = kind(
    "refresh-invalid", 401, "登录已失效，请重新登录", "This sign-in has ended: sign in again"
)
DEVICE_REVOKED = kind(
    "device-revoked", 410, "此设备已被停用，请清除数据", "This device was revoked: wipe its data"
)
TOO_MANY_ATTEMPTS = kind(
    "too-many-attempts", 429, "尝试次数过多，请稍后再试", "Too many attempts, wait a little"
)
SECOND_FACTOR_REQUIRED = kind(
    "second-factor-required",
    401,
    "您有了新的职责，请用动态验证码重新登录",
    "Your new role needs a second factor: sign in again, with a code",
)
FORBIDDEN = kind("forbidden", 403, "没有权限", "Not allowed")

# What a person may ask of us
UNDER_HOLD = kind(
    "under-hold", 409, "档案已被保全，不能删除", "The file is under a legal hold: nothing may be erased"
)

# Certificates of volunteers' service
CERTIFICATE_NOT_BORNE_OUT = kind(
    "certificate-not-borne-out",
    409,
    "志愿服务证明与记录不符，不能打印",
    "The records do not bear the certificate out: it is not printed",
)

# Files (tus 1.0.0)
TUS_VERSION = kind(
    "tus-version",
    412,
    "不支持此上传协议版本",
    "Not a version of tus that is spoken here: send Tus-Resumable: 1.0.0",
)
UPLOAD_OFFSET = kind(
    "upload-offset",
    409,
    "续传位置不符，请重新查询",
    "Not where the upload has got to: ask for its offset again",
)
UPLOAD_BUSY = kind(
    "upload-busy",
    423,
    "正在接收此文件，请稍后再试",
    "This upload is being written just now: try again shortly",
)
UPLOAD_EXPIRED = kind("upload-expired", 410, "上传已过期，请重新上传", "This upload has expired: begin anew")
UPLOAD_FINISHED = kind(
    "upload-finished", 409, "文件已收妥，不能撤回", "The file has arrived and can be taken back no longer"
)
CHECKSUM_MISMATCH = kind(
    "checksum-mismatch", 460, "数据在途中损坏，请重发这一段", "Damaged on its way: send this part again"
)
FILE_TOO_LARGE = kind("file-too-large", 413, "文件太大", "The file is too large")
FILE_REFUSED = kind("file-refused", 422, "不接收这种文件", "A file of this kind is not taken")
FILE_DIFFERS = kind(
    "file-differs",
    409,
    "此编号已有另一个文件，请换一个编号",
    "Another file has this id: give it one of its own",
)
QUOTA_EXCEEDED = kind(
    "quota-exceeded", 429, "今天上传得太多，请明天再传", "Too much for a day from this device: go on tomorrow"
)
RANGE_NOT_SATISFIABLE = kind(
    "range-not-satisfiable", 416, "文件没有这一段", "The file has no such range of bytes"
)

# One change (inside the results of POST /sync)
CHANGE_MALFORMED = kind("change-malformed", 422, "这条修改无法读取", "This change cannot be read")
CHANGE_INVALID = kind("change-invalid", 422, "这条修改内容有误", "This change has values that are not valid")
CHANGE_ID_REUSED = kind(
    "change-id-reused", 409, "修改编号已用于其他内容", "The change id was used for another change"
)
COLLECTION_UNKNOWN = kind("collection-unknown", 422, "未知的记录类型", "Unknown collection")
COLLECTION_MISMATCH = kind(
    "collection-mismatch", 409, "记录类型与已有记录不符", "The record is of another collection"
)
AREA_NOT_HELD = kind("area-not-held", 403, "您不负责此区域", "You do not hold this area")
ACCESS_ENDED = kind(
    "access-ended", 403, "权限已结束，已交督导处理", "Access has ended: put before the supervisor"
)
WRITE_NOT_ALLOWED = kind("write-not-allowed", 403, "没有填写这些内容的权限", "You may not write these fields")
FIELD_FIXED = kind("field-fixed", 409, "此项填写后不能修改", "This field cannot be changed once set")
TRANSITION_NOT_DECLARED = kind(
    "transition-not-declared", 409, "不能这样变更状态", "This change of state is not possible"
)
RECORD_DELETED = kind(
    "record-deleted", 409, "记录已删除，请先恢复", "The record was deleted: restore it first"
)
RECORD_ERASED = kind(
    "record-erased",
    409,
    "此人的资料已依法删除，不能再填写",
    "This person's data was erased: nothing more is kept",
)
RECORD_RESTRICTED = kind(
    "record-restricted",
    409,
    "此人的资料已限制处理，解除后请重试",
    "This person's data is restricted: try again once that has ended",
)
RECORD_PERMANENT = kind(
    "record-permanent",
    409,
    "强制报告等法定记录不能删除、撤回或降低，只能补充",
    "Such a record can be neither deleted nor lowered, only added to",
)
GROUP_INCOMPLETE = kind(
    "group-incomplete", 409, "同组的其他修改未能生效", "Another change of this group could not be applied"
)
CONFLICT_UNKNOWN = kind(
    "conflict-unknown", 409, "没有找到要处理的冲突", "The conflict to resolve was not found"
)
WAITS_FOR_PARENT = kind(
    "waits-for-parent", 202, "等待所属记录到达后自动生效", "Waits for the record it belongs to"
)
RECORD_TOO_LARGE = kind("record-too-large", 422, "记录内容过长", "The record would become too large")
PASSING_TROUBLE = kind(
    "passing-trouble", 503, "暂时无法保存，请稍后重试", "Could not be stored just now, send it again"
)
CLIENT_OUTDATED = kind(
    "client-outdated", 426, "此应用版本过旧，请更新应用", "This app is of an earlier version: update it"
)
OTHER_ACCOUNT = kind("other-account", 409, "这些修改属于另一账号", "These changes belong to another account")
