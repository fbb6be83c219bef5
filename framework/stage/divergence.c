/* stage/divergence.c: tells of divergences and of what is done about them.
 *
 * The training goes back to the last epoch's end, not to its newest checkpoint: where that one is depends on the clock,
 * and what comes out must not. */
#include "stage/divergence.h"

#include "base/error.h"
#include "base/log.h"
#include "stage/moments.h"

const char *const divergence_choices[] = {"stop", "halve", NULL};

static int tell(const struct diverging *d, const char *why, int64_t at) {
  const int64_t from = (*d->snapshot)->iteration, halvings = (*d->snapshot)->halvings;
  log_message(STRAIT_LOG_WARNING, "%s: %s; going on from iteration %lld at half the rate (halved %lld time%s)",
              d->job->stage->name, why, (long long)from, (long long)halvings, halvings == 1 ? "" : "s");
  return job_log(d->job, json_pack("{s:s, s:I, s:I, s:I}", "event", "halved", "iteration", (json_int_t)at, "from",
                                   (json_int_t)from, "halvings", (json_int_t)halvings));
}

int divergence_halve(const struct diverging *d, int64_t origin) {
  const int64_t halvings = training_halvings(d->training) + 1, at = training_iteration(d->training);
  struct error_chain why;
  if (halvings > MOST_HALVINGS)
    return error_wrap("the rate was halved %d times", MOST_HALVINGS);
  error_take(&why);
  int status = d->load(d->context, origin);
  if (!status && halvings > (*d->snapshot)->halvings + DIVERGENCE_TRIES) /* that state was beyond saving already */
    status = d->load(d->context, 0);
  if (status)
    return status;
  if (d->mark && moments_forget(d->job, d->mark, (*d->snapshot)->iteration))
    return error_failure();
  (*d->snapshot)->halvings = halvings;
  status = training_load(d->training, *d->snapshot);
  return status ? status : tell(d, why.text, at);
}

int divergence_summary(struct job *job, const struct training *training) {
  const int64_t halvings = training_halvings(training);
  return halvings ? put_integer(job->summary, "halvings", halvings) : STRAIT_OK;
}
