#!/bin/sh
# Locks the dependencies of pyproject.toml: versions and hashes, no index addresses. Run it with `make lock`.
set -eu
lock() {
  out=$1; shift
  uv pip compile pyproject.toml "$@" --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet -o "requirements/$out"
}
lock production.txt --group build
lock embedded.txt --extra embedded --group build
lock development.txt --extra embedded --group build --group dev
