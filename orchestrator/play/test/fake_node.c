/*
 * fake_node: see fake_node.h.
 */
#include "fake_node.h"

#include "base/digest.h"
#include "base/mem.h"
#include "base/proc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char etcd_yaml[] = "apiVersion: v1\nkind: Pod\nmetadata:\n  annotations:\n"
				"    kubeadm.kubernetes.io/etcd: x\n  name: etcd\nspec: {}\n";
static const char other_yaml[] = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: other\nspec: {}\n";

struct fake_node *fake_of(const struct node *node)
{
	return ((struct node_dir *)node->impl)->arg;
}

static void write_text(const char *root, const char *path, const char *text)
{
	scoped(mem) char *whole = mem_printf("%s%s", root, path);
	FILE *file = fopen(whole, "w");

	if (!file)
		abort();
	fputs(text, file);
	fclose(file);
	chmod(whole, 0600);
}

static bool has_file(const struct fake_node *fake, const char *path)
{
	scoped(mem) char *whole = mem_printf("%s%s", fake->root, path);

	return access(whole, F_OK) == 0;
}

/* What kubelet and the kernel do meanwhile. */
static void tick(struct fake_node *fake)
{
	bool etcd = has_file(fake, "/etc/kubernetes/manifests/etcd.yaml");
	bool api = has_file(fake, "/etc/kubernetes/manifests/kube-apiserver.yaml");

	if (etcd && !fake->etcd_pid)
		fake->etcd_pid = ++fake->next_pid;
	if (!etcd)
		fake->etcd_pid = 0;
	if (api && !fake->api_pid)
		fake->api_pid = ++fake->next_pid;
	/* an API server without its manifest goes only when it is killed */
}

static int answer_pgrep(struct fake_node *fake, const char *name, struct buf *out, int *status)
{
	int pid = strcmp(name, "etcd") == 0 ? fake->etcd_pid : fake->api_pid;

	if (pid && out)
		buf_addf(out, "%d %s --name=%s\n", pid, name,
			 fake->dir.root + strlen(fake->dir.root) - 4);
	*status = pid ? 0 : 1;
	return 1;
}

static int answer_kill(struct fake_node *fake, const char *const args[], int *status)
{
	for (size_t i = 2; args[i]; i++)
		if (!fake->stubborn && atoi(args[i]) == fake->api_pid)
			fake->api_pid = 0;
	*status = 0;
	return 1;
}

static const char *value_of(const char *const args[], const char *flag)
{
	for (size_t i = 0; args[i]; i++)
		if (strcmp(args[i], flag) == 0)
			return args[i + 1];
	return NULL;
}

static uint32_t crc32c(const unsigned char *data, size_t len)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < len; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return ~crc;
}

static size_t add_varint(unsigned char *out, size_t at, uint64_t value)
{
	for (; value > 127; value >>= 7)
		out[at++] = (unsigned char)(value | 128);
	out[at++] = (unsigned char)value;
	return at;
}

/* The metadata record, as a restore writes it. */
static void write_wal(struct fake_node *fake, const char *dir, uint64_t member, uint64_t cluster)
{
	unsigned char meta[24], record[64], file[96] = { 0 };
	size_t m = 0, r = 0, f = 0;
	scoped(mem) char *path =
		mem_printf("%s%s/0000000000000000-0000000000000000.wal", fake->root, dir);

	for (int field = 1; field <= 2; field++) {
		meta[m++] = (unsigned char)(field << 3);
		m = add_varint(meta, m, field == 1 ? member : cluster);
	}
	record[r++] = 8;
	record[r++] = 1;
	record[r++] = 0x10;
	r = add_varint(record, r, crc32c(meta, m));
	record[r++] = 0x1a;
	record[r++] = (unsigned char)m;
	memcpy(record + r, meta, m);
	r += m;
	file[f] = (unsigned char)r;
	memcpy(file + 8, record, r);
	f = 8 + r;
	FILE *out = fopen(path, "w");
	if (!out || fwrite(file, 1, f, out) != f)
		abort();
	fclose(out);
}

static int answer_restore(struct fake_node *fake, const char *const args[], int *status)
{
	const char *dir = value_of(args, "--data-dir"),
		   *token = value_of(args, "--initial-cluster-token");
	const char *initial = value_of(args, "--initial-cluster"), *name = value_of(args, "--name");
	struct cluster cluster = { .count = 0 };
	char list[512], *at = NULL;
	const struct member *self = NULL;

	snprintf(list, sizeof(list), "%s", initial);
	for (char *one = strtok_r(list, ",", &at); one; one = strtok_r(NULL, ",", &at)) {
		struct member *m = &cluster.members[cluster.count++];
		m->name = one;
		m->peer_url = strchr(one, '=') + 1;
		one[strcspn(one, "=")] = '\0';
		if (strcmp(m->name, name) == 0)
			self = m;
	}
	const char *wal_dir = value_of(args, "--wal-dir");
	scoped(mem) char *wal = wal_dir ? mem_strdup(wal_dir) : mem_printf("%s/member/wal", dir);
	scoped(mem) char *script = mem_printf("mkdir -p -m 700 '%s%s/member/snap' '%s%s'",
					      fake->root, dir, fake->root, wal);
	if (!self || system(script))
		abort();
	write_wal(fake, wal, member_id(self, token), cluster_id(&cluster, token));
	scoped(mem) char *db = mem_printf("%s/member/snap/db", dir);
	scoped(mem) char *text = mem_printf("%s\n%s\n", token, initial);
	write_text(fake->root, db, text);
	*status = 0;
	return 1;
}

static int answer_tool(struct fake_node *fake, const char *const args[], struct buf *out,
		       int *status)
{
	for (size_t i = 0; args[i]; i++)
		if (strcmp(args[i], "--help") == 0) {
			buf_adds(out, "--initial-cluster-token --bump-revision --mark-compacted");
			*status = 0;
			return 1;
		}
	return answer_restore(fake, args, status);
}

static int answer(struct fake_node *fake, const char *const args[], struct buf *out, int *status,
		  struct err *err)
{
	struct stat st;

	*status = 0;
	if (strcmp(args[0], "test") == 0) { /* by far the most frequent one: without a process */
		scoped(mem) char *path = mem_printf("%s%s", fake->root, args[2]);
		*status = strcmp(args[1], "-L") == 0 ? lstat(path, &st) || !S_ISLNK(st.st_mode)
						     : stat(path, &st) != 0;
		return 1;
	}
	if (strcmp(args[0], "sh") == 0 && strstr(args[2], "command -v \"$1\"")) {
		*status = 1; /* no ctr, podman or docker */
		return 1;
	}
	if (strcmp(args[0], "pgrep") == 0)
		return answer_pgrep(fake, args[3], out, status);
	if (strcmp(args[0], "kill") == 0)
		return answer_kill(fake, args, status);
	if (strcmp(args[0], "cat") == 0 && strcmp(args[1], "/proc/net/tcp") == 0) {
		buf_adds(out, "  sl  local_address rem_address   st\n");
		if (fake->etcd_pid)
			buf_adds(out, "   0: 0100007F:094B 00000000:0000 0A 0\n");
		if (fake->api_pid)
			buf_adds(out, "   1: 00000000:192B 00000000:0000 0A 0\n");
		return 1;
	}
	if (strcmp(args[0], "flock") == 0) {
		*status = fake->etcd_pid ? 1 : 0;
		return 1;
	}
	if (strcmp(args[0], "mountpoint") == 0 ||
	    (fake->no_tool && strcmp(args[0], "sh") == 0 && strstr(args[2], "etcdutl"))) {
		*status = strcmp(args[0], "mountpoint") == 0;
		return 1;
	}
	if (strcmp(args[0], "systemctl") == 0 || strcmp(args[0], "sync") == 0 ||
	    (strcmp(args[0], "ionice") == 0 && strcmp(args[2], "true") == 0))
		return 1;
	if (strcmp(args[0], "dd") == 0 && fake->full && strstr(args[1], "snapshot.db"))
		return err_set(err, ERR_REMOTE, "dd: No space left on device"), -1;
	if (strcmp(args[0], "df") == 0) {
		buf_adds(out, "Avail\n100000000000\n");
		return 1;
	}
	for (size_t i = 0; args[i]; i++)
		if (strcmp(args[i], "restore") == 0)
			return answer_tool(fake, args, out, status);
	return 0;
}

/* Runs the real thing for a fault that strikes after the command has acted. */
static int act_then_fail(struct node *node, const char *const args[], struct buf *out, int *status,
			 struct err *err)
{
	struct fake_node *fake = fake_of(node);
	scoped(buf) struct buf errs = BUF_INIT(4096);
	struct err ignored = ERR_INIT;

	if (!answer(fake, args, out, status, &ignored)) {
		int (*hook)(struct node *, const char *const[], struct buf *, int *, struct err *) =
			fake->dir.hook;
		fake->dir.hook = NULL;
		node->ops->run(node, args, NULL, deadline_in(10000), out, &errs, status, &ignored);
		fake->dir.hook = hook;
	}
	return err_set(err, ERR_SSH, "the connection was lost");
}

static int hook(struct node *node, const char *const args[], struct buf *out, int *status,
		struct err *err)
{
	struct fake_node *fake = fake_of(node);

	fake->commands++;
	tick(fake);
	if (fake->fault != FAULT_NONE && fake->fault_at-- == 0) {
		enum fault fault = fake->fault;
		fake->fault = FAULT_NONE;
		fake->fault_hit = true;
		if (fault == FAULT_BEFORE)
			return err_set(err, ERR_SSH, "the connection was lost");
		return act_then_fail(node, args, out, status, err);
	}
	int answered = answer(fake, args, out, status, err);
	tick(fake);
	return answered;
}

static void make_node(struct fake_world *world, size_t i)
{
	struct fake_node *fake = &world->nodes[i];
	scoped(mem) char *script = NULL;

	*fake = (struct fake_node){ .root = mem_printf("%s/cp-%zu", world->folder, i + 1),
				    .next_pid = 100 };
	script = mem_printf(
		"mkdir -p '%s'/etc/kubernetes/manifests '%s'/proc/101/root/usr/local/bin "
		"'%s'/proc/102/root/usr/local/bin && mkdir -p -m 700 '%s'/var/lib/etcd/member/snap "
		"'%s'/var/lib/etcd/member/wal && touch '%s'/proc/101/root/usr/local/bin/etcdutl "
		"'%s'/proc/102/root/usr/local/bin/etcdutl",
		fake->root, fake->root, fake->root, fake->root, fake->root, fake->root, fake->root);
	if (system(script))
		abort();
	write_text(fake->root, "/etc/kubernetes/manifests/etcd.yaml", etcd_yaml);
	write_text(fake->root, "/etc/kubernetes/manifests/kube-apiserver.yaml", other_yaml);
	write_text(fake->root, "/etc/kubernetes/manifests/kube-scheduler.yaml", other_yaml);
	write_text(fake->root, "/var/lib/etcd/member/snap/db", "the old data");
	fake->dir = (struct node_dir){ .root = fake->root, .hook = hook, .arg = fake };
	node_dir_init(&world->fleet_nodes[i], fake->root + strlen(fake->root) - 4, &fake->dir);
	tick(fake);
	struct member *m = &world->cluster.members[i];
	*m = (struct member){ .name = world->fleet_nodes[i].name,
			      .node = world->fleet_nodes[i].name,
			      .address = "127.0.0.1",
			      .client_url = "https://127.0.0.1:2379",
			      .metrics_url = "http://127.0.0.1:2381",
			      .data_dir = "/var/lib/etcd",
			      .data_flag = "/var/lib/etcd",
			      .image = "etcd:3.5.16",
			      .version = "3.5.16" };
	m->peer_url = arena_printf(world->cluster.arena, "https://10.0.0.%zu:2380", i + 1);
	world->play_nodes[i] = (struct play_node){ .member = m, .api.port = 6443, .has_api = true };
}

static void make_context(struct fake_world *world)
{
	static char sum[65];
	scoped(buf) struct buf initial = BUF_INIT(500);
	struct err err = ERR_INIT;
	uint8_t digest[SHA256_SIZE];

	digest_sha256("a snapshot", 10, digest);
	digest_hex(digest, sizeof(digest), sum);
	world->snapshot = mem_printf("%s/snapshot.db", world->folder);
	write_text(world->snapshot, "", "a snapshot");
	if (cluster_initial(&world->cluster, &initial, &err))
		abort();
	snprintf(world->initial, sizeof(world->initial), "%s", buf_str(&initial));
	world->ctx = (struct play_ctx){ .run = "20261121t104107-7f3a",
					.token = "etcd-backup-test",
					.cluster = &world->cluster,
					.nodes = world->play_nodes,
					.snapshot_path = world->snapshot,
					.snapshot_size = 10,
					.db_size = 10,
					.snapshot_sha256 = sum,
					.snapshot_revision = 7,
					.bump = 1000,
					.operator= "test",
					.initial_cluster = world->initial,
					.playbook = "restore",
					.grace_ms = 1 };
	for (size_t i = 0; i < FAKE_NODES; i++) {
		world->play_nodes[i].want_member =
			member_id(&world->cluster.members[i], world->ctx.token);
		world->play_nodes[i].want_cluster = cluster_id(&world->cluster, world->ctx.token);
	}
}

void fake_world_open(struct fake_world *world)
{
	char folder[] = "/tmp/fake-world-XXXXXX";

	*world = (struct fake_world){ .folder = mem_strdup(mkdtemp(folder) ? folder : "/nowhere") };
	world->cluster.arena = arena_new();
	world->cluster.name = "test";
	for (size_t i = 0; i < FAKE_NODES; i++)
		make_node(world, i);
	world->cluster.count = FAKE_NODES;
	make_context(world);
	world->fleet = fleet_new(world->fleet_nodes, FAKE_NODES);
}

void fake_world_close(struct fake_world *world)
{
	scoped(mem) char *script = mem_printf("rm -rf '%s'", world->folder);

	fleet_free(world->fleet);
	if (system(script))
		abort();
	for (size_t i = 0; i < FAKE_NODES; i++)
		free(world->nodes[i].root);
	free(world->snapshot);
	free(world->folder);
	arena_free(world->cluster.arena);
}

char *fake_world_tree(struct fake_world *world)
{
	scoped(mem) char *script = mem_printf(
		"cd '%s' && find cp-* -path '*/proc' -prune -o -printf '%%p %%m %%y\\n' | sort; "
		"find cp-* -path '*/proc' -prune -o -type f -print0 | sort -z | xargs -0 sha256sum",
		world->folder);
	const char *const args[] = { "sh", "-c", script, NULL };
	struct proc_request request = {
		.argv = args, .input_fd = -1, .deadline = deadline_in(10000), .cancel_fd = -1
	};
	scoped(buf) struct buf out = BUF_INIT(1024 * 1024);
	struct err err = ERR_INIT;
	int status;

	if (proc_run(&request, &out, NULL, &status, &err))
		abort();
	return mem_strdup(buf_str(&out));
}
