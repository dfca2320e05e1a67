/*
 * show: what kubeconfig.c makes of a kubeconfig, as JSON on one line: `show [--kubeconfig FILE] [--context NAME]`.
 * For e2e/kubeconfig/run, which compares it with what kubectl says.  Exit status 1 with the words on stderr.
 */
#include "base/base64.h"
#include "base/json.h"
#include "plugin/kubeconfig.h"

#include <stdio.h>
#include <string.h>

static void set(struct arena *arena, struct tree *map, const char *key, const char *text)
{
	tree_set_string(arena, map, key, text ? text : "");
}

static void set_data(struct arena *arena, struct tree *map, const char *key, const struct buf *data)
{
	scoped(buf) struct buf text = BUF_INIT(4 * 1024 * 1024);

	base64_encode(data->data, data->len, true, &text);
	set(arena, map, key, buf_str(&text));
}

int main(int argc, char *argv[])
{
	scoped(arena) struct arena *arena = arena_new();
	scoped(buf) struct buf out = BUF_INIT(16 * 1024 * 1024);
	const char *path = NULL, *context = NULL;
	struct tree *map = tree_map(arena);
	struct err err = ERR_INIT;
	struct kubeconfig c;

	for (int i = 1; i + 1 < argc; i += 2)
		if (strcmp(argv[i], "--kubeconfig") == 0)
			path = argv[i + 1];
		else
			context = argv[i + 1];
	if (kubeconfig_load(path, context, &c, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	set(arena, map, "context", c.context);
	set(arena, map, "cluster", c.cluster);
	set(arena, map, "user", c.user);
	set(arena, map, "server", c.server);
	set(arena, map, "tlsServerName", c.tls_server_name);
	set(arena, map, "proxyURL", c.proxy_url);
	tree_set_bool(arena, map, "skipVerify", c.skip_verify);
	set_data(arena, map, "ca", &c.ca);
	set_data(arena, map, "cert", &c.cert);
	set_data(arena, map, "key", &c.key);
	set(arena, map, "token", buf_str(&c.token));
	kubeconfig_release(&c);
	if (json_write(map, true, &out, &err))
		return 1;
	fputs(buf_str(&out), stdout);
	return 0;
}
