/* cli/arguments.c: reads the command line by one table of flags, which --help prints too. */
#include "cli/command.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/stop.h"
#include "base/text.h"

static const struct flag {
  unsigned bit; /* 0: every command takes it */
  const char *name, *value, *help;
} flags[] = {
    {FLAG_SET, "--set", "KEY=VALUE", "set a key: VERB.STAGE.KEY or defaults.KEY; may be repeated"},
    {FLAG_OUT, "--out", "DIR", "where results go; runs/NAME of the experiment file otherwise"},
    {FLAG_THREADS, "--threads", "N", "threads to use, 1 to 256; all CPUs that this process may use otherwise"},
    {FLAG_PLUGINS, "--plugin-dir", "DIR", "look for plugins here first"},
    {FLAG_QUIET, "--quiet", NULL, "no progress, only warnings and errors"},
    {FLAG_JSON, "--json", NULL, "print results as JSON"},
    {FLAG_INI, "--ini", NULL, "print a sample for an experiment file"},
    {FLAG_MAN, "--man", NULL, "print roff source for a manual page"},
    {0, "--help", NULL, "print this help"},
};
#define FLAGS (sizeof flags / sizeof *flags)

void arguments_help(const struct command *command) {
  for (size_t i = 0; i < FLAGS; i++) {
    char name[48];
    if (flags[i].bit && !(command->flags & flags[i].bit))
      continue;
    snprintf(name, sizeof name, "%s%s%s", flags[i].name, flags[i].value ? " " : "",
             flags[i].value ? flags[i].value : "");
    printf("  %-20s %s\n", name, flags[i].help);
  }
}

/* The flag of this name, which may have "=VALUE" after it. */
static const struct flag *find_flag(const struct command *command, const char *word, const char **value) {
  size_t length = strcspn(word, "=");
  *value = word[length] ? word + length + 1 : NULL;
  for (size_t i = 0; i < FLAGS; i++)
    if (strlen(flags[i].name) == length && strncmp(flags[i].name, word, length) == 0 &&
        (!flags[i].bit || (command->flags & flags[i].bit)))
      return &flags[i];
  return NULL;
}

static int unknown_flag(const struct command *command, const char *word) {
  const char *names[FLAGS];
  size_t n = 0;
  for (size_t i = 0; i < FLAGS; i++)
    if (!flags[i].bit || (command->flags & flags[i].bit))
      names[n++] = flags[i].name;
  const char *nearest = text_nearest(word, names, n);
  if (nearest)
    return error_set(STRAIT_EINVAL, "no option %s; did you mean %s?", word, nearest);
  return error_set(STRAIT_EINVAL, "no option %s; see strait %s --help", word, command->name);
}

static int read_threads(const char *value, int *threads) {
  int64_t n;
  if (text_integer(value, &n) || n < 1 || n > 256)
    return error_set(STRAIT_EINVAL, "--threads %s: a number from 1 to 256 is needed", value);
  *threads = (int)n;
  return STRAIT_OK;
}

static int take_flag(struct arguments *a, const struct flag *flag, const char *value) {
  switch (flag->bit) {
  case FLAG_SET:
    a->sets[a->set_count++] = value;
    break;
  case FLAG_OUT:
    a->out = value;
    break;
  case FLAG_THREADS:
    return read_threads(value, &a->threads);
  case FLAG_PLUGINS:
    a->plugin_dir = value;
    break;
  case FLAG_QUIET:
    a->quiet = 1;
    break;
  case FLAG_JSON:
    a->json = 1;
    break;
  case FLAG_INI:
    a->ini = 1;
    break;
  case FLAG_MAN:
    a->man = 1;
    break;
  default:
    a->help = 1;
  }
  return STRAIT_OK;
}

/* As a shell would read it back. */
static void add_word(struct text *line, const char *word) {
  static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-";
  text_add(line, "%s", line->length ? " " : "");
  if (*word && strspn(word, safe) == strlen(word)) {
    text_add(line, "%s", word);
    return;
  }
  text_add(line, "'");
  for (const char *c = word; *c; c++)
    if (*c == '\'')
      text_add(line, "'\\''");
    else
      text_add_n(line, c, 1);
  text_add(line, "'");
}

static int read_words(struct arguments *a, const struct command *command, int argc, char **argv) {
  int only_operands = 0;
  for (int i = 2; i < argc; i++) {
    const char *word = argv[i], *value = NULL;
    if (only_operands || word[0] != '-' || !word[1]) {
      a->operands[a->operand_count++] = word;
      continue;
    }
    if (strcmp(word, "--") == 0) {
      only_operands = 1;
      continue;
    }
    const struct flag *flag = strcmp(word, "-h") == 0 ? &flags[FLAGS - 1] : find_flag(command, word, &value);
    if (!flag)
      return unknown_flag(command, word);
    if (!flag->value && value)
      return error_set(STRAIT_EINVAL, "%s takes no value", flag->name);
    if (flag->value && !value && ++i < argc)
      value = argv[i];
    if (flag->value && (!value || !*value))
      return error_set(STRAIT_EINVAL, "%s needs a value: %s %s", flag->name, flag->name, flag->value);
    int status = take_flag(a, flag, value);
    if (status)
      return status;
  }
  return STRAIT_OK;
}

int arguments_read(struct arguments *a, const struct command *command, int argc, char **argv) {
  *a = (struct arguments){.arena = arena_create()};
  if (!a->arena)
    return error_status();
  a->operands = arena_alloc(a->arena, (size_t)argc, sizeof *a->operands);
  a->sets = arena_alloc(a->arena, (size_t)argc, sizeof *a->sets);
  struct text line = {0};
  for (int i = 0; i < argc; i++)
    add_word(&line, argv[i]);
  a->command_line = line.status ? NULL : arena_copy(a->arena, line.data ? line.data : "");
  text_free(&line);
  if (!a->operands || !a->sets || !a->command_line)
    return error_status();
  int status = read_words(a, command, argc, argv);
  if (status || a->help)
    return status;
  if (a->operand_count < command->least || a->operand_count > command->most)
    return error_set(STRAIT_EINVAL, "usage: strait %s [OPTION...] %s; see strait %s --help", command->name,
                     command->operands, command->name);
  return STRAIT_OK;
}

void arguments_free(struct arguments *a) { arena_free(a->arena); }

int arguments_registry(const struct arguments *a, struct registry **registry) {
  return registry_create(registry, a->plugin_dir, builtins);
}

int exit_code(int status) {
  switch (status) {
  case STRAIT_OK:
    return 0;
  case STRAIT_EINVAL:
  case STRAIT_ENOENT:
  case STRAIT_EFORMAT:
  case STRAIT_ENOTSUP:
    return 2;
  case STRAIT_ESTOP:
    return 128 + stop_requested();
  default:
    return 1;
  }
}
