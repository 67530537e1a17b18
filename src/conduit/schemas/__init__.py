"""The API's bodies and query strings as Pydantic models: what is accepted, and what the OpenAPI document promises."""
