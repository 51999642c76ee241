"""Looks at the world's clocks: which offset from UTC each time zone has in the course of a year."""

import importlib.resources
import time
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pandas as pd

TABLE = Path("/tmp/clocks.parquet")


def zones():
    """The zones of IANA's table, as the package tzdata brings it."""
    lines = (importlib.resources.files("tzdata") / "zoneinfo" / "zone1970.tab").read_text("utf-8")
    rows = [line.split("\t") for line in lines.splitlines() if not line.startswith("#")]
    return [row[2] for row in rows]


def offsets(year, names):
    """One row a zone, one column for six hours: minutes ahead of UTC."""
    hours = pd.date_range(
        f"{year}-01-01", f"{year + 1}-01-01", freq="6h", inclusive="left", tz="UTC"
    )
    naive = hours.tz_localize(None).to_numpy()
    table = np.empty((len(names), len(hours)), dtype=np.int16)
    for row, name in enumerate(names):
        local = hours.tz_convert(ZoneInfo(name)).tz_localize(None).to_numpy()
        table[row] = (local - naive) // np.timedelta64(1, "m")
    return table


def handler(event, context):
    year = int(event.get("year", 2026))
    begun = time.monotonic()
    names = zones()
    minutes = offsets(year, names)
    clocks = pd.DataFrame(
        {
            "zone": names,
            "region": [name.partition("/")[0] for name in names],
            "least": minutes.min(axis=1),
            "most": minutes.max(axis=1),
            "changes": (np.diff(minutes, axis=1) != 0).sum(axis=1),
        }
    )
    with duckdb.connect() as database:
        database.execute("SET home_directory = '/tmp'")
        database.execute(f"COPY (SELECT * FROM clocks) TO '{TABLE}' (FORMAT parquet)")
        regions = database.execute(
            "SELECT region, count(*) AS zones, count(*) FILTER (changes > 0) AS changing,"
            " min(least) / 60 AS behind, max(most) / 60 AS ahead"
            f" FROM read_parquet('{TABLE}') GROUP BY region ORDER BY zones DESC, region"
        ).df()
    return {
        "year": year,
        "zones": len(names),
        "values": int(minutes.size),
        "changing": int((clocks["changes"] > 0).sum()),
        "regions": regions.to_dict(orient="records"),
        "parquet_bytes": TABLE.stat().st_size,
        "versions": {m.__name__: m.__version__ for m in (pd, np, duckdb)},
        "seconds": round(time.monotonic() - begun, 3),
    }
