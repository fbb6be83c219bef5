/* experiment/instance.h: copies of stages with other values, for the verbs that run the same thing several times:
 * compare and sweep. An instance is a set of changes; a copy of a stage in it names the instance's copies of all that
 * the stage refers to. Copies are stages like those in the file: they have a folder, a key, and run like them. Those
 * that turn out alike in every key are one, the file's own if that is among them; so what a change does not reach is
 * not made twice.
 *
 * A copy is called "NAME,TEXT", as left,seed=2: no name in a file has a comma. */
#ifndef EXPERIMENT_INSTANCE_H
#define EXPERIMENT_INSTANCE_H

#include "experiment/experiment.h"

/* One change. In [defaults] (stage NULL), where sections still win, or in the section of one stage. */
struct change {
  const char *stage;
  struct setting setting;
};
struct changes {
  struct change *change;
  size_t count;
  int64_t seed; /* 1: as the file says; n: 1000 (n - 1) more than the file says, in every stage. So stages of different
                   seeds stay different, and no two of 999 seeds share a network. */
  int64_t run;  /* 1: as the file says; n: 1000000 (n - 1) more. Runs that are pooled. */
};
#define INSTANCE_SEEDS 999

/* The instance of these changes, made where there is none yet; the settings' texts are borrowed for the experiment's
 * life. */
int instance_find(struct experiment *experiment, const struct changes *changes, struct instance **instance);
const char *instance_text(const struct instance *instance); /* "seed=2,model.hidden=64-64"; "": nothing is changed */
/* The instance's copy of a stage that the file has. */
int instance_stage(struct instance *instance, struct stage *origin, struct stage **copy);
/* The first change of [defaults] that no stage took; NULL: all were. After the stages are settled. */
struct setting *instance_untaken(const struct instance *instance);
void instances_free(struct experiment *experiment);

/* After its key is known: makes a copy that is alike in every key stand for another, and stages that refer to such
 * refer to what stands for them. */
void instance_merge(struct experiment *experiment, struct stage *stage);
void instance_redirect(struct stage *stage);

/* The copies of several stages in an instance, as needs of the stage that makes them, in their order. */
int instance_needs(struct stage *stage, const struct changes *changes, struct stage *const *of, size_t count);

#endif
