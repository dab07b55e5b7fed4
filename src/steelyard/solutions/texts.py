"""What the contract check says, in English and Korean."""

_Text = dict[str, str]

TEXTS: dict[str, dict[str, _Text]] = {
    "file": {
        "passed": {"en": "the file can be read", "ko": "파일을 읽을 수 있음"},
        "failed": {"en": "the file cannot be used", "ko": "파일을 사용할 수 없음"},
        "remedy": {
            "en": "give the path of a .py file, an executable file, or a folder with solution.py",
            "ko": ".py 파일, 실행 파일 또는 solution.py가 들어 있는 폴더의 경로를 지정하십시오",
        },
    },
    "hello": {
        "passed": {"en": "it loads and introduces itself", "ko": "정상적으로 적재되고 hello에 응답함"},
        "failed": {"en": "it does not load or introduce itself", "ko": "적재에 실패했거나 hello 응답이 올바르지 않음"},
        "remedy": {
            "en": "a class Solution needs name, version, kind, reads, writes and interval_s, a detector also alarms; "
            "`steelyard solution new FILE --kind advisor` writes one that works",
            "ko": "Solution 클래스에 name, version, kind, reads, writes, interval_s(detector는 alarms도)가 있어야 "
            "합니다. `steelyard solution new FILE --kind advisor`로 동작하는 예제를 만들 수 있습니다",
        },
    },
    "signals": {
        "passed": {"en": "its signals exist and are open to its kind", "ko": "모든 신호가 존재하며 해당 유형에 허용됨"},
        "failed": {"en": "it names a signal that it may not use", "ko": "사용할 수 없는 신호 이름이 있음"},
        "remedy": {
            "en": "take the names from docs/reference/contract.md; an advisor writes advice, a controller set-points, "
            "a predictor and a detector nothing",
            "ko": "신호 이름은 docs/reference/contract.md를 따르십시오. advisor는 제안값, controller는 설정값만 쓰며 "
            "predictor와 detector는 쓰지 않습니다",
        },
    },
    "answers": {
        "passed": {"en": "it runs through the scripted run", "ko": "모의 운전을 끝까지 수행함"},
        "failed": {"en": "its process ends during the scripted run", "ko": "모의 운전 도중 프로세스가 종료됨"},
        "remedy": {
            "en": "mend the error named here; signals may be null (None), files and network are not there",
            "ko": "표시된 오류를 고치십시오. 신호값은 null(None)일 수 있고 파일과 네트워크는 사용할 수 없습니다",
        },
    },
    "in_time": {
        "passed": {"en": "it answers in time", "ko": "제한 시간 안에 응답함"},
        "failed": {"en": "it does not answer in time", "ko": "제한 시간 안에 응답하지 않음"},
        "remedy": {
            "en": "answer every message with one line within 2 s (10 s for start); flush the output; "
            "do long work in start",
            "ko": "모든 메시지에 2초(start는 10초) 안에 한 줄로 응답하고 출력을 flush하십시오. "
            "오래 걸리는 작업은 start에서 하십시오",
        },
    },
    "well_formed": {
        "passed": {"en": "its answers follow the contract", "ko": "응답 형식이 규약에 맞음"},
        "failed": {"en": "an answer does not follow the contract", "ko": "응답 형식이 규약에 어긋남"},
        "remedy": {
            "en": "decide returns {name: finite number} (a detector: {alarm: 0 to 1}); predict returns value, low, "
            "high with low <= value <= high; docs/reference/contract.md has every message",
            "ko": "decide는 {이름: 유한한 수}(detector는 {경보: 0~1}), predict는 low <= value <= high인 "
            "value, low, high를 돌려주어야 합니다. "
            "전체 메시지는 docs/reference/contract.md에 있습니다",
        },
    },
    "permitted": {
        "passed": {"en": "it writes only what it may write", "ko": "허용된 신호에만 씀"},
        "failed": {"en": "it writes a signal that it may not write", "ko": "허용되지 않은 신호에 씀"},
        "remedy": {
            "en": "set only names that stand in writes, raise only alarms that stand in alarms",
            "ko": "writes에 적은 이름에만 값을 쓰고, alarms에 적은 경보만 내십시오",
        },
    },
    "in_range": {
        "passed": {"en": "its values stay in range", "ko": "값이 허용 범위 안에 있음"},
        "failed": {"en": "a value is out of range", "ko": "값이 허용 범위를 벗어남"},
        "remedy": {"en": "limit the value to the range named here", "ko": "값을 표시된 범위로 제한하십시오"},
    },
    "no_signals_yet": {
        "passed": {"en": "it copes with signals not measured yet", "ko": "아직 측정되지 않은 신호(null)를 처리함"},
        "failed": {"en": "it fails when a signal is not measured yet", "ko": "아직 측정되지 않은 신호에서 실패함"},
        "remedy": {
            "en": "before the first measurement signals are null (None): return {} from decide, a wide interval from "
            "predict",
            "ko": "첫 측정 전에는 신호가 null(None)입니다. decide는 {}를, predict는 넓은 구간을 돌려주십시오",
        },
    },
    "repeats_in_process": {
        "passed": {"en": "the same run again gives the same answers", "ko": "같은 운전을 반복하면 같은 응답을 냄"},
        "failed": {"en": "the same run again gives other answers", "ko": "같은 운전을 반복했는데 응답이 다름"},
        "remedy": {
            "en": "forget everything in start; use no clock and no random number without a fixed seed",
            "ko": "start에서 상태를 모두 초기화하고, 시계나 시드 없는 난수를 쓰지 마십시오",
        },
    },
    "repeats_in_new_process": {
        "passed": {"en": "a new process gives the same answers", "ko": "새 프로세스에서도 같은 응답을 냄"},
        "failed": {"en": "a new process gives other answers", "ko": "새 프로세스에서 응답이 다름"},
        "remedy": {
            "en": "use no clock, no process id and no random number without a fixed seed",
            "ko": "시계, 프로세스 번호, 시드 없는 난수를 쓰지 마십시오",
        },
    },
    "stops": {
        "passed": {"en": "it ends when told to stop", "ko": "stop 메시지를 받으면 종료함"},
        "failed": {"en": "it does not end when told to stop", "ko": "stop 메시지를 받아도 종료하지 않음"},
        "remedy": {
            "en": 'end the process on {"type":"stop"} and at the end of input; leave no threads or children running',
            "ko": '{"type":"stop"}을 받거나 입력이 끝나면 프로세스를 끝내고, 스레드나 자식 프로세스를 남기지 마십시오',
        },
    },
}  # fmt: skip
