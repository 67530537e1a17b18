"""Gunicorn's settings for the stream: one gevent worker, in which each listener costs a few kilobytes and no thread."""

import os

from hotroute import logging
from hotroute.settings.serving import ServingSettings

settings = ServingSettings.read(os.environ)

bind = settings.jobs_stream_bind or settings.endpoint("JOBS_STREAM_PORT")
worker_class = "gevent"
# Socket.IO's polling needs the process that has its session; more listeners want more processes behind a sticky proxy.
workers = 1
worker_connections = 10_000
preload_app = False
# Listeners would hold a stop until the end of time: they come back to the next process by themselves.
graceful_timeout = 2
control_socket_disable = True
logger_class = "hotroute.serving.gunicorn.config.QuietLogger"
logconfig_dict = logging.config(settings.log_level)
