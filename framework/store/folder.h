/* store/folder.h: the folder of one stage's results: owned by one process at a time, set aside when it is outdated.
 *
 *   runs/quick/arc/          the folder; .lock in it while a process works on it
 *   runs/quick/arc/log.jsonl one line an event
 *   runs/quick/arc.~1~/      what was set aside when the stage's key changed; the newest has the highest number,
 *                            and those that were taken back left theirs free
 *
 * A process that was killed leaves no lock, and the unfinished files it was writing are removed by the next owner.
 * Files in the folder are written with base/file.h, store/arrays.h and store/document.h, which all replace in one step.
 * Reading needs no lock. */
#ifndef STORE_FOLDER_H
#define STORE_FOLDER_H

#include "store/document.h"

struct folder;
/* Makes the folder (and those above it) where it is not there, and locks it. When another process, or this one, has it
 * already: STATUS_BUSY, naming the folder and the owner. */
int folder_open(struct folder **folder, const char *path);
/* Who has the folder at this path, "process 12 on host"; "" where nobody has it. owner: 256 bytes. */
void folder_owner(const char *path, char owner[256]);
void folder_close(struct folder *folder);             /* gives the lock back; NULL is nothing */
const char *folder_path(const struct folder *folder); /* as given */
/* Renames the folder to PATH.~N~, N one more than the highest there is, and starts an empty one at the same path,
 * locked throughout. *aside: the new name, valid as long as the folder; NULL: the folder was empty, and stays as it is.
 */
int folder_set_aside(struct folder *folder, const char **aside);
/* The reverse: PATH.~N~ becomes the folder, locked; what the folder held is set aside, as above. Killed at any point,
 * both are there whole: the old one at PATH or set aside, the other at PATH.~N~ or PATH. */
int folder_take_back(struct folder *folder, int number, const char **aside);
/* N if the last component of path is a name that folder_set_aside gives, NAME.~N~; else 0. */
int folder_is_aside(const char *path);
char *folder_aside(struct arena *arena, const char *path, int number); /* PATH.~N~; NULL: no memory */
/* The highest N below `below` for which PATH.~N~ is there; 0: none; negative: a status. Looks through the folder that
 * path is in. */
int folder_next_aside(struct arena *arena, const char *path, int below);
/* Was anything in this folder set aside? 0, more, or a negative status. */
int folder_any_aside(const char *parent);
/* STRAIT_OK: every document and array in the folder at this path can be read, and is as it was written. STRAIT_EFORMAT
 * names one that is damaged. */
int folder_verify(const char *path);
/* Appends the value as one line to log.jsonl; the line is whole even where a killed process left half of one before it.
 */
int folder_log(struct folder *folder, const json_t *value);

#endif
