"""The Flask extensions as bare objects; the factory binds them to an application."""

from flask_caching import Cache
from flask_sqlalchemy_lite import SQLAlchemy

from hotroute.jobs import Jobs

db = SQLAlchemy()
cache = Cache()
jobs = Jobs()
