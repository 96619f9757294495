/* pages.test.mjs - every page in every state, with script and without. */

import { describe, it } from "node:test";
import { states } from "./states.mjs";
import { look } from "./look.mjs";
import { guard, visit } from "./visitor.mjs";

/* Both, unless TEST_SCRIPT says "on" or "off". */
const scripts = [true, false].filter((script) =>
    [undefined, script ? "on" : "off"].includes(process.env.TEST_SCRIPT));

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
