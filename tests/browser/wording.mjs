/* wording.mjs - the sentences of templates/wording.strings, by their names. */

import { readFileSync } from "node:fs";

const lines = readFileSync(new URL("../../templates/wording.strings",
    import.meta.url), "utf8").split("\n");
const sentences = new Map(lines.filter((line) => / = /.test(line))
    .map((line) => line.split(/ = (.*)/s)));

const settings = {
	"settings.password_min_length": 15,
	"site.name": "Chatelaine",
};

export function say(name, values = {}) {
	return sentences.get(name).replaceAll(/\{\{(.*?)\}\}/g,
	    (_, key) => values[key] ?? settings[key]);
}

/* Where a field's name is a part of the sentence. */
export function sayOf(name, field, limit) {
	return say(name, { label: say(`label_${field}`), limit });
}

/* A problem of the form as a whole, in its summary. */
export function sayWhole(name) {
	return `${say(`${name}_title`)}. ${say(name)}`;
}
