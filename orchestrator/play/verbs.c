/*
 * verbs: the table of verbs.  What a playbook can say is what stands here.
 */
#include "play/verb.h"

#include <string.h>

#define SECONDS(n) ((uint64_t)(n)*1000)

const struct verb verbs[] = {
	{ "check-nodes", NULL, "look at manifests, space, tools and locks; changes nothing",
	  VERB_LOOKS, SECONDS(60), SECONDS(600), verb_check_nodes, judge_check_nodes, NULL, false },
	{ "lock-nodes", "unlock-nodes", "take the lock and make the run's folder", VERB_CHANGES,
	  SECONDS(30), SECONDS(120), verb_lock_nodes, NULL, NULL, false },
	{ "unlock-nodes", "lock-nodes", "give the lock back", VERB_CHANGES, SECONDS(30),
	  SECONDS(120), verb_unlock_nodes, NULL, NULL, false },
	{ "put-snapshot", "drop-snapshot", "send the snapshot and find the restore tool",
	  VERB_CHANGES, SECONDS(3600), SECONDS(24 * 3600), verb_put_snapshot, NULL, NULL, false },
	{ "drop-snapshot", "put-snapshot", "remove the sent snapshot and the tool", VERB_CHANGES,
	  SECONDS(60), SECONDS(600), verb_drop_snapshot, NULL, NULL, false },
	{ "build-member", "drop-member", "restore into a folder beside the live data", VERB_CHANGES,
	  SECONDS(1800), SECONDS(6 * 3600), verb_build_member, NULL, NULL, false },
	{ "drop-member", "build-member", "remove the restored folder", VERB_CHANGES, SECONDS(60),
	  SECONDS(600), verb_drop_member, NULL, NULL, false },
	{ "stop-apiserver", "start-apiserver",
	  "move the manifest out, end the process, prove it gone", VERB_CHANGES, SECONDS(60),
	  SECONDS(600), verb_stop_apiserver, NULL, NULL, false },
	{ "start-apiserver", "stop-apiserver", "put the manifest back", VERB_CHANGES, SECONDS(180),
	  SECONDS(600), verb_start_apiserver, NULL, NULL, false },
	{ "stop-etcd", "start-etcd", "move the manifest out, end the process, prove it gone",
	  VERB_CHANGES, SECONDS(60), SECONDS(600), verb_stop_etcd, NULL, NULL, false },
	{ "start-etcd", "stop-etcd", "put the manifest back over checked data", VERB_CHANGES,
	  SECONDS(180), SECONDS(1200), verb_start_etcd, NULL, turns_start_etcd, false },
	{ "swap-data", "swap-data-back", "rename the old data away and the restored data in",
	  VERB_CHANGES, SECONDS(60), SECONDS(600), verb_swap_data, NULL, NULL, false },
	{ "swap-data-back", "swap-data", "rename the old data back", VERB_CHANGES, SECONDS(60),
	  SECONDS(600), verb_swap_data_back, NULL, NULL, false },
	{ "wait-etcd", NULL, "wait for predicted ids, all voters, a leader, one hash, no new alarm",
	  VERB_LOOKS, SECONDS(180), SECONDS(1800), verb_wait_etcd, judge_wait_etcd, NULL, false },
	{ "compare-etcd", NULL, "compare the members' data at the lowest revision among them",
	  VERB_LOOKS, SECONDS(60), SECONDS(600), verb_compare_etcd, judge_compare_etcd, NULL,
	  false },
	{ "clear-alarms", NULL, "make room and end the alarms that came with the snapshot",
	  VERB_CHANGES, SECONDS(900), SECONDS(3600), verb_clear_alarms, NULL, turns_clear_alarms,
	  true },
	{ "wait-apiserver", NULL, "wait for /readyz", VERB_LOOKS, SECONDS(180), SECONDS(1800),
	  verb_wait_apiserver, judge_wait_apiserver, NULL, true },
	{ "restart-controllers", NULL, "restart controller-manager and scheduler", VERB_CHANGES,
	  SECONDS(60), SECONDS(600), verb_restart_controllers, NULL, NULL, false },
	{ "wait-controllers", NULL, "wait until both leases are renewed", VERB_LOOKS, SECONDS(180),
	  SECONDS(1800), verb_wait_controllers, NULL, NULL, true },
	{ "check-kept", NULL, "look at the data that an earlier run kept, and at its ids",
	  VERB_LOOKS, SECONDS(60), SECONDS(600), verb_check_kept, judge_check_kept, NULL, false },
	{ "drop-kept", NULL, "remove what an earlier run kept", VERB_CHANGES, SECONDS(300),
	  SECONDS(3600), verb_drop_kept, NULL, NULL, false },
	{ "drop-emptied", NULL, "remove the folders that the old data came out of", VERB_CHANGES,
	  SECONDS(60), SECONDS(600), verb_drop_emptied, NULL, NULL, false },
	{ "check-joining", NULL, "look whether the others can take the node, and at its manifest",
	  VERB_LOOKS, SECONDS(60), SECONDS(600), verb_check_joining, NULL, NULL, false },
	{ "empty-member", "drop-empty", "make an empty folder beside the old data", VERB_CHANGES,
	  SECONDS(60), SECONDS(600), verb_empty_member, NULL, NULL, false },
	{ "drop-empty", "empty-member", "remove that folder", VERB_CHANGES, SECONDS(60),
	  SECONDS(600), verb_drop_member, NULL, NULL, false },
	{ "add-learner", "remove-learner", "add the member to the cluster, without a vote",
	  VERB_CHANGES, SECONDS(60), SECONDS(600), verb_add_learner, NULL, NULL, false },
	{ "remove-learner", "add-learner", "remove the member that was added, while it has no vote",
	  VERB_CHANGES, SECONDS(60), SECONDS(600), verb_remove_learner, NULL, NULL, false },
	{ "wait-learner", NULL, "wait until the member has all data of the cluster", VERB_LOOKS,
	  SECONDS(900), SECONDS(6 * 3600), verb_wait_learner, NULL, NULL, false },
	{ "promote-learner", NULL, "give the member its vote", VERB_CHANGES, SECONDS(120),
	  SECONDS(1200), verb_promote_learner, NULL, NULL, false },
	{ "wait-voters", NULL, "wait until every member votes and is well", VERB_LOOKS,
	  SECONDS(120), SECONDS(1200), verb_wait_voters, judge_wait_voters, NULL, false },
	{ "check-remaining", NULL,
	  "look whether the members that remain have a leader and a quorum", VERB_LOOKS,
	  SECONDS(30), SECONDS(600), verb_check_remaining, NULL, NULL, true },
	{ "remove-member", NULL, "take a member whose node is gone for good out of the list",
	  VERB_CHANGES, SECONDS(60), SECONDS(600), verb_remove_member, NULL, NULL, true },
	{ "check-drill", NULL, "look at memory and ports for a drill; changes nothing", VERB_LOOKS,
	  SECONDS(60), SECONDS(600), verb_check_drill, NULL, NULL, false },
	{ "start-drill", "stop-drill", "serve the restored data by an etcd of the drill's own",
	  VERB_CHANGES, SECONDS(180), SECONDS(1800), verb_start_drill, NULL, NULL, false },
	{ "stop-drill", "start-drill", "end the drill's own etcd", VERB_CHANGES, SECONDS(60),
	  SECONDS(600), verb_stop_drill, NULL, NULL, false },
	{ "prove-drill", NULL, "compare leader, HashKV and a linearizable read with the snapshot",
	  VERB_LOOKS, SECONDS(60), SECONDS(600), verb_prove_drill, judge_prove_drill, NULL, false },
	{ "write-drill", NULL, "write through every member of the drill", VERB_LOOKS, SECONDS(60),
	  SECONDS(600), verb_write_drill, NULL, NULL, false },
	{ "read-drill", NULL, "read from every member of the drill what the others wrote",
	  VERB_LOOKS, SECONDS(60), SECONDS(600), verb_read_drill, NULL, NULL, false },
	{ "start-drill-api", "stop-drill-api", "start an API server of the drill's own",
	  VERB_CHANGES, SECONDS(120), SECONDS(1800), verb_start_drill_api, NULL, NULL, false },
	{ "stop-drill-api", "start-drill-api", "end the drill's own API server", VERB_CHANGES,
	  SECONDS(60), SECONDS(600), verb_stop_drill_api, NULL, NULL, false },
	{ "read-drill-api", NULL, "count the objects there, and read a Secret", VERB_LOOKS,
	  SECONDS(120), SECONDS(1800), verb_read_drill_api, NULL, NULL, false },
	{ NULL, NULL, NULL, VERB_LOOKS, 0, 0, NULL, NULL, NULL, false },
};

const struct verb *verb_find(const char *name)
{
	for (const struct verb *verb = verbs; verb->name; verb++)
		if (strcmp(verb->name, name) == 0)
			return verb;
	return NULL;
}

const char *verb_check_name(const struct verb *verb, size_t index)
{
	if (verb->run == verb_check_nodes)
		return check_nodes_name(index);
	return verb->run == verb_check_joining ? check_joining_name(index) : NULL;
}
