"""Everything that starts and stops processes: Gunicorn, Redis, Nginx, and the whole stack on one machine."""

from hotroute.serving.gunicorn.hooks import after_fork
from hotroute.serving.settings.sizing import threads, workers
from hotroute.setting_error import SettingError

__all__ = ["SettingError", "after_fork", "threads", "workers"]
