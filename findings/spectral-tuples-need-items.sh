#!/usr/bin/env bash
# One expects: an OpenAPI 3.1 linter accepts a tuple, an array whose schema has `prefixItems` and no
#   `items`. Schemas of OpenAPI 3.1 are JSON Schema 2020-12, where `items` is optional everywhere,
#   and pydantic writes exactly that for a `tuple[str, int]`.
# What happens: spectral's own rule for 3.1 documents, `array-items`, calls it an error ("require a
#   sibling items field"), while redocly's recommended rules accept the same document.
# Versions: @stoplight/spectral-cli 6.16.3, @redocly/cli 2.77.0.
# Where it matters to us: an answer with a field of type `tuple[Kind, str]` passed every test and
#   was stopped by one of the two linters of `make check`. Pairs are objects in our answers.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund @stoplight/spectral-cli@6.16.3 @redocly/cli@2.77.0 >/dev/null 2>&1
cat > openapi.yaml <<'YAML'
openapi: 3.1.0
info: {title: A tuple, version: "1", description: One answer., license: {name: MIT, identifier: MIT}}
servers: [{url: https://api.relais.test}]
security: []
tags: [{name: pairs, description: Pairs.}]
paths:
  /pair:
    get:
      operationId: pair
      summary: Show a pair.
      description: A name and a number.
      tags: [pairs]
      responses:
        "200":
          description: The pair.
          content:
            application/json:
              schema:
                type: array
                prefixItems: [{type: string}, {type: integer}]
                minItems: 2
                maxItems: 2
        "404":
          description: There is none.
YAML
echo 'extends: ["spectral:oas"]' > .spectral.yaml
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
echo "spectral $(npx spectral --version)"
npx spectral lint --quiet --format=text openapi.yaml > spectral.txt && found=none || found=some
cat spectral.txt
echo "redocly $(npx redocly --version)"
npx redocly lint --extends=recommended openapi.yaml > redocly.txt 2>&1 && accepted=yes || accepted=no
tail -3 redocly.txt
grep -q array-items spectral.txt && [ "$found" = some ] && [ "$accepted" = yes ]
echo "seen: spectral refuses the tuple, redocly takes it"
