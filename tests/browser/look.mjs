/*
 * look.mjs - what must hold of every page, in whatever state it is: at a
 * telephone's width and a desk's, by day and by night.
 *
 * 320 CSS pixels are also what is left of 1280 when somebody zooms to 400 %
 * (WCAG 2.2, 1.4.10): for a page, the two are the same.
 */

import assert from "node:assert/strict";
import { reachable, site } from "./instance.mjs";
import { once } from "./once.mjs";

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

/* What the rest of this file judges, as it stands there. Runs in the page. */
function survey() {
	const all = (selector) => [...document.querySelectorAll(selector)];
	const texts = (selector) => all(selector).map((at) => at.innerText);
	/* What one types into. Some of it is for password managers alone. */
	const typed = "main input:not([type=hidden], [type=checkbox]," +
	    " [type=radio], [hidden])";

	return {
		title: document.title,
		headings: texts("h1"),
		notices: texts(".notice"),
		names: texts("nav .who"),
		news: all("[data-focus]").length,
		told: texts(".errors li"),
		beside: all(".wrong").map((at) =>
		    [at.id.replace(/-problem$/, ""), at.textContent]),
		fields: Object.fromEntries(all(typed).map((input) => [input.id, {
			name: input.name,
			value: input.value,
			shown: input.readOnly,
			autocomplete: input.autocomplete,
			invalid: input.getAttribute("aria-invalid") === "true",
			label: input.labels[0]?.innerText ?? "",
			describedBy: input.getAttribute("aria-describedby") ?? "",
		}])),
		passwords: all("input[type=password][value]").length,
		urls: all("link, script, img, form, a").map((at) =>
		    [at.localName, at.href ?? at.src ?? at.action]),
	};
}

/* The summary and the fields say the same, and nobody else does. */
function checkProblems({ title, told, beside }, problems) {
	assert.deepEqual(told, Object.values(problems), "the summary");
	for (const [id, text] of beside)
		assert.equal(text, problems[id] ?? "", `beside ${id}`);
	assert.equal(title.startsWith("Error: "), told.length > 0, title);
}

function checkFields({ fields, passwords }, heading, problems, kept) {
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
	assert.equal(passwords, 0, "no page holds a password");
}

/* Where the keyboard is after loading: at the news, if there is a script. */
async function checkFocus(visitor, news, problems) {
	let expected = "body";

	if (visitor.script && news > 0)
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

async function checkResources(urls, markup) {
	let bytes = Buffer.byteLength(markup);

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

/* What axe finds, and how wide the page is. Runs in a copy of the page. */
async function examine(runOnly) {
	const { scrollWidth, clientWidth } = document.documentElement;
	const { violations, incomplete } = await window.axe.run(document,
	    { runOnly, resultTypes: ["violations", "incomplete"] });
	const words = (list) => list.map((at) => `${at.id}: ${at.help}: ` +
	    at.nodes.map((node) => node.html.slice(0, 100)).join(" | "));

	return {
		content: scrollWidth,
		room: clientWidth,
		violations: words(violations),
		undecided: words(incomplete),
	};
}

const telephone = { width: 320, height: 640 };
const desk = { width: 1280, height: 800 };

/* By night, nothing but the colours is different. */
const ofColour = ["color-contrast", "link-in-text-block"];

/* A page begins as the last of these leaves it: one thing changes at a time. */
const beginning = { viewport: desk, colorScheme: "light" };

const ways = [
	["320-light", (page) => page.setViewportSize(telephone)],
	["320-dark", (page) => page.emulateMedia({ colorScheme: "dark" }),
	    ofColour],
	["1280-dark", (page) => page.setViewportSize(desk), ofColour],
	["1280-light", (page) => page.emulateMedia({ colorScheme: "light" })],
];

/* Many a page is the same with the script and without. */
function checkLooks(visitor, markup) {
	return once(["looks", markup], async () => {
		const copy = await visitor.copy(markup, beginning);

		for (const [way, change, rules] of ways) {
			await change(copy);
			const found = await copy.evaluate(examine, rules);

			assert.ok(found.content <= found.room,
			    `${way}: ${found.content} in ${found.room}`);
			assert.deepEqual(found.violations, [], `axe, ${way}`);
			assert.deepEqual(found.undecided, [],
			    `undecided, ${way}`);
		}
	});
}

async function takePictures({ page, script }, name) {
	await page.setViewportSize(desk);
	for (const [way, change] of ways) {
		await change(page);
		await page.screenshot({ fullPage: true, path:
		    `${pictures}/${name}-${way}${script ? "" : "-noscript"}.png` });
	}
}

/*
 * Look at the page a visitor has before them. expected: its heading and
 * status; problems, the texts by field ("": the whole); kept, what the fields
 * still have; who, if that is to be looked for, is signed in.
 */
export async function look(visitor, name, expected) {
	const { status = 200, heading, reason, problems = {}, kept = {}, who } =
	    expected;
	const found = await visitor.page.evaluate(survey);
	const markup = await visitor.markup();

	assert.equal(visitor.status, status);
	assert.deepEqual(found.headings, [heading]);
	if (reason !== undefined)
		assert.deepEqual(found.notices, [reason]);
	if (who !== undefined)
		assert.deepEqual(found.names, [who]);
	await checkFocus(visitor, found.news, problems);
	checkProblems(found, problems);
	checkFields(found, heading, problems, kept);
	await checkResources(found.urls, markup);
	await checkLooks(visitor, markup);
	if (pictures)
		await takePictures(visitor, name);
	await checkSummaryLinks(visitor, problems);
}
