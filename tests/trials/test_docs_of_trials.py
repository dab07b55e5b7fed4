"""The KPI page is what the code declares."""

from pathlib import Path

from steelyard.trials.listing import kpi_page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "kpi.md"


def test_the_kpi_page_is_up_to_date():
    """If this fails, write `kpi_page()` to that page."""
    assert PAGE.read_text(encoding="utf-8") == kpi_page()
