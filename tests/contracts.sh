#!/bin/sh
# tests/contracts.sh: every function of the public headers says who may call it and when: its comment ends with a tag
# [THREADS, WHEN] as strait/types.h explains. An entry of a table of the host's may leave that to the inline function that
# calls it, which is what plugins use; an entry with neither is an error, and so is a tag that names no operation. An inline
# function over an entry that was appended later asks first whether the host has it. With an argument it reads the headers
# of that folder instead.
set -eu
headers=${1:-${srcdir:-.}/framework/include/strait}

# One line for each fault: "FILE: NAME: what is wrong".
faults() {
  awk '
    function fault(name, what) { print file ": " name ": " what }
    # The tag at the end of a comment, or "".
    function tag_of(text) {
      if (text !~ /\[[^][]*\] *\*\/$/) return ""
      sub(/.*\[/, "", text); sub(/\] *\*\/$/, "", text)
      return text
    }
    # Is it one of ours? The operations that it names are looked up at the end, when all are known.
    function check(name, tag,   when) {
      if (tag !~ /^(one|any) thread, /) { fault(name, "no tag [one thread, ...] or [any thread, ...] at its comment\047s end"); return }
      tagged++
      when = tag; sub(/^(one|any) thread, /, "", when)
      if (when !~ /^(once|from init\(\)|(once, )?after [a-z]+\(\)|in [a-z]+\(\)( and [a-z]+\(\))*)$/)
        fault(name, "\"" when "\" is no time that strait/types.h knows")
      while (match(when, /[a-z]+\(\)/)) {
        uses[substr(when, RSTART, RLENGTH - 2)] = file ": " name
        when = substr(when, RSTART + RLENGTH)
      }
    }
    # The body of an inline function: what it calls, and whether it asks first for what an older host may lack.
    function body(line,   called) {
      if (line ~ /STRAIT_HAS\(/) asks = 1
      while (match(line, /->[a-z_0-9]+\(/)) {
        called = substr(line, RSTART + 2, RLENGTH - 3)
        calls[called] = 1
        if (called in later && !asks) fault(inside, "calls " called ", which an older host lacks, without STRAIT_HAS")
        line = substr(line, RSTART + RLENGTH)
      }
    }
    FNR == 1 { file = FILENAME; sub(/.*\//, "", file); struct = comment = ""; open = 0 }
    struct != "" && /--- since 1\.[1-9]/ { since = 1 }
    open { line = $0; sub(/^ *\* /, " ", line); comment = comment line; if (/\*\//) open = 0; next }
    /^ *\/\*/ { comment = $0; open = !/\*\//; if (/\*\/ *$/ || open) next }
    /^typedef struct strait_[a-z_]+ \{/ { struct = $3; since = 0; comment = ""; next }
    /^\}/ { struct = "" }
    /^STRAIT_PRINTF\(/ { next } # between a function and its comment
    struct != "" && match($0, /\(\*[a-z_0-9]+\)\(/) {
      name = substr($0, RSTART + 2, RLENGTH - 4)
      tag = tag_of(comment)
      if (tag != "") { check(struct "." name, tag); operation[name] = 1 } else entry[struct "." name] = file
      if (since) later[name] = 1
    }
    /^static inline / {
      name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name)
      functions++
      inside = name
      asks = 0
      check(name, tag_of(comment))
    }
    /^typedef .*strait_entry\(/ { check("strait_entry", tag_of(comment)) }
    { body($0); comment = "" }
    END {
      for (which in entry) {
        name = which; sub(/.*\./, "", name)
        if (!(name in calls)) { file = entry[which]; fault(which, "neither a tag nor an inline function that calls it") }
      }
      for (name in uses) if (!(name in operation)) print uses[name] ": its tag names " name "(), which is no operation of a plugin"
      if (functions < 35 || tagged < functions + 15) print "only " functions " functions and " tagged " tags understood"
    }' "$1"/*.h
}

found=$(faults "$headers")
test -z "$found" || { printf '%s\n' "$found"; exit 1; }

test $# = 0 || exit 0

# The layout is the tree's own, where its formatter is installed (each version of it has another opinion).
case $(clang-format --version 2>/dev/null) in
*' version 14.'*) clang-format --dry-run -Werror "$headers"/*.h ;;
esac

# Can it fail? Copies of the headers with a tag gone, one of no known words, one of no operation, and entries with neither.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
self=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")
refused() { # FILE SED-COMMAND WHAT-IT-SAYS
  rm -rf "$work/strait"
  cp -r "$headers" "$work/strait"
  chmod -R u+w "$work/strait"
  sed -i "$2" "$work/strait/$1"
  ! cmp -s "$headers/$1" "$work/strait/$1" || { echo "the test itself changed nothing in $1: $2"; exit 1; }
  if sh "$self" "$work/strait" >"$work/log" || ! grep -qF "$3" "$work/log"; then
    echo "the test itself does not see: $1 $2"
    cat "$work/log"
    exit 1
  fi
}
refused curve.h 's/ \[any thread, after init()\] \*\/$/ *\//' 'strait_curve_ops.points: neither'
refused host.h 's/\[any thread, from init()\]/[thread-safe]/' 'strait_log: no tag'
refused model.h 's/^static inline strait_node strait_relu/\n&/; s/^.*element by element.*$//' 'strait_relu: no tag'
refused dataset.h 's/in read()/in reading()/' 'names reading(), which is no operation'
refused schedule.h 's/one thread, after init()/one thread, sometimes/' '"sometimes" is no time'
refused host.h 's/^} strait_host;/  void (*later)(const void *self);\n&/' 'strait_host.later: neither'
refused model.h 's/if (!STRAIT_HAS(g->ops, strait_graph_ops, layer))/if (0)/' 'strait_layer_of: calls layer'
refused curve.h 's/^} strait_curve_ops;/  double (*bend)(const void *self, double t);\n&/' 'strait_curve_ops.bend: neither'
