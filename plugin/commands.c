/*
 * commands: the table of commands, in the order of the help.
 */
#include "plugin/flags.h"
#include "plugin/opts.h"

const struct command commands[] = {
	{ "save", "[FILE]", 0, 1, ON_CLUSTER | ON_OUTPUT | ON_SAVE | ON_STORE,
	  "Take a snapshot into a file or a store",
	  "Streams a snapshot from one healthy member through SSH, never stored on the node, and "
	  "accepts\n"
	  "it only when it is whole, at least as new as the cluster was when it began, and the "
	  "members\n"
	  "agree on its revision.  It goes into FILE, in etcdctl's form unless FILE's name ends in "
	  ".zst, .gz\n"
	  "or .age; or with --to into a store, as CLUSTER-TIME, compressed, and encrypted for the "
	  "keys given.\n"
	  "Beside it stands the recipe (.json): of which cluster it is and how to restore it.\n"
	  "Members that differ are an error that names them.  Below 2 GiB, and on this machine, "
	  "what "
	  "was stored\n"
	  "is read back; --compare does so everywhere, --prune does and then removes what no "
	  "--keep "
	  "rule keeps.  --with-pki keeps what a new control plane needs, too: keys, certificates,\n"
	  "manifests, settings.",
	  "  # Take a snapshot, logging in as root with the agent's keys\n"
	  "  kubectl etcd-backup save prod.db --ssh-user root\n\n"
	  "  # Encrypted, into an S3 bucket\n"
	  "  kubectl etcd-backup save --to s3://backups/prod --recipients-file keys.txt\n\n"
	  "  # Each member's own, and the older ones thinned out\n"
	  "  kubectl etcd-backup save --to /srv/backups --all-members --prune --keep-daily 7\n",
	  cmd_save },
	{ "list", "", 0, 0, ON_OUTPUT | ON_STORE | ON_FROM | ON_LIST | ON_SSH,
	  "Show the snapshots of a store, newest first",
	  "Reads the recipes in the store, and whether the snapshot beside each is there with its "
	  "size.",
	  "  # What is in the bucket?\n"
	  "  kubectl etcd-backup list --from s3://backups/prod\n\n"
	  "  # Is anything missing?\n"
	  "  kubectl etcd-backup list --from /srv/backups --check\n",
	  cmd_list },
	{ "prune", "", 0, 0, ON_STORE | ON_FROM | ON_PRUNE | ON_SSH,
	  "Remove the snapshots that no rule keeps",
	  "A snapshot is kept when any --keep rule wants it.  Before anything goes the newest one "
	  "is read back; "
	  "nothing\n"
	  "goes when it looks wrong beside the one before: much smaller, a lower revision, another "
	  "etcd.\n"
	  "The newest that was drilled stays.",
	  "  # Say what would go, and why\n"
	  "  kubectl etcd-backup prune --from s3://backups/prod --keep-daily 7 --keep-weekly 4 "
	  "--dry-run client\n",
	  cmd_prune },
	{ "keygen", "FILE", 1, 1, 0, "Make a key to encrypt snapshots for",
	  "Writes an age identity (X25519) into FILE, mode 0600, and prints its recipient, which "
	  "is no secret.",
	  "  # Make a key, and save for it\n"
	  "  kubectl etcd-backup keygen key.txt\n",
	  cmd_keygen },
	{ "restore", "SNAPSHOT", 1, 1,
	  ON_CLUSTER | ON_RESTORE | ON_ASKS | ON_ABSENT | ON_REPORT | ON_STORE | ON_FROM |
		  ON_SECRET | ON_OUTPUT,
	  "Put one snapshot back on every etcd member at once",
	  "Checks every node, restores the snapshot beside the live data on each while the cluster "
	  "serves,\n"
	  "stops all API servers and all members, swaps the data by renames, starts everything "
	  "again and\n"
	  "proves that the members agree.  Until etcd serves the restored data every failure and "
	  "Ctrl-C\n"
	  "undoes all changes.  The old data is kept.  SNAPSHOT is a file, a name in the store of "
	  "--from, or a\n"
	  "URL; latest is the newest there.  Compressed and encrypted ones are opened by their "
	  "content, in memory.",
	  "  # Restore; asks for the cluster's name\n"
	  "  kubectl etcd-backup restore prod.db --ssh-user root\n\n"
	  "  # Restore when the API is dead\n"
	  "  kubectl etcd-backup restore prod.db --nodes "
	  "cp-1=10.0.0.11,cp-2=10.0.0.12,cp-3=10.0.0.13\n\n"
	  "  # Look at every node, change nothing; and a plan for the change board\n"
	  "  kubectl etcd-backup restore prod.db --dry-run=server\n"
	  "  kubectl etcd-backup restore prod.db --dry-run=server -o yaml > plan.yaml\n"
	  "  kubectl etcd-backup restore prod.db --plan plan.yaml --yes\n",
	  cmd_restore },
	{ "resume", "[RUN [SNAPSHOT]]", 0, 2,
	  ON_CLUSTER | ON_RESUME | ON_ASKS | ON_ABSENT | ON_REPORT | ON_STORE | ON_FROM |
		  ON_SECRET | ON_OUTPUT,
	  "Go on with a run that stopped, or undo it",
	  "Looks at every node for what the run has done, whatever became of the machine that it "
	  "was begun on,\n"
	  "and goes on from there; with --undo back to how everything was, as long as no API "
	  "server serves the\n"
	  "new data.  A run that was going back goes on going back.  SNAPSHOT is needed only when "
	  "it has not\n"
	  "arrived on every node yet.  Without RUN it shows the runs that are on the nodes.",
	  "  # Which runs are there, and what does each need?\n"
	  "  kubectl etcd-backup resume\n\n"
	  "  # Go on, from another machine, the API being dead\n"
	  "  kubectl etcd-backup resume 20261121t104107-7f3a --nodes "
	  "cp-1=10.0.0.11,cp-2=10.0.0.12\n",
	  cmd_resume },
	{ "rejoin", "NODE", 1, 1, ON_CLUSTER | ON_REJOIN | ON_ASKS | ON_REPORT,
	  "Bring back the node that a restore left out",
	  "Takes the node of \"restore --without\" into the cluster again: stops its API server "
	  "and "
	  "its etcd,\n"
	  "puts its old data aside, adds its member as a learner, waits until it has the cluster's "
	  "data, gives it\n"
	  "its vote and starts its API server.  Until the vote every failure and Ctrl-C undoes all "
	  "changes; the\n"
	  "other members serve all the time.  Kubelet must run there.",
	  "  # The node is repaired; asks for its name\n"
	  "  kubectl etcd-backup rejoin cp-3 --ssh-user root\n\n"
	  "  # Look at every node, change nothing\n"
	  "  kubectl etcd-backup rejoin cp-3 --dry-run=server\n",
	  cmd_rejoin },
	{ "rollback", "RUN", 1, 1, ON_CLUSTER | ON_ASKS | ON_ABSENT | ON_REPORT,
	  "Put the data from before a restore back on every member",
	  "Stops all API servers and all members, puts the data that the run kept back in its "
	  "place, with the\n"
	  "manifests from then, and starts everything again.  What was written since is kept in "
	  "its turn.",
	  "  # Undo a restore of yesterday\n"
	  "  kubectl etcd-backup rollback 20261121t104107-7f3a\n",
	  cmd_rollback },
	{ "clean", "RUN", 1, 1, ON_CLUSTER | ON_ASKS | ON_ABSENT,
	  "Remove the old data that a run kept",
	  "Shows size and age first.  Nothing else ever removes old data; afterwards the run "
	  "cannot be rolled back.",
	  "  # The restore was good\n"
	  "  kubectl etcd-backup clean 20261121t104107-7f3a\n",
	  cmd_clean },
	{ "runs", "", 0, 0, ON_OUTPUT, "Show the runs that this machine has journals of",
	  "Reads the journals on this machine only; resume without RUN asks the nodes.",
	  "  # What was done from here?\n"
	  "  kubectl etcd-backup runs\n",
	  cmd_runs },
	{ "inspect", "SNAPSHOT", 1, 1,
	  ON_OUTPUT | ON_STORE | ON_FROM | ON_SECRET | ON_SSH | ON_INSPECT,
	  "Show what is in a snapshot",
	  "Reads the whole snapshot and shows its revisions, hashes, members, the resources with "
	  "their\n"
	  "counts and bytes, and the largest objects.  Needs no cluster, and never shows a value.",
	  "  # What is in it?\n"
	  "  kubectl etcd-backup inspect prod.db\n\n"
	  "  # By namespace, and the 20 largest objects\n"
	  "  kubectl etcd-backup inspect prod.db -o wide --largest 20\n",
	  cmd_inspect },
	{ "verify", "SNAPSHOT", 1, 1, ON_OUTPUT | ON_STORE | ON_FROM | ON_SECRET | ON_SSH,
	  "Prove that a snapshot is whole",
	  "Reads all of it: the stored object, the hash at its end, every page and key of the "
	  "database, and\n"
	  "compares its revision and HashKV with its recipe; the files of save --with-pki, too.  "
	  "The "
	  "exit status is\n"
	  "6 when it is damaged.",
	  "  # Can it be restored?\n"
	  "  kubectl etcd-backup verify prod.db\n\n"
	  "  # For a machine\n"
	  "  kubectl etcd-backup verify prod.db -o json\n",
	  cmd_verify },
	{ "drill", "[SNAPSHOT]", 0, 1,
	  ON_CLUSTER | ON_OUTPUT | ON_STORE | ON_FROM | ON_SECRET | ON_SSH | ON_DRILL | ON_REPORT,
	  "Restore a snapshot into a cluster of its own, prove it and remove it",
	  "Verifies the snapshot, restores it beside the live data of every control-plane node as "
	  "a "
	  "restore does,\n"
	  "starts it as a cluster of its own on ports of its own, proves ids, voters, leader, "
	  "alarms, HashKV, reads\n"
	  "and writes, and an API server over it with every object and a Secret; and removes "
	  "everything, also after a\n"
	  "failure or Ctrl-C.  The live cluster is not touched.  With --local on this machine, "
	  "without any node.  Leaves\n"
	  "NAME.drill.json beside the snapshot: list shows it as drilled, and status "
	  "--max-drill-age asks for it.\n"
	  "Without SNAPSHOT it takes the latest of the store that --from names.",
	  "  # Can last night's snapshot be restored?\n"
	  "  kubectl etcd-backup drill --from s3://backups/prod\n\n"
	  "  # Can that one?\n"
	  "  kubectl etcd-backup drill prod-20261121T104107Z --from s3://backups/prod\n\n"
	  "  # In memory, with an etcd that is not on the PATH\n"
	  "  kubectl etcd-backup drill prod.db --local --scratch /dev/shm --etcd ./etcd "
	  "--etcdutl ./etcdutl\n",
	  cmd_drill },
	{ "browse", "SNAPSHOT [-- COMMAND...]", 1, 1,
	  ON_CLUSTER | ON_STORE | ON_FROM | ON_SECRET | ON_BROWSE | ON_TAIL,
	  "Look into a snapshot with kubectl",
	  "Restores the snapshot beside the live data of one control-plane node, starts an etcd "
	  "and an API server\n"
	  "over it that only this command can reach and that change nothing, and runs COMMAND, or "
	  "a "
	  "shell, with\n"
	  "KUBECONFIG set.  The live cluster is not touched.  Everything is gone afterwards.",
	  "  # Which deployments were there?\n"
	  "  kubectl etcd-backup browse prod-20261121T104107Z --from s3://backups/prod -- kubectl "
	  "get deploy -A\n\n"
	  "  # A shell in the past\n"
	  "  kubectl etcd-backup browse prod.db\n",
	  cmd_browse },
	{ "extract", "SNAPSHOT RESOURCE/NAME", 2, 2,
	  ON_CLUSTER | ON_STORE | ON_FROM | ON_SECRET | ON_BROWSE | ON_EXTRACT | ON_OUTPUT,
	  "Print one object of a snapshot, ready to apply",
	  "As browse; prints the object as YAML without what only the cluster may set: uid, "
	  "resourceVersion,\n"
	  "generation, managedFields, creationTimestamp, selfLink, deletionTimestamp, "
	  "ownerReferences, status.\n"
	  "Of a Secret that is its value.",
	  "  # Bring one object back\n"
	  "  kubectl etcd-backup extract prod.db configmap/settings -n shop | kubectl apply -f -\n",
	  cmd_extract },
	{ "diff", "SNAPSHOT [SNAPSHOT]", 1, 2,
	  ON_CLUSTER | ON_OUTPUT | ON_STORE | ON_FROM | ON_SECRET | ON_DIFF,
	  "Show how two snapshots differ, or one and the cluster",
	  "Counts the objects that were added, removed and changed from the first to the second, "
	  "by resource and\n"
	  "namespace.  With --live the second is the cluster as it is now.  What changes by "
	  "itself, "
	  "as leases\n"
	  "and events do, is counted apart.  Never shows a value.",
	  "  # What has happened between two snapshots?\n"
	  "  kubectl etcd-backup diff monday.db tuesday.db\n\n"
	  "  # What would be lost by a restore?\n"
	  "  kubectl etcd-backup diff prod.db --live --names --ssh-user root\n",
	  cmd_diff },
	{ "discover", "", 0, 0, ON_CLUSTER | ON_OUTPUT,
	  "Show the etcd members and where their data lies",
	  "Finds the etcd pods through the Kubernetes API, or the nodes given with --nodes, reads "
	  "the\n"
	  "manifests on each node over SSH, which are the truth, and warns of what does not fit.",
	  "  # Show the members\n"
	  "  kubectl etcd-backup discover --ssh-user root\n\n"
	  "  # Everything that is known, for a machine\n"
	  "  kubectl etcd-backup discover -o json\n",
	  cmd_discover },
	{ "status", "", 0, 0, ON_CLUSTER | ON_OUTPUT | ON_STORE | ON_FROM | ON_STATUS,
	  "Show whether the members are well, and how old the newest snapshot is",
	  "Asks every member at once: role, revision, sizes, alarms, how far it is behind the "
	  "leader, when its\n"
	  "certificates end.  With --from: which snapshot of the cluster is the newest, and "
	  "whether "
	  "it is there.\n"
	  "Exits with 3 when anything is not as it should be.",
	  "  # Are they well?\n"
	  "  kubectl etcd-backup status --ssh-user root\n\n"
	  "  # For a monitor: fails when the newest snapshot is older than 6 hours\n"
	  "  kubectl etcd-backup status --from s3://backups/prod --max-age 6h -q\n",
	  cmd_status },
	{ "playbook", "show NAME", 1, 2, 0, "Show the steps of a playbook",
	  "Prints exactly the text that will run.",
	  "  # What does a restore do?\n"
	  "  kubectl etcd-backup playbook show restore\n",
	  cmd_playbook },
	{ "version", "", 0, 0, ON_OUTPUT, "Print the version", "Needs no cluster.",
	  "  # Print the version\n"
	  "  kubectl etcd-backup version\n",
	  cmd_version },
	{ 0 },
};
