/*
 * err: what went wrong, as a code, words and a hint.
 *
 * The place that knows what failed sets it; each caller that knows where adds that in front with
 * err_in(); only the program prints it.  Fixed size on purpose: an error path that allocates is an
 * error path that fails.  Text from outside is put in as it came and escaped when printed.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>
#include <stdbool.h>

/* code, exit status when nothing was changed, what it means */
#define ERR_LIST(X)                                       \
	X(NONE, 0, "no error")                            \
	X(USAGE, 2, "bad arguments")                      \
	X(CONFIG, 1, "bad kubeconfig or settings")        \
	X(KUBE, 1, "the API server said no")              \
	X(SSH, 1, "cannot reach a node")                  \
	X(HOSTKEY, 1, "host key not trusted")             \
	X(REMOTE, 1, "a command on a node failed")        \
	X(ETCD, 1, "etcd said no")                        \
	X(FILE, 1, "a file could not be read or written") \
	X(STORE, 1, "the store said no")                  \
	X(TIMEOUT, 1, "no answer in time")                \
	X(CANCELLED, 130, "interrupted")                  \
	X(CORRUPT, 6, "the snapshot is damaged")          \
	X(UNSAFE, 1, "refused: it would lose data")       \
	X(TAKEN, 5, "another process has the run")        \
	X(ALARM, 3, "something is not as it should be")   \
	X(BUG, 70, "a bug in this program")

enum err_code {
#define X(name, status, about) ERR_##name,
	ERR_LIST(X)
#undef X
};

struct err {
	enum err_code code;
	char text[640];
	char hint[400];
};

#define ERR_INIT ((struct err){ .code = ERR_NONE })

/* Sets code and text, clears the hint.  Returns -1, so that `return err_set(...)` reads well. */
int err_set(struct err *err, enum err_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* As err_set, with ": " and the words of errno at the end. */
int err_errno(struct err *err, enum err_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "fmt: " in front of the text that is there; code and hint stay.  Returns -1. */
int err_in(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Adds ": " and the last line of a log that is not empty, or the end of that line, where programs that write JSON have their words.
 * Returns -1.
 */
int err_log(struct err *err, const char *log);

/*
 * Of something that was tried until its deadline, which may have cut the last try short: adds what the one before it said, when the last
 * has the code TIMEOUT and there was one.
 */
void err_before(struct err *err, const struct err *before);

/* Sets what to do about it; replaces an earlier hint.  Returns -1. */
int err_hint(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The exit status of a code when nothing was changed, and its meaning in words. */
int err_status(enum err_code code);
const char *err_about(enum err_code code);

#endif
