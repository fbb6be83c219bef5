/* verbs/saving.h: a measurement that saves itself to a file on the way, so that an interrupted one resumes. */
#ifndef VERBS_SAVING_H
#define VERBS_SAVING_H

struct saving {
  const char *what; /* "scan" */
  const char *file;
  void *context;                                /* of the calls */
  int (*fresh)(void *context);                  /* nothing measured yet; what was there before is freed */
  int (*read)(void *context, const char *file); /* what an earlier run measured */
  int (*write)(const void *context, const char *file);
  double saved; /* when it was last written */
};
/* What the file holds, or nothing measured where there is no file or, with a warning, none that can be used. */
int saving_begin(struct saving *saving);
/* After each point: writes the file if a second passed since the last time. */
int saving_point(struct saving *saving);
/* Writes the file, whether the measurement ended well or not; returns its status, or that of writing. */
int saving_end(struct saving *saving, int status);

#endif
