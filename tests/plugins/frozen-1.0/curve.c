/* A curve of interface 1.0 that uses all of it: options of every type, presets, init, fini, and each service of the
 * host. */
#include <strait/strait.h>

struct frozen {
  strait_object object;
  int64_t bends;
  double lean;
  int32_t refuse, mode;
  const char *label, *file;
  strait_ints ints;
  strait_floats floats;
  strait_strings strings;
  uint32_t *bits;
};

static const char *const modes[] = {"one", "two", NULL};
static const strait_option options[] = {
    STRAIT_INT("bends", struct frozen, bends, "1", 0, 9, "bends"),
    STRAIT_FLOAT("lean", struct frozen, lean, "0.5", 0, 1, "how far it leans"),
    STRAIT_BOOL("refuse", struct frozen, refuse, "no", "init fails"),
    STRAIT_CHOICE("mode", struct frozen, mode, "two", modes, "one or two"),
    STRAIT_OPTION("label", STRAIT_OPT_STRING, STRAIT_REQUIRED, struct frozen, label, "x", 0, 0, NULL, "a text"),
    STRAIT_PATH("file", struct frozen, file, NULL, "a file to read"),
    STRAIT_INTS("ints", struct frozen, ints, "1 2", 0, 9, "integers"),
    STRAIT_OPTION("floats", STRAIT_OPT_FLOATS, STRAIT_REPEATABLE, struct frozen, floats, NULL, 0, 9, NULL, "numbers"),
    STRAIT_STRINGS("strings", struct frozen, strings, "a (b c)", "texts"),
};
static const strait_preset presets[] = {{"schedule", "constant"}};

static int32_t init(void *object) {
  struct frozen *self = object;
  strait_reader *reader;
  char byte;
  if (self->refuse)
    return strait_fail(self, STRAIT_EINVAL, "refused, as %s asked", self->label);
  strait_log(self, STRAIT_LOG_INFO, "frozen at %d.%d", STRAIT_ABI_MAJOR, STRAIT_ABI_MINOR);
  self->bits = strait_alloc(self, 4 * sizeof *self->bits);
  if (!self->bits)
    return STRAIT_ENOMEM;
  strait_random(self, "frozen", 3, self->bits);
  float a[] = {1, 2}, b[] = {3, 4}, c[] = {0};
  int32_t status = strait_gemm(self, 0, 0, 1, 1, 2, 1, a, 2, b, 1, 0, c, 1);
  if (status)
    return status;
  if (c[0] != 11) /* 1*3 + 2*4 */
    return strait_fail(self, STRAIT_EBUG, "gemm gives %g", (double)c[0]);
  if (!self->file)
    return STRAIT_OK;
  status = strait_open(self, self->file, NULL, &reader);
  if (status)
    return strait_fail(self, status, "no file to read");
  int64_t got = strait_read(reader, &byte, 1);
  strait_close(reader);
  return got < 0 ? (int32_t)got : strait_fingerprint(self, "frozen", 6);
}

static void fini(void *object) { strait_log(object, STRAIT_LOG_INFO, "thawed"); }

static int64_t points(const void *self) { return ((const struct frozen *)self)->bends + 2; }
static void coefficients(const void *self, double t, double *c) {
  for (int64_t i = 0; i < points(self); i++)
    c[i] = 0;
  c[0] = 1 - t;
  c[points(self) - 1] = t;
}
static void derivatives(const void *self, double t, double *dc) {
  coefficients(self, t, dc);
  dc[0] = -1;
  dc[points(self) - 1] = 1;
}

static const strait_curve_ops ops = {sizeof ops, 0, points, coefficients, derivatives};
static const strait_class frozen = {
    STRAIT_CLASS(STRAIT_CURVE, "frozen", "1.0", "frozen in 1.0", struct frozen, options, &ops), STRAIT_PRESETS(presets),
    init, fini};
STRAIT_PLUGIN(curve, frozen, frozen)
