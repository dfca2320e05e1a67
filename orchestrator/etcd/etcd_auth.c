/*
 * etcd_auth: see etcd_auth.h.  The words are those of server/auth/store.go and of api/v3rpc/rpctypes.
 */
#include "etcd/etcd_auth.h"

#include <string.h>

bool etcd_refused_by_auth(const struct err *err)
{
	static const char *const said[] = { "etcd said: auth: ", "etcd said: etcdserver: " };
	static const char *const words[] = { "user name is empty", "user name not found",
					     "user not found", "permission denied" };

	for (size_t i = 0; err->code == ERR_ETCD && i < 2; i++) {
		const char *at = strstr(err->text, said[i]);
		for (size_t k = 0; at && k < sizeof(words) / sizeof(words[0]); k++)
			if (strncmp(at + strlen(said[i]), words[k], strlen(words[k])) == 0)
				return true;
	}
	return false;
}
