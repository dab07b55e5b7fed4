"""The ledger of an import: what came in, what was kept, what was dropped and why. It must close."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from steelyard.errors import DataError
from steelyard.hub.reading import RawTable
from steelyard.hub.texts import Text, text

if TYPE_CHECKING:
    import polars as pl

WHOLE_ROW = "(row)"
MOST_DROPPED = 0.10  # more implausible values than this in a column is a wrong unit or column, not a few bad readings

REASONS: dict[str, Text] = {
    "not_in_steel": text(
        "below the range of liquid steel: the probe was not in the steel",
        "용강 온도 범위보다 낮음: 프로브가 용강에 잠기지 않음",
    ),
    "too_hot": text("above the range of liquid steel: probe fault", "용강 온도 범위보다 높음: 프로브 이상"),
    "negative": text("negative where only zero or more is possible", "0 이상만 가능한 값이 음수임"),
    "too_large": text("far above anything possible here", "이 설비에서 나올 수 없는 큰 값"),
    "end_before_start": text("the heating ends before it starts", "가열 종료 시각이 시작 시각보다 빠름"),
    "no_duration": text("energy in a heating of no duration", "가열 시간이 0인데 에너지가 있음"),
    "duplicate_row": text("exactly equal to an earlier row", "앞의 행과 완전히 같은 행"),
    "no_value": text("no value", "값 없음"),
    "no_time": text("no time", "시각 없음"),
    "missing_mark": text("a mark for 'not measured'", "'측정하지 않음' 표시"),
    "not_a_number": text("not a number in a column of numbers", "숫자 열에 숫자가 아닌 값"),
    "blank_row": text("an empty row", "빈 행"),
    "no_load": text(
        "far below what any rolled bar needs: the sensor did not measure",
        "압연에 필요한 값보다 훨씬 작음: 센서가 측정하지 않음",
    ),
    "not_on_bar": text(
        "below the range of hot bars: the pyrometer did not see the bar",
        "열간 봉 온도 범위보다 낮음: 온도계가 봉을 보지 못함",
    ),
    "too_hot_bar": text("above the range of hot bars: pyrometer fault", "열간 봉 온도 범위보다 높음: 온도계 이상"),
    "pass_ends_first": text("the pass ends before it starts", "패스 종료 시각이 시작 시각보다 빠름"),
    "repeated_pass": text(
        "this pass stands a second time in its trial: only the first is kept",
        "한 봉에 같은 패스가 두 번 있음: 첫 번째만 보존",
    ),
    "force_torque": text(
        "force and torque of this pass do not fit together as in the other trials, and this one strays: sensor fault",
        "이 패스의 하중과 토크가 다른 봉과 달리 서로 맞지 않고, 이 값이 벗어남: 센서 이상",
    ),
    "stray_temperature": text(
        "far from the other trials of the campaign, and no pause explains it: the pyrometer did not see the bar's skin",
        "같은 캠페인의 다른 봉과 크게 다르고 대기 시간으로 설명되지 않음: 온도계가 봉 표면을 보지 못함",
    ),
    "not_finite": text("no finite number", "유한한 숫자가 아님"),
    "beyond_sensor": text("beyond the range of the sensor", "센서 측정 범위를 벗어남"),
}


def reason_in(lang: str, english: str) -> str:
    """Return a stored reason in `lang`."""
    return next((entry[lang] for entry in REASONS.values() if entry["en"] == english and lang in entry), english)


@dataclass
class Account:
    """Rows and values of one file: in = kept + dropped."""

    rows_in: int = 0
    rows_kept: int = 0
    rows_dropped: int = 0
    values_in: int = 0
    values_kept: int = 0
    values_dropped: int = 0
    cells_emptied: int = 0  # of the dropped values, those whose row stays

    def closes(self) -> bool:
        """Return whether nothing was lost."""
        rows = self.rows_in == self.rows_kept + self.rows_dropped
        return rows and self.values_in == self.values_kept + self.values_dropped


@dataclass
class Ledger:
    """Collects dropped values, notes and the account of every file."""

    dropped: list[tuple[str, int, int | None, str, str, str]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    accounts: dict[str, Account] = field(default_factory=dict)
    labels: dict[int, str] = field(default_factory=dict)  # names of the heats, where they have names

    def open(self, raw: RawTable, values_in: int) -> Account:
        """Open the account of a file whose data columns hold `values_in` non-empty cells."""
        account = Account(rows_in=len(raw.rows) + len(raw.blank_rows), values_in=values_in)
        self.accounts[raw.name] = account
        for row in raw.blank_rows:
            account.rows_dropped += 1
            self._list(raw, row, None, WHOLE_ROW, "", "blank_row")
        if raw.cut:
            self.note(
                "no_line_end",
                f"{raw.name}: the last line has no line end; check that the export was not cut",
                f"{raw.name}: 마지막 줄에 줄바꿈이 없습니다. 파일이 중간에 잘리지 않았는지 확인하십시오",
            )
        return account

    def drop_rows(
        self, raw: RawTable, frame: "pl.DataFrame", bad: "pl.Series", column: str, reason: str, values: tuple[str, ...]
    ) -> "pl.DataFrame":
        """Drop the rows of `frame` where `bad`; list one entry for each. `values` are the counted columns."""
        lost = frame.filter(bad.fill_null(False))
        account = self.accounts[raw.name]
        for at, key in zip(lost["at"], lost["key"], strict=True):
            shown = raw.cells[column][at] if column in raw.cells else ", ".join(raw.cells[c][at] for c in raw.header)
            self._list(raw, raw.rows[at], key, column, shown, reason)
        account.rows_dropped += lost.height
        account.values_dropped += sum(int(lost[name].is_not_null().sum()) for name in values)
        return frame.filter(~bad.fill_null(False))

    def drop_values(
        self, raw: RawTable, frame: "pl.DataFrame", bad: "pl.Series", name: str, column: str, reason: str
    ) -> "pl.DataFrame":
        """Empty the cells of column `name` where `bad` (the row stays); `column` is the file's own name for it."""
        import polars as pl

        bad = bad.fill_null(False) & frame[name].is_not_null()
        lost = frame.filter(bad)
        for at, key in zip(lost["at"], lost["key"], strict=True):
            self._list(raw, raw.rows[at], key, column, raw.cells[column][at], reason)
        self.accounts[raw.name].values_dropped += lost.height
        self.accounts[raw.name].cells_emptied += lost.height
        return frame.with_columns(pl.when(bad).then(None).otherwise(pl.col(name)).alias(name))

    def close(self, raw: RawTable, frame: "pl.DataFrame", values: tuple[str, ...]) -> None:
        """Close a file's account with what is kept; DataError when it does not close (a bug, never silent)."""
        account = self.accounts[raw.name]
        account.rows_kept = frame.height
        account.values_kept = sum(int(frame[name].is_not_null().sum()) for name in values)
        if not account.closes():
            raise DataError(f"{raw.path}: the row account does not close ({account}); please report this as a fault")
        if raw.thousands:
            names = ", ".join(sorted(raw.thousands))
            self.note(
                "thousands",
                f"{raw.name}: thousands are separated in {names} (1,595.0 is read as 1595)",
                f"{raw.name}: {names} 열의 천 단위 구분 기호를 빼고 읽었습니다(1,595.0은 1595)",
                columns=sorted(raw.thousands),
            )

    def heats(self, keys: list[int], most: int = 8) -> str:
        """Return heats as the plant names them."""
        shown = ", ".join(self.labels.get(key, str(key)) for key in keys[:most])
        return shown + (" …" if len(keys) > most else "")

    def note(self, identifier: str, en: str, ko: str, **evidence: Any) -> None:
        """Report something that changes no value."""
        self.notes.append({"id": identifier, "message": text(en, ko), "evidence": evidence})

    def refuse_many(self, raw: RawTable, column: str, bad: int, of: int, sample: str, unit: str) -> None:
        """DataError when so many values are implausible that it must be the unit or the column."""
        if bad > max(3, MOST_DROPPED * of):
            raise raw.refuse(
                None,
                column,
                f"{bad} of {of} values are implausible in {unit} ({sample})",
                "wrong unit or wrong column? State them in a mapping file (--map), or other limits under [ranges]",
            )

    def frame(self) -> "pl.DataFrame":
        """Return all dropped values as a table."""
        import polars as pl

        schema = {"file": pl.String, "row": pl.Int64, "key": pl.Int64, "column": pl.String, "value": pl.String}
        return pl.DataFrame(self.dropped, schema=schema | {"reason": pl.String}, orient="row").sort("file", "row")

    def _list(self, raw: RawTable, row: int, key: int | None, column: str, value: str, reason: str) -> None:
        self.dropped.append((raw.name, row, key, column, value, REASONS[reason]["en"]))
