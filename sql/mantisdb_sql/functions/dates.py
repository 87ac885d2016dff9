from __future__ import annotations
import time
DATES: list = []
def current_moment() -> int:
    return time.time_ns() // 1_000_000
