/* The device itself: the choice of kernels, the guard, services for plugins, what cannot be made. */
#include <config.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "compute/cpu.h"
#include "compute/random.h"
#include "compute/services.h"
#include "plugin/host.h"
#include "plugin/registry.h"
#include "rig.h"

static struct team *team;
static struct device *device;

static void set_up(void) { ck_assert_int_eq(team_create(&team, 2), STRAIT_OK); }
static void tear_down(void) {
  device_free(device);
  team_free(team);
}

START_TEST(kernel_sets) {
  unsetenv("STRAIT_KERNELS");
  ck_assert_int_eq(device_create(&device, NULL, team, NULL), STRAIT_OK);
#ifdef HAVE_X86_KERNELS
  const char *best = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") ? "avx512"
                     : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")       ? "avx2"
                                                                                             : "portable";
  ck_assert_str_eq(device_facts(device).kernels, best);
#else
  ck_assert_str_eq(device_facts(device).kernels, "portable");
#endif
  device_free(device);
  setenv("STRAIT_KERNELS", "portable", 1);
  ck_assert_int_eq(device_create(&device, NULL, team, NULL), STRAIT_OK);
  ck_assert_str_eq(device_facts(device).kernels, "portable");
  device_free(device);
  setenv("STRAIT_KERNELS", "sse9", 1);
  ck_assert_int_eq(device_create(&device, NULL, team, "portable"), STRAIT_OK); /* what the caller names goes first */
  device_free(device);
  ck_assert_int_eq(device_create(&device, NULL, team, NULL), STRAIT_EINVAL);
  ck_assert_ptr_null(device);
  ck_assert_ptr_nonnull(strstr(error_text(), "STRAIT_KERNELS = sse9"));
  setenv("STRAIT_KERNELS", "", 1); /* empty is unset */
  ck_assert_int_eq(device_create(&device, NULL, team, NULL), STRAIT_OK);
}
END_TEST

/* Memory of the guarded device is out of reach between operations: the read ends the test with a signal, as it should.
 */
START_TEST(guard) {
  ck_assert_int_eq(device_create(&device, "guarded", team, NULL), STRAIT_OK);
  place at = rig_place(device, NULL, 100);
  volatile float *peek = cpu_at(cpu_of(device), at);
  float value = peek[3];
  (void)value;
}
END_TEST

START_TEST(guard_lets_operations_work) {
  ck_assert_int_eq(device_create(&device, "guarded", team, NULL), STRAIT_OK);
  place at = rig_place(device, NULL, 100);
  float x[100];
  device->ops->fill(device, at, 4, 100);
  device->ops->download(device, x, at, 100);
  ck_assert(x[0] == 4 && x[99] == 4);
  ck_assert(device->ops->dot(device, 100, at, at) == 1600);
}
END_TEST

START_TEST(impossible) {
  place at;
  ck_assert_int_eq(device_create(&device, NULL, team, NULL), STRAIT_OK);
  ck_assert_int_eq(device->ops->create(device, -1, &at), STRAIT_EINVAL);
  ck_assert(!place_is(at));
  ck_assert_int_eq(device->ops->create(device, INT64_MAX, &at), STRAIT_EINVAL);
  ck_assert_int_eq(device->ops->create(device, INT64_MAX / 1024, &at), STRAIT_ENOMEM);
  ck_assert(!place_is(at));
  ck_assert_int_eq(device_status(device), STRAIT_OK); /* the caller was told */
  struct linear_op op = {.positions = 1, .in = 1, .out = INT64_MAX / 1024};
  ck_assert_int_eq(rig_reserve(device, LINEAR, linear, &op, 1, BACKWARD), STRAIT_ENOMEM);
  error_clear();
  ck_assert_int_eq(device_status(device), STRAIT_ENOMEM); /* reserve's failures are sticky */
}
END_TEST

/* What plugins get: numbers that depend on the object's seed, the purpose and the index; products with all transposes.
 */
START_TEST(services) {
  static const strait_class cls = {
      .size = sizeof cls, .kind = STRAIT_CURVE, .name = "x", .instance_size = sizeof(strait_object)};
  strait_object *object, *other;
  ck_assert_int_eq(object_create(&object, &cls, "one", 7, NULL, 0), STRAIT_OK);
  ck_assert_int_eq(object_create(&other, &cls, "two", 8, NULL, 0), STRAIT_OK);
  uint32_t a[4], b[4];
  compute_host_services();
  strait_random(object, "noise", 3, a);
  strait_random(object, "noise", 3, b);
  ck_assert_mem_eq(a, b, sizeof a);
  strait_random(other, "noise", 3, b);
  ck_assert_mem_ne(a, b, sizeof a);
  strait_random(object, "noise", 4, b);
  ck_assert_mem_ne(a, b, sizeof a);
  strait_random(object, "order", 3, b);
  ck_assert_mem_ne(a, b, sizeof a);
  /* [1 2 3; 4 5 6] times [1 0; 0 1; 2 2] = [7 8; 16 17], every way round */
  static const float m[] = {1, 2, 3, 4, 5, 6}, mt[] = {1, 4, 2, 5, 3, 6}, n[] = {1, 0, 0, 1, 2, 2},
                     nt[] = {1, 0, 2, 0, 1, 2};
  for (int ta = 0; ta < 2; ta++)
    for (int tb = 0; tb < 2; tb++) {
      float c[] = {10, 20, 30, 40};
      ck_assert_int_eq(
          strait_gemm(object, ta, tb, 2, 2, 3, 1, ta ? mt : m, ta ? 2 : 3, tb ? nt : n, tb ? 3 : 2, 0.5f, c, 2),
          STRAIT_OK);
      ck_assert(c[0] == 12 && c[1] == 18 && c[2] == 31 && c[3] == 37);
    }
  float c[4];
  ck_assert_int_eq(strait_gemm(object, 0, 0, 2, 2, 3, 1, m, 2, n, 2, 0, c, 2), STRAIT_EINVAL); /* lda < k */
  ck_assert_int_eq(strait_gemm(object, 0, 0, -1, 2, 3, 1, m, 3, n, 2, 0, c, 2), STRAIT_EINVAL);
  object_free(object);
  object_free(other);
}
END_TEST

int main(void) {
  Suite *suite = rig_suite("device");
  TCase *tests = tcase_create("device");
  tcase_set_timeout(tests, 120);
  tcase_add_checked_fixture(tests, set_up, tear_down);
  tcase_add_test(tests, kernel_sets);
  if (!getenv("CK_FORK") || strcmp(getenv("CK_FORK"), "no") != 0) /* a signal ends the process */
    tcase_add_test_raise_signal(tests, guard, SIGSEGV);
  tcase_add_test(tests, guard_lets_operations_work);
  tcase_add_test(tests, impossible);
  tcase_add_test(tests, services);
  suite_add_tcase(suite, tests);
  return rig_main(suite);
}
