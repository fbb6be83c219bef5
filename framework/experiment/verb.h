/* experiment/verb.h: what a verb is: the keys it takes, how it names other stages, what may be asked of its own stages,
 * how it runs. One file per verb, verb_NAME.c; nothing else in the program knows a verb by name. */
#ifndef EXPERIMENT_VERB_H
#define EXPERIMENT_VERB_H

#include <jansson.h>

#include "experiment/experiment.h"
#include "plugin/options.h"

/* Tables of keys that verbs share. */
enum { TAKES_DATA = 1, TAKES_SEEDS = 2, TAKES_OPTIMISER = 4, TAKES_EVALUATION = 8 };
#define KIND_BIT(kind) (1u << (kind))
#define ANSWERS_CURVE (1u << 31)

struct cost;
struct figures;
struct job;
struct predict_keys;
struct sheet;
struct table;
struct text;
struct verb;

/* A finished stage, to be shown. */
struct shown {
  const struct verb *const *verbs;         /* all, ended by NULL */
  const json_t *results, *stage, *summary; /* report/results.h; of them the stage; its summary */
  struct sheet *sheet;                     /* where print writes */
  struct figures *figures;                 /* where draw puts them */
};
/* A number of a summary that the tables and figures of a sweep have. */
struct headline {
  const char *place; /* "metrics.test.error", the way to it; where there are paths, from the path on */
  const char *title; /* of its column */
  int decimals;
  const char *figure, *axis; /* the name of its figure, and the title of the axis; NULL: it has none */
};

struct verb {
  const char *name;
  const char *summary; /* one line */
  const char *help;    /* a paragraph for `strait describe verb NAME` and the manual */
  unsigned takes;      /* TAKES_... */
  /* KIND_BIT of the kinds of plugin that its stages use, besides model and dataset, which every verb has. */
  unsigned kinds;
  /* REFERENCE_BIT of the forms that name weights of its stages; 0: they hold none. What each form asks of a stage:
   *   NAME                   final.safetensors in its folder, and "spent" in its summary
   *   NAME@8, NAME@i500      stage->first and its neighbours from check; the iterations in stage->wanted are kept
   *   NAME[2], NAME[*]       member-2.safetensors, and "spent" in its summary
   *   NAME(0.3), NAME#1      point-1.safetensors, by the stage's curve plugin; stage->tip from check */
  unsigned answers; /* also ANSWERS_CURVE: NAME alone is a path, by its curve plugin */
  int fresh;        /* 1: its stages may stand alone and then set `model` (train) */
  /* 1: the evaluation keys decide what is measured at the end, not the weights: when they change, only that is done
   * again. */
  int measured_apart;
  struct option_table options; /* its own keys; the instance is stage->own */
  size_t own_size;
  const char *const *reference_keys; /* own keys that hold references or routes, ended by NULL */
  /* Lists the references and routes in the stage's own keys with stage_refer and stage_route. */
  int (*refer)(struct stage *stage);
  /* Everything that can be known before the first stage runs: lengths, schedules, matching ends. After the stage's data
   * and network are there. */
  int (*check)(struct stage *stage);
  /* How a stage's networks are predicted from; NULL: plainly. */
  const struct predict_keys *(*predict)(const struct stage *stage);
  /* What the whole stage takes: stage/cost.h. After check. */
  int (*cost)(const struct stage *stage, struct cost *cost);
  /* Does the work in the job's folder, going on from what is there already, and leaves the results in job->summary. */
  int (*run)(struct job *job);
  /* A finished stage: does it lack something that references name (weights files)? Needs no lock and no folder open.
   * Then replay makes it; results are not touched. NULL: never. */
  int (*lacks)(struct job *job, int *lacking);
  int (*replay)(struct job *job);
  /* One line for people from the summary: "train nll .132, error 3.4 %". */
  void (*summarise)(const json_t *summary, struct text *line);

  /* What `strait show` and `strait report` print of a finished stage. Any may be NULL or 0. */
  int (*print)(const struct shown *shown);                          /* tables of its own */
  int copies;                                                       /* 1: it runs copies of stages; printed last */
  void (*networks)(const struct shown *shown, struct table *table); /* rows of report/networks.h */
  int (*draw)(const struct shown *shown);                           /* figures */
  int (*draw_all)(const struct shown *shown);                       /* of all its stages together; stage is NULL */
  const struct headline *headlines;                                 /* for a sweep over it, ended by no place */
  int by_path;       /* 1: each path has these numbers, the last in any case */
  const char *files; /* "PATH/curve.npz has ...": what else is there */
};

const struct verb *verb_find(const struct verb *const *among, const char *name); /* NULL when there is none */
/* "a train or connect stage": the verbs that answer one of these forms. NULL: no memory. */
const char *verbs_answering(const struct verb *const *among, unsigned forms, struct arena *arena);

/* The tables of keys of a verb, its own first: how many, and the i-th with the place of its values in a stage. */
struct key_table {
  const struct option_table *table;
  const char *title; /* "train", "data", "seeds", ... */
  void *(*values)(struct stage *stage);
};
int verb_tables(const struct verb *verb, struct key_table tables[8]);

#endif
