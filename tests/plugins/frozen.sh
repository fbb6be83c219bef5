#!/bin/sh
# tests/plugins/frozen.sh: how the public headers of today differ from those of 1.0: structs may only have grown at their
# ends, constants and functions may only have been added, and when anything was added STRAIT_ABI_MINOR is higher. Inline
# functions aside: one over entries that were there works with every host, and one over a new entry has grown a struct.
# With two arguments it compares those two include folders instead.
set -eu
old=${1:-${srcdir:-.}/tests/plugins/frozen-1.0/include}
new=${2:-${srcdir:-.}/framework/include}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One line for each field ("struct NAME NUMBER DECLARATION"), constant ("constant NAME VALUE") and inline function
# ("function NAME DECLARATION") of strait's own.
surface() {
  echo '#include <strait/strait.h>' >"$work/all.c"
  ${CC:-cc} -std=c11 -E -P -I"$1" "$work/all.c" | grep -v '^ *#' | tr '\n\t' '  ' | awk '
    function trim(s) { gsub(/  +/, " ", s); sub(/^ /, "", s); sub(/ $/, "", s); return s }
    function fields(name, body,   n, i, c, depth, field) {
      n = 0; depth = 0; field = ""
      for (i = 1; i <= length(body); i++) {
        c = substr(body, i, 1)
        if (c == "(") depth++
        if (c == ")") depth--
        if (c == ";" && !depth) { printf "struct %s %03d %s\n", name, ++n, trim(field); field = "" } else field = field c
      }
    }
    function constants(body,   n, i, list, part, value) {
      n = split(body, list, ","); value = -1
      for (i = 1; i <= n; i++) {
        split(trim(list[i]), part, " = ")
        if (part[1] == "") continue
        value = part[2] == "" ? value + 1 : part[2] + 0
        if (part[1] ~ /^STRAIT_/) printf "constant %s %d\n", part[1], value
      }
    }
    function declaration(text,   head, body, word) {
      text = trim(text)
      head = text; sub(/ *\{.*/, "", head)
      body = text; sub(/^[^{]*\{/, "", body); sub(/\}[^}]*$/, "", body)
      if (text ~ /^typedef struct strait_[a-z0-9_]+ \{/) { split(head, word, " "); fields(word[3], body) }
      else if (text ~ /^enum [^;]*\{/) constants(body)
      else if (text ~ /^(__attribute__ ?\(\(format.*\)\) )?static inline .*strait_/) {
        sub(/.*static inline /, "", head); word[1] = head; sub(/ ?\(.*/, "", word[1]); sub(/.*[ *]/, "", word[1])
        if (word[1] ~ /^strait_/) print "function " word[1] " " head
      }
    }
    { all = all $0 }
    END {
      depth = 0; text = ""
      for (i = 1; i <= length(all); i++) {
        c = substr(all, i, 1); text = text c
        if (c == "{") depth++
        if (c == "}") depth--
        if (!depth && (c == ";" || (c == "}" && text ~ /static/ && text ~ /inline/))) { declaration(text); text = "" }
      }
    }'
  ${CC:-cc} -std=c11 -E -dM -I"$1" "$work/all.c" | sed -n 's/^#define \(STRAIT_[A-Z0-9_]*\).*/macro \1/p' | grep -v '_H$' | sort
}

surface "$old" >"$work/old"
surface "$new" >"$work/new"
structs=$(grep -c '^struct ' "$work/old")
test "$structs" -gt 150 || { echo "only $structs fields understood in $old"; exit 1; }

# What was there is there still, in the same place.
missing=$(grep -vxFf "$work/new" "$work/old" || true)
if test -n "$missing"; then
  echo 'no longer as in 1.0 (struct NAME PLACE DECLARATION):'
  printf '%s\n' "$missing"
  exit 1
fi
added=$(grep -vxFf "$work/old" "$work/new" || true)
minor_of() { sed -n 's/^#define STRAIT_ABI_MINOR \([0-9]*\).*/\1/p' "$1/strait/types.h"; }
minor=$(minor_of "$new")
echo "appended since 1.0 (now 1.$minor):"
printf '%s\n' "${added:-nothing}"
if test -n "$(printf '%s\n' "$added" | grep -v '^function ')" && test "$minor" -le "$(minor_of "$old")"; then
  echo 'raise STRAIT_ABI_MINOR, write it into NEWS, and into the sizes of tests/plugin/test-abi.c'
  exit 1
fi

# Can it fail? A field in the middle, a constant's value, a function gone; and a field at the end, without and with a minor.
test $# = 0 || exit 0
attempt() { # FILE SED-COMMAND: changes a copy of the new headers, and compares
  rm -rf "$work/changed"
  mkdir "$work/changed"
  cp -r "$new/strait" "$work/changed/"
  chmod -R u+w "$work/changed"
  sed -i "$2" "$work/changed/strait/$1"
  if cmp -s "$new/strait/$1" "$work/changed/strait/$1"; then
    echo "the test itself changed nothing in $1"
    exit 1
  fi
  sh "$self" "$new" "$work/changed" >"$work/log"
}
self=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")
refused() {
  if attempt "$@"; then
    echo "the test itself does not see: $1 $2"
    exit 1
  fi
}
refused plugin.h 's/^  uint32_t kind;/  uint32_t before;\n&/'
refused plugin.h 's/^  uint32_t kind;/  int32_t kind;/'
refused types.h 's/STRAIT_EIO = -5/STRAIT_EIO = -15/'
refused host.h 's/strait_fingerprint(const/strait_print(const/'
attempt host.h 's/^static inline void strait_close/static inline int strait_more(void) { return 1; }\n&/' ||
  { cat "$work/log"; exit 1; }
grep -q '^function strait_more ' "$work/log"
refused curve.h 's/^} strait_curve_ops;/  void *more;\n&/'
sed -i "s/^#define STRAIT_ABI_MINOR .*/#define STRAIT_ABI_MINOR $((minor + 1))/" "$work/changed/strait/types.h"
sh "$self" "$new" "$work/changed" >"$work/log" || { cat "$work/log"; exit 1; } # appended, and the minor raised
grep -q '^struct strait_curve_ops 006 void \*more$' "$work/log"
