/*
 * test_store_sftp: the store on an SFTP server, against real sshd on loopback.  Started by e2e/sshd/run, which says
 * where things are in the environment.
 */
#include "e2e/sshd/place.h"

#include "node/ssh.h"
#include "node/ssh_sftp.h"

#include <sys/stat.h>
#include <time.h>

static void test_round_trip(void)
{
	scoped(mem) char *path = NULL;
	scoped(store) struct store *store = begin("round", &path);
	scoped(mem) char *file = mem_printf("%s/a.db", path);
	struct err err = ERR_INIT;
	struct stat st;

	check_missing(store, "a.db");
	CHECK_INT(store_list(store, "", add_name, NULL, &err), -1);
	CHECK_INT(err.code, ERR_STORE);
	CHECK_HAS(err.text, "no such file or directory");
	err = ERR_INIT;
	CHECK_INT(put_object(store, "a.db", 1000003, 4096, &err), 0);
	CHECK_INT(put_object(store, "empty", 0, 1, &err), 0);
	CHECK_STR(err.text, "");
	check_object(store, "a.db", 1000003);
	check_object(store, "empty", 0);
	CHECK_INT(stat(file, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0600);
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0700);
	CHECK_INT(files_in(path), 2);
	check_list(store, "a", "a.db:1000003 ");
	check_list(store, "x", "");
	CHECK_INT(store_remove(store, "a.db", &err), 0);
	CHECK_INT(store_remove(store, "a.db", &err), 0);
	check_missing(store, "a.db");
	check_list(store, "", "empty:0 ");
}

static void test_big(void)
{
	scoped(mem) char *path = NULL;
	scoped(store) struct store *store = begin("big", &path);
	struct err err = ERR_INIT;
	uint64_t start = now_ms();

	CHECK_INT(put_object(store, "big", BIG, 100000, &err), 0);
	CHECK_STR(err.text, "");
	uint64_t middle = now_ms();
	check_object(store, "big", BIG);
	fprintf(stderr, "64 MiB: put %llu ms, get %llu ms\n", (unsigned long long)(middle - start),
		(unsigned long long)(now_ms() - middle));
	CHECK_INT(store_remove(store, "big", &err), 0);
	CHECK_INT(files_in(path), 0);
}

static void test_never_overwritten(void)
{
	scoped(mem) char *path = NULL;
	scoped(store) struct store *store = begin("never", &path);
	struct err err = ERR_INIT;

	CHECK_INT(put_object(store, "a", 100, 100, &err), 0);
	CHECK(!store_put(store, "a", &err));
	CHECK_INT(err.code, ERR_STORE);
	CHECK_HAS(err.text, "/a exists already");
	/* it comes while another is being written, over the same session */
	struct store_put *put = store_put(store, "b", &err);
	CHECK(put != NULL);
	CHECK_INT(put_bytes(store_put_sink(put), 5, 3 * MIB, 50000, &err), 0);
	CHECK_INT(put_object(store, "b", 70, 70, &err), 0);
	CHECK_INT(sink_end(store_put_sink(put), &err), -1);
	CHECK_INT(err.code, ERR_STORE);
	CHECK_HAS(err.text, "exists already");
	store_put_free(put);
	check_object(store, "a", 100);
	check_object(store, "b", 70);
	CHECK_INT(files_in(path), 2);
}

static void holds(const char *path, const char *text)
{
	scoped(mem) char *file = mem_printf("%s/doc", path);
	scoped(fd) int fd = open(file, O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0);
	check_reads(fd, text);
}

static void replaced(const char *port, const char *path)
{
	scoped(store) struct store *store = open_at(port, path, "T_KNOWN", -1);
	scoped(mem) char *file = mem_printf("%s/doc", path);
	struct err err = ERR_INIT;

	CHECK_INT(put_doc(store, "the older one", &err), 0);
	CHECK_STR(err.text, "");
	scoped(fd) int older = open(file, O_RDONLY | O_CLOEXEC);
	CHECK_INT(put_doc(store, "newer", &err), 0);
	CHECK_STR(err.text, "");
	holds(path, "newer");
	check_reads(older, "the older one"); /* replaced, and not written over */
	CHECK_INT(files_in(path), 1);
	/* the session is as good as before; what is no document is never overwritten */
	check_list(store, "", "doc:5 ");
	CHECK(!store_put(store, "doc", &err));
	CHECK_HAS(err.text, "exists already");
}

static void test_replaced(void)
{
	static const char *const ports[] = { "T_PORT", "T_PORT_SERVER", "T_PORT_PLAIN",
					     "T_PORT_ONE" };

	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		scoped(mem) char *path = mem_printf("%s/replaced-%zu", env("T_DIR"), i);
		replaced(ports[i], path);
	}
}

/* What cannot be replaced stays as it was, and nothing is left beside it. */
static void test_not_replaced(void)
{
	scoped(mem) char *path = NULL;
	scoped(store) struct store *store = begin("stays", &path);
	scoped(store) struct store *plain = open_at("T_PORT_PLAIN", path, "T_KNOWN", -1);
	scoped(store) struct store *third = open_at("T_PORT_THIRD", path, "T_KNOWN", -1);
	scoped(mem) char *file = mem_printf("%s/doc", path);
	struct err err = ERR_INIT;

	CHECK_INT(put_doc(store, "the older one", &err), 0);
	/* the server ends when the older one is put aside, and is back in another session */
	CHECK_INT(put_doc(third, "newer", &err), -1);
	CHECK_INT(err.code, ERR_SSH);
	holds(path, "the older one");
	CHECK_INT(files_in(path), 1);
	CHECK_INT(unlink(file) | mkdir(file, 0700), 0);
	CHECK_INT(put_doc(store, "newer", &err), -1);
	CHECK_INT(err.code, ERR_STORE);
	CHECK_INT(put_doc(plain, "newer", &err), -1);
	CHECK_HAS(err.text, "/stays/doc: what is there is no regular file");
	CHECK_INT(files_in(path), 1);
	CHECK_INT(rmdir(file), 0);
}

/* The server itself refuses the rename when the name is taken between our look and it. */
static void test_rename(void)
{
	scoped(mem) char *from = mem_printf("%s/from", env("T_DIR"));
	scoped(mem) char *to = mem_printf("%s/to", env("T_DIR"));
	uint64_t port = 0;
	struct err err = ERR_INIT;

	parse_uint(env("T_PORT"), 65535, &port);
	struct ssh_target target = { "127.0.0.1",  (unsigned)port, env("T_USER"),
				     env("T_KEY"), env("T_KNOWN"), -1 };
	struct ssh *ssh = ssh_open(&target, deadline_in(10000), &err);
	struct ssh_sftp *sftp = ssh ? ssh_sftp_open(ssh, 10000, &err) : NULL;
	if (!sftp)
		abort();
	for (int i = 0; i < 2; i++) {
		struct ssh_sftp_file *file = ssh_sftp_create(sftp, i ? to : from, 0600, &err);
		CHECK(file != NULL);
		ssh_sftp_file_close(file);
	}
	CHECK(!ssh_sftp_create(sftp, from, 0600, &err));
	CHECK_INT(err.code, ERR_REMOTE);
	CHECK_INT(ssh_sftp_rename(sftp, from, to, &err), -1);
	CHECK_INT(err.code, ERR_REMOTE);
	CHECK_INT(ssh_sftp_unlink(sftp, to, &err), 0);
	CHECK_INT(ssh_sftp_rename(sftp, from, to, &err), 0);
	/* and does it where it is to be in the place of what is there */
	ssh_sftp_file_close(ssh_sftp_create(sftp, from, 0600, &err));
	CHECK_INT(ssh_sftp_replace(sftp, from, to, &err), 0);
	CHECK_INT(ssh_sftp_replace(sftp, from, to, &err), -1);
	CHECK_INT(err.code, ERR_REMOTE);
	CHECK_INT(ssh_sftp_answer(sftp), SSH_SFTP_MISSING);
	CHECK_INT(ssh_sftp_unlink(sftp, to, &err), 0);
	CHECK(!ssh_broken(ssh));
	ssh_sftp_close(sftp);
	ssh_close(ssh);
}

static void test_abort(void)
{
	scoped(mem) char *path = NULL;
	scoped(store) struct store *store = begin("abort", &path);
	struct err err = ERR_INIT;
	struct store_put *put = store_put(store, "a", &err);

	CHECK(put != NULL);
	CHECK_INT(put_bytes(store_put_sink(put), 0, 5 * MIB, 100000, &err), 0);
	CHECK_INT(files_in(path), 1);
	check_list(store, "", "");
	store_put_free(put);
	CHECK_INT(files_in(path), 0);
	check_missing(store, "a");
}

static void test_full(void)
{
	scoped(store) struct store *store = open_at("T_PORT", env("T_SMALL"), "T_KNOWN", -1);
	struct err err = ERR_INIT;

	if (!*env("T_SMALL"))
		return;
	CHECK_INT(put_object(store, "small", 1000, 1000, &err), 0);
	CHECK_INT(put_object(store, "big", 16 * MIB, 65536, &err), -1);
	CHECK_INT(err.code, ERR_STORE);
	CHECK_HAS(err.text, "/big: cannot write: no space left");
	CHECK_HAS(err.hint, "make room in");
	CHECK_INT(files_in(env("T_SMALL")), 1);
	check_object(store, "small", 1000);
	/* what cannot be written whole replaces nothing */
	scoped(mem) char *text = mem_zalloc(STORE_DOCUMENT_MAX);
	CHECK_INT(store_replace(store, "small", text, STORE_DOCUMENT_MAX, &err), -1);
	CHECK_HAS(err.text, "/small: cannot write: no space left");
	CHECK_INT(files_in(env("T_SMALL")), 1);
	check_object(store, "small", 1000);
	CHECK_INT(store_remove(store, "small", &err), 0);
}

/* What killed runs have left goes with the next put; what is young stays. */
static void test_sweep(void)
{
	static const char *const names[] = { ".a.db.part-0123456789abcdef",
					     ".b.db.part-0123456789abcdef", ".profile" };
	scoped(mem) char *path = NULL;
	scoped(store) struct store *store = begin("sweep", &path);
	struct timespec old = { .tv_sec = time(NULL) - STORE_PART_OLD_S - 100 };
	struct err err = ERR_INIT;

	CHECK_INT(put_object(store, "first", 10, 10, &err), 0);
	for (size_t i = 0; i < 3; i++) {
		scoped(mem) char *file = mem_printf("%s/%s", path, names[i]);
		scoped(fd) int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		struct timespec times[2] = { old, old };
		CHECK(fd >= 0);
		CHECK(i == 1 || !futimens(fd, times));
	}
	CHECK_INT(files_in(path), 4);
	scoped(store) struct store *next = open_at("T_PORT", path, "T_KNOWN", -1);
	CHECK_INT(put_object(next, "second", 10, 10, &err), 0);
	CHECK_STR(err.text, "");
	for (size_t i = 0; i < 3; i++) {
		scoped(mem) char *file = mem_printf("%s/%s", path, names[i]);
		CHECK_INT(access(file, F_OK), i == 0 ? -1 : 0);
	}
	CHECK_INT(files_in(path), 4);
}

/* The server dies in mid-put: an error, and the part goes over another session. */
static void test_cut_put(void)
{
	scoped(mem) char *path = NULL;
	scoped(store) struct store *store = begin("cut", &path);
	struct err err = ERR_INIT;
	struct store_put *put = store_put(store, "a", &err);

	CHECK(put != NULL);
	CHECK_INT(put_bytes(store_put_sink(put), 0, 8 * MIB, 100000, &err), 0);
	CHECK_INT(files_in(path), 1);
	cut_sessions();
	CHECK_INT(put_bytes(store_put_sink(put), 0, 8 * MIB, 100000, &err), -1);
	CHECK_INT(err.code, ERR_SSH);
	CHECK_HAS(err.text, "/cut/a: cannot write");
	store_put_free(put);
	CHECK_INT(files_in(path), 0);
	/* at the end, with all bytes sent */
	put = store_put(store, "a", &err);
	CHECK_INT(put_bytes(store_put_sink(put), 0, MIB / 2, 100000, &err), 0);
	cut_sessions();
	CHECK_INT(sink_end(store_put_sink(put), &err), -1);
	CHECK_INT(err.code, ERR_SSH);
	store_put_free(put);
	CHECK_INT(files_in(path), 0);
	/* the store is still good for the next */
	CHECK_INT(put_object(store, "a", MIB, 65536, &err), 0);
	check_object(store, "a", MIB);
}

/* A sink that the server's death surprises, and one that has enough itself. */
static int cut_once(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct judge *judge = (struct judge *)sink;

	if (judge->got == 0)
		cut_sessions();
	return judge_write(sink, data, len, err);
}

static void test_cut_get(void)
{
	scoped(mem) char *path = NULL;
	scoped(store) struct store *store = begin("cutget", &path);
	struct judge judge = judge_new();
	struct err err = ERR_INIT;

	CHECK_INT(put_object(store, "a", BIG, 1000000, &err), 0);
	judge.sink.write = cut_once;
	CHECK_INT(store_get(store, "a", &judge.sink, &err), -1);
	CHECK_INT(err.code, ERR_SSH);
	CHECK(!judge.ended && !judge.wrong);
	judge = judge_new();
	judge.stop_at = MIB;
	CHECK_INT(store_get(store, "a", &judge.sink, &err), -1);
	CHECK_STR(err.text, "the sink has had enough");
	check_list(store, "", "a:67108864 ");
	CHECK_INT(store_remove(store, "a", &err), 0);
}

static void test_cancel(void)
{
	scoped(mem) char *path = mem_printf("%s/cancel", env("T_DIR"));
	struct err err = ERR_INIT;
	int ends[2];

	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	struct store *store = open_at("T_PORT", path, "T_KNOWN", ends[0]);
	struct store_put *put = store_put(store, "a", &err);
	CHECK(put != NULL);
	CHECK_INT(put_bytes(store_put_sink(put), 0, 2 * MIB, 100000, &err), 0);
	CHECK_INT(write(ends[1], "x", 1), 1);
	CHECK_INT(put_bytes(store_put_sink(put), 0, BIG, 100000, &err), -1);
	CHECK_INT(err.code, ERR_CANCELLED);
	CHECK_INT(files_in(path), 1);
	store_put_free(put);
	CHECK_INT(files_in(path), 0);
	store_close(store);
	close(ends[0]);
	close(ends[1]);
}

/* A server that stops to answer: the deadline, not for ever. */
static void test_stall(void)
{
	scoped(mem) char *url = mem_printf("sftp://%s@127.0.0.1:%s%s/stall", env("T_USER"),
					   env("T_PORT"), env("T_DIR"));
	struct store_settings settings = {
		.ssh = { .key = env("T_KEY"), .known_hosts = env("T_KNOWN") },
		.cancel_fd = -1,
		.stall_ms = 3000,
	};
	struct err err = ERR_INIT;
	struct store *store = store_open(url, &settings, &err);

	CHECK_INT(put_object(store, "a", 100, 100, &err), 0);
	signal_below("T_SSHD", 1, SIGSTOP);
	uint64_t start = now_ms();
	CHECK_INT(store_remove(store, "a", &err), -1);
	CHECK_INT(err.code, ERR_TIMEOUT);
	CHECK(now_ms() - start >= 2900 && now_ms() - start < 10000);
	signal_below("T_SSHD", 1, SIGCONT);
	CHECK_INT(store_remove(store, "a", &err), 0);
	store_close(store);
}

/* The connection lives, and only the SFTP server has died: noticed at once, not at the deadline. */
static void test_server_dies(void)
{
	scoped(mem) char *path = mem_printf("%s/dies", env("T_DIR"));
	scoped(store) struct store *store = open_at("T_PORT_SERVER", path, "T_KNOWN", -1);
	struct err err = ERR_INIT;
	struct store_put *put = store_put(store, "a", &err);
	uint64_t start = now_ms();

	CHECK(put != NULL);
	CHECK_INT(put_bytes(store_put_sink(put), 0, 2 * MIB, 100000, &err), 0);
	signal_below("T_SSHD_SERVER", 2, SIGKILL);
	CHECK_INT(put_bytes(store_put_sink(put), 0, 8 * MIB, 100000, &err), -1);
	CHECK_INT(err.code, ERR_SSH);
	store_put_free(put);
	CHECK_INT(files_in(path), 0);
	CHECK(now_ms() - start < 10000);
}

static void refused(const char *port, const char *path, const char *known, enum err_code code,
		    const char *words, const char *hint)
{
	scoped(store) struct store *store = open_at(port, path, known, -1);
	struct err err = ERR_INIT;
	uint64_t start = now_ms();

	CHECK(!store_put(store, "a", &err));
	CHECK_INT(err.code, code);
	CHECK_HAS(err.text, words);
	CHECK_HAS(err.text, "sftp://");
	CHECK_HAS(err.hint, hint);
	CHECK(now_ms() - start < 15000);
}

static void test_refused(void)
{
	refused("T_PORT_NOSFTP", "/tmp", "T_KNOWN", ERR_SSH, "has no SFTP subsystem",
		"Subsystem sftp");
	refused("T_PORT_BADSFTP", "/tmp", "T_KNOWN", ERR_TIMEOUT, "starting SFTP", "try: sftp -P");
	refused("T_PORT", "/tmp", "T_KNOWN_NONE", ERR_HOSTKEY, "is not known", "ssh-keyscan");
	refused("T_PORT", "/tmp", "T_KNOWN_OTHER", ERR_HOSTKEY, "has CHANGED", "");
	refused("T_PORT_CLOSED", "/tmp", "T_KNOWN", ERR_SSH, "Connection refused", "");
	refused("T_PORT", "/no/such/folder", "T_KNOWN", ERR_STORE, "no such file or directory",
		"parent directory");
	refused("T_PORT", env("T_KNOWN"), "T_KNOWN", ERR_STORE, "is no directory", "");
}

/* Not as root, in the home: what may not be written is refused in words. */
static void test_plain_user(void)
{
	struct store_settings settings = {
		.ssh = { .user = env("T_USER_PLAIN"),
			 .key = env("T_KEY"),
			 .known_hosts = env("T_KNOWN") },
		.cancel_fd = -1,
	};
	scoped(mem) char *home = mem_printf("sftp://127.0.0.1:%s/~/etcd%%20backups", env("T_PORT"));
	scoped(mem) char *other = mem_printf("sftp://127.0.0.1:%s/root/x", env("T_PORT"));
	struct err err = ERR_INIT;
	struct store *store = store_open(home, &settings, &err);

	CHECK_INT(put_object(store, "a", 100000, 10000, &err), 0);
	CHECK_STR(err.text, "");
	check_object(store, "a", 100000);
	check_list(store, "", "a:100000 ");
	CHECK_INT(store_remove(store, "a", &err), 0);
	store_close(store);
	store = store_open(other, &settings, &err);
	CHECK(!store_put(store, "a", &err));
	CHECK_INT(err.code, ERR_STORE);
	CHECK_HAS(err.text, "permission denied");
	store_close(store);
}

static void init_once(void)
{
	ssh_init();
}

TESTS(TEST(init_once), TEST(test_round_trip), TEST(test_big), TEST(test_never_overwritten),
      TEST(test_replaced), TEST(test_not_replaced), TEST(test_rename), TEST(test_abort),
      TEST(test_full), TEST(test_sweep), TEST(test_cut_put), TEST(test_cut_get), TEST(test_cancel),
      TEST(test_stall), TEST(test_server_dies), TEST(test_refused), TEST(test_plain_user))
