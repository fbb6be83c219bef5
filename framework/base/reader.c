/* base/reader.c: file_open: a stream of bytes from a plain file, a .gz file, or a member of a folder or archive.
 *
 * Two layers: a source (a descriptor, or an archive positioned at a member) and, where the name ends in .gz, zlib
 * behind it. Nothing is extracted or held whole, so an archive made to swell costs its reader time, not memory. A
 * compressed archive is two of libarchive's: one that unpacks, and one that reads what comes out of it, whose heads of
 * members may be so long and no longer (libarchive holds the map of a sparse member, as long as it likes to be). */
#include <config.h>

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

#define CHUNK (1 << 16)
#define LONGEST_HEAD (1 << 20) /* of a compressed archive's member, extended names and the like included */

struct file_reader {
  strait_reader base;
  file_observer *observe;
  void *context;
  char *name;                 /* for messages: PATH, or PATH: MEMBER */
  int fd;                     /* the source: this, */
  struct archive *archive;    /* or this, */
  struct archive *packed;     /* which may have its bytes from this */
  int64_t head;               /* bytes that it had for the head of a member; -1: these are data */
  int gzip;                   /* zlib is behind it */
  int stream_ended;           /* zlib has seen the end of a stream; another may follow */
  struct error_chain failure; /* the first one: sticky */
  z_stream zlib;
  unsigned char chunk[CHUNK]; /* what zlib reads from */
  unsigned char unpacked[CHUNK];
};

static int archive_status(struct archive *archive) {
  int number = archive_errno(archive);
  return number == ENOMEM ? STRAIT_ENOMEM : number == EIO ? STRAIT_EIO : STRAIT_EFORMAT;
}

static int archive_failure(struct archive *archive, const char *name) {
  const char *text = archive_error_string(archive);
  return error_set(archive_status(archive), "%s: cannot read the archive: %s", name, text ? text : "it is damaged");
}

/* Up to count bytes of the source; fewer only at its end. */
static int64_t source_read(struct file_reader *r, unsigned char *data, int64_t count) {
  int64_t done = 0;
  while (done < count) {
    la_ssize_t n = r->archive ? archive_read_data(r->archive, data + done, (size_t)(count - done))
                              : read(r->fd, data + done, (size_t)(count - done));
    if (n == 0)
      break;
    if (n < 0 && r->archive)
      return archive_failure(r->archive, r->name);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return error_errno(STRAIT_EIO, "cannot read %s", r->name);
    done += n;
  }
  return done;
}

static int refill(struct file_reader *r) {
  int64_t n = source_read(r, r->chunk, CHUNK);
  if (n < 0)
    return (int)n;
  r->zlib.next_in = r->chunk;
  r->zlib.avail_in = (uInt)n;
  return STRAIT_OK;
}

/* Up to count bytes of what the gzip streams hold; a .gz file may be several, one after the other. */
static int64_t gzip_read(struct file_reader *r, unsigned char *data, int64_t count) {
  int64_t done = 0;
  while (done < count) {
    int status = r->zlib.avail_in ? STRAIT_OK : refill(r);
    if (status)
      return status;
    if (r->stream_ended && (!r->zlib.avail_in || *r->zlib.next_in != 0x1f))
      break; /* the end; as gzip does, what follows and is no gzip stream (padding) is left alone */
    if (!r->zlib.avail_in)
      return error_set(STRAIT_EFORMAT, "%s: the gzip data end too early; is the download complete?", r->name);
    if (r->stream_ended && inflateReset(&r->zlib) == Z_OK)
      r->stream_ended = 0;
    int64_t room = count - done > (1 << 30) ? 1 << 30 : count - done;
    r->zlib.next_out = data + done;
    r->zlib.avail_out = (uInt)room;
    int result = inflate(&r->zlib, Z_NO_FLUSH);
    done += room - r->zlib.avail_out;
    if (result == Z_STREAM_END)
      r->stream_ended = 1;
    else if (result == Z_MEM_ERROR)
      return error_set(STRAIT_ENOMEM, "%s: out of memory", r->name);
    else if (result != Z_OK)
      return error_set(STRAIT_EFORMAT, "%s: not sound gzip data: %s", r->name,
                       r->zlib.msg ? r->zlib.msg : "they make no sense");
  }
  return done;
}

static int64_t reader_read(strait_reader *reader, void *data, int64_t count) {
  struct file_reader *r = (struct file_reader *)reader;
  if (r->failure.status)
    return error_give(&r->failure);
  if (count < 0)
    return error_set(STRAIT_EINVAL, "%s: %lld bytes cannot be read", r->name, (long long)count);
  int64_t n = r->gzip ? gzip_read(r, data, count) : source_read(r, data, count);
  if (n < 0) {
    error_take(&r->failure);
    return error_give(&r->failure);
  }
  if (n && r->observe)
    r->observe(r->context, data, (size_t)n);
  return n;
}

static void close_archive(struct file_reader *r) {
  archive_read_free(r->archive); /* first: it reads from the other; NULL is nothing */
  archive_read_free(r->packed);
  r->archive = r->packed = NULL;
}

static void reader_close(strait_reader *reader) {
  struct file_reader *r = (struct file_reader *)reader;
  if (r->gzip)
    inflateEnd(&r->zlib);
  close_archive(r);
  if (r->fd >= 0)
    close(r->fd);
  memory_free(r->name);
  memory_free(r);
}

static const strait_reader_ops reader_ops = {sizeof reader_ops, 0, reader_read, reader_close};

/* A regular file's descriptor in *fd, or -1 there when the file is not there, which is not a failure here. */
static int open_regular(const char *path, int *fd) {
  struct stat status;
  *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (*fd < 0)
    return errno == ENOENT || errno == ENOTDIR ? STRAIT_OK : error_errno(STRAIT_EIO, "cannot open %s", path);
  if (fstat(*fd, &status) == 0 && S_ISREG(status.st_mode))
    return STRAIT_OK;
  close(*fd);
  *fd = -1;
  return error_set(STRAIT_EINVAL, "%s is not a regular file", path);
}

static int set_name(struct file_reader *r, const char *format, ...) STRAIT_PRINTF(2, 3);
static int set_name(struct file_reader *r, const char *format, ...) {
  struct text text = {0};
  va_list arguments;
  va_start(arguments, format);
  text_add_v(&text, format, arguments);
  va_end(arguments);
  if (text.status) {
    text_free(&text);
    return STRAIT_ENOMEM;
  }
  memory_free(r->name);
  r->name = text.data;
  return STRAIT_OK;
}

/* Opens PATH, or else PATH.gz, as the source; r->name becomes the one that was there. */
static int open_either(struct file_reader *r, const char *path) {
  int status = set_name(r, "%s", path);
  if (!status)
    status = open_regular(r->name, &r->fd);
  if (!status && r->fd < 0 && !text_ends(path, ".gz")) {
    status = set_name(r, "%s.gz", path);
    if (!status)
      status = open_regular(r->name, &r->fd);
  }
  if (!status && r->fd < 0)
    status = error_set(STRAIT_ENOENT, text_ends(path, ".gz") ? "no file %s" : "no file %s (nor %s.gz)", path, path);
  return status;
}

/* A member's name may not lead out of its folder or archive. */
static int check_member(const char *member) {
  int bad = !*member || *member == '/';
  for (const char *part = member; part && !bad; part = strchr(part, '/')) {
    part += *part == '/';
    bad = text_starts(part, "..") && (part[2] == '/' || !part[2]);
  }
  return bad ? error_set(STRAIT_EINVAL, "\"%s\" is not a member name: it must be relative, without \"..\"", member)
             : STRAIT_OK;
}

/* Is member, with suffix, the last components of the name of this entry? */
static int entry_matches(const char *entry, const char *member, const char *suffix) {
  size_t length = strlen(entry), member_length = strlen(member), tail = member_length + strlen(suffix);
  if (length < tail || strcmp(entry + length - strlen(suffix), suffix) ||
      memcmp(entry + length - tail, member, member_length))
    return 0;
  return length == tail || entry[length - tail - 1] == '/';
}

/* libarchive's reader of an archive that another one unpacks. */
static la_ssize_t unpack(struct archive *archive, void *context, const void **block) {
  struct file_reader *r = context;
  la_ssize_t n = archive_read_data(r->packed, r->unpacked, sizeof r->unpacked);
  if (n < 0) {
    archive_set_error(archive, archive_errno(r->packed), "%s", archive_error_string(r->packed));
    return ARCHIVE_FATAL;
  }
  if (r->head >= 0 && (r->head += n) > LONGEST_HEAD) {
    archive_set_error(archive, EILSEQ, "a member's head is longer than %d bytes", LONGEST_HEAD);
    return ARCHIVE_FATAL;
  }
  *block = r->unpacked;
  return n;
}

/* Opens what unpacks the archive, where it is compressed; else leaves r->packed NULL. */
static int open_packed(struct file_reader *r) {
  struct archive_entry *entry;
  if (!(r->packed = archive_read_new()))
    return error_set(STRAIT_ENOMEM, "%s: out of memory", r->name);
  archive_read_support_filter_gzip(r->packed);
  archive_read_support_filter_bzip2(r->packed);
  archive_read_support_filter_xz(r->packed);
  archive_read_support_filter_zstd(r->packed);
  archive_read_support_format_raw(r->packed);
  archive_read_support_format_empty(r->packed);
  if (lseek(r->fd, 0, SEEK_SET) < 0)
    return error_errno(STRAIT_EIO, "cannot read %s", r->name);
  if (archive_read_open_fd(r->packed, r->fd, CHUNK) != ARCHIVE_OK)
    return archive_failure(r->packed, r->name);
  int result = archive_read_next_header(r->packed, &entry);
  if (archive_filter_code(r->packed, 0) == ARCHIVE_FILTER_NONE) {
    archive_read_free(r->packed);
    r->packed = NULL;
    return lseek(r->fd, 0, SEEK_SET) < 0 ? error_errno(STRAIT_EIO, "cannot read %s", r->name) : STRAIT_OK;
  }
  return result == ARCHIVE_OK || result == ARCHIVE_EOF ? STRAIT_OK : archive_failure(r->packed, r->name);
}

/* Opens the archive at its start. Only these formats: the rest of what libarchive can do is attack surface, and some of
 * it starts other programs. */
static int rewind_archive(struct file_reader *r) {
  close_archive(r);
  int status = open_packed(r);
  if (status)
    return status;
  r->archive = archive_read_new();
  if (!r->archive)
    return error_set(STRAIT_ENOMEM, "%s: out of memory", r->name);
  archive_read_support_format_tar(r->archive);
  archive_read_support_format_zip(r->archive);
  r->head = 0;
  if ((r->packed ? archive_read_open(r->archive, r, NULL, unpack, NULL)
                 : archive_read_open_fd(r->archive, r->fd, CHUNK)) != ARCHIVE_OK)
    return archive_failure(r->archive, r->name);
  return STRAIT_OK;
}

/* The head of the next member. What was not read of the one before is passed over first, uncounted. */
static int next_member(struct file_reader *r, struct archive_entry **entry) {
  r->head = -1;
  if (archive_file_count(r->archive) && archive_read_data_skip(r->archive) < ARCHIVE_WARN)
    return ARCHIVE_FATAL;
  r->head = 0;
  int result = archive_read_next_header(r->archive, entry);
  r->head = -1;
  return result;
}

/* Goes from the archive's start to the first plain file whose name ends in member and suffix: *found. *gz_seen is set
 * when member.gz was passed on the way. */
static int seek_member(struct file_reader *r, const char *member, const char *suffix, int *found, int *gz_seen) {
  struct archive_entry *entry;
  int status = rewind_archive(r);
  *found = 0;
  while (!status && !*found) {
    int result = next_member(r, &entry);
    if (result == ARCHIVE_EOF)
      break;
    if (result < ARCHIVE_WARN && result != ARCHIVE_RETRY)
      return archive_failure(r->archive, r->name);
    const char *name = result == ARCHIVE_RETRY ? NULL : archive_entry_pathname(entry);
    if (!name)
      continue;
    const mode_t type = archive_entry_filetype(entry); /* a tar does not say what a hard link's target is */
    const char *target = type == AE_IFLNK ? archive_entry_symlink(entry) : archive_entry_hardlink(entry);
    if (type != AE_IFREG && !target)
      continue;
    *gz_seen |= entry_matches(name, member, ".gz");
    *found = entry_matches(name, member, suffix);
    if (*found && target)
      status = error_set(STRAIT_ENOTSUP, "%s: the member %s is a link to %s; name that one", r->name, name, target);
  }
  return status;
}

/* r->fd is open on the archive. */
static int open_in_archive(struct file_reader *r, const char *member) {
  int found, gz_seen = 0, is_gz = text_ends(member, ".gz");
  const char *suffix = "";
  int status = seek_member(r, member, suffix, &found, &gz_seen);
  if (!status && !found && gz_seen) {
    suffix = ".gz";
    status = seek_member(r, member, suffix, &found, &gz_seen);
  }
  if (!status && !found)
    status = error_set(STRAIT_ENOENT, is_gz ? "%s: no member %s in it" : "%s: no member %s in it (nor %s.gz)", r->name,
                       member, member);
  return status ? status : set_name(r, "%s: %s%s", r->name, member, suffix);
}

static int open_source(struct file_reader *r, const char *path, const char *member) {
  int status;
  if (!member)
    return open_either(r, path);
  status = check_member(member);
  if (status)
    return status;
  if (file_is_folder(path)) {
    struct text joined = {0};
    text_add(&joined, "%s%s%s", path, text_ends(path, "/") ? "" : "/", member);
    status = joined.status ? joined.status : open_either(r, joined.data);
    text_free(&joined);
    return status;
  }
  status = open_either(r, path);
  return status ? status : open_in_archive(r, member);
}

int file_open(const char *path, const char *member, file_observer *observe, void *context, strait_reader **reader) {
  struct file_reader *r = memory_alloc(1, sizeof *r);
  *reader = NULL;
  if (!r)
    return error_wrap("%s", path);
  r->base.ops = &reader_ops;
  r->observe = observe;
  r->context = context;
  r->fd = -1;
  int status = open_source(r, path, member);
  if (!status && text_ends(r->name, ".gz")) {
    if (inflateInit2(&r->zlib, 15 + 16) == Z_OK) /* 16: a gzip header, and its check sums */
      r->gzip = 1;
    else
      status = error_set(STRAIT_ENOMEM, "%s: out of memory", r->name);
  }
  if (status)
    reader_close(&r->base);
  else
    *reader = &r->base;
  return status;
}
