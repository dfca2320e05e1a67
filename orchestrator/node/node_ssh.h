/*
 * node_ssh: a node over SSH.
 */
#ifndef NODE_NODE_SSH_H
#define NODE_NODE_SSH_H

#include "node/node.h"

/* What the user said; strings are borrowed for the node's life; NULL and 0: defaults. */
struct ssh_settings {
	const char *user;        /* NULL: the local user's name */
	const char *key;         /* private key file; NULL: the agent, then ~/.ssh/id_* */
	unsigned port;           /* 0: 22 */
	const char *known_hosts; /* NULL: ~/.ssh/known_hosts, then /etc/ssh/ssh_known_hosts */
};

/* Whom these settings log in as: their user, else the local user's name.  The caller frees. */
char *ssh_settings_user(const struct ssh_settings *settings);

/*
 * Makes an SSH node; name and address are borrowed.  Nothing is sent before node_open.  node_close
 * ends the session, node_ssh_release frees what the node holds.
 */
void node_ssh_init(struct node *node, const char *name, const char *address,
		   const struct ssh_settings *settings);
void node_ssh_release(struct node *node);

#endif
