"""The edge to HTTP: input, callers, errors, JSON and the OpenAPI document. Only this and the routes know Flask."""
