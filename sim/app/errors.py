"""Errors of the page with a message for its reader, each with its HTTP status."""

import os
import traceback

from sim.core.wording import shown


class RequestError(Exception):
    """A request that cannot be fulfilled, in a sentence on what was found and what would do."""

    status = 400


class NotFound(RequestError):
    """A file or a page that does not exist, or that this page may not open."""

    status = 404


class Superseded(RequestError):
    """Replaced by a newer request of the same tab."""

    status = 409


class Busy(RequestError):
    """More tabs wait than one worker serves."""

    status = 503


class ProgramError(RequestError):
    """A bug, whose traceback is printed in the terminal."""

    status = 500


def described(error: BaseException) -> str:
    """Describe an error in one line, with the last line of the program in which it was raised."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if f"{os.sep}sim{os.sep}" in frame.filename]
    place = f" ({os.path.basename(frames[-1].filename)}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {shown(error, 200)}{place}"
