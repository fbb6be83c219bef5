/* stage/children.c: starts processes for stages whose sources are done, and waits for them. Children write the results;
 * this process only reads them, and tells the watcher. */
#include <config.h>

#include "stage/children.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/stop.h"
#include "stage/record.h"
#include "stage/runner.h"
#include "store/document.h"

#define CHECK_EVERY 1000 /* ms between two looks for a stop that came just before poll */

enum { WAITS, RUNS, DONE };
struct child {
  struct stage *stage;
  int number, state;
  pid_t pid;
  int end; /* the reading end of a pipe that only the child holds open: it closes when the child is gone */
};
struct processes {
  struct session *session;
  const struct children *children;
  const char **argv;
  size_t own; /* where in argv the stage's name stands, two places before its key */
  struct child *child;
  size_t count;
  struct pollfd *ends;
  int running;
};

/* --- which stages --- */

static int is_done(const struct processes *f, const struct stage *stage) {
  for (size_t i = 0; stage && i < f->count; i++)
    if (f->child[i].stage == stage)
      return f->child[i].state == DONE;
  return 1;
}

static int is_ready(const struct processes *f, const struct stage *stage) {
  int ready = 1;
  for (size_t i = 0; i < stage->reference_count; i++)
    ready &= is_done(f, stage->references[i]->stage);
  for (size_t i = 0; i < stage->route_count; i++)
    ready &= is_done(f, stage->routes[i]->stage);
  for (size_t i = 0; i < stage->need_count; i++)
    ready &= is_done(f, stage->needs[i]);
  return ready;
}

/* --- one child --- */

/* In the child, until it is another program: nothing but system calls. */
static void become(const struct processes *f, const char *self, pid_t parent) {
  int nowhere = open("/dev/null", O_WRONLY);
#ifdef __linux__
  prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
  if (getppid() != parent || nowhere < 0)
    _exit(127);
  dup2(nowhere, STDOUT_FILENO);
  execv(self, (char *const *)f->argv);
  _exit(127);
}

static int start(struct processes *f, struct child *c) {
  char self[4096] = ""; /* the link's target: under valgrind the link itself opens valgrind */
  int ends[2];
  pid_t parent = getpid();
  if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
    snprintf(self, sizeof self, "/proc/self/exe");
  if (pipe(ends))
    return error_errno(STRAIT_EIO, "cannot make a pipe");
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  f->argv[f->own] = c->stage->name;
  f->argv[f->own + 2] = c->stage->key;
  c->pid = fork();
  if (c->pid == 0)
    become(f, self, parent);
  close(ends[1]);
  if (c->pid < 0) {
    close(ends[0]);
    return error_errno(STRAIT_EIO, "cannot start a process");
  }
  c->end = ends[0];
  c->state = RUNS;
  f->running++;
  return STRAIT_OK;
}

/* How a child ended. What went wrong it has said itself, on standard error. */
static int judge(const struct child *c, int ended) {
  if (WIFEXITED(ended) && WEXITSTATUS(ended) == 0)
    return STRAIT_OK;
  if (WIFSIGNALED(ended))
    return error_set(STRAIT_EIO, "[%s] its process was ended by signal %d (%s)", c->stage->section, WTERMSIG(ended),
                     strsignal(WTERMSIG(ended)));
  stop_look();
  if (stop_requested())
    return stop_check();
  if (WEXITSTATUS(ended) > 128)
    return error_set(STRAIT_EIO, "[%s] its process was stopped by signal %d (%s); run again to resume",
                     c->stage->section, WEXITSTATUS(ended) - 128, strsignal(WEXITSTATUS(ended) - 128));
  return error_set(WEXITSTATUS(ended) == 2    ? STRAIT_EINVAL
                   : WEXITSTATUS(ended) == 75 ? STATUS_BUSY
                                              : STRAIT_EIO,
                   "[%s] failed, as said above", c->stage->section);
}

static int wait_for(struct processes *f, struct child *c) {
  int ended = 0;
  while (waitpid(c->pid, &ended, 0) < 0)
    if (errno != EINTR)
      return error_errno(STRAIT_EIO, "cannot wait for a process");
  close(c->end);
  c->state = DONE;
  f->running--;
  int status = judge(c, ended);
  return status ? status : stage_tell(f->session, c->stage, c->number, (int)f->count);
}

/* --- all of them --- */

/* Starts what can be started; what is done already is told of at once. */
static int start_ready(struct processes *f, const char *command) {
  int status = STRAIT_OK;
  for (size_t i = 0; !status && i < f->count && f->running < f->children->jobs; i++) {
    struct child *c = &f->child[i];
    int pending = 0;
    if (c->state != WAITS || !is_ready(f, c->stage))
      continue;
    status = stage_take_back(f->session, c->stage); /* here, as a child would not tell of it */
    if (!status)
      status = stage_pending(f->session, c->stage, &pending);
    if (!status && pending)
      status = start(f, c);
    else if (!status) {
      status = stage_run(f->session, c->stage, c->number, (int)f->count, command);
      c->state = DONE;
      i = (size_t)-1; /* others may have become ready */
    }
  }
  return status;
}

/* Waits until a child is gone; every one that is. */
static int collect(struct processes *f) {
  nfds_t n = 0;
  int status = STRAIT_OK;
  for (size_t i = 0; i < f->count; i++)
    if (f->child[i].state == RUNS)
      f->ends[n++] = (struct pollfd){.fd = f->child[i].end, .events = POLLIN};
  if (poll(f->ends, n, CHECK_EVERY) < 0 && errno != EINTR)
    return error_errno(STRAIT_EIO, "cannot wait for processes");
  for (size_t i = 0; !status && i < f->count; i++)
    for (nfds_t k = 0; k < n && f->child[i].state == RUNS; k++)
      if (f->ends[k].fd == f->child[i].end && f->ends[k].revents) {
        status = wait_for(f, &f->child[i]);
        break;
      }
  return status;
}

/* Asks every child to save and end, and waits. */
static void end_all(struct processes *f) {
  struct error_chain chain;
  error_take(&chain);
  for (size_t i = 0; i < f->count; i++)
    if (f->child[i].state == RUNS)
      kill(f->child[i].pid, SIGTERM);
  for (size_t i = 0; i < f->count; i++)
    if (f->child[i].state == RUNS)
      wait_for(f, &f->child[i]);
  error_clear();
  error_give(&chain);
}

static int run_all(struct processes *f, const char *command) {
  int status = start_ready(f, command);
  while (!status && f->running) {
    status = collect(f);
    if (!status)
      status = stop_check();
    if (!status)
      status = start_ready(f, command);
  }
  return status;
}

int experiment_run_children(struct session *session, struct experiment *e, const struct children *children,
                            const char *command) {
  struct processes f = {.session = session, .children = children, .count = e->count};
  struct arena *arena = arena_create();
  size_t n = children->argument_count;
  int share = team_threads(session->team) / children->jobs;
  char threads[16];
  snprintf(threads, sizeof threads, "%d", share > 1 ? share : 1);
  f.child = arena ? arena_alloc(arena, e->count, sizeof *f.child) : NULL;
  f.ends = arena ? arena_alloc(arena, e->count, sizeof *f.ends) : NULL;
  f.argv = arena ? arena_alloc(arena, n + 10, sizeof *f.argv) : NULL;
  int status = f.child && f.ends && f.argv ? STRAIT_OK : error_failure();
  if (!status) {
    f.argv[0] = "strait";
    memcpy(f.argv + 1, children->arguments, n * sizeof *f.argv);
    f.argv[n + 1] = "--threads";
    f.argv[n + 2] = threads;
    f.argv[n + 3] = "--stage";
    f.own = n + 4;
    f.argv[n + 5] = "--key";
    f.argv[n + 7] = "--";
    f.argv[n + 8] = e->file;
    for (size_t i = 0; i < e->count; i++)
      f.child[i] = (struct child){.stage = e->stages[i], .number = (int)i + 1};
    status = run_all(&f, command);
    if (status)
      end_all(&f);
  }
  arena_free(arena);
  return status ? status : record_experiment(session, e);
}
