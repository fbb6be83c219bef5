/* tests/store/test-torch-kinds.c: kinds of tensors and of checkpoints, as pickles written by hand after
 * torch/_tensor.py, torch/_utils.py and what training scripts save. Expected numbers are those of the one storage, 1
 * to 6. */
#include <config.h>

#include "store/torch.h"
#include "store/zip.h"

#include "torch-rig.h"

static const float floats[] = {1, 2, 3, 4, 5, 6};

/* A zip of this pickle and the six floats as storage 0. */
static const char *file_with(const void *pickle, size_t length) {
  const char *path = in_scratch("file.pt");
  struct zip_writer *zip;
  ck_assert_int_eq(zip_begin(&zip, path, NULL, 0), STRAIT_OK);
  ck_assert_int_eq(zip_add(zip, "a/data.pkl", pickle, length, NULL, 0), STRAIT_OK);
  ck_assert_int_eq(zip_add(zip, "a/data/0", floats, sizeof floats, NULL, 0), STRAIT_OK);
  ck_assert_int_eq(zip_commit(zip), STRAIT_OK);
  return path;
}
#define FILE_WITH(literal) file_with(literal, sizeof literal - 1)

#define STORAGE(module, type, count)                                                                                   \
  "(U\x07storagec" module "\n" type "Storage\nU\x01"                                                                   \
  "0U\x03"                                                                                                             \
  "cpu" count "tQ"
#define SIX STORAGE("torch", "Float", "K\x06")
#define BYTES STORAGE("torch.storage", "Untyped", "K\x18")
#define TRAINING "\x89N" /* requires_grad, hooks */
/* Numbers 1, 3, 5; all numbers; the second. */
#define THREE "K\x00K\x03\x85K\x02\x85"
#define ALL "K\x00K\x06\x85K\x01\x85"
#define SECOND "K\x01))"
#define V2(storage, place, more) "ctorch._utils\n_rebuild_tensor_v2\n(" storage place TRAINING more "tR"
#define V3(place, type, more) "ctorch._utils\n_rebuild_tensor_v3\n(" BYTES place TRAINING "ctorch\n" type "\n" more "tR"
#define WEIGHT(tensor) "}U\x06weight" tensor "s."
#define ENTRY(length, name, value) "U" length name value

/* --- tensors --- */

/* torch: c.conj().imag, whose numbers are the storage's with the other sign. */
START_TEST(views_with_bits) {
  struct arrays *arrays = ck_read(FILE_WITH(WEIGHT(V2(SIX, THREE, "}U\x03neg\x88s"))), NULL);
  CK_FLOATS(arrays, "weight", "3", -1, -3, -5);
  arrays_free(arrays);
  arrays = ck_read(FILE_WITH(WEIGHT(V2(SIX, ALL,
                                       "}(U\x04"
                                       "conj\x89U\x03neg\x88u"))),
                   NULL);
  CK_FLOATS(arrays, "weight", "6", -1, -2, -3, -4, -5, -6);
  arrays_free(arrays);
  static const char *const same[] = {"", "N", "}", "}U\x03neg\x89s",
                                     "}U\x04"
                                     "conj\x88s"};
  for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
    struct text text = {0};
    text_add(&text, "}U\x06weight");
    static const char head[] = "ctorch._utils\n_rebuild_tensor_v2\n(" SIX THREE TRAINING;
    text_add_n(&text, head, sizeof head - 1);
    text_add(&text, "%stRs.", same[i]);
    arrays = ck_read(file_with(text.data, text.length), NULL);
    CK_FLOATS(arrays, "weight", "3", 1, 3, 5);
    arrays_free(arrays);
    text_free(&text);
  }
  /* Whole numbers: the six floats' bits as int32, negated. */
  arrays = ck_read(FILE_WITH(WEIGHT(V2(STORAGE("torch", "Int", "K\x06"), ALL, "}U\x03neg\x88s"))), NULL);
  const int32_t *numbers = ck_array(arrays, "weight", STRAIT_I32, "6");
  for (int i = 0; i < 6; i++) {
    int32_t bits;
    memcpy(&bits, &floats[i], sizeof bits);
    ck_assert_int_eq(numbers[i], -bits);
  }
  arrays_free(arrays);
  ck_fails(FILE_WITH(WEIGHT(V2(STORAGE("torch", "Byte", "K\x18"), ALL, "}U\x03neg\x88s"))), NULL, STRAIT_ENOTSUP,
           "tensor weight: elements of type uint8 cannot be negative");
}
END_TEST

START_TEST(arguments_that_are_not_known) {
  ck_fails(FILE_WITH(WEIGHT(V2(SIX, ALL, "}U\x05scale\x88s"))), NULL, STRAIT_ENOTSUP,
           "tensor weight: it carries \"scale\", whose meaning is not known here; to leave it out, \"weight -\" in a");
  ck_fails(FILE_WITH(WEIGHT(V2(SIX, ALL, "}U\x03negK\x01s"))), NULL, STRAIT_ENOTSUP, "it carries \"neg\"");
  ck_fails(FILE_WITH(WEIGHT(V2(SIX, ALL, "}K\x05\x88s"))), NULL, STRAIT_ENOTSUP, "it carries \"int\"");
  ck_fails(FILE_WITH(WEIGHT(V2(SIX, ALL, "N}"))), NULL, STRAIT_EFORMAT, "a tensor is not described as such");
  ck_fails(FILE_WITH(WEIGHT(V2(SIX, ALL, "K\x01"))), NULL, STRAIT_EFORMAT, "a tensor is not described as such");
  ck_fails(FILE_WITH(WEIGHT("ctorch._utils\n_rebuild_tensor_v2\n(" SIX ALL "NNtR")), NULL, STRAIT_EFORMAT,
           "a tensor is not described as such");
  ck_fails(FILE_WITH(WEIGHT("ctorch._utils\n_rebuild_tensor\n(" SIX ALL TRAINING "tR")), NULL, STRAIT_EFORMAT,
           "a tensor is not described as such");
}
END_TEST

/* Since PyTorch 2.1: the storage has bytes, the tensor says of which type. */
START_TEST(types_of_their_own) {
  struct arrays *arrays = ck_read(FILE_WITH(WEIGHT(V3(THREE, "float32", ""))), NULL);
  CK_FLOATS(arrays, "weight", "3", 1, 3, 5);
  arrays_free(arrays);
  arrays = ck_read(FILE_WITH(WEIGHT(V3(THREE, "float32", "}U\x03neg\x88s"))), NULL);
  CK_FLOATS(arrays, "weight", "3", -1, -3, -5);
  arrays_free(arrays);
  /* 2 is 0x40000000: the fourth of twelve uint16. */
  arrays = ck_read(FILE_WITH(WEIGHT(V3("K\x03))", "uint16", ""))), NULL);
  ck_assert_int_eq(*(const int32_t *)ck_array(arrays, "weight", STRAIT_I32, ""), 0x4000);
  arrays_free(arrays);
  arrays = ck_read(FILE_WITH(WEIGHT(V3(SECOND, "uint32", ""))), NULL);
  ck_assert_int_eq(*(const int64_t *)ck_array(arrays, "weight", STRAIT_I64, ""), 0x40000000);
  arrays_free(arrays);
  ck_fails(FILE_WITH(WEIGHT(V3("K\x00K\x07\x85K\x01\x85", "float32", ""))), NULL, STRAIT_EFORMAT,
           "a tensor reaches beyond its storage");
  ck_fails(FILE_WITH(WEIGHT(V3(ALL, "float8_e4m3fn", ""))), NULL, STRAIT_ENOTSUP,
           "tensor weight: elements of type float8_e4m3fn are not read");
  ck_fails(FILE_WITH(WEIGHT(V3(ALL, "float4_e2m1fn_x2", ""))), NULL, STRAIT_ENOTSUP, "float4_e2m1fn_x2 are not read");
  ck_fails(FILE_WITH(WEIGHT(V3(ALL, "float3", ""))), NULL, STRAIT_ENOTSUP,
           "tensor weight: its numbers are of torch.float3, which is not known here");
  ck_fails(FILE_WITH(WEIGHT(V3(ALL, "FloatStorage", ""))), NULL, STRAIT_ENOTSUP, "its numbers are of name");
  ck_fails(FILE_WITH(WEIGHT(V2(STORAGE("torch", "Odd", "K\x06"), ALL, ""))), NULL, STRAIT_ENOTSUP,
           "tensor weight: its numbers are of torch.OddStorage");
}
END_TEST

#define OF_TYPE(module, class, state)                                                                                  \
  "ctorch._tensor\n_rebuild_from_type_v2\n(ctorch._utils\n_rebuild_tensor_v2\nc" module                                \
  "\n" class "\n(" SIX THREE TRAINING "t" state "tR"

START_TEST(classes_of_tensors) {
  struct arrays *arrays =
      ck_read(FILE_WITH(WEIGHT(OF_TYPE("torch.nn.parameter", "Parameter", "}U\x04noteK\x01s"))), NULL);
  CK_FLOATS(arrays, "weight", "3", 1, 3, 5);
  arrays_free(arrays);
  arrays =
      ck_read(FILE_WITH(WEIGHT("ctorch._utils\n_rebuild_parameter_with_state\n(" V2(SIX, THREE, "") "\x88N}tR")), NULL);
  CK_FLOATS(arrays, "weight", "3", 1, 3, 5);
  arrays_free(arrays);
  ck_fails(FILE_WITH(WEIGHT(OF_TYPE("my", "Tensor", "}"))), NULL, STRAIT_ENOTSUP,
           "tensor weight: it is of the class my.Tensor, which may read its numbers otherwise");
  ck_fails(FILE_WITH(WEIGHT("ctorch._utils\n_rebuild_qtensor\n(NtR")), NULL, STRAIT_ENOTSUP,
           "tensor weight: it is quantised; save its dequantize()");
  ck_fails(FILE_WITH(WEIGHT("ctorch._utils\n_rebuild_parameter\n(ctorch._utils\n_rebuild_sparse_tensor\n)R\x88NtR")),
           NULL, STRAIT_ENOTSUP, "tensor weight: it is sparse; save its to_dense()");
  ck_fails(FILE_WITH(WEIGHT("ctorch._utils\n_rebuild_soon\n)R")), NULL, STRAIT_ENOTSUP,
           "tensor weight: it is made by torch._utils._rebuild_soon, which is not known here");
  ck_fails(FILE_WITH(WEIGHT("ctorch._utils\n_rebuild_parameter\n(" V2(SIX, ALL, "") "\x88tR")), NULL, STRAIT_EFORMAT,
           "a parameter is not described as such");
  /* A call within a call within ... is not followed. */
  ck_fails(FILE_WITH(WEIGHT("ctorch._tensor\n_rebuild_from_type_v2\nq\x01(h\x01Nh\x01tRs.")), NULL, STRAIT_EFORMAT, "");
}
END_TEST

/* What cannot be read is in the list all the same, and goes by its name. */
START_TEST(refused_tensors_stay) {
  const char *format, *path = FILE_WITH("}(" ENTRY("\x08", "a.weight", V2(SIX, SECOND, ""))
                                            ENTRY("\x06", "a.odd_", "ctorch._utils\n_rebuild_qtensor\n(NtR") "u.");
  struct arrays *arrays;
  ck_assert_int_eq(foreign_read(&arrays, path, NULL, &notes, &format), STRAIT_OK);
  ck_assert_uint_eq(arrays_count(arrays), 2);
  ck_assert_ptr_null(array_refusal(arrays_find(arrays, "a.weight")));
  ck_assert_str_eq(array_refusal(arrays_find(arrays, "a.odd_")), "it is quantised; save its dequantize()");
  ck_assert_int_eq(foreign_finish(arrays, &notes), STRAIT_ENOTSUP);
  arrays_free(arrays);
}
END_TEST

/* --- which dict --- */

#define ONE V2(SIX, SECOND, "")
#define W "}" ENTRY("\x08", "a.weight", ONE) "s"
#define W3 "}(" ENTRY("\x08", "a.weight", ONE) ENTRY("\x06", "a.bias", ONE) ENTRY("\x08", "b.weight", ONE) "u"
#define FOUND(literal, key)                                                                                            \
  do {                                                                                                                 \
    struct arrays *found_ = ck_read(FILE_WITH(literal), NULL);                                                         \
    ck_assert_ptr_nonnull(arrays_find(found_, "a.weight"));                                                            \
    ck_note("took the tensors under the checkpoint's key \"" key "\"");                                                \
    arrays_free(found_);                                                                                               \
  } while (0)

START_TEST(weights_among_other_things) {
  FOUND("}(" ENTRY("\x03", "net", W) ENTRY("\x03", "acc", ONE) "u.", "net");
  FOUND("}(" ENTRY("\x04", "best", ONE) ENTRY("\x03", "rng", V2(STORAGE("torch", "Float", "K\x06"), ALL, ""))
            ENTRY("\x05", "model", "}" ENTRY("\x04", "body", W) "s") "u.",
        "model/body");
  FOUND("}(" ENTRY("\x05", "model", W) ENTRY("\x09", "optimizer", W) ENTRY("\x0b", "g_optimizer", W3) "u.", "model");
  FOUND("}(" ENTRY("\x05", "model", W3) ENTRY("\x04", "head", W) "u.", "model");   /* a usual name, and small others */
  FOUND("}(" ENTRY("\x01", "a", W "q\x05") ENTRY("\x01", "b", "h\x05") "u.", "a"); /* one dict under two keys */
  FOUND("(K\x01" W "t.", "1");
  FOUND("}(" ENTRY("\x03", "a/b", W) "u.", "a/b");
  /* The file's own dict, with the state that a module keeps beside. */
  struct arrays *arrays =
      ck_read(FILE_WITH("}(" ENTRY("\x08", "a.weight", ONE) ENTRY("\x0e", "a._extra_state", W3) "u."), NULL);
  ck_assert_uint_eq(arrays_count(arrays), 1);
  arrays_free(arrays);
}
END_TEST

START_TEST(weights_that_could_be_others) {
  static const char averaged[] =
      "}(" ENTRY("\x05", "model", W) ENTRY("\x03", "ema", W3) ENTRY("\x05", "epoch", "K\x07") "u.";
  const char *path = FILE_WITH(averaged);
  ck_fails(path, NULL, STRAIT_EINVAL,
           "several dicts could be the weights; name one: --key model (1 tensor), --key ema (3 tensors)");
  struct arrays *arrays = ck_read(path, "ema");
  ck_assert_uint_eq(arrays_count(arrays), 3);
  arrays_free(arrays);
  ck_fails(FILE_WITH("}(" ENTRY("\x0a", "state_dict", W) ENTRY("\x05", "model", W) "u."), NULL, STRAIT_EINVAL,
           "--key state_dict (1 tensor), --key model (1 tensor)");
  static const char both[] = "}(" ENTRY("\x01", "x", W) ENTRY("\x08", "a.weight", ONE) "u.";
  ck_fails(FILE_WITH(both), NULL, STRAIT_EINVAL, "--key . (1 tensor), --key x (1 tensor)");
  arrays = ck_read(FILE_WITH(both), ".");
  ck_assert_uint_eq(arrays_count(arrays), 1);
  arrays_free(arrays);
  ck_fails(FILE_WITH("}" ENTRY("\x05", "model", "}" ENTRY("\x03", "net", W) "s") "s."), "model", STRAIT_EINVAL,
           "under the key \"model\" the tensors are further down: --key model/net (1 tensor)");
  ck_fails(FILE_WITH("](" W W3 "e."), NULL, STRAIT_EINVAL, "--key 0 (1 tensor), --key 1 (3 tensors)");
  ck_fails(FILE_WITH("](" W W3 "e."), "2", STRAIT_EINVAL, "no key \"2\"");
}
END_TEST

START_TEST(weights_that_are_not_there) {
  ck_fails(FILE_WITH(ONE "."), NULL, STRAIT_EINVAL, "it holds a single tensor where a dict of named tensors is wanted");
  ck_fails(FILE_WITH("cmy\nNet\n)\x81}b."), NULL, STRAIT_ENOTSUP,
           "it holds an object of my.Net: nothing in a pickle is called");
  static const char inside[] = "}(" ENTRY("\x05", "model", "cmy\nNet\n)\x81}b") ENTRY("\x05", "epoch", "K\x01") "u.";
  ck_fails(
      FILE_WITH(inside), NULL, STRAIT_EINVAL,
      "it holds no dict of tensors; it holds \"model\" (my.Net), \"epoch\" (int); an object of a class is not opened");
  ck_fails(FILE_WITH(inside), "model", STRAIT_ENOTSUP, "the key \"model\": it holds an object of my.Net");
}
END_TEST

/* --- archives without sums --- */

/* Makes all sums 0, but that of one line of the table. */
static void clear_sums(const char *path, size_t except) {
  char *data;
  size_t length, met = 0;
  ck_assert_int_eq(file_read(path, 1 << 20, &data, &length), STRAIT_OK);
  for (size_t i = 0; i + 30 < length; i++)
    if (memcmp(data + i, "PK\1\2", 4) == 0 && met++ != except)
      memset(data + i + 16, 0, 4);
    else if (memcmp(data + i, "PK\3\4", 4) == 0)
      memset(data + i + 14, 0, 4);
  ck_assert_uint_eq(met, 2);
  ck_assert_int_eq(file_write(path, data, length), STRAIT_OK);
  memory_free(data);
}

START_TEST(sums_of_zero) {
  const char *path = FILE_WITH(WEIGHT(V2(SIX, THREE, "")));
  clear_sums(path, 2);
  struct arrays *arrays = ck_read(path, NULL);
  CK_FLOATS(arrays, "weight", "3", 1, 3, 5);
  ck_note("its checksums are written as 0: damage to its numbers would not be found");
  arrays_free(arrays);
  /* With one sum that is there, the others are sums too. */
  clear_sums(FILE_WITH(WEIGHT(V2(SIX, THREE, ""))), 1);
  ck_fails(path, NULL, STRAIT_EFORMAT, "CRC");
}
END_TEST

int main(void) {
  TCase *c = tcase_create("all");
  tcase_add_checked_fixture(c, set_up, tear_down);
  tcase_add_test(c, views_with_bits);
  tcase_add_test(c, arguments_that_are_not_known);
  tcase_add_test(c, types_of_their_own);
  tcase_add_test(c, classes_of_tensors);
  tcase_add_test(c, refused_tensors_stay);
  tcase_add_test(c, weights_among_other_things);
  tcase_add_test(c, weights_that_could_be_others);
  tcase_add_test(c, weights_that_are_not_there);
  tcase_add_test(c, sums_of_zero);
  return run_suite("torch-kinds", &c, 1);
}
