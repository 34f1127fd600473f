"""A kind of conclusion: where a vehicle that was faster began to crawl."""

from datetime import datetime

import msgspec

from milepost.stream.conclusion import (
    Conclusion,
    LiveEvent,
    Occasion,
    OutputKey,
    Row,
    unix_ms,
)


class Crawl(msgspec.Struct, frozen=True):
    """The first slow fix after a faster one."""

    fix_time: datetime
    speed_kmh: float


def _key(crawl: Crawl) -> OutputKey:
    return ("crawl", unix_ms(crawl.fix_time), "")


def _row(crawl: Crawl, occasion: Occasion) -> Row:
    return {
        "start_time": crawl.fix_time,
        "speed_kmh": crawl.speed_kmh,
        "written_time": occasion.written_time,
    }


def _name(_: Crawl) -> str:
    return "crawl_began"


def _data(crawl: Crawl) -> Row:
    return {"fixTime": crawl.fix_time, "speedKmh": crawl.speed_kmh}


CONCLUSION = Conclusion(
    output_type=Crawl,
    key=_key,
    table="crawls",
    row=_row,
    kept_columns=("written_time",),
    driven_since="start_time",
    live_event=LiveEvent(names=("crawl_began",), name=_name, data=_data),
    permission="read",
)
