/* cli/command_import.c: `strait import`: weights of other programs as safetensors, checked against a network or not. */
#include "cli/answer.h"
#include "cli/command.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/shape.h"
#include "store/foreign.h"
#include "store/rename.h"
#include "store/reparametrised.h"
#include "store/wrappers.h"
#include "train/checkpoint.h"
#include "train/match.h"

struct import_keys {
  const char *model, *input;
  int64_t classes;
  const char *map, *strip, *key;
};
static const strait_option table_of_keys[] = {
    STRAIT_STRING("model", struct import_keys, model, NULL, "match names and shapes against this network"),
    STRAIT_STRING("input", struct import_keys, input, "3x32x32",
                  "shape of the network's input: CHANNELSxHEIGHTxWIDTH, or FEATURES"),
    STRAIT_INT("classes", struct import_keys, classes, "10", 1, 1e6, "number of classes of the network"),
    STRAIT_PATH("map", struct import_keys, map, NULL, "rename tensors by the rules in this file"),
    STRAIT_STRING("strip", struct import_keys, strip, NULL,
                  "prefix to remove from names (default: what PyTorch's wrappers add; none: keep names)"),
    STRAIT_STRING("key", struct import_keys, key, NULL,
                  "key of the tensors in a checkpoint, as state_dict or a/b (default: searched for)"),
};
static const struct option_table import_options = {table_of_keys, sizeof *table_of_keys,
                                                   sizeof table_of_keys / sizeof *table_of_keys};

struct import {
  const struct arguments *a;
  struct import_keys keys;
  const char *from, *to, *format;
  struct notes notes;
  struct arrays *arrays;
  /* with --model */
  struct registry *registry;
  strait_object *object;
  struct network *network;
  struct match match;
};

/* --- the network --- */

/* model.depth=20 as a setting of the model. */
static int read_setting(const struct arguments *a, const char *text, struct setting *setting) {
  const char *equals = strchr(text, '=');
  if (!equals || !text_starts(text, "model."))
    return error_set(STRAIT_EINVAL, "--set %s: model.OPTION=VALUE is needed", text);
  *setting = (struct setting){.key = arena_copy_n(a->arena, text, (size_t)(equals - text)), .value = equals + 1};
  return setting->key ? STRAIT_OK : error_failure();
}

static int make_network(struct import *import) {
  const struct arguments *a = import->a;
  struct signature signature = {.target = STRAIT_TARGET_CLASS, .classes = import->keys.classes};
  const strait_class *cls = NULL;
  struct setting *settings = arena_alloc(a->arena, a->set_count, sizeof *settings);
  int status = settings ? shape_read(a->arena, import->keys.input, &signature) : error_failure();
  for (size_t i = 0; i < a->set_count && !status; i++)
    status = read_setting(a, a->sets[i], &settings[i]);
  if (!status)
    status = arguments_registry(a, &import->registry);
  if (!status)
    status = registry_class(import->registry, STRAIT_MODEL, import->keys.model, &cls);
  if (!status)
    status = object_create(&import->object, cls, import->keys.model, 1, settings, a->set_count);
  if (!status)
    status = network_create(&import->network, import->object, &signature);
  return status;
}

static int check_usage(const struct import *import) {
  if (!text_ends(import->to, ".safetensors"))
    return error_set(STRAIT_EINVAL, "%s: what import writes is named OUT.safetensors", import->to);
  if (!import->keys.model && import->a->set_count)
    return error_set(STRAIT_EINVAL, "--set needs --model, the network whose options it sets");
  return STRAIT_OK;
}

/* --- the work --- */

static int has_segment(const struct layout *layout, const char *name) {
  for (int i = 0; i < layout->segments; i++)
    if (strcmp(layout->segment[i].name, name) == 0)
      return 1;
  return 0;
}

static int is_of_network(void *network, const char *name) {
  return has_segment(network_weights(network), name) || has_segment(network_statistics(network), name);
}

/* From the names in the file to those of the network. */
static int settle_names(struct import *import, const struct renames *map) {
  const char *strip = import->keys.strip;
  struct arrays *arrays = import->arrays;
  int status = STRAIT_OK;
  if (!strip)
    status = arrays_unwrap(arrays, &import->notes);
  else if (strcmp(strip, "none") != 0)
    status = arrays_strip(arrays, strip, &import->notes);
  if (!status)
    status = arrays_put_together(arrays, &import->notes);
  if (!status && map)
    status = arrays_rename(arrays, map, &import->notes);
  if (!status && import->network && !strip)
    status = arrays_strip_known(arrays, is_of_network, import->network, &import->notes);
  if (!status)
    status = foreign_finish(arrays, &import->notes);
  if (!status && arrays_check_names(arrays))
    status = error_wrap("after renaming");
  if (!status && !arrays_count(arrays))
    status = error_set(STRAIT_EINVAL, "no tensors are left");
  return status ? error_wrap("%s", import->from) : STRAIT_OK;
}

static int read_arrays(struct import *import) {
  struct renames *map = NULL;
  int status = import->keys.map ? renames_read(&map, import->keys.map) : STRAIT_OK;
  if (!status)
    status = foreign_read(&import->arrays, import->from, import->keys.key, &import->notes, &import->format);
  if (!status)
    status = settle_names(import, map);
  renames_free(map);
  return status;
}

static int write_weights(const struct import *import) {
  const struct network *network = import->network;
  float *theta = memory_alloc((size_t)network_weights(network)->count, sizeof *theta);
  float *statistics = memory_alloc((size_t)network_statistics(network)->count, sizeof *statistics);
  int status = theta && statistics ? STRAIT_OK : error_failure();
  if (!status) {
    match_fill(network, import->arrays, theta, statistics);
    status = checkpoint_check_finite(network_weights(network), theta);
  }
  if (!status)
    status = checkpoint_check_finite(network_statistics(network), statistics);
  if (status) {
    status = error_wrap("%s", import->from);
  } else {
    status = checkpoint_write_weights(import->to, network, theta, statistics, NULL, 0);
  }
  memory_free(theta);
  memory_free(statistics);
  return status;
}

/* --- the report --- */

static int64_t count_numbers(const struct arrays *arrays) {
  int64_t count = 0;
  for (size_t i = 0; i < arrays_count(arrays); i++)
    count += array_count(arrays_at(arrays, i));
  return count;
}

static const char *const kinds[] = {
    [MATCH_MISSING] = "missing", [MATCH_UNEXPECTED] = "unexpected", [MATCH_SHAPE] = "shape", [MATCH_TYPE] = "type"};

static size_t count_kind(const struct match *match, int kind) {
  size_t count = 0;
  for (size_t i = 0; i < match->count; i++)
    count += match->difference[i].kind == kind;
  return count;
}

static void print_shape(const char *before, uint32_t rank, const int64_t *dims) {
  printf("%s(", before);
  for (uint32_t i = 0; i < rank; i++)
    printf("%s%lld", i ? ", " : "", (long long)dims[i]);
  printf(")");
}

static void print_difference(const struct difference *d) {
  printf("%-10s  %s", kinds[d->kind], d->name);
  if (d->array)
    print_shape(d->kind == MATCH_SHAPE ? ": " : " ", d->array->rank, d->array->dims);
  if (d->kind == MATCH_SHAPE)
    printf(" in the file,");
  if (d->kind == MATCH_TYPE)
    printf(": whole numbers in the file, the network has float32");
  else if (d->segment)
    print_shape(" ", d->segment->rank, d->segment->dims);
  printf("%s\n", d->kind == MATCH_SHAPE ? " in the network" : "");
}

#define LISTED 20 /* of each kind */
static void print_report(const struct import *import, int written) {
  const size_t tensors = arrays_count(import->arrays);
  const long long numbers = count_numbers(import->arrays);
  printf("%s: %s, %zu tensor%s, %lld number%s\n", import->from, import->format, tensors, tensors == 1 ? "" : "s",
         numbers, numbers == 1 ? "" : "s");
  for (size_t i = 0; i < import->notes.count; i++)
    printf("note: %s\n", import->notes.line[i]);
  if (import->network) {
    int all = network_weights(import->network)->segments + network_statistics(import->network)->segments;
    printf("matched %zu of the %d tensors of %s\n", import->match.matched, all, network_model(import->network));
  }
  for (int kind = MATCH_MISSING; kind <= MATCH_TYPE; kind++) {
    size_t listed = 0, count = count_kind(&import->match, kind);
    for (size_t i = 0; i < import->match.count && listed < LISTED; i++)
      if (import->match.difference[i].kind == kind) {
        print_difference(&import->match.difference[i]);
        listed++;
      }
    if (count > listed)
      printf("%-10s  ... and %zu more\n", kinds[kind], count - listed);
  }
  if (written)
    printf("wrote %s: in an experiment, file:%s\n", import->to, import->to);
}

static json_t *json_shape(uint32_t rank, const int64_t *dims) {
  json_t *shape = json_array();
  for (uint32_t i = 0; i < rank; i++)
    json_array_append_new(shape, json_integer(dims[i]));
  return shape;
}

static json_t *json_differences(const struct match *match, int kind) {
  json_t *list = json_array();
  for (size_t i = 0; i < match->count; i++) {
    const struct difference *d = &match->difference[i];
    if (d->kind != kind)
      continue;
    json_t *item = json_pack("{s:s}", "name", d->name);
    if (d->array)
      json_object_set_new(item, "file", json_shape(d->array->rank, d->array->dims));
    if (d->segment)
      json_object_set_new(item, "network", json_shape(d->segment->rank, d->segment->dims));
    json_array_append_new(list, item);
  }
  return list;
}

static int print_json(const struct import *import, int written) {
  json_t *notes = json_array(), *report;
  for (size_t i = 0; i < import->notes.count; i++)
    json_array_append_new(notes, json_string(import->notes.line[i]));
  report = json_pack("{s:s, s:s, s:I, s:I, s:o, s:s?}", "file", import->from, "format", import->format, "tensors",
                     (json_int_t)arrays_count(import->arrays), "numbers", (json_int_t)count_numbers(import->arrays),
                     "notes", notes, "wrote", written ? import->to : NULL);
  if (import->network) {
    json_object_set_new(report, "model", json_string(network_model(import->network)));
    json_object_set_new(report, "matched", json_integer((json_int_t)import->match.matched));
    for (int kind = MATCH_MISSING; kind <= MATCH_TYPE; kind++)
      json_object_set_new(report, kinds[kind], json_differences(&import->match, kind));
  }
  return answer_json(report);
}

static int does_not_fit(const struct import *import) {
  const struct match *match = &import->match;
  const size_t missing = count_kind(match, MATCH_MISSING);
  return error_set(STRAIT_EINVAL,
                   "%s does not fit %s: %zu tensor%s missing, %zu unexpected, %zu of another shape, %zu of another "
                   "type; nothing is written. Options of the model (--set) change its shapes, --map and --strip names",
                   import->from, network_model(import->network), missing, missing == 1 ? "" : "s",
                   count_kind(match, MATCH_UNEXPECTED), count_kind(match, MATCH_SHAPE), count_kind(match, MATCH_TYPE));
}

static int convert(struct import *import) {
  int status = arguments_options(import->a, &import_options, &import->keys), written = 0;
  if (!status)
    status = check_usage(import);
  if (!status && import->keys.model)
    status = make_network(import);
  if (!status)
    status = read_arrays(import);
  if (!status && import->network)
    status = match_network(&import->match, import->network, import->arrays);
  if (status)
    return status;
  if (!import->match.count) {
    status = import->network ? write_weights(import) : foreign_write(import->to, import->arrays);
    written = !status;
  }
  if (!status && import->a->json)
    status = print_json(import, written);
  else if (!status)
    print_report(import, written);
  return status || written ? status : does_not_fit(import);
}

static int run_import(const struct arguments *a) {
  struct import import = {.a = a, .from = a->operands[0], .to = a->operands[1], .notes = {.arena = a->arena}};
  int status = convert(&import);
  match_free(&import.match);
  network_free(import.network);
  object_free(import.object);
  if (import.registry)
    registry_free(import.registry);
  arrays_free(import.arrays);
  notes_free(&import.notes);
  return status;
}

const struct command command_import = {
    .name = "import",
    .operands = "FILE OUT.safetensors",
    .summary = "read weights from PyTorch or NumPy files",
    .help = "Reads the weights in FILE and writes them to OUT.safetensors, which an experiment names\n"
            "file:OUT.safetensors. FILE is a state_dict or checkpoint of PyTorch since 0.1.10 (.pt, .pth, .th,\n"
            ".bin, .ckpt), an .npz, a safetensors file, or the index of one in several files\n"
            "(model.safetensors.index.json). Its content decides which, not its name. Nothing in a pickle is\n"
            "executed: of objects other than plain values and tensors only the name is kept, and a tensor that\n"
            "depends on such an object is refused.\n"
            "\n"
            "Which tensors: in a checkpoint, the one dict that has parameters; where several could be meant, they\n"
            "are listed and --key names one (state_dict; a/b is the key b under a; . is the whole file). An\n"
            "optimizer's state is never meant.\n"
            "\n"
            "Which numbers: float64, float16 and bfloat16 become float32, int8, int16 and uint16 int32, uint32\n"
            "and uint64 int64, bool uint8. Complex, quantised, sparse and 8-bit floating-point tensors are\n"
            "refused, unless a map drops them. Weights in the parts of weight norm, spectral norm and pruning are\n"
            "put together as in evaluation.\n"
            "\n"
            "Which names: what DataParallel, AveragedModel, torch.compile and FSDP add to names is removed,\n"
            "nested or not, and with --model also a prefix that all names share and the network does not have,\n"
            "such as \"model.\" of Lightning. The counters num_batches_tracked and n_averaged are dropped. Each of\n"
            "these steps is reported. With --model, every tensor of the network must be there, in its shape, and\n"
            "no other; otherwise the differences are listed, the exit code is 2, and nothing is written.\n"
            "\n"
            "A map has one rule per line, FROM TO; * stands for any characters, and TO - drops the tensor; the\n"
            "first rule that matches a whole name counts. It is applied after the names are stripped. The bend of\n"
            "a curve that the reference code trained (its points are numbered from 0, and its PreResNet's\n"
            "shortcuts lose their .0):\n"
            "  coeff_layer.*              -\n"
            "  net.*.downsample.weight_1  *.downsample.0.weight\n"
            "  net.*_1                    *\n"
            "  net.*_0                    -\n"
            "  net.*_2                    -\n"
            "  net.*                      *",
    .flags = FLAG_SET | FLAG_PLUGINS | FLAG_JSON,
    .set_help = "set an option of the network: model.OPTION=VALUE; may be repeated",
    .options = &import_options,
    .least = 2,
    .most = 2,
    .run = run_import,
};
