/* outage.test.mjs - the database is away, and comes back. */

import assert from "node:assert/strict";
import { after, it } from "node:test";
import { newPerson, password, postgres, until } from "./instance.mjs";
import { look } from "./look.mjs";
import { guard, visit } from "./visitor.mjs";
import { say } from "./wording.mjs";

const heading = say("unavailable_title");

after(() => postgres("start"));

/* With what the person had in the form, which is sent again afterwards. */
async function outage(visitor) {
	const { email } = await newPerson();

	await visitor.open("/auth/signin");
	await visitor.fill({ email, password });
	await postgres("stop");
	await visitor.press("Sign in");
	await look(visitor, "outage", { heading, status: 503 });
	assert.match(await visitor.text("main"), /Nothing that you entered was lost/);
	await postgres("start");
	/* A process that has slept through the outage says 503 once more. */
	await until("recovery", async () => {
		await visitor.follow(() => visitor.page.goBack());
		assert.equal(await visitor.page.inputValue("#email"), email);
		await visitor.fill({ password });
		await visitor.press("Sign in");
		return visitor.status === 200 ? true : undefined;
	});
	assert.equal(visitor.path(), "/auth/session");
}

for (const script of [true, false])
	it(`says that it is away, with script ${script ? "on" : "off"}`, guard, () =>
	    visit({ script }, (visitor) => outage(visitor)));
