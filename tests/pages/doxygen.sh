#!/usr/bin/env bash
# tests/pages/doxygen.sh DOXYGEN ROOT OUTPUT: fails if Doxygen prints any message about the headers.
set -euo pipefail
mkdir -p "$3"
cd "$2"
messages=$({ cat cmake/Doxyfile; echo "OUTPUT_DIRECTORY = $3"; } | "$1" - 2>&1) && status=0 || status=$?
if [[ -n $messages || $status -ne 0 ]]; then
    echo "$messages"
    exit 1
fi
