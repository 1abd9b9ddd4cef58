#!/usr/bin/env bash
# One expects: esdbclient, the Python client that bears the name of EventStoreDB, installs beside the
#   protobuf runtime of today. It speaks gRPC with messages of its own, as many packages do.
# What happens: its last release pins grpcio below 1.72 with that release's protobuf, so pip finds no
#   set of versions with protobuf 6.31 or later. The same author's kurrentdbclient, which speaks to
#   the same servers, installs beside it.
# Versions: esdbclient 1.1.7, kurrentdbclient 1.3.5, protobuf 6.31 and later.
# Where it matters to us: our contracts need the runtime of today, so ADR 2 takes kurrentdbclient.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
pip=(env PIP_DISABLE_PIP_VERSION_CHECK=1 venv/bin/pip)
"${pip[@]}" --version | cut -d' ' -f1-2
resolves() { "${pip[@]}" install --dry-run --quiet "$@" > said.txt 2>&1; }
if resolves esdbclient==1.1.7 'protobuf>=6.31'; then
  echo "esdbclient resolves now"
  exit 1
fi
grep -E 'ResolutionImpossible|depends on' said.txt
grep -q ResolutionImpossible said.txt
resolves esdbclient==1.1.7 && echo "esdbclient 1.1.7 by itself resolves"
resolves kurrentdbclient==1.3.5 'protobuf>=6.31' && echo "kurrentdbclient 1.3.5 with protobuf>=6.31 resolves"
echo "seen: esdbclient cannot be installed with protobuf 6.31 or later, kurrentdbclient can"
