"""Everything that starts and stops processes: Gunicorn, Redis, Nginx, and the whole stack on one machine."""

from hotroute.serving.fork import after_fork
from hotroute.serving.sizing import threads, workers
from hotroute.serving.variables import SettingError

__all__ = ["SettingError", "after_fork", "threads", "workers"]
