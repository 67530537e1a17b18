"""What Gunicorn serves: `gunicorn wsgi:app`."""

import sys

from conduit.app import create_app
from hotroute.settings import SettingError

APP_LOAD_ERROR = 4
"""The exit code by which a worker tells Gunicorn not to try again (Gunicorn's arbiter)."""

try:
    app = create_app()
except SettingError as wrong:
    print(f"Conduit does not start with these settings:\n{wrong}", file=sys.stderr)
    sys.exit(APP_LOAD_ERROR)
