/* experiment/reference.h: the names of weights and of paths, as a user writes them in an experiment. Grammar only: what
 * a name stands for is looked up elsewhere.
 *
 *   weights:  NAME            the final weights         NAME[2] NAME[*]  a member of an ensemble, or all
 *             NAME@8          after epoch 8             NAME(0.3)        the point of a curve at t = 0.3
 *             NAME@i500       after iteration 500       NAME#1           a curve's control point
 *             NAME@0          the initial weights       mean(a,b,...)    the mean of several
 *             file:PATH       a safetensors file        mean(a:2,b:1)    the weighted mean, here (2a + b) / 3
 *             line(a,b)(0.5)  the point of a line or chain at t = 0.5
 *   paths:    NAME            a connect stage's curve
 *             line(a,b)       the straight segment      chain(a,b,c,...) the segments through several
 *             line(a,b;only=conv1.*,fc?.*)  the same for the parameters of these names; all others stay as in a
 *             line(a,b;repair)              with the means and deviations of hidden units repaired at each t
 */
#ifndef EXPERIMENT_REFERENCE_H
#define EXPERIMENT_REFERENCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"

enum {
  REFERENCE_FINAL,
  REFERENCE_EPOCH,
  REFERENCE_ITERATION,
  REFERENCE_MEMBER,
  REFERENCE_MEMBERS, /* NAME[*]: stands for several weights */
  REFERENCE_POINT,
  REFERENCE_CONTROL,
  REFERENCE_MEAN,
  REFERENCE_FILE,
  REFERENCE_ALONG /* line(a,b)(0.5) */
};
#define REFERENCE_BIT(type) (1u << (type))

struct route;
struct stage;
struct reference {
  int type;
  const char *text; /* canonical: without blanks; file paths absolute */
  const char *name; /* the stage's; NULL for mean, file and along */
  int64_t number;   /* epoch, iteration, member or control point */
  double t;         /* REFERENCE_POINT, REFERENCE_ALONG */
  const char *path; /* REFERENCE_FILE, absolute */
  size_t count;     /* REFERENCE_MEAN: its parts; REFERENCE_ALONG: those of the path */
  struct reference **parts;
  double *shares;      /* REFERENCE_MEAN: what each part weighs, as written; NULL: all alike */
  struct route *along; /* REFERENCE_ALONG: the line or chain */
  int part;            /* 1: it is written inside a mean or a path */
  struct stage *stage; /* filled by the experiment: the stage of this name; NULL for mean, file and along */
};
/* Reads one reference; relative file paths are taken from folder. All memory is the arena's. */
int reference_parse(struct arena *arena, const char *text, const char *folder, struct reference **reference);

enum { ROUTE_CURVE, ROUTE_LINE, ROUTE_CHAIN };
/* A path by name ("path" is the landscape's word for the thing itself). */
struct route {
  int type;
  const char *text;   /* canonical: "line(left,right)" */
  const char *folder; /* the same as a folder's name: "line-left-right" */
  size_t count;       /* line: 2; chain: 2 or more */
  struct reference **parts;
  size_t only_count; /* line: patterns of parameters' names; none: all move */
  char **only;
  int repair; /* line: 1: landscape/repair.h is applied to what lies between */
  struct stage *stage; /* ROUTE_CURVE: the connect stage, filled by the experiment */
  const char *name;    /* ROUTE_CURVE */
};
int route_parse(struct arena *arena, const char *text, const char *folder, struct route **route);
/* Does the parameter (or batch-norm statistic) of this name move along the path? */
int route_moves(const struct route *route, const char *parameter);

/* Words that cannot name a stage, because they mean something in a reference or a section's head. */
int name_is_reserved(const char *name);

#endif
