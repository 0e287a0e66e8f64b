"""Errors of the page with a message for its reader, each with the status that HTTP has for it."""

import os
import traceback

from sim.core.wording import shown


class RequestError(Exception):
    """What a request cannot have, in a sentence on what was found and what would do."""

    status = 400


class NotFound(RequestError):
    """A file or a page that is not there, or that this page may not open."""

    status = 404


class Superseded(RequestError):
    """A newer request of the same tab took the place of this one."""

    status = 409


class Busy(RequestError):
    """More tabs ask at once than one worker serves."""

    status = 503


class ProgramError(RequestError):
    """A fault of the program, which prints its traceback in the terminal."""

    status = 500


def described(error: BaseException) -> str:
    """An error in one line, with the last line of the program in which it came up."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if f"{os.sep}sim{os.sep}" in frame.filename]
    place = f" ({os.path.basename(frames[-1].filename)}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {shown(error, 200)}{place}"
