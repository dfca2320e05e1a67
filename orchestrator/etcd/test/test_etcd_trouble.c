/*
 * test_etcd_trouble: what the errors in a Status mean, as the versions of etcd write them.
 */
#include "base/test/check.h"
#include "etcd/etcd_api.h"

static void test_words(void)
{
	static const struct {
		const char *text;
		unsigned want;
	} cases[] = {
		{ "memberID:17 alarm:NOSPACE ", ETCD_FULL },
		{ "memberID:18 alarm:NOSPACE ", ETCD_FULL },
		{ "memberID:17  alarm:NOSPACE", ETCD_FULL },
		{ "alarm:NOSPACE ", ETCD_FULL },
		{ "memberID:17 alarm:CORRUPT ", ETCD_CORRUPT },
		{ "memberID:17  alarm:CORRUPT", ETCD_CORRUPT },
		{ "memberID:171 alarm:CORRUPT ", ETCD_CORRUPT_ELSEWHERE },
		{ "memberID:18446744073709551615 alarm:CORRUPT ", ETCD_CORRUPT_ELSEWHERE },
		{ "alarm:CORRUPT ", ETCD_CORRUPT },
		{ "etcdserver: no leader", ETCD_NO_LEADER },
		{ "memberID:17 alarm:NEW ", ETCD_ODD },
		{ "memberID:17 ", ETCD_ODD },
		{ "", ETCD_ODD },
		{ "etcdserver: something else", ETCD_ODD },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_INT(etcd_trouble(cases[i].text, 17), cases[i].want);
}

TESTS(TEST(test_words))
