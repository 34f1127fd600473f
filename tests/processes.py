"""Whether another process lives."""

import psutil


def alive(process: psutil.Process) -> bool:
    """False for a zombie, too: what was killed stays one until its parent looks."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
