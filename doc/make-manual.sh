#!/bin/sh
# doc/make-manual.sh PAGE STRAIT FOLDER: prints the manual page strait.1 or strait-experiment.5: the text in FOLDER/PAGE.first, what
# the program STRAIT says of itself, the text in FOLDER/PAGE.last. The program's own tables are the one source: `make
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

# The keys under one heading of what describe says of a verb.
keys() { # VERB HEADING
  "$strait" describe verb "$1" --man | awk -v heading=".SS $2" '/^\.SS / { on = $0 == heading } on'
}

# The keys of a table that several verbs take stand there once.
experiment() {
  echo '.SH VERBS'
  "$strait" list verb | awk 'NR > 2 && NF { print $1 }' | while read -r verb; do
    keys "$verb" "[$verb NAME]"
  done
  echo '.SH KEYS OF SEVERAL VERBS'
  for table in optimiser seeds data evaluation; do
    keys train "$table keys"
  done
  for kind in model dataset curve schedule ensembler; do
    echo ".SH PLUGINS: $kind" | tr '[:lower:]' '[:upper:]'
    "$strait" list $kind | awk -v kind=$kind '$1 == kind { print $2 }' | while read -r name; do
      "$strait" describe $kind "$name" --man
    done
  done
}

cat "$folder/$page.first"
case $page in
strait.1) commands ;;
*) experiment ;;
esac
cat "$folder/$page.last"
