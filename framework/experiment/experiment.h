/* experiment/experiment.h: an experiment file and its --set arguments made into stages, with every key's value settled.
 *
 * Reading goes in steps, nothing being applied until the whole file parsed: sections and names; each verb's own keys
 * and with them the references; the order; then, sources first, plugins and all other keys by precedence: the stage's
 * section, what its plugins ask for, what it takes over from the stage it refers to, [defaults], built in. */
#ifndef EXPERIMENT_EXPERIMENT_H
#define EXPERIMENT_EXPERIMENT_H

#include "data/data.h"
#include "experiment/reference.h"
#include "experiment/settings.h"
#include "landscape/evaluate.h"
#include "plugin/registry.h"
#include "train/optimiser.h"

#define KINDS (STRAIT_ENSEMBLER + 1)

/* The plugin of one kind that a stage uses, with its options. */
struct choice {
  const strait_class *cls;  /* NULL: the verb uses none of this kind */
  struct settings settings; /* for object_create */
  const char *text;         /* "bezier 1.0 bends=1": name, version and all options but paths; enters keys */
  const char *full;         /* with the paths: what tells two instances apart within one process */
};

struct material;
struct experiment;
struct instance;
struct verb;
struct stage {
  struct experiment *experiment;
  const struct verb *verb;
  const char *name;
  const char *section; /* "train left", for messages */
  const char *file;    /* where its section is */
  int line;
  int damaged;               /* a line of its section could not be read; later: it cannot be prepared */
  int incomplete;            /* a key that it needs is missing */
  struct settings settings;  /* its section and --set */
  struct settings *defaults; /* the [defaults] that hold for it */

  /* settled */
  struct choice choice[KINDS]; /* by kind */
  struct data_keys data;
  struct seeds seeds; /* noise and subset are resolved; the rest by seed_of */
  struct optimiser_keys optimiser;
  struct evaluate_keys evaluation;
  void *own; /* the verb's own keys */

  struct reference **references; /* in the order of the keys; parts of means and paths too */
  size_t reference_count, reference_capacity;
  struct route **routes;
  size_t route_count, route_capacity;
  struct stage **needs; /* whole stages whose results it reads, in the verb's own order */
  size_t need_count, need_capacity;
  struct instance *instance; /* of a copy: what is different in it (experiment/instance.h); NULL: written in the file */
  struct stage *origin;      /* of a copy: the stage it is one of */
  struct stage *same;        /* of a copy that turned out alike in every key: the stage that stands for it */
  struct stage *source;      /* the stage that model and data are taken over from; NULL: none is referred to */
  struct stage *base;        /* the train stage at the end of that chain; a train stage itself; NULL: none */
  int mark;                  /* of the search for circles */

  /* filled by stage_prepare */
  struct material *material;
  char key[33];
  char measured[33]; /* the hash of how it measures, for verbs that keep this out of the key; else "" */

  /* filled by its verb's check, for those who refer to it */
  int64_t iterations; /* how many its own trainings run */
  int64_t members;    /* NAME[*]: how many there will be; of networks measured together too; 0: it has none */
  int lone;           /* 1: the only member, and no mean of several moments: no ensemble */
  int64_t first, end; /* NAME@: the iteration it starts after, and its last */
  int64_t inherited;  /* NAME@: iterations spent before its iteration 0 */
  const struct reference *start;  /* NAME@: what it starts from; NULL: fresh weights */
  const struct reference *tip[2]; /* a curve: the networks at its ends; NULL: that end is trained too */

  int64_t *wanted; /* iterations that references name, sorted */
  size_t wanted_count, wanted_capacity;
};

struct experiment {
  struct arena *arena;
  const struct verb *const *verbs; /* what a section may begin with, ended by NULL; borrowed */
  struct registry *registry;
  const char *file;        /* as given */
  const char *stem;        /* "quickstart" */
  const char *const *sets; /* the arguments of --set; borrowed */
  size_t set_count;
  struct settings variables; /* of [set] */
  struct settings defaults;
  const char *device;        /* key device of [defaults]: what all stages run on; NULL: not set */
  struct faults *faults;     /* found so far, while it is read; else NULL */
  const char *const *unread; /* names in heads of sections that have a fault */
  size_t unread_count;
  struct stage **stages; /* in the order in which they run: sources first, else the file's */
  size_t count;
  struct stage **all; /* the same in the order in which they were made, and with those that others stand for */
  size_t all_count, all_capacity;
  struct instance **instances;
  size_t instance_count, instance_capacity;
};
/* Fails with all faults that it finds, in the order of their lines. known: the verbs, ended by NULL. sets: the values
 * of --set, "train.left.seed=3" or "defaults.epochs=2". */
int experiment_read(struct experiment **experiment, const struct verb *const *known, struct registry *registry,
                    const char *file, const char *const *sets, size_t set_count);
void experiment_free(struct experiment *experiment);

#endif
