/* cli/bench_tune.c: see bench_tune.h. */
#include <config.h>

#include "cli/bench_tune.h"

#include <stdio.h>

#include "base/error.h"
#include "cli/answer.h"
#include "compute/tune.h"
#include "report/table.h"
#include "store/document.h"

static const struct {
  int64_t kernel, channels;
} tune_layers[] = {{3, 16}, {3, 32}, {3, 64}, {3, 128}, {3, 256}, {3, 512}, {5, 16}, {5, 32}, {5, 64}, {5, 128}};
static const int64_t tune_sizes[] = {2, 4, 8, 16, 32};
static const char *const tune_ways[TUNE_WAYS] = {"forward", "input", "weights"};

static void tune_row(struct table *table, json_t *all, int64_t kernel, int64_t channels, int64_t size,
                     const struct tuned *t) {
  const char *rule = t->winograd ? "winograd" : "direct";
  json_t *row = json_pack("{s:I, s:I, s:I, s:I, s:s}", "kernel", (json_int_t)kernel, "channels", (json_int_t)channels,
                          "size", (json_int_t)size, "samples", (json_int_t)t->samples, "rule", rule);
  table_add(table, "%lldx%lld", (long long)kernel, (long long)kernel);
  table_add(table, "%lld", (long long)channels);
  table_add(table, "%lldx%lld", (long long)size, (long long)size);
  for (int way = 0; way < TUNE_WAYS; way++) {
    table_add(table, "%.0f", t->direct[way]);
    table_add(table, "%.0f", t->by_rule[way]);
    json_object_set_new(
        row, tune_ways[way],
        json_pack("{s:o, s:o}", "direct", document_number(t->direct[way]), "rule", document_number(t->by_rule[way])));
  }
  table_add(table, "%s", rule);
  table_end_row(table);
  json_array_append_new(all, row);
}

int bench_tune(int json, int tries, double seconds, struct team *team) {
  static const char *const heads[] = {"kernel", "channels", "map",     "forward", "by rule",
                                      "input",  "by rule",  "weights", "by rule", "rule"};
  struct device *device = NULL;
  struct table *table = table_create("rrrrrrrrrl");
  json_t *all = json_array();
  int status = table && all ? device_create(&device, NULL, team, NULL) : error_set(STRAIT_ENOMEM, "out of memory");
  for (size_t i = 0; !status && i < sizeof heads / sizeof *heads; i++)
    table_add(table, "%s", heads[i]);
  if (!status)
    table_rule(table);
  for (size_t i = 0; i < sizeof tune_layers / sizeof *tune_layers; i++)
    for (size_t k = 0; !status && k < sizeof tune_sizes / sizeof *tune_sizes; k++) {
      const int64_t kernel = tune_layers[i].kernel, channels = tune_layers[i].channels;
      struct tuned t;
      status = tune(&t, device, kernel, channels, tune_sizes[k], tries, seconds);
      if (!status)
        tune_row(table, all, kernel, channels, tune_sizes[k], &t);
    }
  if (!status && json)
    status = answer_json(json_pack("{s:s, s:i, s:O}", "kernels", device_facts(device).kernels, "threads",
                                   team_threads(team), "convolutions", all));
  else if (!status) {
    printf("stride 1, kernel set %s, %d thread%s: GFLOP/s of direct sums, and of what the rule takes\n\n",
           device_facts(device).kernels, team_threads(team), team_threads(team) == 1 ? "" : "s");
    status = table_print(table, stdout, 0);
  }
  json_decref(all);
  table_free(table);
  device_free(device);
  return status;
}
