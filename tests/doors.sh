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
      function statement(text, definition, name) {
        sub(/^[ \t]+/, "", text)
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
