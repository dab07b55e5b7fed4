"""What the server refuses, in Korean: the texts that come often; those that are not here stay English."""

import re
from typing import Any

_SAID: tuple[tuple[str, str], ...] = (
    # who may do what
    (r"user '(?P<user>.*)' may not (?P<right>\w+); log in as one of: (?P<able>.*)",
     "사용자 '{user}'에게는 {right} 권한이 없습니다. 다음 가운데 하나로 로그인하십시오: {able}"),
    (r"user '(?P<user>.*)' has no role '(?P<role>.*)' \(it has: (?P<have>.*)\); log in as another user",
     "사용자 '{user}'에게는 역할 '{role}' 이(가) 없습니다(가진 역할: {have}). 다른 사용자로 로그인하십시오"),
    (r"the lease of '(?P<role>.*)' is held by '(?P<user>.*)' over (?P<via>\S+) for another (?P<left>\d+) s; .*",
     "'{role}'의 임차권(lease)은 '{user}'({via})이(가) 앞으로 {left}초 "
     "동안 갖고 있습니다. 기다리거나 반납을 요청하십시오"),
    (r"'(?P<name>.*)' cannot be written from outside the plant", "'{name}' 신호는 설비 밖에서 쓸 수 없습니다"),
    (r"one write is of one role; these are of: (?P<roles>.*)",
     "한 번에 한 역할의 설정값만 쓸 수 있습니다. 여기 섞인 역할: {roles}"),
    (r"'(?P<name>.*)' is not a set-point of a (?P<role>\w+); it may write: (?P<able>.*)",
     "'{name}' 신호는 역할 {role}의 설정값이 아닙니다. 쓸 수 있는 신호: {able}"),
    (r"user name or password is wrong", "사용자 이름이나 비밀번호가 틀립니다"),
    (r"too many failed logins (of this user )?from here; wait (?P<left>\d+) s",
     "여기서 로그인에 너무 많이 실패했습니다. {left}초 뒤에 다시 하십시오"),
    (r"too many logins at once; try again in a second", "동시 로그인이 너무 많습니다. 잠시 뒤에 다시 하십시오"),
    (r"the token is unknown or over: log in again", "토큰이 틀리거나 끝났습니다. 다시 로그인하십시오"),
    (r"this site is not open to anonymous readers: .*",
     "이 서버는 로그인해야 읽을 수 있습니다. POST /api/v1/login 또는 HTTP Basic을 쓰십시오"),
    (r"Authorization is either .*", "Authorization에는 `Bearer <토큰>`이나 HTTP Basic만 쓸 수 있습니다"),
    (r"only a request with a bearer token can log out", "bearer 토큰이 있는 요청만 로그아웃할 수 있습니다"),
    # values and names
    (r"(?P<name>[^ ]+): (?P<value>\S+) (?P<unit>.*?)is outside (?P<low>\S+) to (?P<high>\S+)(?P<rest>.*)",
     "{name}: {value} {unit}- 허용 범위는 {low} … {high}{rest}입니다"),
    (r"there is no signal '(?P<name>.*)'; near it are: (?P<near>.*)",
     "신호 '{name}' 이(가) 없습니다. 비슷한 신호: {near}"),
    (r"there is no signal '(?P<name>.*)'", "신호 '{name}' 이(가) 없습니다"),
    (r"there is no works '(?P<name>.*)'; works are: (?P<known>.*)",
     "설비 '{name}' 이(가) 없습니다. 있는 설비: {known}"),
    (r"there is no fault '(?P<name>.*)'; faults are: (?P<known>.*)",
     "고장 '{name}' 이(가) 없습니다. 있는 고장: {known}"),
    (r"start (?P<start>\S+) s lies before now \((?P<now>\S+) s of plant time\)",
     "시작 {start} s는 이미 지났습니다(설비 시각 {now} s)"),
    # the works and its clock
    (r"the works runs with the clock; pause it .*", "설비가 시계에 따라 실행 중입니다. 먼저 일시정지하십시오(pause)"),
    (r"the works was paused, run or restored meanwhile: it stands at step (?P<step>\d+)",
     "그동안 설비가 정지, 실행 또는 복원되었습니다. 현재 스텝은 {step}입니다"),
    (r"works '(?P<name>.*)' is not recorded", "설비 '{name}'은(는) 기록하지 않습니다"),
    (r"works '(?P<name>.*)' has wire faults and .*",
     "설비 '{name}'에는 통신 이상이 있고 기록은 통신 이전의 값이므로 engineer만 읽을 수 있습니다"),
    (r"works '(?P<name>.*)' has no snapshot '(?P<shot>.*)'; .*", "설비 '{name}'에 스냅샷 '{shot}' 이(가) 없습니다"),
    (r"there is a snapshot '(?P<name>.*)' already; .*", "스냅샷 '{name}' 이(가) 이미 있습니다. 다른 이름을 쓰십시오"),
    (r"there are (?P<n>\d+) forks already \((?P<known>.*)\); remove one first",
     "분기가 이미 {n}개입니다({known}). 먼저 하나를 닫으십시오"),
    (r"'(?P<name>.*)' is no fork; forks are: (?P<known>.*)", "'{name}'은(는) 분기가 아닙니다. 있는 분기: {known}"),
    (r"the connection to the works is lost: .*", "설비와의 연결이 끊겼습니다. 쓸 수 없으며 설정값은 유지됩니다"),
    (r"the wire between plant and server is down; .*", "설비와 서버 사이의 연결이 끊겼습니다. 나중에 다시 하십시오"),
    (r"works '(?P<name>.*)' is no trial; .*", "설비 '{name}'은(는) 시험이 아닙니다"),
    (r"this server offers no trials", "이 서버에는 시험이 없습니다"),
    (r"there is no report of '(?P<name>.*)' \(yet\)", "'{name}'의 보고서가 (아직) 없습니다"),
    # too much
    (r"another large history is being read; .*",
     "다른 큰 기록을 읽는 중입니다. 잠시 뒤에, 또는 더 적은 행이나 신호로 요청하십시오"),
    (r"too many histories are asked for at once; .*", "기록 요청이 너무 많습니다. 잠시 뒤에 다시 하십시오"),
    (r"(?P<n>\d+) streams of this works are open .*",
     "이 설비의 실시간 스트림이 이미 {n}개 열려 있습니다. 일부를 닫으십시오"),
    (r"too many connections are open; close some", "연결이 너무 많습니다. 일부를 닫으십시오"),
    (r"(a body|a message) has at most (?P<n>\d+) bytes", "본문은 {n}바이트까지입니다"),
    (r"this server answers to localhost and 127\.0\.0\.1 only, not to (?P<host>.*)",
     "이 서버는 localhost와 127.0.0.1로만 응답하며 {host}에는 응답하지 않습니다"),
    (r"pages of (?P<origin>.*) may not ask this server", "{origin}의 페이지는 이 서버에 요청할 수 없습니다"),
    (r"the server's log says more; the works runs on", "자세한 내용은 서버 로그에 있습니다. 설비는 계속 동작합니다"),
)  # fmt: skip
SAID = tuple((re.compile(pattern, re.DOTALL), text) for pattern, text in _SAID)

FIELDS = {
    "missing": "필요한 항목입니다",
    "extra_forbidden": "없는 항목입니다",
    "greater_than_equal": "{ge} 이상이어야 합니다",
    "less_than_equal": "{le} 이하여야 합니다",
    "finite_number": "유한한 수여야 합니다",
    "int_type": "정수여야 합니다",
    "int_from_float": "정수여야 합니다",
    "int_parsing": "정수여야 합니다",
    "float_type": "수여야 합니다",
    "float_parsing": "수여야 합니다",
    "bool_type": "true나 false여야 합니다",
    "string_type": "문자열이어야 합니다",
    "string_unicode": "올바른 유니코드 문자열이어야 합니다",
    "string_too_short": "{min_length}자 이상이어야 합니다",
    "string_too_long": "{max_length}자 이하여야 합니다",
    "string_pattern_mismatch": "글자, 숫자, '_', '-'만 쓸 수 있습니다(64자까지)",
    "too_short": "{min_length}개 이상이어야 합니다",
    "too_long": "{max_length}개 이하여야 합니다",
    "list_type": "목록이어야 합니다",
    "dict_type": "이름과 값의 목록(object)이어야 합니다",
    "model_attributes_type": "이름과 값의 목록(object)이어야 합니다",
    "json_invalid": "JSON이 아닙니다",
}


def said_in_korean(text: str) -> str:
    """Return a refusal in Korean; texts that are not known here as they are.

    >>> said_in_korean("user name or password is wrong"), said_in_korean("something rare")
    ('사용자 이름이나 비밀번호가 틀립니다', 'something rare')
    """
    for pattern, korean in SAID:
        found = pattern.fullmatch(text)
        if found is not None:
            return korean.format(**found.groupdict())
    return text


def field_in_korean(error: dict[str, Any]) -> str:
    """Return what is wrong with a field, one of the errors of pydantic."""
    text = FIELDS.get(error["type"])
    return text.format(**error.get("ctx", {})) if text else str(error["msg"])
