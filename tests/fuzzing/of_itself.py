"""A reader with every mistake that there is: what fuzzing is tried on itself."""

import os
import re
import signal
import time

from hypothesis import strategies as st

from fuzzing.target import REFUSED, TAKEN, Target

_LONG = re.compile(r"(a|aa)+b")


def reads(content: bytes) -> bool:
    """Do what the input says."""
    match content:
        case b"raise":
            raise KeyError("x")
        case b"crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case b"leave":
            os._exit(0)
        case b"hang":
            _LONG.match("a" * 60)
        case b"grow":
            bytearray(2**30)
        case b"sleep":
            time.sleep(1)
        case b"no":
            return REFUSED
    return TAKEN


ITSELF = Target("itself", reads, st.binary(), (b"yes",))
