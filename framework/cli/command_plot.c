/* cli/command_plot.c: `strait plot`: a run's figures as files. */
#include "cli/command.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "cli/tables.h"
#include "report/figures.h"
#include "report/gnuplot.h"
#include "report/results.h"

struct plot_keys {
  strait_strings formats;
};
static const strait_option options[] = {
    STRAIT_STRINGS("formats", struct plot_keys, formats, "svg png pdf", "formats to write: svg, png, pdf"),
};
static const struct option_table table = {options, sizeof *options, sizeof options / sizeof *options};

static int read_formats(const struct plot_keys *k, unsigned *formats) {
  *formats = 0;
  for (size_t i = 0; i < k->formats.n; i++) {
    int format = 0;
    while (format < FORMATS && strcmp(format_names[format], k->formats.v[i]) != 0)
      format++;
    if (format == FORMATS)
      return error_set(STRAIT_EINVAL, "--formats: no format \"%s\"; there are svg, png and pdf", k->formats.v[i]);
    *formats |= 1u << format;
  }
  return *formats ? STRAIT_OK : error_set(STRAIT_EINVAL, "--formats names no format");
}

static int draw_plot(const struct arguments *a, const struct figure *figure, const char *folder, unsigned formats) {
  for (int format = 0; format < FORMATS; format++) {
    if (!(formats & 1u << format))
      continue;
    char *file = arena_format(a->arena, "%s/%s.%s", folder, figure->name, format_names[format]);
    struct text image = {0};
    int status = file ? STRAIT_OK : error_failure();
    if (!status && gnuplot_draw(figure->script, format, figure->width, figure->height, &image))
      status = error_wrap("%s", file);
    if (!status)
      status = file_write(file, image.data, image.length);
    text_free(&image);
    if (status)
      return status;
    printf("%s\n", file);
  }
  return STRAIT_OK;
}

static int plot(const struct arguments *a) {
  struct plot_keys keys;
  struct figures figures = {0};
  unsigned formats = 0;
  json_t *results = NULL;
  const char *folder = a->out ? a->out : file_join(a->arena, a->operands[0], "figures");
  int status = folder ? arguments_options(a, &table, &keys) : error_failure();
  if (!status)
    status = read_formats(&keys, &formats);
  if (!status)
    status = results_load(a->operands[0], &results);
  if (!status)
    status = gnuplot_find();
  if (!status)
    status = tables_draw(results, &figures);
  if (!status && !figures.count)
    status = error_set(STRAIT_EINVAL, "%s has nothing to draw: no finished scan, plane, ensemble, compare or sweep",
                       a->operands[0]);
  if (!status)
    status = file_make_folders(folder);
  for (size_t i = 0; !status && i < figures.count; i++)
    status = draw_plot(a, &figures.figure[i], folder, formats);
  figures_free(&figures);
  json_decref(results);
  return status;
}

const struct command command_plot = {
    .name = "plot",
    .operands = "RUN",
    .summary = "draw a run's figures",
    .help = "Draws the figures of a run, by gnuplot, into RUN/figures/ (or --out): trainings, scans along arc length\n"
            "and t, planes as filled contours, the rate and the members of ensembles, comparisons and sweeps with\n"
            "their errors. A sweep has figures where it is over one key or two.",
    .flags = FLAG_OUT,
    .out_help = "folder of the figures (default: RUN/figures)",
    .options = &table,
    .least = 1,
    .most = 1,
    .run = plot,
};
