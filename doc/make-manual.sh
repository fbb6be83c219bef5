#!/bin/sh
# doc/make-manual.sh PAGE STRAIT FOLDER: prints the manual page strait.1 or strait-experiment.5: the text in FOLDER/PAGE.first, what
# the program STRAIT says of itself, the text in FOLDER/PAGE.last; or a plugin's page, plugins/strait-KIND-NAME.7, which is what
# `strait describe` says; or strait-plugin.7, the text in FOLDER/strait-plugin.7.text with the files of FOLDER/tutorial in it;
# or the page `list`: the names of all these. The program's own tables are the one source: `make
# update-manual` writes the pages, and tests/manual.sh fails when they have drifted.
set -eu
page=$1 strait=$2 folder=$3

escape() { sed 's/\\/\\e/g; s/-/\\-/g; s/^\([.'"'"']\)/\\\&\1/'; }

commands() {
  "$strait" --help | awk '/^commands:/ { on = 1; next } /^$/ { on = 0 } on { print $1 }' | while read -r command; do
    echo ".SS strait $command"
    printf '.nf\n'
    "$strait" "$command" --help | escape
    printf '.fi\n'
  done
}

# "curve bezier", ...
plugins() { "$strait" list | awk 'NR > 2 && NF { print $1, $2 }'; }

# The keys under one heading of what describe says of a verb.
keys() { # VERB HEADING
  "$strait" describe verb "$1" --man | awk -v heading=".SS $2" '/^\.SS / { on = $0 == heading } on'
}

# A plugin's page without its frame: its name, what it is, its options.
options() { # KIND NAME
  "$strait" describe "$1" "$2" --man | awk -v name="$2" '
    /^\.SH / { section = $2; if (section == "OPTIONS") printf ".SS %s\n%s\n", name, summary; next }
    section == "NAME" { summary = $0; sub(/.* \\- /, "", summary) }
    section == "OPTIONS" && $0 != "None."'
}

# The keys of a table that several verbs take stand there once.
experiment() {
  echo '.SH VERBS'
  "$strait" list verb | awk 'NF { print $1 }' | while read -r verb; do
    keys "$verb" "[$verb NAME]"
  done
  echo '.SH KEYS OF SEVERAL VERBS'
  for table in optimiser seeds data evaluation; do
    keys train "$table keys"
  done
  for kind in model dataset curve schedule ensembler; do
    echo ".SH PLUGINS: $kind" | tr '[:lower:]' '[:upper:]'
    plugins | awk -v kind=$kind '$1 == kind { print $2 }' | while read -r name; do
      options $kind "$name"
    done
  done
}

# The tutorial: a line `.\" file NAME` becomes the file, what stands between `.\" run` and `.\" end` is shell; both as roff
# shows them unchanged. tests/tutorial.sh takes them out again.
tutorial() {
  awk -v folder="$folder/tutorial/" '
    function show(line) {
      gsub(/\\/, "\\e", line); gsub(/-/, "\\-", line); gsub(/\047/, "\\(aq", line)
      if (line ~ /^\./) line = "\\&" line
      print line
    }
    function begin() { print ".PP\n.RS 2\n.EX" }
    function end() { print ".EE\n.RE" }
    /^\.\\" file / {
      print; begin()
      while ((getline line <(folder $3)) > 0) show(line)
      end(); next
    }
    /^\.\\" run/ { print; begin(); on = 1; next }
    /^\.\\" end/ { end(); on = 0; next }
    on { show($0); next }
    { print }' "$folder/strait-plugin.7.text"
}

case $page in
list)
  printf '%s\n' strait.1 strait-experiment.5 strait-plugin.7 completion/strait
  plugins | awk '{ print "plugins/strait-" $1 "-" $2 ".7" }'
  ;;
strait-plugin.7) tutorial ;;
completion/*) sh "$folder/make-completion.sh" "$strait" ;;
plugins/*)
  name=${page##*/strait-} name=${name%.7}
  "$strait" describe "${name%%-*}" "${name#*-}" --man
  ;;
*)
  cat "$folder/$page.first"
  if test "$page" = strait.1; then commands; else experiment; fi
  cat "$folder/$page.last"
  ;;
esac
