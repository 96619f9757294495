/*
 * metrics - what the operator's monitoring is told: sums and states, of all
 * machines, as they are in the database. Nothing about anybody.
 */
#ifndef CHATELAINE_METRICS_H
#define CHATELAINE_METRICS_H

#include "base/arena.h"
#include "base/db.h"
#include "base/strbuf.h"

/* Prometheus' text format, version 0.0.4. */
#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Append all of them. The handlers' role may do it. */
enum status metrics_write(
    struct db *db, struct arena *arena, struct strbuf *sb) MUST_CHECK;

#endif
