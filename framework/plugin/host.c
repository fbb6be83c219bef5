/* plugin/host.c: the services of strait/host.h that need no other folder than base/: messages, failures, memory, files
 * and the data's fingerprint. Any thread may call them; what they change lies in the object's core, behind its lock. */
#include <config.h>

#include "plugin/host.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "plugin/digests.h"
#include "plugin/object.h"
#include "plugin/share.h"

static const char *name_of(const void *self) { return self ? ((const strait_object *)self)->name : NULL; }

static void host_log(const void *self, uint32_t level, const char *format, va_list arguments) {
  struct text message = {0};
  if (log_subject())
    text_add(&message, "[%s] ", log_subject());
  if (name_of(self))
    text_add(&message, "%s: ", name_of(self));
  text_add_v(&message, format, arguments);
  if (!message.status)
    log_message(level > STRAIT_LOG_WARNING ? STRAIT_LOG_WARNING : level, "%s", message.data);
  text_free(&message);
}

/* Takes "NAME: " off the front of the chain, where an inner strait_fail of the same object put it. */
static void drop_name(const char *name) {
  struct error_chain chain;
  size_t length = strlen(name);
  error_take(&chain);
  if (text_starts(chain.text, name) && strncmp(chain.text + length, ": ", 2) == 0)
    memmove(chain.text, chain.text + length + 2, strlen(chain.text + length + 2) + 1);
  error_give(&chain);
}

static int32_t host_fail(const void *self, int32_t status, const char *format, va_list arguments) {
  const char *name = name_of(self);
  if (error_status() == status && status != STRAIT_OK) {
    if (name)
      drop_name(name);
    error_wrap_v(format, arguments);
  } else {
    status = error_set_v(status, format, arguments); /* a status that is no failure becomes STRAIT_EBUG */
  }
  return name ? error_wrap("%s", name) : status;
}

static void *host_alloc(const void *self, size_t bytes) {
  struct core *core = core_of(self);
  void *block = memory_alloc(1, bytes);
  if (!block)
    return NULL;
  pthread_mutex_lock(&core->lock);
  int status = memory_grow(&core->blocks, &core->block_capacity, core->block_count + 1, sizeof *core->blocks);
  if (!status)
    core->blocks[core->block_count++] = block;
  pthread_mutex_unlock(&core->lock);
  if (status) {
    memory_free(block);
    return NULL;
  }
  return block;
}

static void observe(void *context, const void *data, size_t bytes) {
  struct core *core = context;
  pthread_mutex_lock(&core->lock);
  if (core->collecting)
    hash_bytes(core->hash, data, bytes);
  pthread_mutex_unlock(&core->lock);
}

/* Parts one file's bytes from the next one's. */
static int begin_part(struct core *core, int64_t mark) {
  pthread_mutex_lock(&core->lock);
  int collecting = core->collecting;
  if (collecting)
    hash_integer(core->hash, mark);
  pthread_mutex_unlock(&core->lock);
  return collecting;
}

static int32_t host_open(const void *self, const char *path, const char *member, strait_reader **reader) {
  struct core *core = core_of(self);
  int status = file_open(path, member, core->collecting ? observe : NULL, core, reader);
  if (!status)
    begin_part(core, -1);
  return status;
}

static int32_t host_fingerprint(const void *self, const void *data, size_t bytes) {
  struct core *core = core_of(self);
  if (!begin_part(core, (int64_t)bytes))
    return error_set(STRAIT_EBUG, "strait_fingerprint is for data sets, within open()");
  observe(core, data, bytes);
  return STRAIT_OK;
}

/* With the core's lock held: the digests of this folder. */
static int use_folder(struct core *core, const char *folder) {
  if (core->digests && strcmp(digests_folder(core->digests), folder) == 0)
    return STRAIT_OK;
  digests_free(core->digests);
  return digests_create(&core->digests, folder);
}

static int32_t host_fingerprint_file(const void *self, const char *folder, const char *name) {
  struct core *core = core_of(self);
  char digest[33];
  if (!begin_part(core, -2))
    return error_set(STRAIT_EBUG, "strait_fingerprint_file is for data sets, within open()");
  pthread_mutex_lock(&core->lock);
  int status = use_folder(core, folder);
  if (!status)
    status = digests_file(core->digests, name, digest);
  if (!status) {
    hash_text(core->hash, name);
    hash_text(core->hash, digest);
  }
  pthread_mutex_unlock(&core->lock);
  return status;
}

strait_host *host_table(void) {
  static strait_host table = {.size = sizeof table,
                              .minor = STRAIT_ABI_MINOR,
                              .log = host_log,
                              .fail = host_fail,
                              .alloc = host_alloc,
                              .open = host_open,
                              .fingerprint = host_fingerprint,
                              .fingerprint_file = host_fingerprint_file,
                              .share = host_share};
  return &table;
}
