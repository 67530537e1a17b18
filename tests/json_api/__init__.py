"""`hotroute.api` in an application that is not Conduit."""
