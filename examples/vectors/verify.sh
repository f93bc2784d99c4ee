#!/usr/bin/env bash
# bash verify.sh [vectors.json]: signs each vector with openssl, and compares. Needs jq and openssl.
set -euo pipefail
file=${1:-$(dirname "$0")/../../src/contract/vectors.json}
wrong=0
count=$(jq '.signatures | length' "$file")

for ((i = 0; i < count; i++)); do
  vector() { jq -j ".signatures[$i].$1" "$file"; }
  # A pipe and no variable: a variable would lose white space at the end of the body.
  made=$({
    vector ts
    printf .
    jq -j ".signatures[$i] | .body * .body_times" "$file"
  } | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$(vector secret | od -An -v -tx1 | tr -d ' \n')" | sed 's/^.*= //')
  if [ "$made" != "$(vector signature)" ]; then
    echo "wrong: $(vector name)"
    wrong=$((wrong + 1))
  fi
done

stamps=$(jq '.stamps | length' "$file")
wrong_stamps=$(jq -r '.stamps[] | select((.stamp | test("^[0-9]{13}-[0-9a-z]{4}-.{1,32}-[0-9a-z]{6}$")) != .valid) | "wrong: stamp " + .stamp' "$file")
if [ -n "$wrong_stamps" ]; then
  echo "$wrong_stamps"
  wrong=$((wrong + 1))
fi

echo "$count signatures and $stamps stamps, $wrong wrong"
[ "$wrong" -eq 0 ]
