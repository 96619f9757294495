/* pages.test.mjs - every page in every state, with script and without. */

import { describe, it } from "node:test";
import { states } from "./states.mjs";
import { look } from "./look.mjs";
import { guard, visit } from "./visitor.mjs";

/* With TEST_SCRIPT=off, without alone: the programs can't tell. */
const scripts = process.env.TEST_SCRIPT === "off" ? [false] : [true, false];

for (const script of scripts) {
	describe(`with script ${script ? "on" : "off"}`, { concurrency: 2 },
	    () => {
		for (const [name, state] of Object.entries(states)) {
			it(`shows ${name}`, guard, () =>
			    visit({ script, ...state.browser },
				async (visitor) => {
					const more = await state.reach(visitor);

					await look(visitor,
					    name.toLowerCase().replaceAll(/\W+/g, "-"),
					    { ...state, ...more });
				}));
		}
	});
}
