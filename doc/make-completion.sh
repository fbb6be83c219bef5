#!/bin/sh
# doc/make-completion.sh STRAIT: prints the completion of the program for bash, from what its --help says: commands, their
# options, what the options take, and what kind of word each operand is.
set -eu
strait=$1

cat <<'END'
# Completion of strait for bash. Made by doc/make-completion.sh from what `strait --help` says: edit that.
# shellcheck shell=bash

# What each command takes: a line for the command with its operands, one for each option with its value.
_strait_table='
END
"$strait" --help | awk '/^commands:/ { on = 1; next } /^$/ { on = 0 } on { print $1 }' | while read -r command; do
  "$strait" "$command" --help | awk -v command="$command" '
    # "usage: strait list [OPTION...] [KIND]": brackets only say that an operand may be left out.
    NR == 1 { gsub(/[][]/, ""); $1 = $2 = $3 = $4 = ""; $0 = command $0; $1 = $1; print; next }
    /^options:/ { on = 1; next }
    # "  --only WORD   measure one of the three (all, evaluate, train, curve) [all]"
    on && /^  --/ {
      option = $1; value = ""
      if ($2 ~ /^[A-Z=]+$/) value = $2
      if (value == "WORD" && match($0, /\([a-z0-9, -]*\)( \[|$)/)) {
        value = substr($0, RSTART + 1, RLENGTH - 1)
        sub(/\).*/, "", value); gsub(/, /, "|", value)
      }
      print command, option (value == "" ? "" : " " value)
    }'
done
cat <<'END'
'

# The plugins of a kind, as strait finds them now.
_strait_names() {
  case $1 in
    verb) strait list verb 2>/dev/null | awk '{ print $1 }' ;;
    model | dataset | curve | schedule | ensembler) strait list "$1" 2>/dev/null | awk -v kind="$1" '$1 == kind { print $2 }' ;;
  esac
}

# The words of one sort that begin with the second argument.
_strait_words() { # SORT BEGINNING KIND
  local IFS=$' \t\n' sort=$1 word=$2
  case $sort in
    KIND) COMPREPLY=($(compgen -W 'model dataset curve schedule ensembler verb key' -- "$word")) ;;
    NAME) COMPREPLY=($(compgen -W "$(_strait_names "$3")" -- "$word")) ;;
    MODEL) COMPREPLY=($(compgen -W "$(_strait_names model)" -- "$word")) ;;
    *'|'*) COMPREPLY=($(compgen -W "${sort//|/ }" -- "$word")) ;;
    DIR | RUN) IFS=$'\n' && COMPREPLY=($(compgen -d -- "$word")) ;;
    N | X | TEXT | LIST | KEY=VALUE) COMPREPLY=() ;;
    *) IFS=$'\n' && COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}

# The n-th operand of a command (from 1), or what its option takes.
_strait_operand() { awk -v c="$1" -v n="$2" '$1 == c && $2 !~ /^--/ { print $(n + 1) }' <<<"$_strait_table"; }
_strait_value() { awk -v c="$1" -v o="$2" '$1 == c && $2 == o { print $3 }' <<<"$_strait_table"; }

_strait() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]-} value i
  local -a operands=()
  compopt -o filenames 2>/dev/null
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W "$(awk 'NF && $2 !~ /^--/ { print $1 }' <<<"$_strait_table") --help --version" -- "$word"))
    return
  fi
  value=$(_strait_value "$command" "$previous")
  if [[ -n $value ]]; then
    _strait_words "$value" "$word" ''
  elif [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$(awk -v c="$command" '$1 == c && $2 ~ /^--/ { print $2 }' <<<"$_strait_table")" -- "$word"))
  else
    for ((i = 2; i < COMP_CWORD; i++)); do
      if [[ ${COMP_WORDS[i]} == -* ]]; then
        [[ -z $(_strait_value "$command" "${COMP_WORDS[i]}") ]] || ((++i))
      else
        operands+=("${COMP_WORDS[i]}")
      fi
    done
    value=$(_strait_operand "$command" $((${#operands[@]} + 1)))
    [[ -z $value ]] || _strait_words "$value" "$word" "${operands[0]-}"
  fi
}
complete -F _strait strait
END
