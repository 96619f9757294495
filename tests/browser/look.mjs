/*
 * look.mjs - what must hold of every page, in whatever state it is: at a
 * telephone's width and a desk's, by day and by night.
 *
 * 320 CSS pixels are also what is left of 1280 when somebody zooms to 400 %
 * (WCAG 2.2, 1.4.10): for a page, the two are the same.
 */

import assert from "node:assert/strict";
import { reachable, site } from "./instance.mjs";

const pictures = process.env.TEST_PICTURES;
const pageLimit = 50 * 1024;

/* What browsers and password managers are told of each field. */
const autocompletes = {
	"Sign up": { name: "name", email: "username", password: "new-password" },
	"Sign in": { email: "username", password: "current-password" },
	"Confirm your address": { password: "current-password" },
	"Send a new link": { email: "email" },
	"This link no longer works": { email: "email" },
	"Forgotten your password?": { email: "email" },
	"Choose a new password": { email: "username", password: "new-password" },
	"This link was used already": { email: "email" },
	"There is a newer link": { email: "email" },
	"This link has expired": { email: "email" },
	"Your account": { name: "name" },
	"Change your password": { current_password: "current-password",
	    password: "new-password" },
	"Change your email address": { email: "email",
	    password: "current-password" },
	"Delete your account": { password: "current-password" },
	"Confirm that it is you": { password: "current-password",
	    code: "one-time-code" },
	"Enter the code": { code: "one-time-code" },
	"Set up your second factor": { code: "one-time-code" },
};

/* All fields one types into, by name. Some are for password managers alone. */
function fieldsOf(page) {
	const typed =
	    "main input:not([type=hidden], [type=checkbox], [type=radio],"
	    + " [hidden])";

	return page.locator(typed).evaluateAll(
	    (inputs) => Object.fromEntries(inputs.map((input) => [input.id, {
		name: input.name,
		value: input.value,
		shown: input.readOnly,
		autocomplete: input.autocomplete,
		invalid: input.getAttribute("aria-invalid") === "true",
		label: input.labels[0]?.innerText ?? "",
		describedBy: input.getAttribute("aria-describedby") ?? "",
	}])));
}

/* The summary and the fields say the same, and nobody else does. */
async function checkProblems(page, problems) {
	const told = await page.locator(".errors li").allInnerTexts();
	const beside = await page.locator(".wrong").evaluateAll((all) =>
	    all.map((p) => [p.id.replace(/-problem$/, ""), p.textContent]));
	const title = await page.title();

	assert.deepEqual(told, Object.values(problems), "the summary");
	for (const [id, text] of beside)
		assert.equal(text, problems[id] ?? "", `beside ${id}`);
	assert.equal(title.startsWith("Error: "), told.length > 0, title);
}

async function checkFields(page, heading, problems, kept) {
	const fields = await fieldsOf(page);

	assert.deepEqual(Object.keys(problems).filter((id) => id !== ""),
	    Object.keys(fields).filter((id) => id in problems),
	    "the summary has the order of the fields");
	for (const [id, field] of Object.entries(fields)) {
		assert.equal(field.autocomplete, autocompletes[heading][id]);
		assert.notEqual(field.label, "", `${id} has a label`);
		/* What is there for password managers is not sent. */
		assert.equal(field.name, field.shown ? "" : id);
		if (field.shown)
			continue;
		assert.equal(field.invalid, id in problems, `${id} is marked`);
		assert.ok(field.describedBy.split(" ")
		    .includes(`${id}-problem`), `${id} is explained`);
		assert.equal(field.value, kept[id] ?? "", `${id} is kept`);
	}
	assert.equal(await page.locator("input[type=password]").evaluateAll(
	    (all) => all.filter((input) => input.hasAttribute("value")).length),
	    0, "no page holds a password");
}

/* Where the keyboard is after loading: at the news, if there is a script. */
async function checkFocus(visitor, problems) {
	const notice = await visitor.page.locator("[data-focus]").count();
	let expected = "body";

	if (visitor.script && notice > 0)
		expected = Object.keys(problems).length > 0 ? "errors" : "notice";
	assert.equal(await visitor.focus(), expected, "focus");
}

async function checkSummaryLinks(visitor, problems) {
	for (const [id, text] of Object.entries(problems)) {
		if (id === "")
			continue;
		await visitor.page.locator(".errors").getByText(text).click();
		assert.equal(await visitor.focus(), id, `link to ${id}`);
	}
}

/* HTML and all that it names, which is from here and small. */
const sizes = new Map();

async function sizeOf(url) {
	if (!sizes.has(url)) {
		const answer = await fetch(reachable(url));

		assert.equal(answer.status, 200, url);
		sizes.set(url, (await answer.arrayBuffer()).byteLength);
	}
	return sizes.get(url);
}

async function checkResources(page) {
	const urls = await page.locator("link, script, img, form, a").evaluateAll(
	    (all) => all.map((at) => [at.localName, at.href ?? at.src ??
		at.action]));
	let bytes = Buffer.byteLength(await page.content());

	for (const [kind, url] of urls) {
		/* A key for an app, and no address. */
		if (url.startsWith("otpauth:"))
			continue;
		assert.equal(new URL(url).origin, new URL(site).origin, url);
		if (["link", "script", "img"].includes(kind))
			bytes += await sizeOf(url);
	}
	assert.ok(bytes < pageLimit, `${bytes} bytes`);
}

async function checkAxe(page, what, runOnly) {
	const found = await page.evaluate((runOnly) => window.axe.run(document,
	    { runOnly, resultTypes: ["violations", "incomplete"] }), runOnly);
	const words = (list) => list.map((at) => `${at.id}: ${at.help}: ` +
	    at.nodes.map((node) => node.html.slice(0, 100)).join(" | "));

	assert.deepEqual(words(found.violations), [], `axe, ${what}`);
	assert.deepEqual(words(found.incomplete), [], `undecided, ${what}`);
}

async function checkWidth(page, what) {
	const [content, room] = await page.evaluate(() =>
	    [document.documentElement.scrollWidth,
		document.documentElement.clientWidth]);

	assert.ok(content <= room, `${what}: ${content} in ${room}`);
}

const telephone = { width: 320, height: 640 };
const desk = { width: 1280, height: 800 };

/* By night, nothing but the colours is different. */
const ofColour = ["color-contrast", "link-in-text-block"];

const ways = [
	[telephone, "light"], [telephone, "dark", ofColour],
	[desk, "light"], [desk, "dark", ofColour],
];

/*
 * What axe has seen to the letter: many a page is the same with the script and
 * without.
 */
const seen = new Set();

async function checkByAxe(visitor) {
	const markup = await visitor.markup();

	if (seen.has(markup))
		return;
	const copy = await visitor.copy(markup);

	for (const [size, colorScheme, rules] of ways) {
		await copy.setViewportSize(size);
		await copy.emulateMedia({ colorScheme });
		await checkAxe(copy, `${size.width}-${colorScheme}`, rules);
	}
	seen.add(markup);
}

async function takePictures({ page, script }, name) {
	for (const [size, colorScheme] of ways) {
		await page.setViewportSize(size);
		await page.emulateMedia({ colorScheme });
		await page.screenshot({ fullPage: true, path: `${pictures}/` +
		    `${name}-${size.width}-${colorScheme}` +
		    `${script ? "" : "-noscript"}.png` });
	}
}

async function checkLooks(visitor, name) {
	for (const size of [desk, telephone]) {
		await visitor.page.setViewportSize(size);
		await checkWidth(visitor.page, `${size.width}`);
	}
	await checkByAxe(visitor);
	if (pictures)
		await takePictures(visitor, name);
}

/*
 * Look at the page a visitor has before them. expected: its heading and
 * status; problems, the texts by field ("": the whole); kept, what the fields
 * still have; who, if that is to be looked for, is signed in.
 */
export async function look(visitor, name, expected) {
	const { status = 200, heading, reason, problems = {}, kept = {}, who } =
	    expected;
	const { page } = visitor;

	assert.equal(visitor.status, status);
	assert.equal(await visitor.heading(), heading);
	if (reason !== undefined)
		assert.equal(await visitor.text(".notice"), reason);
	if (who !== undefined)
		assert.equal(await visitor.text("nav .who"), who);
	await checkFocus(visitor, problems);
	await checkProblems(page, problems);
	await checkFields(page, heading, problems, kept);
	await checkResources(page);
	await checkLooks(visitor, name);
	await checkSummaryLinks(visitor, problems);
}
