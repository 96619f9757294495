/*
 * qr_code - a text as a QR code (ISO/IEC 18004), for an SVG of a template.
 *
 * Level M of error correction, and round it the four modules of nothing that
 * readers need. It is dark on light, whatever the page around it is.
 */
#ifndef CHATELAINE_QR_CODE_H
#define CHATELAINE_QR_CODE_H

#include <stdint.h>

#include "base/arena.h"

#define QR_CODE_MARGIN 4 /* modules */

struct qr_code {
	/*
	 * The dark modules as the attribute d of a path (SVG 2, 9.3), in a
	 * viewBox of "0 0 size size": digits, blanks and the letters M h v z.
	 */
	const char *path;
	int64_t size; /* modules, the margins included */
};

/* The code lives in the arena. ST_INVALID: the text is empty or too long. */
enum status qr_code_make(
    struct arena *arena, const char *text, struct qr_code *code) MUST_CHECK;

#endif
