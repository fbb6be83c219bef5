#!/bin/sh
# tests/includes.sh: the folders of framework/ include only from those before them, and plugins only the public headers.
# Prints each line that breaks the rule. The order is design's; verify may look at what the stages use, and the command line
# at everything.
set -eu
self=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")
cd "${srcdir:-$(dirname "$self")/..}"
order='base plugin compute network data store train align landscape ensemble verify report experiment stage verbs cli'

# Names each framework file's includes that its folder may not have: "FILE:LINE: why".
framework() {
  before=
  for folder in $order; do
    before="$before $folder"
    for file in framework/"$folder"/*.[ch] framework/"$folder"/*/*.[ch]; do
      test -e "$file" || continue
      awk -v before="$before" -v file="$file" '
        BEGIN { n = split(before, names, " "); for (i = 1; i <= n; i++) allowed[names[i]] = 1 }
        /^[ \t]*#[ \t]*include[ \t]*"/ && !/"config\.h"/ {
          split($0, part, "\""); folder = part[2]
          if (!sub(/\/.*/, "", folder)) { print file ":" FNR ": \"" part[2] "\" names no folder"; next }
          if (!(folder in allowed)) print file ":" FNR ": \"" part[2] "\" is of a later folder"
        }
        /^[ \t]*#[ \t]*include[ \t]*"network\// && file ~ /^framework\/network\/layers\// &&
        !/"network\/(network|graph|layers\/[a-z_]+)\.h"/ {
          print file ":" FNR ": a layer sees the graph, not what is made of it"
        }
        /^[ \t]*#[ \t]*include[ \t]*<cblas/ && file !~ /^framework\/compute\// {
          print file ":" FNR ": only compute/ calls OpenBLAS"
        }' "$file"
    done
  done
}

# A plugin has <strait/...> and the C and POSIX library: what it wants of the framework besides is a service missing from the
# host table. Two plugins of one folder may share a header there, which is held to the same rule. A library that one plugin is
# about (imagefolder's decoders) is its own affair.
plugins() {
  for file in models/*.[ch] datasets/*.[ch] datasets/*/*.[ch] curves/*.[ch] schedulers/*.[ch] plugins/*/*.[ch]; do
    test -e "$file" || continue
    awk -v file="$file" '
      BEGIN {
        root = file; sub(/\/.*/, "", root)
        n = split("assert ctype errno fenv float inttypes limits math stdalign stdarg stdbool stddef stdint stdio stdlib " \
                  "string tgmath dirent setjmp strings sys/stat sys/types unistd jerror jpeglib png", names, " ")
        for (i = 1; i <= n; i++) system_header[names[i] ".h"] = 1
      }
      /^[ \t]*#[ \t]*include/ {
        header = $0; sub(/^[ \t]*#[ \t]*include[ \t]*/, "", header); sub(/[ \t]*(\/[*\/].*)?$/, "", header)
        name = substr(header, 2, length(header) - 2)
        if (header ~ /^"/ && (name !~ /\// || index(name, root "/") == 1) && name !~ /\.\./) next
        if (header !~ /^</ || (name !~ /^strait\/[a-z]+\.h$/ && !(name in system_header)))
          print file ":" FNR ": " header " is neither <strait/...> nor a header of the C or POSIX library"
      }' "$file"
  done
}

# A folder that is not in the order is not checked at all: refuse it.
folders() {
  for folder in framework/*/; do
    folder=$(basename "$folder")
    case " include $order " in
    *" $folder "*) ;;
    *) echo "framework/$folder: not in the order of tests/includes.sh" ;;
    esac
  done
}

wrong=$(framework && plugins && folders)
test -z "$wrong" || { printf '%s\n' "$wrong"; exit 1; }

# Can it fail? Files that break the rules, in a tree of their own.
if test -z "${INCLUDES_INNER:-}"; then
  tree=$(mktemp -d)
  trap 'rm -rf "$tree"' EXIT
  mkdir -p "$tree/framework/network/layers" "$tree/framework/base" "$tree/framework/cli" "$tree/framework/other" "$tree/curves"
  echo '#include "cli/main.h"' >"$tree/framework/base/a.c"
  echo '#include "helper.h"' >"$tree/framework/cli/b.c"
  echo '#include <cblas.h> /* fast */' >"$tree/curves/c.c"
  echo '#include "plugin/registry.h"' >"$tree/curves/d.c"
  printf '#include "network/tape.h"\n#include "train/training.h"\n' >"$tree/framework/network/layers/e.c"
  found=$(srcdir=$tree INCLUDES_INNER=1 sh "$self" || true)
  for want in 'base/a.c:1: "cli/main.h" is of a later' 'cli/b.c:1: "helper.h" names no' 'curves/c.c:1: <cblas.h> is neither' \
    'curves/d.c:1: "plugin/registry.h" is neither' 'layers/e.c:1: a layer sees' 'layers/e.c:2: "train/training.h" is of a later' 'framework/other: not in'; do
    case $found in
    *"$want"*) ;;
    *) echo "the test itself does not see: $want"; exit 1 ;;
    esac
  done
fi
