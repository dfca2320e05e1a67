/*
 * verbs: the table of verbs.  What a playbook can say is what stands here.
 */
#include "play/verb.h"

#include <string.h>

#define SECONDS(n) ((uint64_t)(n)*1000)

const struct verb verbs[] = {
	{ "check-nodes", NULL, "look at manifests, space, tools and locks; changes nothing",
	  VERB_LOOKS, SECONDS(60), SECONDS(600), .run = verb_check_nodes,
	  .judge = judge_check_nodes },
	{ "lock-nodes", "unlock-nodes", "take the lock and make the run's folder", VERB_CHANGES,
	  SECONDS(30), SECONDS(120), .run = verb_lock_nodes },
	{ "unlock-nodes", "lock-nodes", "give the lock back", VERB_CHANGES, SECONDS(30),
	  SECONDS(120), .run = verb_unlock_nodes },
	{ "put-snapshot", "drop-snapshot", "send the snapshot and find the restore tool",
	  VERB_CHANGES, SECONDS(3600), SECONDS(24 * 3600), .run = verb_put_snapshot },
	{ "drop-snapshot", "put-snapshot", "remove the sent snapshot and the tool", VERB_CHANGES,
	  SECONDS(60), SECONDS(600), .run = verb_drop_snapshot },
	{ "build-member", "drop-member", "restore into a folder beside the live data", VERB_CHANGES,
	  SECONDS(1800), SECONDS(6 * 3600), .run = verb_build_member },
	{ "drop-member", "build-member", "remove the restored folder", VERB_CHANGES, SECONDS(60),
	  SECONDS(600), .run = verb_drop_member },
	{ "stop-apiserver", "start-apiserver",
	  "move the manifest out, end the process, prove it gone", VERB_CHANGES, SECONDS(60),
	  SECONDS(600), .run = verb_stop_apiserver },
	{ "start-apiserver", "stop-apiserver", "put the manifest back", VERB_CHANGES, SECONDS(180),
	  SECONDS(600), .run = verb_start_apiserver },
	{ "stop-etcd", "start-etcd", "move the manifest out, end the process, prove it gone",
	  VERB_CHANGES, SECONDS(60), SECONDS(600), .run = verb_stop_etcd },
	{ "start-etcd", "stop-etcd", "put the manifest back over checked data", VERB_CHANGES,
	  SECONDS(180), SECONDS(1200), .run = verb_start_etcd, .needs_turns = turns_start_etcd },
	{ "swap-data", "swap-data-back", "rename the old data away and the restored data in",
	  VERB_CHANGES, SECONDS(60), SECONDS(600), .run = verb_swap_data },
	{ "swap-data-back", "swap-data", "rename the old data back", VERB_CHANGES, SECONDS(60),
	  SECONDS(600), .run = verb_swap_data_back },
	{ "wait-etcd", NULL, "wait for predicted ids, all voters, a leader, one hash, no new alarm",
	  VERB_LOOKS, SECONDS(180), SECONDS(1800), .run = verb_wait_etcd,
	  .judge = judge_wait_etcd },
	{ "compare-etcd", NULL, "compare the members' data at the lowest revision among them",
	  VERB_LOOKS, SECONDS(60), SECONDS(600), .run = verb_compare_etcd,
	  .judge = judge_compare_etcd, .serves = true },
	{ "clear-alarms", NULL, "make room and end the alarms that came with the snapshot",
	  VERB_CHANGES, SECONDS(900), SECONDS(3600), .run = verb_clear_alarms,
	  .needs_turns = turns_clear_alarms, .serves = true },
	{ "wait-apiserver", NULL, "wait for /readyz", VERB_LOOKS, SECONDS(180), SECONDS(1800),
	  .run = verb_wait_apiserver, .judge = judge_wait_apiserver, .serves = true },
	{ "restart-controllers", NULL, "restart controller-manager and scheduler", VERB_CHANGES,
	  SECONDS(60), SECONDS(600), .run = verb_restart_controllers },
	{ "wait-controllers", NULL, "wait until both leases are renewed", VERB_LOOKS, SECONDS(180),
	  SECONDS(1800), .run = verb_wait_controllers, .serves = true },
	{ "check-kept", NULL, "look at the data that an earlier run kept, and at its ids",
	  VERB_LOOKS, SECONDS(60), SECONDS(600), .run = verb_check_kept,
	  .judge = judge_check_kept },
	{ "drop-kept", NULL, "remove what an earlier run kept", VERB_CHANGES, SECONDS(300),
	  SECONDS(3600), .run = verb_drop_kept },
	{ "drop-emptied", NULL, "remove the folders that the old data came out of", VERB_CHANGES,
	  SECONDS(60), SECONDS(600), .run = verb_drop_emptied },
	{ "check-joining", NULL, "look whether the others can take the node, and at its manifest",
	  VERB_LOOKS, SECONDS(60), SECONDS(600), .run = verb_check_joining },
	{ "empty-member", "drop-empty", "make an empty folder beside the old data", VERB_CHANGES,
	  SECONDS(60), SECONDS(600), .run = verb_empty_member },
	{ "drop-empty", "empty-member", "remove that folder", VERB_CHANGES, SECONDS(60),
	  SECONDS(600), .run = verb_drop_member },
	{ "add-learner", "remove-learner", "add the member to the cluster, without a vote",
	  VERB_CHANGES, SECONDS(60), SECONDS(600), .run = verb_add_learner },
	{ "remove-learner", "add-learner", "remove the member that was added, while it has no vote",
	  VERB_CHANGES, SECONDS(60), SECONDS(600), .run = verb_remove_learner },
	{ "wait-learner", NULL, "wait until the member has all data of the cluster", VERB_LOOKS,
	  SECONDS(900), SECONDS(6 * 3600), .run = verb_wait_learner },
	{ "promote-learner", NULL, "give the member its vote", VERB_CHANGES, SECONDS(120),
	  SECONDS(1200), .run = verb_promote_learner, .serves = true },
	{ "wait-voters", NULL, "wait until every member votes and is well", VERB_LOOKS,
	  SECONDS(120), SECONDS(1200), .run = verb_wait_voters, .judge = judge_wait_voters,
	  .serves = true },
	{ "check-remaining", NULL,
	  "look whether the members that remain have a leader and a quorum", VERB_LOOKS,
	  SECONDS(30), SECONDS(600), .run = verb_check_remaining, .serves = true },
	{ "remove-member", NULL, "take a member whose node is gone for good out of the list",
	  VERB_CHANGES, SECONDS(60), SECONDS(600), .run = verb_remove_member, .serves = true },
	{ "check-drill", NULL, "look at memory and ports for a drill; changes nothing", VERB_LOOKS,
	  SECONDS(60), SECONDS(600), .run = verb_check_drill },
	{ "start-drill", "stop-drill", "serve the restored data by an etcd of the drill's own",
	  VERB_CHANGES, SECONDS(180), SECONDS(1800), .run = verb_start_drill },
	{ "stop-drill", "start-drill", "end the drill's own etcd", VERB_CHANGES, SECONDS(60),
	  SECONDS(600), .run = verb_stop_drill },
	{ "prove-drill", NULL, "compare leader, HashKV and a linearizable read with the snapshot",
	  VERB_LOOKS, SECONDS(60), SECONDS(600), .run = verb_prove_drill,
	  .judge = judge_prove_drill },
	{ "write-drill", NULL, "write through every member of the drill", VERB_LOOKS, SECONDS(60),
	  SECONDS(600), .run = verb_write_drill },
	{ "read-drill", NULL, "read from every member of the drill what the others wrote",
	  VERB_LOOKS, SECONDS(60), SECONDS(600), .run = verb_read_drill },
	{ "start-drill-api", "stop-drill-api", "start an API server of the drill's own",
	  VERB_CHANGES, SECONDS(120), SECONDS(1800), .run = verb_start_drill_api },
	{ "stop-drill-api", "start-drill-api", "end the drill's own API server", VERB_CHANGES,
	  SECONDS(60), SECONDS(600), .run = verb_stop_drill_api },
	{ "read-drill-api", NULL, "count the objects there, and read a Secret", VERB_LOOKS,
	  SECONDS(120), SECONDS(1800), .run = verb_read_drill_api },
	{ .name = NULL },
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
