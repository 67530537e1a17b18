"""A foreign application: Flask-SQLAlchemy, a factory, MethodView and Flask-Login."""

import os

from flask import Flask
from flask.views import MethodView
from flask_login import LoginManager, UserMixin
from flask_sqlalchemy import SQLAlchemy

from hotroute import api, setup
from hotroute.cache import SessionCaller, hot

db = SQLAlchemy()


class User(UserMixin, db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(20))


class Users(MethodView):
    @hot(share="per-caller")
    def get(self):
        return [user.name for user in db.session.scalars(db.select(User))]


def create_app():
    app = Flask("foreign")
    app.config.update(SECRET_KEY="s" * 32, SQLALCHEMY_DATABASE_URI=f"sqlite:///{os.getcwd()}/foreign.db")
    db.init_app(app)
    logins = LoginManager(app)
    logins.user_loader(lambda key: db.session.get(User, key))
    app.add_url_rule("/users", view_func=Users.as_view("users"))
    api.init_app(app)
    skipped = (logins._update_remember_cookie,)
    setup.init_app(app, db, identify_caller=SessionCaller(app), hooks_skipped_on_hit=skipped)
    with app.app_context():
        db.create_all()
    return app
