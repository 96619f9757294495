/* pages.test.mjs - every page in every state, with script and without. */

import { describe, it } from "node:test";
import { states } from "./states.mjs";
import { look } from "./look.mjs";
import { once } from "./once.mjs";
import { guard, visit } from "./visitor.mjs";

/*
 * The server can't tell whether a browser runs scripts. So a state is reached
 * without, where the forms alone have to do, and the answer is then looked at
 * with the script as well.
 */
async function show(name, { reach, browser, ...state }) {
	const called = name.toLowerCase().replaceAll(/\W+/g, "-");

	await visit({ script: false, ...browser }, async (visitor) => {
		const expected = { ...state, ...await reach(visitor) };
		const answer = await visitor.wholeAnswer();

		await look(visitor, called, expected);
		await once([called, answer], () =>
		    visit({ script: true, ...browser }, async (other) => {
			await other.openAnswer(answer);
			await look(other, called, expected);
		    }));
	});
}

describe("the pages", { concurrency: 2 }, () => {
	for (const [name, state] of Object.entries(states))
		it(`shows ${name}`, guard, () => show(name, state));
});
