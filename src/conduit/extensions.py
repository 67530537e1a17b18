"""The Flask extensions as bare objects; the factory binds them to an application."""

from flask_cors import CORS
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_sqlalchemy_lite import SQLAlchemy

db = SQLAlchemy()
cors = CORS()
limiter = Limiter(key_func=get_remote_address)
