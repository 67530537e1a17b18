#!/bin/sh
# Locks the dependencies of pyproject.toml: versions and hashes, no index addresses. Run it with `make lock`.
set -eu
lock() {
  out=$1; shift
  uv pip compile "$@" --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet -o "requirements/$out"
}
lock production.txt pyproject.toml --extra jobs --group build
lock embedded.txt pyproject.toml --extra embedded --extra jobs --group build
lock development.txt pyproject.toml --extra embedded --extra jobs --group build --group dev
lock analysers.txt --group pyproject.toml:analysers
