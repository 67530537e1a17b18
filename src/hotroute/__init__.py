"""Hotroute: the engine under the example API. It never imports `conduit`."""
