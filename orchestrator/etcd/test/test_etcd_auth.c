/*
 * test_etcd_auth: which words of etcd's are its auth's.
 */
#include "base/test/check.h"
#include "etcd/etcd_auth.h"

static bool refused(enum err_code code, const char *text)
{
	struct err err = ERR_INIT;

	err_set(&err, code, "%s", text);
	return etcd_refused_by_auth(&err);
}

static void test_words(void)
{
	CHECK(refused(ERR_ETCD, "Maintenance/HashKV: etcd said: auth: user not found (code 2)"));
	CHECK(refused(ERR_ETCD,
		      "Maintenance/HashKV: etcd said: auth: user name is empty (code 2)"));
	CHECK(refused(ERR_ETCD, "KV/Range: etcd said: etcdserver: user name is empty (code 3)"));
	CHECK(refused(ERR_ETCD, "KV/Range: etcd said: etcdserver: permission denied (code 7)"));
	CHECK(refused(ERR_ETCD, "KV/Range: etcd said: etcdserver: user name not found (code 9)"));
}

static void test_others(void)
{
	CHECK(!refused(ERR_NONE, ""));
	CHECK(!refused(ERR_SSH, "etcd said: auth: user not found (code 2)"));
	CHECK(!refused(ERR_ETCD, "Maintenance/HashKV: etcd said: open db: permission denied"));
	CHECK(!refused(ERR_ETCD, "Maintenance/HashKV: etcd said: etcdserver: no leader (code 14)"));
	CHECK(!refused(ERR_ETCD, "permission denied"));
}

TESTS(TEST(test_words), TEST(test_others))
