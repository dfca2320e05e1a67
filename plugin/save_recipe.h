/*
 * save_recipe: the recipe of a part, and all that a part still needs to be a snapshot once its object has a name.
 */
#ifndef PLUGIN_SAVE_RECIPE_H
#define PLUGIN_SAVE_RECIPE_H

#include "plugin/save_job.h"

/* Fills part->recipe from what was taken, at the end of its stream. */
void save_fill_recipe(struct save *save, size_t member);

/*
 * Before the stream: whether the recipe that the part will have can be read again, but for what the stream itself tells.  -1: BUG, with
 * what was not understood.
 */
int save_check_recipe(struct save *save, size_t member, struct err *err);

/*
 * A job: the stored objects, that of --with-pki too, are read back as save_proof says, and the recipe written.  When it cannot be read the recipe
 * is written, too, and part->err says so.  -1: CORRUPT, CANCELLED, or what the store says of the recipe.
 */
int save_complete(struct node *node, void *save, struct err *err);

#endif
