"""Functions for the worker of the local page to call."""

import os
import time
from collections.abc import Generator
from pathlib import Path

from sim.app.errors import RequestError


def doubled(number: int) -> int:
    return 2 * number


def counted(number: int) -> Generator[None, None, int]:
    for _ in range(number):
        yield
    return number


def refused() -> None:
    raise RequestError("this is too odd; an even one would do")


def wrong() -> float:
    return 1 / 0


def die() -> None:
    os._exit(9)


def asleep() -> None:
    time.sleep(30)


def until_stopped(begun: str) -> Generator[None, None, None]:
    Path(begun).touch()
    while True:
        time.sleep(0.01)
        yield


def until_there(begun: str, wanted: str) -> Generator[None, None, str]:
    with Path(begun).open("a") as file:
        file.write("begun\n")
    while not Path(wanted).exists():
        time.sleep(0.01)
        yield
    return "there"
