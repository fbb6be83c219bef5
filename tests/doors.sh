#!/bin/sh
# tests/doors.sh: a function that a header of framework/ declares is defined in the source file of the same name, or the
# header says where: "defined in X.c" in a comment holds for the prototypes up to the next empty line; in the header's
# first comment, for those that the file of its own name does not define. Prints each prototype that breaks the rule.
set -eu
self=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")
cd "${srcdir:-$(dirname "$self")/..}"

# "d FILE NAME" for each function that a source file defines, then "p FILE LINE NAME WHERE..." for each that a header
# declares, WHERE being the files that its comments name. The layout is clang-format's: what is at depth 0 begins a line.
functions() {
  for file in framework/*/*.c framework/*/*/*.c framework/*/*.h framework/*/*/*.h; do
    case $file in
    *'*'* | framework/include/*) continue ;;
    esac
    awk -v file="$file" '
      function files_in(comment, found, name) {
        found = ""
        while (match(comment, /[Dd]efined in [a-z0-9_]+\.c((,| and) [a-z0-9_]+\.c)*/)) {
          name = substr(comment, RSTART, RLENGTH)
          comment = substr(comment, RSTART + RLENGTH)
          while (match(name, /[a-z0-9_]+\.c/)) {
            found = found " " substr(name, RSTART, RLENGTH)
            name = substr(name, RSTART + RLENGTH)
          }
        }
        return found
      }
      # Without the macros that stand alone before it: GUARD(copy, (struct device *d), (d)).
      function bare(text, i, open) {
        while (match(text, /^[ \t]*[A-Z_]+\(/)) {
          open = 1
          for (i = RLENGTH + 1; i <= length(text) && open; i++)
            open += (substr(text, i, 1) == "(") - (substr(text, i, 1) == ")")
          text = substr(text, i)
        }
        sub(/^[ \t]+/, "", text)
        return text
      }
      function statement(text, definition, name) {
        text = bare(text)
        if (text ~ /^(static|typedef|extern "C"|_Static_assert)/ || text !~ /\(/) return
        if (match(text, /^[a-z_ *]+\([a-z0-9_]+\)\(/)) sub(/\(/, " ", text) # int(name)(...): name is a macro too
        sub(/[ \t]*[()].*/, "", text)
        if (text ~ /[={]/ || text !~ /[ *]/) return
        name = text
        sub(/.*[ *]/, "", name)
        if (name !~ /^[a-z_][a-z0-9_]*$/) return
        if (definition && file ~ /\.c$/) print "d", file, name
        if (!definition && file ~ /\.h$/) print "p", file, begun, name, here all
      }
      /^[ \t]*$/ { here = ""; first = 0 }
      FNR == 1 { first = 1 }
      {
        line = $0
        if (directive || line ~ /^[ \t]*#/) { directive = line ~ /\\$/; if (line ~ /^[ \t]*#/) first = 0; next }
        while (line != "") {
          if (comment) {
            end = index(line, "*/")
            said = said " " (end ? substr(line, 1, end - 1) : line)
            line = end ? substr(line, end + 2) : ""
            if (end) {
              comment = 0
              gsub(/[ \t]+\*?[ \t]+/, " ", said)
              if (first) all = files_in(said); else here = here files_in(said)
              said = ""
            }
            continue
          }
          if (substr(line, 1, 2) == "/*") { comment = 1; line = substr(line, 3); continue }
          if (substr(line, 1, 2) == "//") break
          c = substr(line, 1, 1)
          if (c == "\"" || c == "\047") { # up to the quote that ends it
            for (i = 2; i <= length(line) && substr(line, i, 1) != c; i++)
              if (substr(line, i, 1) == "\\") i++
            line = substr(line, i + 1)
            continue
          }
          line = substr(line, 2)
          if (c == "{") { if (!depth++) { statement(text, 1); } continue }
          if (c == "}") { if (depth && !--depth) text = ""; continue }
          if (depth) continue
          if (c == ";") { statement(text, 0); text = ""; continue }
          if (text == "" && c ~ /[ \t]/) continue
          if (text == "") { begun = FNR; first = 0 }
          text = text c
        }
        if (text != "") text = text " "
      }' "$file"
  done
}

doors() {
  functions | awk '
    $1 == "d" { n = $2; sub(/.*\//, "", n); at[$3] = at[$3] " " n " "; next }
    {
      n = $2; sub(/.*\//, "", n); sub(/\.h$/, ".c", n)
      if (index(at[$4], " " n " ")) next
      for (i = 5; i <= NF; i++) if (index(at[$4], " " $i " ")) next
      where = at[$4]; gsub(/^ | $/, "", where)
      print $2 ":" $3 ": " $4 (where == "" ? " is defined nowhere" : " is defined in " where)
    }'
}

wrong=$(doors)
test -z "$wrong" || { printf '%s\n' "$wrong"; exit 1; }

# Can it fail? Headers that break the rule, and others that keep it, in a tree of their own.
if test -z "${DOORS_INNER:-}"; then
  tree=$(mktemp -d)
  trap 'rm -rf "$tree"' EXIT
  mkdir -p "$tree/framework/base"
  cat >"$tree/framework/base/a.h" <<'END'
/* base/a.h: functions; those of a_rest.c are defined in a_rest.c and a_more.c. */
#define TWICE(x) ((x) + (x)) /* int macro(void); */
struct pair {
  int (*call)(void *context);
};
int a_here(int x);
const struct pair *a_rest(struct pair pair,
                          int count);
int a_more(void);
int a_lost(void);

/* The next one. Defined in b.c. */
int a_there(void) __attribute__((const));

int a_astray(void);
static inline int a_inline(void) { return 0; }
END
  printf '%s\n' '#include "base/a.h"' 'static const char quote = 34, *text = "int a_lost(void) {";' 'int (a_here)(int x) {' \
    '  return x;' '}' 'MAKE(more,' '     (int))' 'static int a_lost(void) { return 0; }' >"$tree/framework/base/a.c"
  echo 'const struct pair *a_rest(struct pair pair, int count) { return 0; }' >"$tree/framework/base/a_rest.c"
  echo 'int a_more(void) { return 0; }' >"$tree/framework/base/a_more.c"
  printf 'int a_there(void) {\n}\nint a_astray(void) {\n}\n' >"$tree/framework/base/b.c"
  found=$(srcdir=$tree DOORS_INNER=1 sh "$self" || true)
  want='framework/base/a.h:10: a_lost is defined nowhere
framework/base/a.h:15: a_astray is defined in b.c'
  test "$found" = "$want" || { printf 'the test itself should see\n%s\nand sees\n%s\n' "$want" "$found"; exit 1; }
fi
