"""What a request costs: server CPU and requests per second, beside a bare WSGI function and a bare Flask view."""
