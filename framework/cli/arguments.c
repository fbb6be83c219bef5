/* cli/arguments.c: reads the command line by one table of flags, which --help prints too. */
#include "cli/arguments.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/stop.h"
#include "base/text.h"
#include "cli/command.h"

static const struct flag {
  unsigned bit; /* 0: every command takes it */
  const char *name, *value, *help;
} flags[] = {
    {FLAG_SET, "--set", "KEY=VALUE", "set a key: VERB.STAGE.KEY or defaults.KEY; may be repeated"},
    {FLAG_OUT, "--out", "DIR", "folder of the results (default: runs/NAME, by the name of the experiment file)"},
    {FLAG_THREADS, "--threads", "N", "threads to use, 1 to 256 (default: all CPUs that this process may use)"},
    {FLAG_JOBS, "--jobs", "N", "stages to run side by side, 1 to 256 (also -j N; default: 1)"},
    {FLAG_STAGE, "--stage", "NAME", "run this stage only; the stages it refers to must be finished"},
    {FLAG_STAGE, "--key", "KEY", NULL}, /* between run --jobs and its children; not for users */
    {FLAG_PLUGINS, "--plugin-dir", "DIR", "look for plugins here first"},
    {FLAG_QUIET, "--quiet", NULL, "no progress, only warnings and errors"},
    {FLAG_JSON, "--json", NULL, "print results as JSON"},
    {FLAG_INI, "--ini", NULL, "print a sample for an experiment file"},
    {FLAG_MAN, "--man", NULL, "print roff source for a manual page"},
    {0, "--help", NULL, "print this help"},
};
#define FLAGS (sizeof flags / sizeof *flags)
#define OWN 16 /* options of one command that a misspelt word is compared with */

static void print_flag(const char *dashes, const char *name, const char *value, const char *help) {
  char whole[48];
  snprintf(whole, sizeof whole, "%s%s%s%s", dashes, name, value ? " " : "", value ? value : "");
  printf("  %-20s %s", whole, help);
}

/* An option of the command alone, with its default and its choices. */
static void print_own(const strait_option *option) {
  static const char *const values[] = {
      [STRAIT_OPT_INT] = "N",       [STRAIT_OPT_FLOAT] = "X",     [STRAIT_OPT_CHOICE] = "WORD",
      [STRAIT_OPT_STRING] = "TEXT", [STRAIT_OPT_PATH] = "PATH",   [STRAIT_OPT_INTS] = "LIST",
      [STRAIT_OPT_FLOATS] = "LIST", [STRAIT_OPT_STRINGS] = "LIST"};
  int flag = option->type == STRAIT_OPT_BOOL;
  print_flag("--", option->name, flag ? NULL : values[option->type], option->help);
  for (int i = 0; option->choices && option->choices[i]; i++)
    printf("%s%s", i ? ", " : " (", option->choices[i]);
  printf("%s", option->choices ? ")" : "");
  if (option->value && !flag)
    printf(" [%s]", option->value);
  printf("\n");
}

void arguments_help(const struct command *command) {
  for (uint32_t i = 0; command->options && i < command->options->count; i++) {
    const strait_option option = option_at(command->options, i);
    print_own(&option);
  }
  for (size_t i = 0; i < FLAGS; i++) {
    if (!flags[i].help || (flags[i].bit && !(command->flags & flags[i].bit)))
      continue;
    const char *own = flags[i].bit == FLAG_SET   ? command->set_help
                      : flags[i].bit == FLAG_OUT ? command->out_help
                                                 : NULL;
    const int is_file = own && flags[i].bit == FLAG_OUT && text_starts(own, "file");
    print_flag("", flags[i].name, is_file ? "FILE" : flags[i].value, own ? own : flags[i].help);
    printf("\n");
  }
}

/* The flag of this name, which may have "=VALUE" after it. */
static const struct flag *find_flag(const struct command *command, const char *word, const char **value) {
  size_t length = strcspn(word, "=");
  *value = word[length] ? word + length + 1 : NULL;
  if (strncmp(word, "-j", 2) == 0 && command->flags & FLAG_JOBS) { /* -j 4 and -j4, as make has it */
    *value = word[2] ? word + 2 : NULL;
    word = "--jobs";
    length = strlen(word);
  }
  for (size_t i = 0; i < FLAGS; i++)
    if (strlen(flags[i].name) == length && strncmp(flags[i].name, word, length) == 0 &&
        (!flags[i].bit || (command->flags & flags[i].bit)))
      return &flags[i];
  return NULL;
}

/* An option of the command alone: 1 and the option, or 0. */
static int find_own(const struct command *command, const char *word, strait_option *option) {
  char name[64];
  size_t length = strcspn(word, "=");
  if (!command->options || length < 3 || length - 2 >= sizeof name || strncmp(word, "--", 2) != 0)
    return 0;
  memcpy(name, word + 2, length - 2);
  name[length - 2] = 0;
  int index = option_find(command->options, name);
  if (index >= 0)
    *option = option_at(command->options, (uint32_t)index);
  return index >= 0;
}

/* Keeps an own option for arguments_options. */
static int take_own(struct arguments *a, const strait_option *option, const char *value) {
  char *key = arena_format(a->arena, "--%s", option->name);
  if (!key)
    return error_failure();
  a->settings[a->setting_count++] = (struct setting){.key = key, .value = value};
  return STRAIT_OK;
}

/* Commas may stand between the items of a list: --formats svg,png. */
static const char *spaced(struct arena *arena, const char *list) {
  char *copy = arena_copy(arena, list);
  for (char *c = copy; c && *c; c++)
    if (*c == ',')
      *c = ' ';
  return copy;
}

int arguments_options(const struct arguments *a, const struct option_table *options, void *keys) {
  int status = options_default(options, keys, a->arena);
  for (size_t i = 0; i < a->setting_count && !status; i++) {
    struct setting setting = a->settings[i];
    int at = option_find(options, setting.key + 2);
    if (at >= 0 && option_at(options, (uint32_t)at).type >= STRAIT_OPT_INTS)
      setting.value = spaced(a->arena, setting.value);
    status = setting.value ? options_set(options, keys, setting.key + 2, &setting, a->arena) : error_failure();
  }
  return status;
}

static int unknown_flag(const struct command *command, const char *word) {
  const char *names[FLAGS + OWN];
  char own[OWN][64];
  size_t n = 0;
  for (uint32_t i = 0; command->options && i < command->options->count && i < OWN; i++) {
    snprintf(own[i], sizeof own[i], "--%s", option_at(command->options, i).name);
    names[n++] = own[i];
  }
  for (size_t i = 0; i < FLAGS; i++)
    if (flags[i].help && (!flags[i].bit || (command->flags & flags[i].bit)))
      names[n++] = flags[i].name;
  const char *nearest = text_nearest(word, names, n);
  if (nearest)
    return error_set(STRAIT_EINVAL, "no option %s; did you mean %s?", word, nearest);
  return error_set(STRAIT_EINVAL, "no option %s; see strait %s --help", word, command->name);
}

static int read_count(const char *flag, const char *value, int *count) {
  int64_t n;
  if (text_integer(value, &n) || n < 1 || n > 256)
    return error_set(STRAIT_EINVAL, "%s %s: a number from 1 to 256 is needed", flag, value);
  *count = (int)n;
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
    return read_count(flag->name, value, &a->threads);
  case FLAG_JOBS:
    return read_count(flag->name, value, &a->jobs);
  case FLAG_STAGE:
    *(strcmp(flag->name, "--key") == 0 ? &a->key : &a->stage) = value;
    break;
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
      a->before_dashes = a->operand_count;
      continue;
    }
    const struct flag *flag = strcmp(word, "-h") == 0 ? &flags[FLAGS - 1] : find_flag(command, word, &value);
    strait_option option = {0};
    if (!flag && !find_own(command, word, &option))
      return unknown_flag(command, word);
    const char *name = flag ? flag->name : arena_format(a->arena, "--%s", option.name);
    int valued = flag ? flag->value != NULL : option.type != STRAIT_OPT_BOOL;
    if (!name)
      return error_failure();
    if (!valued && value)
      return error_set(STRAIT_EINVAL, "%s takes no value", name);
    if (valued && !value && ++i < argc)
      value = argv[i];
    if (valued && (!value || !*value))
      return error_set(STRAIT_EINVAL, "%s needs a value: %s %s", name, name, flag ? flag->value : "VALUE");
    int status = flag ? take_flag(a, flag, value) : take_own(a, &option, valued ? value : "yes");
    if (status)
      return status;
  }
  return STRAIT_OK;
}

int arguments_read(struct arguments *a, const struct command *command, int argc, char **argv) {
  *a = (struct arguments){.arena = arena_create(), .before_dashes = SIZE_MAX};
  if (!a->arena)
    return error_failure();
  a->operands = arena_alloc(a->arena, (size_t)argc, sizeof *a->operands);
  a->sets = arena_alloc(a->arena, (size_t)argc, sizeof *a->sets);
  a->settings = arena_alloc(a->arena, (size_t)argc, sizeof *a->settings);
  struct text line = {0};
  for (int i = 0; i < argc; i++)
    text_add_word(&line, argv[i]);
  a->command_line = line.status ? NULL : arena_copy(a->arena, line.data ? line.data : "");
  text_free(&line);
  if (!a->operands || !a->sets || !a->settings || !a->command_line)
    return error_failure();
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
  if (status > 0)
    return status;
  switch (status) {
  case STRAIT_OK:
    return 0;
  case STRAIT_EINVAL:
  case STRAIT_ENOENT:
  case STRAIT_EFORMAT:
  case STRAIT_ENOTSUP:
    return 2;
  case STATUS_BUSY:
    return 75; /* EX_TEMPFAIL */
  case STRAIT_ESTOP:
    return 128 + stop_requested();
  default:
    return 1;
  }
}
