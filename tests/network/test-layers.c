/* Single layers: their values against PyTorch (torch 1.13, float64) and NumPy, what they refuse, and what no number of
 * threads may change. test-gradients.c has their gradients. */

#include "sequences.h"

static strait_node gelu_exact(strait_graph *g, strait_node x) { return strait_gelu(g, x, STRAIT_GELU_EXACT); }
static strait_node gelu_tanh(strait_graph *g, strait_node x) { return strait_gelu(g, x, STRAIT_GELU_TANH); }
static strait_node gelu_wrong(strait_graph *g, strait_node x) { return strait_gelu(g, x, 2); }

/* torch.nn.functional.gelu(x, approximate). An error in x of 6e-8 x changes exp(-x^2/2) by 6e-8 x^2 of itself; far
 * below 0 the form by tanh is 1 + tanh, of which float32 keeps 6e-8. */
START_TEST(gelu_equals_pytorch) {
  static const float x[12] = {-6, -3, -1.5, -0.75, -0.1f, 0, 0.1f, 0.5, 1, 2.25, 4, 8};
  static const double y[2][12] = {
      {-5.919525869479969e-09, -0.00404969409489031, -0.10021080190328704, -0.16997051428265111, -0.0460172162722971, 0,
       0.053982783727702904, 0.34573123063700656, 0.841344746068543, 2.2224949365261493, 3.9998733150326675,
       7.999999999999995},
      {-8.43964897967453e-11, -0.0036373920817729943, -0.10042842301976707, -0.17003944483437966, -0.04601724895456484,
       0, 0.053982751045435165, 0.34571400982514394, 0.8411919906082768, 2.222798670102711, 3.9999297540518075, 8}};
  struct net net;
  struct rig rig;
  struct run run = {.samples = 1};
  float got[12];
  OK(net_try(&net, _i ? gelu_tanh : gelu_exact, vector(12, 12)));
  rig_make(&rig, &net, "cpu", 1, 1, PROGRAM_EVALUATE, 0);
  rig.device->ops->upload(rig.device, program_input(rig.program), x, 12);
  program_forward(rig.program, &run);
  rig_get(&rig, program_output(rig.program), got, 12);
  for (int i = 0; i < 12; i++)
    ck_assert_double_le(fabs(got[i] - y[_i][i]),
                        fabs(y[_i][i]) * 4e-7 * (1 + x[i] * x[i]) + (_i ? fabs(x[i]) * 6e-8 : 0));
  rig_free(&rig);
  net_free(&net);
  ck_assert_int_eq(net_try(&net, gelu_wrong, vector(12, 12)), STRAIT_EINVAL);
  ck_assert_ptr_nonnull(strstr(error_text(), "gelu of the input: form 2; it is STRAIT_GELU_EXACT or STRAIT_GELU_TANH"));
  net_free(&net);
}
END_TEST

static strait_node layer_norm_bare(strait_graph *g, strait_node x) { return strait_layer_norm(g, x, "ln"); }
static strait_node layer_norm_wrong(strait_graph *g, strait_node x) { return strait_layer_norm_with(g, x, "ln", 0); }

/* torch.nn.functional.layer_norm(x, (4,), weight, bias); the last row's variance is near epsilon, and float32's x is
 * within 6e-8 of 7.001, 6e-5 of its distance to the mean. */
START_TEST(layer_norm_equals_pytorch) {
  static const float x[12] = {1, 2, -1, 0.5, 0.3f, 0.1f, 0.2f, -4, 7, 7, 7, 7.001f},
                     w[8] = {1, 0.5, -2, 1.5, 0.1f, -0.2f, 0.3f, 0};
  static const double y[12] = {0.4464086835065456,   0.4350825854286669,   3.3022085903900615,  -0.17320434175327273,
                               0.7318576404173075,   0.06098467756367054,  -0.8538269955446487, -2.596110739975459,
                               0.021673955001267592, -0.23916302249936622, 0.4566520899974648,  0.35246720249482977};
  struct net net;
  struct rig rig;
  struct run run = {.samples = 3};
  float got[12];
  OK(net_try(&net, layer_norm_bare, vector(4, 4)));
  rig_make(&rig, &net, "cpu", 1, 3, PROGRAM_EVALUATE, 0);
  rig.device->ops->upload(rig.device, program_input(rig.program), x, 12);
  rig.device->ops->upload(rig.device, program_weights(rig.program), w, 8);
  program_forward(rig.program, &run);
  rig_get(&rig, program_output(rig.program), got, 12);
  for (int i = 0; i < 12; i++)
    ck_assert_double_eq_tol(got[i], y[i], i < 8 ? 2e-6 : 2e-4);
  rig_free(&rig);
  net_free(&net);
  ck_assert_int_eq(net_try(&net, layer_norm_wrong, vector(4, 4)), STRAIT_EINVAL);
  ck_assert_ptr_nonnull(strstr(error_text(), "node \"ln\" (layer_norm): epsilon 0; it must be above 0 and at most 1"));
  net_free(&net);
}
END_TEST

static strait_node every_second(strait_graph *g, strait_node x) {
  x = strait_pad_channels(g, strait_slice_image(g, x, 0, 0, 0, 0, 2), 1, 2);
  return strait_flatten(g, x);
}
static strait_node middle(strait_graph *g, strait_node x) {
  x = strait_slice_image(g, strait_slice_channels(g, x, 1, 1), 1, 0, 2, 3, 1);
  return strait_flatten(g, strait_pad_image(g, x, 0, 1, 2, 1));
}
static strait_node slice_high(strait_graph *g, strait_node x) { return strait_slice_channels(g, x, 1, 2); }
static strait_node slice_still(strait_graph *g, strait_node x) { return strait_slice_image(g, x, 0, 0, 0, 0, 0); }
static strait_node slice_vector(strait_graph *g, strait_node x) {
  return strait_slice_image(g, strait_flatten(g, x), 0, 0, 0, 0, 2);
}
static strait_node pad_vector(strait_graph *g, strait_node x) {
  return strait_pad_image(g, strait_flatten(g, x), 1, 0, 0, 0);
}
static strait_node pad_less(strait_graph *g, strait_node x) { return strait_pad_channels(g, x, -1, 0); }

/* Of x[c][h][w] = 100 c + 10 h + w, (2, 3, 4): numpy's np.pad(x[:, ::2, ::2], ((1, 2), (0, 0), (0, 0))) and
 * np.pad(x[1:2, 1:3, :3], ((0, 0), (0, 1), (2, 1))). */
START_TEST(parts_equal_numpy) {
  static const float expected[2][20] = {{0, 0, 0, 0, 0, 2, 20, 22, 100, 102, 120, 122},
                                        {0, 0, 110, 111, 112, 0, 0, 0, 120, 121, 122, 0}};
  static const int counts[] = {20, 18};
  static const struct {
    build_function *build;
    const char *message;
  } wrong[] = {
      {slice_high, "slice of the input: 2 channels from number 1 (counted from 0) are not in input (2, 3, 4)"},
      {slice_still, "slice of the input: step 0; it must be at least 1"},
      {slice_vector, "slice of the input: input (24) is not an image (channels, height, width): it has channels alone"},
      {pad_vector, "pad of the input: input (24) is not an image (channels, height, width): it has channels alone"},
      {pad_less, "pad of the input: -1 and 0 of channels; from 0 to 2^40 are possible"},
  };
  struct net net;
  struct rig rig;
  struct run run = {.samples = 1};
  float x[24], got[20];
  for (int i = 0; i < 24; i++) /* (height, width, channels) */
    x[i] = (float)(100 * (i % 2) + 10 * (i / 8) + i / 2 % 4);
  OK(net_try(&net, _i ? middle : every_second, image(2, 3, 4, counts[_i])));
  rig_make(&rig, &net, "cpu", 1, 1, PROGRAM_EVALUATE, 0);
  rig.device->ops->upload(rig.device, program_input(rig.program), x, 24);
  program_forward(rig.program, &run);
  rig_get(&rig, program_output(rig.program), got, counts[_i]);
  ck_assert_mem_eq(got, expected[_i], (size_t)counts[_i] * sizeof *got);
  rig_free(&rig);
  net_free(&net);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    ck_assert_int_eq(net_try(&net, wrong[i].build, image(2, 3, 4, 5)), STRAIT_EINVAL);
    ck_assert_msg(strstr(error_text(), wrong[i].message) != NULL, "%s", error_text());
    net_free(&net);
  }
}
END_TEST

/* x (x + 3), then the two channels of x before and behind it. */
static strait_node polynomial(strait_graph *g, strait_node x) {
  strait_node y = strait_multiply(g, x, strait_add(g, x, strait_constant(g, x, 3)));
  strait_node a = strait_slice_channels(g, x, 0, 1), b = strait_slice_channels(g, x, 1, 1);
  return strait_flatten(g, strait_concat(g, 3, (strait_node[]){b, y, a}));
}
static strait_node concat_wrong(strait_graph *g, strait_node x) {
  return strait_concat(g, 2, (strait_node[]){x, strait_slice_image(g, x, 0, 0, 0, 0, 2)});
}
static strait_node multiply_wrong(strait_graph *g, strait_node x) {
  return strait_multiply(g, x, strait_slice_channels(g, x, 0, 1));
}
static strait_node constant_wrong(strait_graph *g, strait_node x) { return strait_constant(g, x, NAN); }

/* Small whole numbers: exact. */
START_TEST(products_and_joints_are_exact) {
  static const struct {
    build_function *build;
    const char *message;
  } wrong[] = {
      {concat_wrong, "(2, 2, 2) and slice of the input (2, 1, 1): the shapes must be equal but for the channels"},
      {multiply_wrong, "multiply of the input (2, 2, 2) and slice of the input (1, 2, 2): the shapes must be equal"},
      {constant_wrong, "constant of the input: value nan; it must be a finite float32"},
  };
  struct net net;
  struct rig rig;
  struct run run = {.samples = 1};
  float x[8], got[16];
  for (int i = 0; i < 8; i++)
    x[i] = (float)(3 * i % 7 - 2); /* (height, width, channels) */
  OK(net_try(&net, polynomial, image(2, 2, 2, 16)));
  rig_make(&rig, &net, "cpu", 1, 1, PROGRAM_EVALUATE, 0);
  rig.device->ops->upload(rig.device, program_input(rig.program), x, 8);
  program_forward(rig.program, &run);
  rig_get(&rig, program_output(rig.program), got, 16);
  for (int p = 0; p < 4; p++) {
    const float a = x[2 * p], b = x[2 * p + 1];
    ck_assert(got[p] == b && got[4 + p] == a * (a + 3) && got[8 + p] == b * (b + 3) && got[12 + p] == a);
  }
  rig_free(&rig);
  net_free(&net);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    ck_assert_int_eq(net_try(&net, wrong[i].build, image(2, 2, 2, 5)), STRAIT_EINVAL);
    ck_assert_msg(strstr(error_text(), wrong[i].message) != NULL, "%s", error_text());
    net_free(&net);
  }
}
END_TEST

static strait_node attention_bare(strait_graph *g, strait_node x) { return strait_attention(g, x, 3, 1); }
static strait_node lstm_bare(strait_graph *g, strait_node x) {
  return strait_lstm(g, strait_lstm(g, x, "rnn", 0, 5), "rnn", 1, 4);
}

/* The outputs of one sample of positions of an evaluation. */
static void evaluate_positions(build_function *build, struct signature signature, const float *x, int64_t in,
                               float *got, int64_t out, int halves) {
  struct net net;
  struct rig rig;
  struct data data;
  struct run run = {.samples = 1, .carry = 1};
  OK(net_try(&net, build, signature));
  rig_make(&rig, &net, "cpu", 1, 1, PROGRAM_EVALUATE, 0);
  data_make(&data, &net, 1, 1);
  rig_load(&rig, &net, &data);
  for (int half = 0; half < halves; half++) {
    rig.device->ops->upload(rig.device, program_input(rig.program), x + half * in, in);
    program_forward(rig.program, &run);
    rig_get(&rig, program_output(rig.program), got + half * out, out);
  }
  data_free(&data);
  rig_free(&rig);
  net_free(&net);
}

/* A change of position 70 of 130 leaves those before it as they are, to the last bit, and changes all others; the heads
 * in another order give the same in that order. */
START_TEST(attention_is_causal_and_has_no_first_head) {
  static float x[130 * 18], y[3][130 * 6];
  const struct signature signature = {2, {130, 18}, STRAIT_TARGET_CLASSES, 6, 0};
  struct stream stream = stream_of(4, "x", 0);
  stream_normals(&stream, x, 130 * 18);
  evaluate_positions(attention_bare, signature, x, 130 * 18, y[0], 130 * 6, 1);
  for (int i = 0; i < 18; i++)
    x[70 * 18 + i] += 1;
  evaluate_positions(attention_bare, signature, x, 130 * 18, y[1], 130 * 6, 1);
  ck_assert_mem_eq(y[0], y[1], 70 * 6 * sizeof(float));
  for (int t = 70; t < 130; t++)
    ck_assert(memcmp(y[0] + 6 * t, y[1] + 6 * t, 6 * sizeof(float)) != 0);
  for (int row = 0; row < 130 * 3; row++) { /* the first head of q, k and v becomes the last */
    float first[2];
    memcpy(first, x + 6 * row, sizeof first);
    memmove(x + 6 * row, x + 6 * row + 2, 4 * sizeof(float));
    memcpy(x + 6 * row + 4, first, sizeof first);
  }
  evaluate_positions(attention_bare, signature, x, 130 * 18, y[2], 130 * 6, 1);
  for (int t = 0; t < 130; t++)
    for (int i = 0; i < 6; i++)
      ck_assert(y[2][6 * t + i] == y[1][6 * t + (i + 2) % 6]);
}
END_TEST

/* Two halves of a stream with the state carried are one pass: the sums are the same, so every bit is. */
START_TEST(lstm_carries_its_state) {
  float x[10 * 3], whole[10 * 4], halves[10 * 4];
  struct stream stream = stream_of(4, "x", 0);
  stream_normals(&stream, x, 30);
  evaluate_positions(lstm_bare, (struct signature){2, {10, 3}, STRAIT_TARGET_CLASSES, 4, 0}, x, 30, whole, 40, 1);
  evaluate_positions(lstm_bare, (struct signature){2, {5, 3}, STRAIT_TARGET_CLASSES, 4, 0}, x, 15, halves, 20, 2);
  ck_assert_mem_eq(whole, halves, sizeof whole);
}
END_TEST

static strait_node lstm_two(strait_graph *g, strait_node x) {
  return strait_lstm(g, strait_lstm(g, x, "rnn", 0, 4), "rnn", 1, 4);
}

/* torch.nn.LSTM(3, 4, 2), torch 1.13, float64: outputs, and h and c of each layer after them. float32's rounding of
 * sums of eight terms, over ten applications. */
START_TEST(lstm_equals_pytorch) {
  static const double y[20] = {0.1833483197,  0.1357934563,  0.07076043847,  -0.043395207, 0.1600427818,
                               0.1753300903,  0.1114195894,  0.008172108975, 0.1606162599, 0.1800618764,
                               0.1309522647,  0.03020661241, 0.1589260114,   0.1951297004, 0.124689971,
                               0.05660163489, 0.1624668598,  0.1821285265,   0.1393085933, 0.05432925713};
  static const double after[16] = {0.1354005853, 0.09730208224, -0.1115929545, -0.4051613166,
                                   0.2956687402, 0.361597386,   -0.294385438,  -0.6038465737,
                                   0.1624668598, 0.1821285265,  0.1393085933,  0.05432925713,
                                   0.4043641845, 0.6996406019,  0.4073563938,  0.1535125511};
  struct net net;
  struct rig rig;
  struct run run = {.samples = 1, .carry = 1};
  float w[304], x[15], state[16], got[20];
  for (int i = 0; i < 304; i++)
    w[i] = (float)(0.5 * sin(0.7 * i + 0.3));
  for (int i = 0; i < 15; i++)
    x[i] = (float)cos(0.9 * i);
  for (int i = 0; i < 16; i++)
    state[i] = (float)(0.1 * (i % 7 - 3));
  OK(net_try(&net, lstm_two, (struct signature){2, {5, 3}, STRAIT_TARGET_CLASSES, 4, 0}));
  ck_assert_int_eq(network_weights(net.network)->count, 304);
  ck_assert_int_eq(network_states(net.network)->count, 16);
  ck_assert_str_eq(network_weights(net.network)->segment[5].name, "rnn.weight_hh_l1");
  rig_make(&rig, &net, "cpu", 1, 1, PROGRAM_EVALUATE, 0);
  rig.device->ops->upload(rig.device, program_weights(rig.program), w, 304);
  rig.device->ops->upload(rig.device, program_state(rig.program), state, 16);
  rig.device->ops->upload(rig.device, program_input(rig.program), x, 15);
  program_forward(rig.program, &run);
  rig_get(&rig, program_output(rig.program), got, 20);
  rig_get(&rig, program_state(rig.program), state, 16);
  for (int i = 0; i < 20; i++)
    ck_assert_double_eq_tol(got[i], y[i], 1e-6);
  for (int i = 0; i < 16; i++)
    ck_assert_double_eq_tol(state[i], after[i], 1e-6);
  rig_free(&rig);
  net_free(&net);
}
END_TEST

/* Of 4 positions with 3 heads of 2 features: torch's softmax of masked scores, times v, float64. */
START_TEST(attention_equals_pytorch) {
  static const double expected[24] = {0.1077536494,   -0.9291239977, -0.604832828,  0.6055398583,  0.9287952185,
                                      -0.1086365953,  0.6757279664,  0.02886404924, -0.6652802152, -0.4710694728,
                                      0.4064231317,   0.7027807402,  0.06353253171, 0.07577359207, -0.1341809471,
                                      -0.02672424216, 0.2107846258,  0.06024091089, 0.1089585967,  -0.3585394949,
                                      -0.2565842055,  0.2880604029,  0.3520132859,  -0.1017758869};
  float x[4 * 18], got[24];
  for (int i = 0; i < 4 * 18; i++)
    x[i] = (float)sin(1.3 * i);
  evaluate_positions(attention_bare, (struct signature){2, {4, 18}, STRAIT_TARGET_CLASSES, 6, 0}, x, 4 * 18, got, 24,
                     1);
  for (int i = 0; i < 24; i++)
    ck_assert_double_eq_tol(got[i], expected[i], 1e-6);
}
END_TEST

START_TEST(tokens_outside_the_embedding_are_refused) {
  struct net net;
  struct rig rig;
  struct data data;
  struct run run = {.samples = 2};
  OK(net_try(&net, tied, (struct signature)TOKENS(5, 7)));
  rig_make(&rig, &net, "cpu", 2, 2, PROGRAM_TRAIN, 0);
  data_make(&data, &net, 2, 1);
  data.x[3] = _i ? -1 : 7;
  rig_load(&rig, &net, &data);
  program_forward(rig.program, &run);
  ck_assert_int_eq(program_status(rig.program), STRAIT_EINVAL);
  ck_assert_ptr_nonnull(strstr(error_text(), _i ? "token -1 is not in the embedding, which has rows for 0 to 6"
                                                : "token 7 is not in the embedding, which has rows for 0 to 6"));
  data_free(&data);
  rig_free(&rig);
  net_free(&net);
}
END_TEST

static strait_node layer_norm_wide(strait_graph *g, strait_node x) {
  return strait_linear(g, strait_layer_norm(g, strait_linear(g, x, "in", 600, STRAIT_BIAS), "ln"), "out",
                       strait_classes(g), STRAIT_BIAS);
}

static const struct {
  build_function *build;
  struct signature signature;
} threaded[] = {{layer_norm_wide, POSITIONS},
                {tied, TOKENS(5, 7)},
                {lstm_wide, POSITIONS},
                {attention_long, {2, {135, 3}, STRAIT_TARGET_CLASS, 3, 0}}};

/* Gradients that are summed over many blocks of rows, tokens, units or heads. */
START_TEST(threads_change_no_byte) {
  struct net net;
  struct data data;
  float *got[2];
  struct loss_sums sums;
  struct run run = {.samples = 100};
  OK(net_try(&net, threaded[_i].build, threaded[_i].signature));
  const int64_t count = network_weights(net.network)->count;
  data_make(&data, &net, 100, 3);
  for (int i = 0; i < 2; i++) {
    struct rig rig;
    got[i] = malloc((size_t)count * sizeof *got[i]);
    rig_make(&rig, &net, "cpu", 1 + 2 * i, 100, PROGRAM_TRAIN, 0);
    rig_load(&rig, &net, &data);
    program_forward(rig.program, &run);
    program_loss(rig.program, &run, &sums);
    program_backward(rig.program, &run);
    rig_get(&rig, program_gradient(rig.program), got[i], count);
    rig_free(&rig);
  }
  ck_assert_mem_eq(got[0], got[1], (size_t)count * sizeof(float));
  free(got[0]), free(got[1]);
  data_free(&data);
  net_free(&net);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("layers");
  TCase *tcase = tcase_create("layers");
  tcase_set_timeout(tcase, 300);
  tcase_add_loop_test(tcase, gelu_equals_pytorch, 0, 2);
  tcase_add_test(tcase, layer_norm_equals_pytorch);
  tcase_add_loop_test(tcase, parts_equal_numpy, 0, 2);
  tcase_add_test(tcase, products_and_joints_are_exact);
  tcase_add_loop_test(tcase, threads_change_no_byte, 0, 4);
  tcase_add_test(tcase, attention_is_causal_and_has_no_first_head);
  tcase_add_test(tcase, lstm_carries_its_state);
  tcase_add_test(tcase, lstm_equals_pytorch);
  tcase_add_test(tcase, attention_equals_pytorch);
  tcase_add_loop_test(tcase, tokens_outside_the_embedding_are_refused, 0, 2);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed != 0;
}
