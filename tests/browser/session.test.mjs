/*
 * session.test.mjs - sessions that last while pages are open, and end in all
 * tabs at once. Here access tokens live for some seconds only.
 */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { newPerson, password, sql, until } from "./instance.mjs";
import { guard, visit } from "./visitor.mjs";

const path = "/auth/refresh";

async function signedIn(visitor) {
	const person = await newPerson();

	await visitor.signIn(person);
	await visitor.open("/auth/account");
	return person;
}

async function generation({ email }) {
	return Number(await sql(`SELECT max(generation) FROM session s
	    JOIN account a ON a.id = account_id WHERE a.email = :'email'`,
	    { email }));
}

/* How often the tokens were renewed, once that is so often. */
function renewed(person, times = 1) {
	return until(`generation ${times}`, async () => {
		const now = await generation(person);

		return now >= times ? now : undefined;
	});
}

function revoke({ email }, reason) {
	return sql(`UPDATE session SET revoked_at = now(),
	    revoked_reason = :'reason' FROM account a
	    WHERE a.id = account_id AND a.email = :'email'`, { email, reason });
}

/* Wait for the access token in the cookie to be over. */
function tokenEnd(visitor) {
	return until("end of the token", async () => {
		const [cookie] = (await visitor.context.cookies())
		    .filter(({ name }) => name.endsWith("ch_access"));
		const claims = JSON.parse(Buffer.from(
		    cookie.value.split(".")[1], "base64url"));

		return Date.now() / 1000 > claims.exp ? true : undefined;
	});
}

/* Show the tab, or put it behind another one, as far as its script can tell. */
function setVisibility(page, state) {
	return page.evaluate((value) => {
		Object.defineProperty(document, "visibilityState",
		    { value, configurable: true });
		document.dispatchEvent(new Event("visibilitychange"));
	}, state);
}

/* A tab that was sent to the sign-in page, where it says why. */
async function wasSent(page, notice) {
	await page.waitForURL(/\/auth\/signin/);
	assert.match(await page.locator(".notice").innerText(), notice);
	assert.equal(await page.locator("input[name=next]").inputValue(),
	    "/auth/account");
}

async function renewsByItself(visitor) {
	const person = await signedIn(visitor);

	await visitor.fill({ name: "Ada King" });
	await renewed(person, 2);
	assert.equal(await visitor.page.inputValue("#name"), "Ada King");
	await visitor.press("Save");
	assert.equal(await visitor.text(".who"), "Ada King");
}

/* The answer waits until the other tab's time has come as well. */
async function renewsOnceForAll(visitor) {
	const asked = [];
	let answer;
	const other = new Promise((resolve) => {
		answer = resolve;
	});

	await visitor.context.addInitScript(() => {
		const request = navigator.locks.request.bind(navigator.locks);

		window.tries = 0;
		navigator.locks.request = (...args) => {
			window.tries++;
			return request(...args);
		};
	});
	const person = await signedIn(visitor);
	const first = visitor.page;

	visitor.page = await visitor.newTab();
	await visitor.open("/auth/account");
	await visitor.context.route(`**${path}`, async (route) => {
		asked.push(route.request().url());
		await other;
		await route.continue();
	});
	await until("tries of both tabs", async () => {
		const tries = await Promise.all([first, visitor.page].map((page) =>
		    page.evaluate(() => window.tries)));

		return tries.every((count) => count > 0) ? true : undefined;
	});
	assert.equal(asked.length, 1);
	answer();
	await renewed(person);
	await visitor.context.unroute(`**${path}`);
}

/* Nobody looks: then nothing keeps the session alive. */
async function restsWhileHidden(visitor) {
	const person = await signedIn(visitor);

	await setVisibility(visitor.page, "hidden");
	const before = await generation(person);

	await tokenEnd(visitor);
	assert.equal(await generation(person), before);
	await setVisibility(visitor.page, "visible");
	await renewed(person, before + 1);
}

async function staysWithoutNetwork(visitor) {
	visitor.mayFail.add(path);
	const person = await signedIn(visitor);
	let failures = 0;

	await visitor.fill({ name: "Ada King" });
	await visitor.context.route(`**${path}`, (route) => {
		failures++;
		return route.abort("internetdisconnected");
	});
	await until("failure", () => failures > 0 ? true : undefined);
	await tokenEnd(visitor);
	await visitor.context.unroute(`**${path}`);
	await visitor.page.evaluate(() => dispatchEvent(new Event("online")));
	await renewed(person);
	assert.equal(visitor.path(), "/auth/account");
	assert.equal(await visitor.page.inputValue("#name"), "Ada King");
}

async function tellsOfSignOut(visitor) {
	await signedIn(visitor);
	const first = visitor.page;

	visitor.page = await visitor.newTab();
	await visitor.open("/auth/session");
	await visitor.press("Sign out");
	await wasSent(first, /^You have signed out/);
}

/* Both tabs find out by one refresh, and both lead back. */
async function tellsOfRevocation(visitor) {
	visitor.mayFail.add(path);
	const { email } = await signedIn(visitor);
	const first = visitor.page;

	visitor.page = await visitor.newTab();
	await visitor.open("/auth/account");
	await revoke({ email }, "revoked");
	await wasSent(first, /ended from another of your devices/);
	await wasSent(visitor.page, /ended from another of your devices/);
	await visitor.fill({ email, password });
	await visitor.press("Sign in");
	assert.equal(visitor.path(), "/auth/account");
}

async function tellsOnBecomingVisible(visitor) {
	visitor.mayFail.add(path);
	const person = await signedIn(visitor);

	await setVisibility(visitor.page, "hidden");
	await revoke(person, "operator");
	await tokenEnd(visitor);
	assert.equal(visitor.path(), "/auth/account");
	await setVisibility(visitor.page, "visible");
	await wasSent(visitor.page, /ended for your safety/);
}

/* No script helps here: the form finds its way to a new token and back. */
async function lateForm(visitor) {
	const person = await signedIn(visitor);

	await visitor.fill({ name: "Ada King" });
	await tokenEnd(visitor);
	assert.equal(await generation(person), 0);
	await visitor.press("Save");
	assert.equal(await visitor.text(".notice"), "Your changes are saved.");
	assert.equal(await visitor.text(".who"), "Ada King");
	assert.equal(await generation(person), 1);
}

/* The session has ended meanwhile: it leads back to the form. */
async function lateFormOfEndedSession(visitor) {
	const person = await signedIn(visitor);

	await visitor.fill({ name: "Ada King" });
	await tokenEnd(visitor);
	await revoke(person, "revoked");
	await visitor.press("Save");
	assert.match(await visitor.text(".notice"),
	    /ended from another of your devices/);
	await visitor.fill({ email: person.email, password });
	await visitor.press("Sign in");
	assert.equal(visitor.path(), "/auth/account");
}

describe("with script on, a page", { concurrency: 2 }, () => {
	const deeds = {
		"renews its token by itself": renewsByItself,
		"renews it once for all tabs": renewsOnceForAll,
		"rests while nobody sees it": restsWhileHidden,
		"stays as it is without a network": staysWithoutNetwork,
		"is told of a sign-out in another tab": tellsOfSignOut,
		"is told of a revocation on another device": tellsOfRevocation,
		"is told on becoming visible": tellsOnBecomingVisible,
	};

	for (const [name, deed] of Object.entries(deeds))
		it(name, guard, () => visit({}, deed));
});

describe("with script off, a form", { concurrency: 2 }, () => {
	it("is taken after the token has ended", guard, () =>
	    visit({ script: false }, lateForm));
	it("leads back after the session has ended", guard, () =>
	    visit({ script: false }, lateFormOfEndedSession));
});
