"""What Gunicorn serves: `gunicorn wsgi:app`."""

from conduit.app import create_app

app = create_app()
