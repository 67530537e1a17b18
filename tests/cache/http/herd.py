"""A hot route that is held until it is told to go on, for Gunicorn; Redis counts who does what."""

import os
from time import sleep

from flask import Flask

from hotroute import cache, redis_client
from hotroute.cache import RedisClient, RedisStore, hot
from hotroute.cache.store.base import FillRequest, Flight, LookupResult

client = redis_client.connect(os.environ["REDIS_URL"], timeout=5)
space = os.environ["CACHE_NAMESPACE"]
app = Flask("herd")


@app.get("/warm")
@hot(tags=())
def warm() -> str:
    return "warm"


@app.get("/held")
@hot(tags=())
def held() -> str:
    client.rpush(f"{space}executions", os.getpid())
    while not client.exists(f"{space}go"):
        sleep(0.01)
    return "text"


class Counted(RedisStore):
    """Says who has looked, and who goes on waiting."""

    def look(self, question: FillRequest) -> LookupResult:
        found = super().look(question)
        client.sadd(f"{space}looked", question.token)
        return found

    def peek(self, flight: Flight) -> LookupResult:
        found = super().peek(flight)
        client.sadd(f"{space}waiting", flight.question.token)
        return found


store = Counted(RedisClient(os.environ["REDIS_URL"], timeout=5), space, mark_ttl=0.1)
cache.init_app(app, store, cache.CacheOptions((), ()))
