/* pages.test.mjs - every page in every state, with script and without. */

import { describe, it } from "node:test";
import { states } from "./states.mjs";
import { look } from "./look.mjs";
import { guard, visit } from "./visitor.mjs";

for (const script of [true, false]) {
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
