/* cli/command_report.c: `strait report`: a run as one HTML page that needs nothing else: no network, no script. */
#include <config.h>

#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "cli/tables.h"
#include "report/figures.h"
#include "report/gnuplot.h"
#include "report/html.h"
#include "report/results.h"
#include "store/document.h"

#define LARGEST_INI (1 << 20)

/* Reads on a phone: tables scroll by themselves, figures take the width there is. Prints: black on white, nothing cut.
 */
static const char style[] =
    ":root{color-scheme:light dark;--ink:#1b1f24;--soft:#5b6570;--line:#d8dde3;--paper:#fff;--warn:#8a4b00;--warnbg:"
    "#fff4e0}\n"
    "@media (prefers-color-scheme:dark){:root{--ink:#e4e8ec;--soft:#9aa5b1;--line:#39424c;--paper:#15191e;--warn:"
    "#ffc46b;--warnbg:#33260f}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;max-width:82rem;padding:1rem 1.25rem 3rem;color:var(--ink);background:var(--paper);"
    "font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',sans-serif}\n"
    "h1{font-size:1.6rem;margin:.4rem 0 0}\n"
    "h2{font-size:1.12rem;margin:2.2rem 0 .6rem;padding-top:.7rem;border-top:1px solid var(--line);line-height:1.3}\n"
    "p{margin:.4rem 0}\n"
    "nav{font-size:.875rem}nav a{color:inherit}\n"
    ".lead,.note,figcaption{color:var(--soft);font-size:.875rem;max-width:60rem}\n"
    ".warning{color:var(--warn);background:var(--warnbg);border-left:3px solid;padding:.3rem .6rem;font-size:.875rem;"
    "max-width:60rem}\n"
    ".scroll{overflow-x:auto}\n"
    "table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums}\n"
    "th,td{padding:.22rem .7rem .22rem 0;text-align:left;white-space:nowrap}\n"
    "th{border-bottom:1.5px solid var(--ink);font-weight:600;vertical-align:bottom}\n"
    "td{border-bottom:1px solid var(--line)}\n"
    "td:first-child,th:first-child{position:sticky;left:0;background:var(--paper)}\n"
    ".r{text-align:right}\n"
    ".figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1.2rem;margin:1rem "
    "0}\n"
    "figure{margin:0;max-width:44rem;break-inside:avoid}\n"
    "figure svg{display:block;width:100%;height:auto;background:#fff;border-radius:4px}\n"
    "figcaption{margin-top:.3rem}\n"
    "pre{overflow-x:auto;font:13px/1.45 ui-monospace,'DejaVu Sans Mono',monospace;border:1px solid "
    "var(--line);border-radius:4px;padding:.8rem}\n"
    "@media print{:root{--ink:#000;--soft:#333;--line:#bbb;--paper:#fff;--warn:#000;--warnbg:#fff}"
    "body{max-width:none;padding:0;font-size:10pt}h2{break-after:avoid}"
    "table{font-size:7.5pt}th,td{padding-right:.4rem}.scroll{overflow:visible}tr{break-inside:avoid}"
    ".figures{grid-template-columns:1fr 1fr}pre{white-space:pre-wrap;font-size:8pt}}\n";

struct report {
  FILE *to;
  const json_t *results;
  struct arena *arena;
  struct figures figures;
  int drawn; /* 0: there is no gnuplot */
};

/* --- figures --- */

/* An SVG document as an element of the page: without what stands before it; names in it made the figure's own, because
 * a page has one name space for all. */
static void write_svg(FILE *to, const char *svg, size_t number) {
  static const char *const marks[] = {" id=\"", " id='", "href=\"#", "href='#", "url(#"};
  const char *at = strstr(svg, "<svg");
  while (at && *at) {
    size_t k = 0;
    while (k < sizeof marks / sizeof *marks && strncmp(at, marks[k], strlen(marks[k])) != 0)
      k++;
    if (k < sizeof marks / sizeof *marks) {
      fprintf(to, "%sf%zu-", marks[k], number);
      at += strlen(marks[k]);
    } else
      fputc(*at++, to);
  }
}

static int draw_report(struct report *r, size_t i) {
  const struct figure *f = &r->figures.figure[i];
  struct text svg = {0};
  int status = gnuplot_draw(f->script, FORMAT_SVG, f->width, f->height, &svg);
  if (status) {
    text_free(&svg);
    return status;
  }
  fputs("<figure>\n", r->to);
  write_svg(r->to, svg.data, i);
  fputs("<figcaption>", r->to);
  html_text(r->to, f->caption);
  fputs("</figcaption></figure>\n", r->to);
  text_free(&svg);
  return STRAIT_OK;
}

static int add_figures(void *context, struct sheet *sheet, const char *stage) {
  struct report *r = context;
  int status = STRAIT_OK, open = 0;
  (void)sheet;
  for (size_t i = 0; !status && r->drawn && i < r->figures.count; i++) {
    if (strcmp(r->figures.figure[i].stage, stage) != 0)
      continue;
    fputs(open++ ? "" : "<div class=\"figures\">\n", r->to);
    status = draw_report(r, i);
  }
  fputs(open ? "</div>\n" : "", r->to);
  return status;
}

/* --- the rest of the page --- */

static void write_head(struct report *r) {
  fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
        r->to);
  html_text(r->to, results_text(r->results, "experiment"));
  fprintf(r->to, " (strait)</title>\n<style>\n%s</style></head><body>\n<h1>", style);
  html_text(r->to, results_text(r->results, "experiment"));
  size_t stages = json_array_size(json_object_get(r->results, "stages")), i, done = 0;
  json_t *stage;
  json_array_foreach(json_object_get(r->results, "stages"), i, stage) {
    done += json_is_object(json_object_get(stage, "summary"));
  }
  fprintf(r->to, "</h1>\n<p class=\"lead\">%zu of %zu stages done. Made by strait " PACKAGE_VERSION_TEXT ".</p>\n",
          done, stages);
}

static int write_ini(struct report *r) {
  char *file = file_join(r->arena, results_text(r->results, "folder"), "experiment.ini"), *text;
  json_t *sets = json_object_get(r->results, "sets"), *one;
  size_t length, i;
  if (!file)
    return error_failure();
  if (!file_exists(file))
    return STRAIT_OK;
  int status = file_read(file, LARGEST_INI, &text, &length);
  if (status)
    return status;
  fputs("<h2>The experiment</h2>\n<pre>", r->to);
  html_text(r->to, text);
  fputs("</pre>\n", r->to);
  memory_free(text);
  json_array_foreach(sets, i, one) {
    if (!json_is_string(one))
      continue;
    fputs("<p class=\"note\">--set ", r->to);
    html_text(r->to, json_string_value(one));
    fputs("</p>\n", r->to);
  }
  return STRAIT_OK;
}

/* One row a stage: what its last run says of where, when and how it was made. */
static int write_provenance(struct report *r) {
  static const char *const heads[] = {"stage", "key", "started", "seconds", "host", "threads", "kernels", "strait"};
  struct table *table = table_create("lllrlrll");
  json_t *stage;
  size_t i;
  if (!table)
    return error_failure();
  for (i = 0; i < sizeof heads / sizeof *heads; i++)
    table_add(table, "%s", heads[i]);
  table_rule(table);
  json_array_foreach(json_object_get(r->results, "stages"), i, stage) {
    char *file = file_join(r->arena, results_text(stage, "folder"), "provenance.json");
    json_t *whole = NULL;
    if (file && file_exists(file) && document_read(file, &whole))
      error_clear();
    const json_t *runs = json_object_get(whole, "runs");
    const json_t *last = json_array_get(runs, json_array_size(runs) - (json_array_size(runs) > 0));
    table_add(table, "%s %s", results_text(stage, "verb"), results_text(stage, "name"));
    table_add(table, "%.8s", results_text(stage, "key"));
    table_add(table, "%s", results_text(last, "started"));
    results_cell(table, 1, last, "seconds");
    table_add(table, "%s", results_text(last, "host"));
    results_cell(table, 0, last, "threads");
    table_add(table, "%s", results_text(last, "kernels"));
    table_add(table, "%s", results_text(last, "version"));
    json_decref(whole);
  }
  fputs("<h2>Provenance</h2>\n", r->to);
  int status = table_html(table, r->to);
  table_free(table);
  return status;
}

/* The body with a name for each heading, and before it a list of them. */
static void write_linked(FILE *to, const char *body) {
  static const char head[] = "<h2>";
  int number = 0;
  fputs("<nav><ol>\n", to);
  for (const char *at = body; (at = strstr(at, head)); at++) {
    const char *text = at + strlen(head), *end = strstr(text, "</h2>");
    fprintf(to, "<li><a href=\"#part-%d\">%.*s</a></li>\n", ++number, (int)(end ? end - text : 0), text);
  }
  fputs("</ol></nav>\n", to);
  number = 0;
  for (const char *at = body, *next; *at; at = next) {
    next = strstr(at, head);
    fwrite(at, 1, next ? (size_t)(next - at) : strlen(at), to);
    if (!next)
      return;
    fprintf(to, "<h2 id=\"part-%d\">", ++number);
    next += strlen(head);
  }
}

static int write_body(struct report *r) {
  struct sheet sheet = {.to = r->to, .html = 1, .add = add_figures, .context = r};
  if (!r->drawn)
    sheet_warning(&sheet, "there are no figures: gnuplot draws them, and was not installed");
  int status = tables_write(r->results, &sheet);
  if (!status)
    status = write_ini(r);
  if (!status)
    status = write_provenance(r);
  return status;
}

static int write_page(struct report *r) {
  FILE *page = r->to;
  char *body = NULL;
  size_t length = 0;
  write_head(r);
  if (!(r->to = open_memstream(&body, &length))) {
    r->to = page;
    return error_set(STRAIT_ENOMEM, "out of memory");
  }
  int status = write_body(r);
  if (fclose(r->to) && !status)
    status = error_set(STRAIT_ENOMEM, "out of memory");
  r->to = page;
  if (!status)
    write_linked(page, body);
  free(body);
  fputs("</body></html>\n", page);
  return status;
}

static int report(const struct arguments *a) {
  json_t *results = NULL;
  char *text = NULL;
  size_t length = 0;
  struct report r = {.arena = a->arena};
  const char *file = a->out ? a->out : file_join(a->arena, a->operands[0], "report.html");
  int status = file ? results_load(a->operands[0], &results) : error_failure();
  r.results = results;
  if (!status && gnuplot_find()) {
    log_message(STRAIT_LOG_WARNING, "the report has no figures: %s", error_text());
    error_clear();
  } else
    r.drawn = !status;
  if (!status && r.drawn)
    status = tables_draw(results, &r.figures);
  if (!status && !(r.to = open_memstream(&text, &length)))
    status = error_set(STRAIT_ENOMEM, "out of memory");
  if (!status)
    status = write_page(&r);
  if (r.to && fclose(r.to) && !status)
    status = error_set(STRAIT_ENOMEM, "out of memory");
  if (!status)
    status = file_write(file, text, length);
  if (!status)
    printf("%s\n", file);
  free(text);
  figures_free(&r.figures);
  json_decref(results);
  return status;
}

const struct command command_report = {
    .name = "report",
    .operands = "RUN",
    .summary = "write a run's results as one HTML page",
    .help = "Writes the tables, figures, experiment file and provenance of a run into RUN/report.html (or the\n"
            "file of --out): one file that needs neither network nor script, for a screen, a phone and paper.\n"
            "Figures need gnuplot; without it the page says that they are missing.",
    .flags = FLAG_OUT,
    .out_help = "file to write (default: RUN/report.html)",
    .least = 1,
    .most = 1,
    .run = report,
};
