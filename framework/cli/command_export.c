/* cli/command_export.c: `strait export`: weights in the formats of other programs. */
#include "cli/answer.h"
#include "cli/command.h"

#include <stdio.h>

#include "base/error.h"
#include "store/foreign.h"
#include "store/rename.h"

struct export_keys {
  const char *map;
};
static const strait_option table_of_keys[] = {
    STRAIT_PATH("map", struct export_keys, map, NULL,
                "rename tensors by the rules in this file, as strait import does"),
};
static const struct option_table export_options = {table_of_keys, sizeof *table_of_keys, 1};

static int print_export(const struct arguments *a, const struct arrays *arrays, const struct notes *notes) {
  if (!a->json) {
    for (size_t i = 0; i < notes->count; i++)
      printf("note: %s\n", notes->line[i]);
    printf("wrote %s: %zu tensor%s\n", a->operands[1], arrays_count(arrays), arrays_count(arrays) == 1 ? "" : "s");
    return STRAIT_OK;
  }
  json_t *lines = json_array();
  for (size_t i = 0; i < notes->count; i++)
    json_array_append_new(lines, json_string(notes->line[i]));
  json_t *report = json_pack("{s:s, s:I, s:o, s:s}", "file", a->operands[0], "tensors",
                             (json_int_t)arrays_count(arrays), "notes", lines, "wrote", a->operands[1]);
  return answer_json(report);
}

static int run_export(const struct arguments *a) {
  struct notes notes = {.arena = a->arena};
  struct renames *map = NULL;
  struct arrays *arrays = NULL;
  struct export_keys keys = {0};
  int status = arguments_options(a, &export_options, &keys);
  if (!status)
    status = foreign_check_name(a->operands[1]);
  if (!status && keys.map)
    status = renames_read(&map, keys.map);
  if (!status)
    status = safetensors_read(&arrays, a->operands[0]);
  if (!status && map)
    status = arrays_rename(arrays, map, &notes);
  if (!status && arrays_check_names(arrays))
    status = error_wrap("%s, after renaming", a->operands[0]);
  if (!status)
    status = foreign_write(a->operands[1], arrays);
  if (!status)
    status = print_export(a, arrays, &notes);
  arrays_free(arrays);
  renames_free(map);
  notes_free(&notes);
  return status;
}

const struct command command_export = {
    .name = "export",
    .operands = "WEIGHTS.safetensors OUT",
    .summary = "write weights for PyTorch or NumPy",
    .help = "Writes the tensors of a safetensors file to OUT, in the format that its name's end says: .pt, .pth\n"
            "or .th, which torch.load reads as an OrderedDict of tensors for load_state_dict; .npz; or\n"
            ".safetensors. Names and shapes are PyTorch's already. To give all names a prefix, as \"module.\",\n"
            "use a map with the one rule: * module.*",
    .flags = FLAG_JSON,
    .options = &export_options,
    .least = 2,
    .most = 2,
    .run = run_export,
};
