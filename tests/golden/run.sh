#!/bin/bash
# Golden tests of the command line: each folder here holds
#   cmd   a bash script; `checkrein` is the program under test; it runs in an empty folder with nothing of the caller's environment
#   in    its standard input (optional)
#   out   what it must give: standard output, then `[stderr]` and standard error if there is any, then `[exit N]`
# A folder may hold more files: cmd finds them in $CASE.
#
#   tests/golden/run.sh build/dev/checkrein            all; prints the differences, exit 1 if there is one
#   tests/golden/run.sh build/dev/checkrein NAME...    only these
#   tests/golden/run.sh --update build/dev/checkrein   writes every `out` anew: review with git diff
set -uo pipefail

update=no
if [ "${1:-}" = --update ]; then update=yes; shift; fi
program=$(readlink -f -- "${1:?usage: run.sh [--update] PROGRAM [NAME...]}") || exit 2
shift
[ -x "$program" ] || { echo "$program: not an executable" >&2; exit 2; }
here=$(cd -- "$(dirname -- "$0")" && pwd)
scratch=$(mktemp -d) || exit 2
trap 'rm -rf -- "$scratch"' EXIT
mkdir "$scratch/bin" && ln -s -- "$program" "$scratch/bin/checkrein"

if [ $# -eq 0 ]; then
  for command in "$here"/*/cmd; do set -- "$@" "$(basename -- "$(dirname -- "$command")")"; done
fi

failed=0
for name in "$@"; do
  case_folder=$here/$name
  [ -f "$case_folder/cmd" ] || { echo "$name: no such case" >&2; exit 2; }
  input=$case_folder/in
  [ -f "$input" ] || input=/dev/null
  work=$scratch/work
  rm -rf -- "$work" && mkdir -- "$work"
  (cd "$work" && env -i PATH="$scratch/bin:/usr/bin:/bin" LC_ALL=C.UTF-8 CASE="$case_folder" bash --norc "$case_folder/cmd" <"$input" >"$scratch/stdout" 2>"$scratch/stderr")
  code=$?
  {
    cat -- "$scratch/stdout"
    if [ -s "$scratch/stderr" ]; then echo "[stderr]"; cat -- "$scratch/stderr"; fi
    echo "[exit $code]"
  } | sed "s|$case_folder|\$CASE|g" >"$scratch/out"
  if [ $update = yes ]; then
    cp -- "$scratch/out" "$case_folder/out"
  elif ! diff -u --label "$name/out (expected)" --label "$name/out (got)" "$case_folder/out" "$scratch/out"; then
    failed=$((failed + 1))
  fi
done
if [ $failed -gt 0 ]; then echo "$failed of $# golden tests differ" >&2; exit 1; fi
