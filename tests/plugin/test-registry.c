/* tests/plugin/test-registry.c: finding and opening plugins, through the registry as the program does: the order of the
 * places, what is refused for safety, and what is refused because the plugin is bad (tests/plugins/). Each test gets a
 * fresh folder with places in it. */
#include <config.h>

#include <dlfcn.h>
#include <fenv.h>
#include <float.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __SSE__
#include <xmmintrin.h>
#endif

#include <strait/curve.h>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "plugin/registry.h"

#include <check.h> /* after strait/host.h, whose `fail` it would make a macro of */

static char top[2048];      /* the test's folder: TOP/a, TOP/b, TOP/home */
static char bad_path[2048]; /* the folder of tests/plugins' shared objects */
static char logged[4096];
static struct registry *registry;
static const strait_class *cls;

static void note(void *context, unsigned level, const char *message) {
  (void)context;
  (void)level;
  strncat(logged, message, sizeof logged - strlen(logged) - 1);
}

/* TOP/name; four may be in use at a time. */
static const char *in_top(const char *name) {
  static char path[4][4096];
  static int next;
  next = (next + 1) % 4;
  snprintf(path[next], sizeof path[next], "%s/%s", top, name);
  return path[next];
}

static void copy_plugin(const char *plugin, const char *to) {
  char from[4096], *data;
  size_t length;
  snprintf(from, sizeof from, "%s/%s", bad_path, plugin);
  ck_assert_msg(file_read(from, 1 << 24, &data, &length) == STRAIT_OK, "%s", error_text());
  FILE *out = fopen(in_top(to), "wb");
  ck_assert_ptr_nonnull(out);
  ck_assert_uint_eq(fwrite(data, 1, length, out), length);
  ck_assert_int_eq(fclose(out), 0);
  ck_assert_int_eq(chmod(in_top(to), 0644), 0);
  memory_free(data);
}

static void setup(void) {
  const char *temporary = getenv("TMPDIR"), *built = getenv("builddir");
  snprintf(top, sizeof top, "%s/strait-registry-XXXXXX", temporary && temporary[0] == '/' ? temporary : "/tmp");
  ck_assert_ptr_nonnull(mkdtemp(top));
  snprintf(bad_path, sizeof bad_path, "%s/tests/plugins/.libs", built ? built : ".");
  ck_assert_int_eq(mkdir(in_top("a"), 0755), 0);
  ck_assert_int_eq(mkdir(in_top("b"), 0755), 0);
  ck_assert_int_eq(file_make_folders(in_top("home/.local/lib/strait/1")), STRAIT_OK);
  setenv("HOME", in_top("home"), 1);
  setenv("STRAIT_PLUGIN_PATH", in_top("a"), 1);
  ck_assert_int_eq(mkdir(in_top("own"), 0755), 0);
  setenv("STRAIT_PLUGIN_DIR", in_top("own"), 1); /* strait may be installed where this build would be */
  registry = NULL;
  logged[0] = 0;
  log_to(note, NULL);
  log_level(STRAIT_LOG_INFO);
  error_clear();
}
static void teardown(void) {
  registry_free(registry);
  ck_assert_int_eq(file_remove_tree(top), STRAIT_OK);
}

static void open_registry(const char *first, const struct builtin *builtin) {
  ck_assert_msg(registry_create(&registry, first, builtin) == STRAIT_OK, "%s", error_text());
}
static int get(const char *name) { return registry_class(registry, STRAIT_CURVE, name, &cls); }
#define ck_assert_error(part) ck_assert_msg(strstr(error_text(), part), "\"%s\" is not in \"%s\"", part, error_text())

START_TEST(test_found) {
  copy_plugin("curve-good.so", "a/curve-good.so");
  open_registry(NULL, NULL);
  ck_assert_ptr_null(registry_origin(registry, STRAIT_CURVE, "good"));
  ck_assert_msg(get("good") == STRAIT_OK, "%s", error_text());
  ck_assert_str_eq(cls->name, "good");
  ck_assert_uint_eq(cls->size, sizeof *cls);
  ck_assert_str_eq(registry_origin(registry, STRAIT_CURVE, "good"), in_top("a/curve-good.so"));
  const strait_class *again = cls;
  ck_assert_int_eq(get("good"), STRAIT_OK);
  ck_assert_ptr_eq(cls, again);
  const char *const *folders;
  ck_assert_uint_eq(registry_folders(registry, &folders), 3);
  ck_assert_str_eq(folders[0], in_top("a"));
  ck_assert_str_eq(folders[1], in_top("home/.local/lib/strait/1"));
  ck_assert_str_eq(folders[2], in_top("own"));
}
END_TEST

START_TEST(test_unknown) {
  copy_plugin("curve-good.so", "a/curve-good.so");
  open_registry(NULL, NULL);
  ck_assert_int_eq(get("goood"), STRAIT_ENOENT);
  ck_assert_error("no curve \"goood\"; did you mean \"good\"? (searched: ");
  ck_assert_error(in_top("a"));
  ck_assert_error("built in");
  ck_assert_int_eq(get("zzzzzzzz"), STRAIT_ENOENT);
  ck_assert_error("no curve \"zzzzzzzz\"; `strait list` shows what there is");
  ck_assert_int_eq(registry_class(registry, STRAIT_MODEL, "good", &cls), STRAIT_ENOENT); /* of another kind */
  ck_assert_ptr_null(cls);
  ck_assert_int_eq(registry_class(registry, 0, "good", &cls), STRAIT_EBUG);
}
END_TEST

static const char *const not_names[] = {"",     "../good", "a/good",    "/good",
                                        "Good", "good.so", "-good",     "..",
                                        ".",    "go d",    "1st-curve", "abcdefghijklmnopqrstuvwxyz-123456"};
START_TEST(test_not_names) {
  copy_plugin("curve-good.so", "a/curve-good.so");
  open_registry(NULL, NULL);
  ck_assert_int_eq(get(not_names[_i]), STRAIT_EINVAL);
  ck_assert_error("is not the name of a curve");
}
END_TEST

START_TEST(test_twice) {
  char path[4096];
  copy_plugin("curve-good.so", "a/curve-good.so");
  copy_plugin("curve-good.so", "b/curve-good.so");
  snprintf(path, sizeof path, "%s:%s", in_top("a"), in_top("b"));
  setenv("STRAIT_PLUGIN_PATH", path, 1);
  open_registry(NULL, NULL);
  ck_assert_int_eq(get("good"), STRAIT_EINVAL);
  ck_assert_error("curve \"good\" is there twice");
  ck_assert_error(in_top("a/curve-good.so"));
  ck_assert_error(in_top("b/curve-good.so"));
}
END_TEST

START_TEST(test_twice_at_home) {
  copy_plugin("curve-good.so", "a/curve-good.so");
  copy_plugin("curve-good.so", "home/.local/lib/strait/1/curve-good.so");
  open_registry(NULL, NULL);
  ck_assert_int_eq(get("good"), STRAIT_EINVAL);
  ck_assert_error("curve \"good\" is there twice");
  ck_assert_error(in_top("home/.local/lib/strait/1/curve-good.so"));
}
END_TEST

/* The same file by two ways is one plugin. */
START_TEST(test_same_file) {
  char path[4096];
  copy_plugin("curve-good.so", "a/curve-good.so");
  ck_assert_int_eq(symlink("../a/curve-good.so", in_top("b/curve-good.so")), 0);
  ck_assert_int_eq(symlink("a", in_top("c")), 0);
  snprintf(path, sizeof path, "%s:%s:%s:%s", in_top("a"), in_top("b"), in_top("c"), in_top("a"));
  setenv("STRAIT_PLUGIN_PATH", path, 1);
  open_registry(NULL, NULL);
  ck_assert_msg(get("good") == STRAIT_OK, "%s", error_text());
}
END_TEST

START_TEST(test_shadow) {
  copy_plugin("curve-good.so", "a/curve-good.so");
  copy_plugin("curve-good.so", "b/curve-good.so");
  open_registry(in_top("b"), NULL);
  ck_assert_msg(get("good") == STRAIT_OK, "%s", error_text());
  ck_assert_str_eq(registry_origin(registry, STRAIT_CURVE, "good"), in_top("b/curve-good.so"));
  ck_assert_ptr_nonnull(strstr(logged, " shadows "));
  ck_assert_ptr_nonnull(strstr(logged, in_top("a/curve-good.so")));
}
END_TEST

/* The variable stands in the place of the configured folder: what that holds is not seen, and a name that is also in
 * another place is an error, as with installed plugins. --plugin-dir goes before it. */
START_TEST(test_own_plugins) {
  copy_plugin("curve-good.so", "b/curve-good.so");
  setenv("STRAIT_PLUGIN_DIR", in_top("b"), 1);
  open_registry(NULL, NULL);
  ck_assert_msg(get("good") == STRAIT_OK, "%s", error_text());
  ck_assert_str_eq(registry_origin(registry, STRAIT_CURVE, "good"), in_top("b/curve-good.so"));
  const char *const *folders;
  ck_assert_uint_eq(registry_folders(registry, &folders), 3);
  ck_assert_str_eq(folders[0], in_top("a"));
  ck_assert_str_eq(folders[1], in_top("home/.local/lib/strait/1"));
  ck_assert_str_eq(folders[2], in_top("b"));
  registry_free(registry);
  copy_plugin("curve-good.so", "a/curve-good.so");
  open_registry(NULL, NULL);
  ck_assert_int_ne(get("good"), STRAIT_OK);
  ck_assert_error(in_top("a/curve-good.so"));
  ck_assert_error(in_top("b/curve-good.so"));
  registry_free(registry);
  open_registry(in_top("a"), NULL); /* what the command line says holds */
  ck_assert_msg(get("good") == STRAIT_OK, "%s", error_text());
  ck_assert_str_eq(registry_origin(registry, STRAIT_CURVE, "good"), in_top("a/curve-good.so"));
  registry_free(registry);
  setenv("STRAIT_PLUGIN_DIR", "b", 1);
  ck_assert_int_eq(registry_create(&registry, NULL, NULL), STRAIT_EINVAL);
  ck_assert_error("STRAIT_PLUGIN_DIR: \"b\" is relative");
  setenv("STRAIT_PLUGIN_DIR", in_top("nowhere"), 1);
  ck_assert_int_eq(registry_create(&registry, NULL, NULL), STRAIT_ENOENT);
}
END_TEST

/* --plugin-dir is the user's word on the command line: relative to the current folder, but there. */
START_TEST(test_first) {
  copy_plugin("curve-good.so", "b/curve-good.so");
  ck_assert_int_eq(chdir(top), 0);
  open_registry("b", NULL);
  ck_assert_msg(get("good") == STRAIT_OK, "%s", error_text());
  ck_assert_str_eq(registry_origin(registry, STRAIT_CURVE, "good"), in_top("b/curve-good.so"));
  struct registry *other;
  ck_assert_int_eq(registry_create(&other, "", NULL), STRAIT_EINVAL);
  ck_assert_int_eq(registry_create(&other, "nowhere", NULL), STRAIT_ENOENT);
  ck_assert_error("--plugin-dir: plugin folder ");
  ck_assert_ptr_null(other);
  ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

static const struct {
  const char *path, *text; /* % stands for the test's folder */
} bad_paths[] = {
    {":%/a", "an empty component"}, {"%/a:", "an empty component"},          {"%/a::%/b", "an empty component"},
    {"a", "\"a\" is relative"},     {"%/a:./b", "\"./b\" is relative"},      {"%/file", "not a folder"},
    {"~/a", "\"~/a\" is relative"}, {"%/open", "everybody can write to it"}, {"%/link", "everybody can write to it"},
};

static void make_bad_places(void) {
  ck_assert_int_eq(mkdir(in_top("open"), 0777), 0);
  ck_assert_int_eq(chmod(in_top("open"), 0777), 0);
  ck_assert_int_eq(symlink("open", in_top("link")), 0);
  fclose(fopen(in_top("file"), "w"));
}

START_TEST(test_bad_path) {
  struct text path = {0};
  make_bad_places();
  for (const char *c = bad_paths[_i].path; *c; c++)
    if (*c == '%')
      text_add(&path, "%s", top);
    else
      text_add_n(&path, c, 1);
  setenv("STRAIT_PLUGIN_PATH", path.data, 1);
  text_free(&path);
  ck_assert_int_eq(registry_create(&registry, NULL, NULL), STRAIT_EINVAL);
  ck_assert_error("STRAIT_PLUGIN_PATH: ");
  ck_assert_error(bad_paths[_i].text);
}
END_TEST

START_TEST(test_missing_places) {
  char path[4096];
  copy_plugin("curve-good.so", "a/curve-good.so");
  snprintf(path, sizeof path, "%s:%s", in_top("nowhere"), in_top("a"));
  setenv("STRAIT_PLUGIN_PATH", path, 1);
  setenv("HOME", in_top("nobody"), 1);
  open_registry(NULL, NULL);
  ck_assert_ptr_nonnull(strstr(logged, "STRAIT_PLUGIN_PATH: there is no folder "));
  ck_assert_ptr_null(strstr(logged, "nobody")); /* places that need not be there are skipped without a word */
  ck_assert_msg(get("good") == STRAIT_OK, "%s", error_text());
}
END_TEST

START_TEST(test_no_environment) {
  static const char *const homes[] = {NULL, "", "home", "."};
  const char *const *folders;
  unsetenv("STRAIT_PLUGIN_PATH");
  setenv("HOME", "/nonexistent", 1);
  open_registry(NULL, NULL);
  size_t without_home = registry_folders(registry, &folders);
  registry_free(registry);
  registry = NULL;
  if (homes[_i])
    setenv("HOME", homes[_i], 1);
  else
    unsetenv("HOME");
  setenv("STRAIT_PLUGIN_PATH", "", 1); /* an empty variable is one that is not set */
  ck_assert_int_eq(chdir(top), 0);
  open_registry(NULL, NULL);
  ck_assert_uint_eq(registry_folders(registry, &folders), without_home);
  ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

START_TEST(test_open_home) {
  ck_assert_int_eq(chmod(in_top("home/.local/lib/strait/1"), 0757), 0);
  ck_assert_int_eq(registry_create(&registry, NULL, NULL), STRAIT_EINVAL);
  ck_assert_error("everybody can write to it");
}
END_TEST

START_TEST(test_open_first) {
  make_bad_places();
  ck_assert_int_eq(registry_create(&registry, in_top("open"), NULL), STRAIT_EINVAL);
  ck_assert_error("--plugin-dir: ");
  ck_assert_error("everybody can write to it");
}
END_TEST

START_TEST(test_open_file) {
  copy_plugin("curve-good.so", "a/curve-good.so");
  ck_assert_int_eq(chmod(in_top("a/curve-good.so"), 0646), 0);
  open_registry(NULL, NULL);
  ck_assert_int_eq(get("good"), STRAIT_EINVAL);
  ck_assert_error("everybody can write to it");
}
END_TEST

/* A link from a safe folder into one that is not: where the file really lies counts. */
START_TEST(test_link_to_open) {
  make_bad_places();
  copy_plugin("curve-good.so", "open/curve-good.so");
  ck_assert_int_eq(symlink("../open/curve-good.so", in_top("a/curve-good.so")), 0);
  open_registry(NULL, NULL);
  ck_assert_int_eq(get("good"), STRAIT_EINVAL);
  ck_assert_error("everybody can write to it");
}
END_TEST

/* The parents of a folder are not looked at: /tmp is one of them often enough. */
START_TEST(test_open_parent) {
  make_bad_places();
  ck_assert_int_eq(mkdir(in_top("open/inner"), 0755), 0);
  copy_plugin("curve-good.so", "open/inner/curve-good.so");
  setenv("STRAIT_PLUGIN_PATH", in_top("open/inner"), 1);
  open_registry(NULL, NULL);
  ck_assert_msg(get("good") == STRAIT_OK, "%s", error_text());
}
END_TEST

/* Plugins that are bad on purpose: how each is refused. */
static const struct {
  const char *name;
  int status;
  const char *text;
} bad[] = {
    {"noentry", STRAIT_EFORMAT, "not a plugin of strait: it has no strait_plugin_v1"},
    {"future", STRAIT_ENOTSUP, "made for major version 2 of the plugin interface; this strait has 1."},
    {"newminor", STRAIT_ENOTSUP, "of the plugin interface; this strait has 1."},
    {"tooshort", STRAIT_EFORMAT, "its class has 16 bytes; the least is "},
    {"misnamed", STRAIT_EFORMAT, "it says that it is curve \"other\"; the file of that is curve-other.so"},
    {"miskind", STRAIT_EFORMAT, "it says that it is schedule \"miskind\""},
    {"width", STRAIT_EINVAL,
     "its option table is not sound: option small: its field has 4 bytes; an option of type int needs 8"},
    {"bounds", STRAIT_EINVAL, "option bends: its default \"10\": above the maximum 9"},
    {"header", STRAIT_EFORMAT, "its option name lies within strait_object"},
    {"noops", STRAIT_EFORMAT, "it has no operation coefficients"},
    {"nothing", STRAIT_EFORMAT, "its entry returned no class"},
    {"undefined", STRAIT_EFORMAT, "strait_no_such_function"},
};

START_TEST(test_bad) {
  char file[4096];
  open_registry(bad_path, NULL);
  ck_assert_int_eq(get(bad[_i].name), bad[_i].status);
  snprintf(file, sizeof file, "tests/plugins/.libs/curve-%s.so: ", bad[_i].name);
  ck_assert_error(file);
  ck_assert_error(bad[_i].text);
  ck_assert_ptr_null(cls);
  ck_assert_ptr_null(registry_origin(registry, STRAIT_CURVE, bad[_i].name));
  ck_assert_int_eq(get(bad[_i].name), bad[_i].status); /* and again */
  ck_assert_int_eq(get("good"), STRAIT_OK);            /* the others are not touched by it */
}
END_TEST

START_TEST(test_not_shared_objects) {
  fclose(fopen(in_top("a/curve-empty.so"), "w"));
  ck_assert_int_eq(mkdir(in_top("a/curve-folder.so"), 0755), 0);
  ck_assert_int_eq(mkfifo(in_top("a/curve-pipe.so"), 0644), 0);
  ck_assert_int_eq(symlink("nowhere", in_top("a/curve-dangling.so")), 0);
  open_registry(NULL, NULL);
  ck_assert_int_eq(get("empty"), STRAIT_EFORMAT);
  ck_assert_error("cannot be loaded: ");
  ck_assert_int_eq(get("folder"), STRAIT_EINVAL);
  ck_assert_error("not a regular file");
  ck_assert_int_eq(get("pipe"), STRAIT_EINVAL);
  ck_assert_error("not a regular file");
  ck_assert_int_eq(get("dangling"), STRAIT_ENOENT);
}
END_TEST

/* Structs of an older, shorter version are read as far as they go, and zero behind. */
START_TEST(test_short) {
  open_registry(bad_path, NULL);
  ck_assert_msg(get("short") == STRAIT_OK, "%s", error_text());
  ck_assert_uint_eq(cls->size, sizeof *cls);
  ck_assert_ptr_null(cls->options);
  ck_assert_uint_eq(cls->option_count, 0);
  ck_assert_ptr_null((void *)(uintptr_t)cls->init);
  strait_object *object;
  ck_assert_msg(object_create(&object, cls, NULL, 1, NULL, 0) == STRAIT_OK, "%s", error_text());
  const strait_curve_ops *ops = object_ops(object);
  ck_assert_uint_eq(ops->size, sizeof *ops);
  ck_assert_int_eq(ops->points(object), 2);
  ck_assert(!ops->derivatives);
  object_free(object);
}
END_TEST

/* A host that grew: this one, and a service behind it. */
struct grown_host {
  strait_host first;
  int32_t (*later)(const void *self, int32_t value);
};
static int32_t one_more(const void *self, int32_t value) { return (void)self, value + 1; }

/* A newer plugin on this, its older host: structs longer than ours are read as far as we know them, element by element
 * of the plugin's own size; a later service is not there, and the plugin is told so. On a host that has it, it is. */
START_TEST(test_newer) {
  open_registry(bad_path, NULL);
  ck_assert_msg(get("newer") == STRAIT_OK, "%s", error_text());
  ck_assert_uint_eq(cls->size, sizeof *cls);
  struct option_table table = class_options(cls);
  ck_assert_uint_eq(table.count, 2);
  ck_assert_uint_gt(table.size, sizeof(strait_option));
  ck_assert_str_eq(option_at(&table, 1).name, "small");
  struct setting setting = {.key = "small", .value = "no"};
  strait_object *object;
  ck_assert_msg(object_create(&object, cls, NULL, 1, &setting, 1) == STRAIT_OK, "%s", error_text());
  const strait_curve_ops *ops = object_ops(object);
  ck_assert_uint_eq(ops->size, sizeof *ops);
  ck_assert_int_eq(ops->points(object), 2); /* without the service */
  ck_assert(!ops->derivatives);

  struct grown_host grown = {*object->host, one_more};
  grown.first.size = sizeof grown;
  grown.first.minor = STRAIT_ABI_MINOR + 1;
  object->host = &grown.first;
  ck_assert_int_eq(cls->init(object), STRAIT_OK);
  ck_assert_int_eq(ops->points(object), 21);
  object_free(object);
}
END_TEST

START_TEST(test_failing_init) {
  strait_object *object;
  open_registry(bad_path, NULL);
  ck_assert_msg(get("failinit") == STRAIT_OK, "%s", error_text());
  ck_assert_int_eq(object_create(&object, cls, "arc", 1, NULL, 0), STRAIT_EINVAL);
  ck_assert_ptr_null(object);
  ck_assert_str_eq(error_text(), "arc: the moon is not full");
}
END_TEST

/* The crash is the child's; nothing else than a process of its own can hold it. */
START_TEST(test_crash) {
  int status;
  pid_t child = fork();
  if (child == 0) {
    char path[4096];
    snprintf(path, sizeof path, "%s/curve-crash.so", bad_path);
    _exit(registry_load_file(path, &cls) ? 1 : 0);
  }
  ck_assert_int_gt(child, 0);
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}
END_TEST

START_TEST(test_arithmetic) {
  volatile double smallest = DBL_MIN;
  open_registry(bad_path, NULL);
  fesetround(FE_DOWNWARD);
#ifdef __SSE__
  unsigned before = _mm_getcsr();
#endif
  ck_assert_msg(get("denormals") == STRAIT_OK, "%s", error_text());
  ck_assert_int_eq(fegetround(), FE_DOWNWARD);
#ifdef __SSE__
  ck_assert_uint_eq(_mm_getcsr() & 0xffc0, before & 0xffc0); /* all but the sticky exception flags */
#endif
  ck_assert(smallest / 2 > 0); /* a denormal number, flushed to zero if the plugin had its way */
  fesetround(FE_TONEAREST);
}
END_TEST

/* Code once opened stays, whoever asked for it; its symbols are nobody else's. */
START_TEST(test_stays) {
  char path[4096];
  snprintf(path, sizeof path, "%s/curve-good.so", bad_path);
  ck_assert_ptr_null(dlopen(path, RTLD_NOW | RTLD_NOLOAD));
  open_registry(bad_path, NULL);
  ck_assert_int_eq(get("good"), STRAIT_OK);
  registry_free(registry);
  registry = NULL;
  ck_assert_ptr_nonnull(dlopen(path, RTLD_NOW | RTLD_NOLOAD));
  ck_assert_ptr_null(dlsym(RTLD_DEFAULT, "strait_plugin_v1"));
}
END_TEST

static int64_t line_points(const void *self) { return (void)self, 2; }
static void line_coefficients(const void *self, double t, double *c) {
  (void)self;
  c[0] = 1 - t;
  c[1] = t;
}
static const strait_curve_ops line_ops = {
    .size = sizeof line_ops, .points = line_points, .coefficients = line_coefficients};
static const strait_class line_class = {
    STRAIT_CLASS_BARE(STRAIT_CURVE, "good", "1.0", "built in", strait_object, &line_ops), STRAIT_NO_PRESETS, NULL,
    NULL};
static const strait_class *line_entry(const strait_host *host) { return host ? &line_class : NULL; }
static const struct builtin built[] = {
    {"curve", "good", line_entry}, {"curve", "wrong", line_entry}, {NULL, NULL, NULL}};

START_TEST(test_builtin) {
  open_registry(NULL, built);
  ck_assert_msg(get("good") == STRAIT_OK, "%s", error_text());
  ck_assert_str_eq(registry_origin(registry, STRAIT_CURVE, "good"), "built in");
  ck_assert_str_eq(cls->summary, "built in");
  ck_assert_int_eq(get("wrong"), STRAIT_EFORMAT); /* checked as strictly as a file */
}
END_TEST

START_TEST(test_builtin_and_file) {
  copy_plugin("curve-good.so", "a/curve-good.so");
  open_registry(NULL, built);
  ck_assert_int_eq(get("good"), STRAIT_EINVAL);
  ck_assert_error("curve-good.so and built in");
  registry_free(registry);
  unsetenv("STRAIT_PLUGIN_PATH");
  open_registry(in_top("a"), built);
  ck_assert_msg(get("good") == STRAIT_OK, "%s", error_text());
  ck_assert_str_eq(cls->summary, "a sound plugin");
  ck_assert_ptr_nonnull(strstr(logged, "shadows built in"));
}
END_TEST

static int list(void *context, uint32_t kind, const char *name, const char *origin) {
  text_add(context, "%s %s %s\n", kind_name(kind), name, strrchr(origin, '/') ? strrchr(origin, '/') : origin);
  return STRAIT_OK;
}
static int refuse(void *context, uint32_t kind, const char *name, const char *origin) {
  (void)context;
  (void)kind;
  (void)origin;
  return error_set(STRAIT_EIO, "%s", name);
}

/* What there is, by file names alone: what would crash is listed as well. */
START_TEST(test_scan) {
  static const char *const files[] = {"a/schedule-x.so", "a/curve-z.so", "a/curve-fashion-a.so", "a/libfoo.so",
                                      "a/curve-.so",     "a/curve.so",   "a/model-M.so",         "a/other-x.so",
                                      "a/curve-z.la",    "b/curve-z.so"};
  char path[4096];
  struct text seen = {0};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    fclose(fopen(in_top(files[i]), "w"));
  copy_plugin("curve-crash.so", "a/curve-crash.so");
  snprintf(path, sizeof path, "%s:%s", in_top("a"), in_top("b"));
  setenv("STRAIT_PLUGIN_PATH", path, 1);
  open_registry(NULL, built);
  ck_assert_int_eq(registry_scan(registry, list, &seen), STRAIT_OK);
  ck_assert_str_eq(seen.data,
                   "curve crash /curve-crash.so\ncurve fashion-a /curve-fashion-a.so\ncurve good built in\n"
                   "curve wrong built in\ncurve z /curve-z.so\ncurve z /curve-z.so\nschedule x /schedule-x.so\n");
  text_free(&seen);
  ck_assert_int_eq(registry_scan(registry, refuse, NULL), STRAIT_EIO); /* the visitor's failure ends it */
}
END_TEST

START_TEST(test_load_file) {
  copy_plugin("curve-good.so", "a/curve-good.so");
  copy_plugin("curve-good.so", "a/good.so");
  ck_assert_int_eq(chdir(in_top("a")), 0);
  ck_assert_msg(registry_load_file("curve-good.so", &cls) == STRAIT_OK, "%s", error_text());
  ck_assert_str_eq(cls->name, "good");
  ck_assert_int_eq(registry_load_file("good.so", &cls), STRAIT_EINVAL);
  ck_assert_error("is called KIND-NAME.so");
  ck_assert_int_eq(registry_load_file("curve-missing.so", &cls), STRAIT_ENOENT);
  ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

static TCase *places(void) {
  TCase *tests = tcase_create("places");
  tcase_add_checked_fixture(tests, setup, teardown);
  tcase_add_test(tests, test_found);
  tcase_add_test(tests, test_unknown);
  tcase_add_loop_test(tests, test_not_names, 0, sizeof not_names / sizeof *not_names);
  tcase_add_test(tests, test_twice);
  tcase_add_test(tests, test_twice_at_home);
  tcase_add_test(tests, test_same_file);
  tcase_add_test(tests, test_shadow);
  tcase_add_test(tests, test_first);
  tcase_add_test(tests, test_own_plugins);
  tcase_add_loop_test(tests, test_bad_path, 0, sizeof bad_paths / sizeof *bad_paths);
  tcase_add_test(tests, test_missing_places);
  tcase_add_loop_test(tests, test_no_environment, 0, 4);
  tcase_add_test(tests, test_open_home);
  tcase_add_test(tests, test_open_first);
  tcase_add_test(tests, test_open_file);
  tcase_add_test(tests, test_link_to_open);
  tcase_add_test(tests, test_open_parent);
  tcase_add_test(tests, test_builtin);
  tcase_add_test(tests, test_builtin_and_file);
  tcase_add_test(tests, test_scan);
  return tests;
}

static TCase *opening(void) {
  TCase *tests = tcase_create("opening");
  tcase_add_checked_fixture(tests, setup, teardown);
  tcase_add_loop_test(tests, test_bad, 0, sizeof bad / sizeof *bad);
  tcase_add_test(tests, test_not_shared_objects);
  tcase_add_test(tests, test_short);
  tcase_add_test(tests, test_newer);
  tcase_add_test(tests, test_failing_init);
  tcase_add_test(tests, test_crash);
  tcase_add_test(tests, test_arithmetic);
  tcase_add_test(tests, test_stays);
  tcase_add_test(tests, test_load_file);
  return tests;
}

int main(void) {
  Suite *suite = suite_create("registry");
  suite_add_tcase(suite, places());
  suite_add_tcase(suite, opening());
  SRunner *runner = srunner_create(suite);
  srunner_set_fork_status(runner, CK_FORK); /* what a test loads stays in its process */
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
