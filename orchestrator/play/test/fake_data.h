/*
 * fake_data: what etcd keeps in its folders, as far as verbs read it: a WAL that begins with ids, and a database that is two
 * lines: token and members.
 */
#ifndef PLAY_TEST_FAKE_DATA_H
#define PLAY_TEST_FAKE_DATA_H

#include "etcd/cluster.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes the member NAME of `initial` below root; wal NULL: inside.  half: it is cut off before the database. */
void fake_data_write(const char *root, const char *dir, const char *wal, const char *token,
		     const char *initial, const char *name, bool half);

/*
 * The second line of a database is its members, "name=url,..."; one whose name ends in '?' is a learner.
 */

/* What stands in the live folders.  -1: no data, or none that etcd could start with. */
struct fake_data {
	char token[64], room[512];
	struct cluster cluster; /* names and peer URLs, in room */
	bool learner[CLUSTER_MEMBERS_MAX];
	char line[512]; /* of the members, as it stands there */
	uint64_t member_id, cluster_id;
};
int fake_data_read(const char *root, const struct member *member, struct fake_data *out);

/* Writes the data of a member that has joined the cluster of `like`. */
void fake_data_join(const char *root, const struct member *member, const struct fake_data *like);

/* Writes another line of members over the one that stands there. */
void fake_data_members(const char *root, const struct member *member, const struct fake_data *data,
		       const char *line);

#endif
