"""SQLAlchemy engines that behave under a web server, and what their errors say."""
