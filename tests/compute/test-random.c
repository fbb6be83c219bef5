/* Random numbers: the published known answers, and what is made of the bits. */
#include <math.h>
#include <stdlib.h>

#include "compute/random.h"
#include "rig.h"

/* The known-answer vectors for philox4x32-10 of Random123 (Salmon et al., kat_vectors). */
START_TEST(known_answers) {
  static const struct {
    uint32_t counter[4], key[2], bits[4];
  } kat[] = {
      {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
       {0xffffffff, 0xffffffff},
       {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
       {0xa4093822, 0x299f31d0},
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  };
  for (size_t i = 0; i < sizeof kat / sizeof *kat; i++) {
    uint32_t bits[4];
    philox(kat[i].counter, kat[i].key, bits);
    for (int j = 0; j < 4; j++)
      ck_assert_uint_eq(bits[j], kat[i].bits[j]);
    /* the stream's own counter: block number low, the stream's high half high */
    struct stream s = {{kat[i].key[0], kat[i].key[1]}, (uint64_t)kat[i].counter[3] << 32 | kat[i].counter[2]};
    stream_bits(&s, (uint64_t)kat[i].counter[1] << 32 | kat[i].counter[0], bits);
    for (int j = 0; j < 4; j++)
      ck_assert_uint_eq(bits[j], kat[i].bits[j]);
  }
}
END_TEST

/* Streams differ in each of seed, purpose, index and branch. */
START_TEST(streams_differ) {
  struct stream s[] = {stream_of(1, "order", 0), stream_of(2, "order", 0), stream_of(1, "noise", 0),
                       stream_of(1, "order", 1), stream_of(1, "", 0)};
  struct stream branch = stream_branch(&s[0], 0), other = stream_branch(&s[0], 1);
  for (size_t i = 0; i < sizeof s / sizeof *s; i++) {
    for (size_t j = 0; j < i; j++)
      ck_assert(stream_double(&s[i], 0) != stream_double(&s[j], 0));
    ck_assert(stream_double(&s[i], 0) != stream_double(&branch, 0));
  }
  ck_assert(stream_double(&other, 0) != stream_double(&branch, 0));
}
END_TEST

#define N 100000

/* Mean and variance within 5 standard errors: uniform 1/2 +- 5 sqrt(1/12/N), 1/12; normal 0 +- 5/sqrt(N), 1 +- 5
 * sqrt(2/N). The stream is fixed, so this passes always or never. */
START_TEST(moments) {
  static float u[N], z[N];
  struct stream s = stream_of(7, "moments", 3);
  double mean_u = 0, mean_z = 0, square_u = 0, square_z = 0, fourth_z = 0;
  stream_uniforms(&s, u, N);
  stream_normals(&s, z, N);
  for (int i = 0; i < N; i++) {
    ck_assert(u[i] >= 0 && u[i] < 1 && isfinite(z[i]));
    ck_assert(u[i] == stream_float(&s, (uint64_t)i));
    mean_u += u[i] / (double)N;
    mean_z += z[i] / (double)N;
    square_u += (u[i] - 0.5) * (u[i] - 0.5) / N;
    square_z += (double)z[i] * z[i] / N;
    fourth_z += pow(z[i], 4) / N;
  }
  ck_assert_double_eq_tol(mean_u, 0.5, 5 * sqrt(1. / 12 / N));
  ck_assert_double_eq_tol(square_u, 1. / 12, 5 * sqrt(1. / 180 / N));
  ck_assert_double_eq_tol(mean_z, 0, 5 / sqrt(N));
  ck_assert_double_eq_tol(square_z, 1, 5 * sqrt(2. / N));
  ck_assert_double_eq_tol(fourth_z, 3, 5 * sqrt(96. / N)); /* var z^4 = 105 - 9 */
}
END_TEST

/* A prefix of a fill is the fill of the prefix, odd counts too. */
START_TEST(prefixes) {
  float a[11], b[11];
  struct stream s = stream_of(7, "prefix", 0);
  stream_normals(&s, a, 11);
  for (int n = 0; n <= 11; n++) {
    b[n < 11 ? n : 0] = -99;
    stream_normals(&s, b, n);
    for (int i = 0; i < n; i++)
      ck_assert(a[i] == b[i]);
    if (n > 0 && n < 11)
      ck_assert(b[n] == -99);
  }
}
END_TEST

START_TEST(below) {
  struct stream s = stream_of(3, "below", 0);
  int seen[7] = {0};
  for (uint64_t i = 0; i < 7000; i++) {
    uint64_t v = stream_below(&s, i, 7);
    ck_assert_uint_lt(v, 7);
    seen[v]++;
    ck_assert_uint_eq(stream_below(&s, i, 1), 0);
  }
  for (int i = 0; i < 7; i++)
    ck_assert_int_lt(abs(seen[i] - 1000), 150);                   /* 5 standard deviations: sqrt(7000 * 6/49) = 29 */
  ck_assert_uint_gt(stream_below(&s, 1, UINT64_MAX), UINT32_MAX); /* all 64 bits are used */
}
END_TEST

START_TEST(permutations) {
  static int64_t order[1000];
  static char seen[1000];
  struct stream s = stream_of(3, "order", 5), t = stream_of(3, "order", 6);
  stream_permutation(&s, order, 1000);
  int fixed = 0;
  for (int i = 0; i < 1000; i++) {
    ck_assert(order[i] >= 0 && order[i] < 1000 && !seen[order[i]]);
    seen[order[i]] = 1;
    fixed += order[i] == i;
  }
  ck_assert_int_lt(fixed, 12); /* Poisson with mean 1 */
  static int64_t other[1000];
  stream_permutation(&t, other, 1000);
  int same = 0;
  for (int i = 0; i < 1000; i++)
    same += order[i] == other[i];
  ck_assert_int_lt(same, 12);
}
END_TEST

int main(void) {
  Suite *suite = rig_suite("random");
  TCase *tests = tcase_create("random");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, known_answers);
  tcase_add_test(tests, streams_differ);
  tcase_add_test(tests, moments);
  tcase_add_test(tests, prefixes);
  tcase_add_test(tests, below);
  tcase_add_test(tests, permutations);
  suite_add_tcase(suite, tests);
  return rig_main(suite);
}
