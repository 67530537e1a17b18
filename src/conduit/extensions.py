"""The Flask extensions as bare objects; the factory binds them to an application."""

from flask_caching import Cache
from flask_cors import CORS
from flask_sqlalchemy_lite import SQLAlchemy

db = SQLAlchemy()
cors = CORS()
cache = Cache()
