"""A chart in a cell whose source gets new bars: what is added later belongs to the same bars as what was there."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import quantlab_ext as ql
from tests.conftest import JupyterFactory

HEAD = "date,open,high,low,close,volume"
ROWS = [f"2024-01-0{day},{day},{day + 2},{day - 1},{day + 1},100" for day in range(2, 7)]


def test_new_bars_come_with_the_next_study(
    make_jupyter_server: JupyterFactory, tmp_path: Path
) -> None:
    file = tmp_path / "prices" / "NEW.csv"
    file.parent.mkdir()
    file.write_text("\n".join([HEAD, *ROWS[:4]]))
    option = f"--MarketSettings.files_folder={file.parent}"
    server = make_jupyter_server(app="server", args=(option,))
    with server.client() as api:
        token = api.post("/auth/kernel-token", json={}).raise_for_status().json()["token"]
    ql.connect(server.api_url, token)
    try:
        chart = ql.chart("NEW").add("ta.sma", 2).add_series([1, 2, 3, 4], "own")
        file.write_text("\n".join([HEAD, *ROWS]))
        chart.add("ta.ema", 2)
    finally:
        ql.logout()
    assert chart.data["close"].tolist() == [3, 4, 5, 6, 7]
    assert chart.data["SMA 2"].tolist()[1:] == [3.5, 4.5, 5.5, 6.5]
    # Nobody said what its value is for the new bar.
    assert chart.data["own"].tolist()[:4] == [1, 2, 3, 4]
    assert np.isnan(chart.data["own"].iloc[4])
    sent = [*chart.columns.values(), *(v for one in chart.figures for v in one["values"].values())]
    assert {len(each) for each in sent} == {5 * 8}
