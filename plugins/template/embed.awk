# Prints its files as a C table of names and texts: `strait new` carries the starter projects in itself, so that it writes
# them wherever it is installed, or before it is.
BEGIN { print "/* Made by plugins/template/embed.awk. */\nstatic const struct starter_file starter_files[] = {" }
FNR == 1 {
  name = FILENAME
  sub(/.*\//, "", name)
  printf "%s    {\"%s\",\n", (NR > 1 ? "    },\n" : ""), name
}
{
  gsub(/[\\"]/, "\\\\&")
  print "     \"" $0 "\\n\""
}
END { print "    },\n};" }
