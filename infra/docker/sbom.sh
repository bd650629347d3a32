#!/bin/sh
# Prints what is installed in an image as SPDX 2.3 in JSON: Debian's packages and our program.
set -eu
version=${1:-0.1.0}
printf '{"spdxVersion":"SPDX-2.3","dataLicense":"CC0-1.0","SPDXID":"SPDXRef-DOCUMENT",'
printf '"name":"millrace-%s","documentNamespace":"https://millrace.dev/sbom/%s",' "$version" "$version"
printf '"creationInfo":{"created":"1970-01-01T00:00:00Z","creators":["Tool: infra/docker/sbom.sh"]},'
printf '"packages":[{"SPDXID":"SPDXRef-millrace","name":"millrace","versionInfo":"%s",' "$version"
printf '"downloadLocation":"NOASSERTION","filesAnalyzed":false}'
dpkg-query -W -f '${db:Status-Status} ${Package} ${Version} ${Architecture}\n' |
  while read -r status name number architecture; do
    [ "$status" = installed ] || continue
    id=$(printf '%s' "$name" | tr -c 'A-Za-z0-9.' '-')
    printf ',{"SPDXID":"SPDXRef-%s","name":"%s","versionInfo":"%s","downloadLocation":"NOASSERTION",' \
      "$id" "$name" "$number"
    printf '"filesAnalyzed":false,"externalRefs":[{"referenceCategory":"PACKAGE-MANAGER",'
    printf '"referenceType":"purl","referenceLocator":"pkg:deb/debian/%s@%s?arch=%s"}]}' \
      "$name" "$number" "$architecture"
  done
printf ']}\n'
