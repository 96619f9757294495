/* config_value - the text of one setting, by its kind; for config.c alone. */
#ifndef CHATELAINE_CONFIG_VALUE_H
#define CHATELAINE_CONFIG_VALUE_H

#include "base/arena.h"
#include "base/config.h"

/*
 * Read text as the value of a setting, into its place in config. ST_INVALID:
 * config is as before, and *why, in the arena, goes on where the setting's name
 * ends ("must be one of auto, always"), without the value.
 */
enum status config_value_set(struct arena *arena, const struct setting *setting,
    const char *text, struct config *config, const char **why) MUST_CHECK;

#endif
