"""Conduit with a cache that is tormented, and broken where `BREAK` says so; Gunicorn serves it to the torture."""

import os

from conduit.app import create_app
from tests.conduit.torture.breaks import torment

torment(os.environ["BREAK"])
app = create_app()
