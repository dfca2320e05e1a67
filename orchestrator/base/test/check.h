/*
 * check: the test harness.  A test is a function; TESTS() makes main() out of a list of them, one
 * process a file.  A failed check prints both values and the test goes on; the last line counts.
 */
#ifndef BASE_TEST_CHECK_H
#define BASE_TEST_CHECK_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int check_failures;

#define CHECK(condition)                                                                \
	do {                                                                            \
		if (!(condition)) {                                                     \
			check_failures++;                                               \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
		}                                                                       \
	} while (0)

#define CHECK_INT(got, want)                                                                       \
	do {                                                                                       \
		int64_t got_ = (int64_t)(got), want_ = (int64_t)(want);                            \
		if (got_ != want_) {                                                               \
			check_failures++;                                                          \
			fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #got, \
				(long long)got_, (long long)want_);                                \
		}                                                                                  \
	} while (0)

#define CHECK_STR(got, want)                                                                     \
	do {                                                                                     \
		const char *got_ = (got), *want_ = (want);                                       \
		if (!got_ || !want_ ? got_ != want_ : strcmp(got_, want_) != 0) {                \
			check_failures++;                                                        \
			fprintf(stderr, "%s:%d: %s is \"%s\", not \"%s\"\n", __FILE__, __LINE__, \
				#got, got_ ? got_ : "(null)", want_ ? want_ : "(null)");         \
		}                                                                                \
	} while (0)

/* text has part in it */
#define CHECK_HAS(text, part)                                                                \
	do {                                                                                 \
		const char *text_ = (text), *part_ = (part);                                 \
		if (!text_ || !strstr(text_, part_)) {                                       \
			check_failures++;                                                    \
			fprintf(stderr, "%s:%d: \"%s\" has no \"%s\"\n", __FILE__, __LINE__, \
				text_ ? text_ : "(null)", part_);                            \
		}                                                                            \
	} while (0)

struct check_test {
	const char *name;
	void (*run)(void);
};

#define TEST(function)              \
	{                           \
#function, function \
	}

#define TESTS(...)                                                           \
	int main(void)                                                       \
	{                                                                    \
		static const struct check_test tests[] = { __VA_ARGS__ };    \
		size_t count = sizeof(tests) / sizeof(tests[0]), failed = 0; \
		for (size_t i = 0; i < count; i++) {                         \
			int before = check_failures;                         \
			tests[i].run();                                      \
			if (check_failures != before) {                      \
				failed++;                                    \
				printf("FAIL %s\n", tests[i].name);          \
			}                                                    \
		}                                                            \
		printf("%zu passed, %zu failed\n", count - failed, failed);  \
		return failed ? 1 : 0;                                       \
	}

#endif
