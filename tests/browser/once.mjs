/*
 * once.mjs - what need not be done twice. With TEST_ONCE=FILE it is remembered
 * there, for another build of the same source: what a browser makes of a page
 * does not depend on who wrote it.
 */

import { createHash } from "node:crypto";
import { appendFileSync, existsSync, readFileSync } from "node:fs";

const file = process.env.TEST_ONCE;
const done = new Set(file && existsSync(file)
    ? readFileSync(file, "utf8").split("\n") : []);

/* Names of rows, and tokens by their lengths. */
const drawn = new RegExp("(?<![\\w-])(?:" +
    "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|" +
    "[\\w-]{16}|[\\w-]{22}|[\\w-]{43}|[\\w-]{60,})(?![\\w-])", "g");

/* To the letter, but for what is drawn by lot, and for numbers. */
function markOf(what) {
	const text = JSON.stringify(what).replaceAll(drawn, "#")
	    .replaceAll(/\d+/g, "0");

	return createHash("sha256").update(text).digest("hex");
}

/* Do it, unless it was done for the same already. */
export async function once(what, deed) {
	const mark = markOf(what);

	if (done.has(mark))
		return;
	await deed();
	done.add(mark);
	if (file)
		appendFileSync(file, `${mark}\n`);
}
