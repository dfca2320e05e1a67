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
	  "Beside it stands the recipe (.json): of which cluster it is and how to restore it.",
	  "  # Take a snapshot, logging in as root with the agent's keys\n"
	  "  kubectl etcd-backup save prod.db --ssh-user root\n\n"
	  "  # Encrypted, into an S3 bucket\n"
	  "  kubectl etcd-backup save --to s3://backups/prod --recipients-file keys.txt\n",
	  cmd_save },
	{ "restore", "SNAPSHOT", 1, 1, ON_CLUSTER | ON_RESTORE | ON_STORE | ON_FROM | ON_SECRET,
	  "Put one snapshot back on every etcd member at once",
	  "Checks every node, restores the snapshot beside the live data on each while the cluster "
	  "serves,\n"
	  "stops all API servers and all members, swaps the data by renames, starts everything "
	  "again and\n"
	  "proves that the members agree.  Until etcd serves the restored data every failure and "
	  "Ctrl-C\n"
	  "undoes all changes.  The old data is kept.  SNAPSHOT is a file, a name in the store of "
	  "--from, or a\n"
	  "URL; compressed and encrypted ones are opened by their content, in memory.",
	  "  # Restore; asks for the cluster's name\n"
	  "  kubectl etcd-backup restore prod.db --ssh-user root\n\n"
	  "  # Restore when the API is dead\n"
	  "  kubectl etcd-backup restore prod.db --nodes "
	  "cp-1=10.0.0.11,cp-2=10.0.0.12,cp-3=10.0.0.13\n",
	  cmd_restore },
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
