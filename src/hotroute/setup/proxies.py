"""Log each request, and believe as many proxies as the settings say."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from hotroute.request_log import RequestLog
from hotroute.settings.application import ApplicationSettings


def init_app(app: Flask, settings: ApplicationSettings) -> None:
    app.wsgi_app = RequestLog(app.wsgi_app)  # type: ignore[method-assign]
    if hops := settings.trusted_proxies:
        # Only as many X-Forwarded values as there are proxies of ours; a client could have sent the others.
        proxied = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops, x_port=hops)
        app.wsgi_app = proxied  # type: ignore[method-assign]
