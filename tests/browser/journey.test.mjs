/* journey.test.mjs - from nobody to somebody and out again. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mailedLink, newAddress, newPerson, password, sql } from
    "./instance.mjs";
import { guard, visit } from "./visitor.mjs";

const expired = "UPDATE session SET idle_expires_at = now() FROM account a" +
    " WHERE a.id = account_id AND a.email = :'email'";

async function wholeJourney(visitor) {
	const email = newAddress();

	await visitor.open("/");
	await visitor.click("Sign up");
	await visitor.fill({ name: "Ada Lovelace", email, password });
	await visitor.press("Sign up");
	assert.equal(await visitor.heading(), "Look into your mailbox");
	assert.equal(await visitor.text("main strong"), email);
	await visitor.open(await mailedLink(email));
	await visitor.press("Confirm my address");
	await visitor.click("Sign in");
	await visitor.fill({ email, password });
	await visitor.press("Sign in");
	assert.equal(visitor.path(), "/auth/session");
	assert.equal(await visitor.text(".who"), "Ada Lovelace");
	assert.ok((await visitor.page.locator("dd").allInnerTexts())
	    .includes(email));
	await visitor.click("Change your account");
	await visitor.fill({ name: "Ada King" });
	await visitor.press("Save");
	assert.equal(await visitor.text(".who"), "Ada King");
	assert.equal(await visitor.text(".notice"), "Your changes are saved.");
	await visitor.click("Home");
	await visitor.press("Sign out");
	assert.equal(await visitor.text(".notice"), "You have signed out.");
	await visitor.open("/");
	assert.equal(visitor.path(), "/auth/signin");
}

/* Asking again: the newest link works, the one before no longer. */
async function secondMail(visitor) {
	const email = newAddress();

	await visitor.signUp({ name: "Ada Lovelace", email });
	const first = await mailedLink(email);

	await visitor.press("Send it again");
	assert.equal(visitor.status, 202);
	const second = await mailedLink(email, 2);

	await visitor.open(first);
	assert.equal(visitor.status, 410);
	await visitor.open(second);
	await visitor.press("Confirm my address");
	assert.equal(visitor.status, 200);
}

async function otherBrowser(visitor) {
	const email = newAddress();

	await visitor.signUp({ name: "Ada Lovelace", email });
	await visitor.context.clearCookies();
	await visitor.open(await mailedLink(email));
	await visitor.fill({ password: "not what was chosen" });
	await visitor.press("Confirm my address");
	assert.equal(visitor.status, 422);
	await visitor.fill({ password });
	await visitor.press("Confirm my address");
	assert.equal(await visitor.heading(), "Your address is confirmed");
}

async function comeBack(visitor) {
	const person = await newPerson();

	await visitor.open("/auth/account");
	await visitor.fill(
	    { email: person.email, password: "not what was chosen" });
	await visitor.press("Sign in");
	assert.equal(visitor.status, 401);
	await visitor.fill({ password });
	await visitor.press("Sign in");
	assert.equal(visitor.path(), "/auth/account");
	await sql(expired, person);
	await visitor.fill({ name: "Ada King" });
	await visitor.press("Save");
	assert.match(await visitor.text(".notice"), /session has expired/);
	await visitor.fill({ email: person.email, password });
	await visitor.press("Sign in");
	assert.equal(visitor.path(), "/auth/account");
}

async function staleForm(visitor) {
	const email = newAddress();

	await visitor.open("/auth/signup");
	await visitor.fill({ name: "Ada Lovelace", email, password });
	await visitor.context.clearCookies();
	await visitor.press("Sign up");
	assert.equal(visitor.status, 403);
	await visitor.fill({ password });
	await visitor.press("Sign up");
	assert.equal(visitor.status, 202);
}

/* The token in a form is tied to a cookie, and errors are pages as well. */
async function errorElsewhere(visitor) {
	const { page } = visitor;

	await visitor.open("/auth/signup");
	visitor.page = await visitor.newTab();
	await visitor.open("/auth/nothing-here");
	assert.equal(visitor.status, 404);
	visitor.page = page;
	await visitor.signUpHere({ name: "Ada Lovelace", email: newAddress() });
}

async function twoTabs(visitor) {
	const first = visitor.page;

	await visitor.signIn(await newPerson());
	visitor.page = await visitor.newTab();
	await visitor.open("/auth/session");
	await visitor.press("Sign out");
	visitor.page = first;
	/* The script does not wait to be asked. */
	if (visitor.script)
		await first.waitForURL(/\/auth\/signin\?/);
	else
		await visitor.click("Change your account");
	assert.equal(visitor.path(), "/auth/signin");
	assert.match(await visitor.text(".notice"),
	    visitor.script ? /^You have signed out/ : /^Please sign in/);
}

/* Another device: its token is as good as ever, its session is not. */
async function revokedElsewhere(visitor) {
	const { email } = await newPerson();

	await visitor.signIn({ email, password });
	await sql("UPDATE session SET revoked_at = now()," +
	    " revoked_reason = 'operator' FROM account a" +
	    " WHERE a.id = account_id AND a.email = :'email'", { email });
	await visitor.click("Change your account");
	assert.match(await visitor.text(".notice"), /ended for your safety/);
	await visitor.fill({ email, password });
	await visitor.press("Sign in");
	assert.equal(visitor.path(), "/auth/account");
}

/* Tab order: the way past the bar, the bar, the fields, the button. */
async function keyboardOnly(visitor) {
	const { keyboard } = visitor.page;
	const { email } = await newPerson();
	const seen = [];

	await visitor.open("/auth/signin");
	for (const text of ["", "", email, password]) {
		await keyboard.press("Tab");
		seen.push(await visitor.focus());
		await keyboard.type(text);
	}
	assert.deepEqual(seen, ["skip", "brand", "email", "password"]);
	await visitor.follow(() => keyboard.press("Enter"));
	assert.equal(visitor.path(), "/auth/session");
	await keyboard.press("Tab");
	assert.equal(await visitor.focus(), "skip");
	await keyboard.press("Enter");
	await keyboard.press("Tab");
	assert.equal(await visitor.page.locator(":focus").innerText(),
	    "Change your account");
}

/* Of the two devices the other one is out, and says why. */
async function forgottenPassword(visitor) {
	const person = await newPerson();
	const chosen = "nine wet herons on a kettle";
	const other = visitor.page;

	await visitor.signIn(person);
	const cookies = await visitor.context.cookies();

	visitor.page = await visitor.newTab();
	await visitor.context.clearCookies();
	await visitor.open("/auth/signin");
	await visitor.click("Forgotten your password?");
	await visitor.fill({ email: person.email });
	await visitor.press("Send me a link");
	assert.equal(await visitor.text("main strong"), person.email);
	await visitor.open(await mailedLink(person.email));
	await visitor.press("Choose a new password");
	assert.equal(await visitor.page.inputValue("#email"), person.email);
	await visitor.fill({ password: "too short" });
	await visitor.press("Change my password");
	assert.equal(visitor.status, 422);
	await visitor.fill({ password: chosen });
	await visitor.press("Change my password");
	await visitor.click("Sign in");
	await visitor.fill({ email: person.email, password: person.password });
	await visitor.press("Sign in");
	assert.equal(visitor.status, 401);
	await visitor.signIn({ email: person.email, password: chosen });

	await visitor.page.close();
	visitor.page = other;
	await visitor.context.clearCookies();
	await visitor.context.addCookies(cookies);
	await visitor.open("/auth/account");
	assert.match(await visitor.text(".notice"), /a new password was chosen/);
}

/* A stranger has the password: the mail says so, and ends it. */
async function strangerIsToldOf(visitor) {
	const person = await newPerson();
	const chosen = "nine wet herons on a kettle";

	await visitor.signIn(person);
	const atHome = await visitor.context.cookies();

	await visitor.context.clearCookies();
	await visitor.signIn(person);
	const stranger = await visitor.context.cookies();

	await visitor.context.clearCookies();
	await visitor.open(await mailedLink(person.email));
	assert.equal(await visitor.heading(), "Was this you?");
	await visitor.press("It was not me: end the session");
	await visitor.fill({ password: chosen });
	await visitor.press("Change my password");
	await visitor.context.clearCookies();
	await visitor.context.addCookies(stranger);
	await visitor.open("/auth/account");
	assert.match(await visitor.text(".notice"), /Your session was ended/);
	await visitor.context.clearCookies();
	await visitor.context.addCookies(atHome);
	await visitor.signIn({ email: person.email, password: chosen });
}

/* A device that was forgotten is a new one: a mail tells of it. */
async function forgottenDevice(visitor) {
	const person = await newPerson();

	await visitor.signIn(person);
	await visitor.open("/auth/account");
	await visitor.click("See the devices that are known");
	assert.equal(await visitor.text(".badge"), "This device");
	await visitor.press("Forget " + await visitor.text(".cards h2"));
	assert.equal(await visitor.text(".notice"), "That device is forgotten.");
	await visitor.click("your sessions");
	assert.equal(await visitor.text(".badge"), "This device");
	await visitor.press("Sign out");
	await visitor.signIn(person);
	await visitor.open(await mailedLink(person.email));
	assert.equal(await visitor.heading(), "Was this you?");
	await visitor.open("/auth/sessions");
	await visitor.click("the devices that are known");
	assert.equal(await visitor.text(".badge"), "This device");
}

const journeys = {
	"leads from sign-up to sign-out": wholeJourney,
	"makes the newest link the one that works": secondMail,
	"asks for the password in another browser": otherBrowser,
	"leads back to where the person was": comeBack,
	"takes a form again after its cookie was lost": staleForm,
	"keeps a form alive while another tab meets an error": errorElsewhere,
	"ends in all tabs at once": twoTabs,
	"ends on the click after the session was revoked": revokedElsewhere,
	"replaces a password that was forgotten": forgottenPassword,
	"ends the session of a stranger by a mailed link": strangerIsToldOf,
	"takes a forgotten device for a new one": forgottenDevice,
	"needs nothing but a keyboard": keyboardOnly,
};

for (const script of [true, false]) {
	describe(`with script ${script ? "on" : "off"}`, { concurrency: 2 },
	    () => {
		for (const [name, deed] of Object.entries(journeys))
			it(name, guard, () => visit({ script }, deed));
	});
}
