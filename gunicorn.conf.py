"""Gunicorn reads this file by itself; the settings and their variables are in `hotroute.serving.gunicorn.config`."""

import os

from hotroute.serving import SettingError
from hotroute.serving.gunicorn.config import settings

try:
    globals().update(settings(os.environ))
except SettingError as error:
    raise SystemExit(f"Gunicorn does not start: {error}") from None
