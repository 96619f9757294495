/* comforts.test.mjs - what the script adds, and what people may prefer. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { newAddress, newPerson, password, until } from "./instance.mjs";
import { guard, visit } from "./visitor.mjs";

/* The second click comes while the server still thinks about the first. */
async function doubleClick(visitor) {
	const email = newAddress();
	const path = "**/auth/signup";
	const posts = [];
	let answer;
	const clicked = new Promise((resolve) => {
		answer = resolve;
	});

	await visitor.open("/auth/signup");
	await visitor.fill({ name: "Ada Lovelace", email, password });
	await visitor.context.route(path, async (route) => {
		posts.push(route.request().url());
		await clicked;
		await route.continue();
	});
	const button = visitor.page.locator("main button:not([type])");
	const { x, y } = await button.boundingBox();

	await visitor.follow(async () => {
		await visitor.page.mouse.click(x + 5, y + 5);
		await until("request", () => posts[0]);
		await visitor.page.mouse.click(x + 5, y + 5);
		answer();
	});
	await visitor.context.unroute(path);
	assert.equal(visitor.status, 202);
	assert.equal(posts.length, 1);
}

async function buttonAgain(visitor) {
	await visitor.send("/auth/signin", {}, "Sign in");
	await visitor.follow(() => visitor.page.goBack());
	assert.equal(await visitor.page.locator("main button:not([type])")
	    .isEnabled(), true);
}

async function showPassword(visitor) {
	const type = () => visitor.page.getAttribute("#password", "type");
	const button = (name) => visitor.page.getByRole("button",
	    { name, exact: true });

	await visitor.open("/auth/signup");
	await visitor.fill({ password });
	await button("Show Password").click();
	assert.equal(await type(), "text");
	assert.equal(await visitor.page.inputValue("#password"), password);
	await button("Hide Password").click();
	assert.equal(await type(), "password");
	await button("Show Password").click();
	/* As it leaves, so that the browser doesn't offer it as a text. */
	await visitor.page.evaluate(() => addEventListener("pagehide", () => {
		sessionStorage.type = document.querySelector("#password").type;
	}));
	await visitor.press("Sign up");
	assert.equal(await visitor.page.evaluate(() => sessionStorage.type),
	    "password");
}

/* Nothing may move for those who asked for that; now nothing moves at all. */
async function noMotion(visitor) {
	await visitor.signIn(await newPerson());
	assert.equal(await visitor.page.evaluate(() =>
	    matchMedia("(prefers-reduced-motion: reduce)").matches), true);
	assert.deepEqual(await visitor.page.evaluate(() =>
	    [...document.querySelectorAll("*")].filter((at) => {
		const style = getComputedStyle(at);

		return style.transitionDuration !== "0s" ||
		    style.animationName !== "none" ||
		    style.scrollBehavior !== "auto";
	}).map((at) => at.outerHTML)), []);
}

/* WCAG 2.2, 1.4.12: what somebody's own style sheet may ask for. */
async function ownSpacing(visitor) {
	await visitor.send("/auth/signup", {}, "Sign up");
	await visitor.page.evaluate(() => {
		const sheet = new CSSStyleSheet();

		sheet.replaceSync("* { line-height: 1.5 !important;" +
		    " letter-spacing: .12em !important;" +
		    " word-spacing: .16em !important }" +
		    " p { margin-bottom: 2em !important }");
		document.adoptedStyleSheets = [sheet];
	});
	const cut = await visitor.page.evaluate(() =>
	    [document.documentElement, ...document.querySelectorAll("main *")]
	    .filter((at) => at.scrollWidth > at.clientWidth &&
		getComputedStyle(at).display !== "inline" &&
		at.localName !== "input")
	    .map((at) => at.outerHTML.slice(0, 100)));

	assert.deepEqual(cut, []);
}

/* With colours of the system's own, a focus ring and edges are left to see. */
async function forcedColours(visitor) {
	await visitor.open("/auth/signin");
	if (process.env.TEST_PICTURES)
		await visitor.page.screenshot({ fullPage: true, path:
		    `${process.env.TEST_PICTURES}/sign-in-forced-colours.png` });
	await visitor.page.focus("#email");
	const style = await visitor.page.$eval("#email", (at) => {
		const { borderTopWidth, outlineStyle } = getComputedStyle(at);

		return { borderTopWidth, outlineStyle };
	});

	assert.deepEqual(style, { borderTopWidth: "1px", outlineStyle: "solid" });
}

describe("the script", { concurrency: 2 }, () => {
	it("sends a form once that is clicked on twice", guard, () =>
	    visit({}, doubleClick));
	it("has the button ready for whoever comes back", guard, () =>
	    visit({}, buttonAgain));
	it("shows a password, and hides it before it is sent", guard, () =>
	    visit({}, showPassword));
});

describe("the pages", { concurrency: 2 }, () => {
	it("do not move", guard, () =>
	    visit({ reducedMotion: "reduce" }, noMotion));
	it("bear more space between lines, words and letters", guard, () =>
	    visit({ viewport: { width: 320, height: 640 } }, ownSpacing));
	it("can be used in forced colours", guard, () =>
	    visit({ forcedColors: "active" }, forcedColours));
});
