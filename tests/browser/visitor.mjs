/*
 * visitor.mjs - somebody with a browser of their own (a context: cookies and
 * cache), with script or without. All that the browser complains of is kept.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after } from "node:test";
import { password, site } from "./instance.mjs";

/* For each test: a guard against what hangs, not a bound on what is slow. */
export const guard = { timeout: 120000 };

export const packages = createRequire(`${process.env.TEST_NPM_DIR}/`);

const axe = readFileSync(packages.resolve("axe-core/axe.min.js"), "utf8");

let browser;

/*
 * One for the process. As root, Chromium starts without its sandbox only. Each
 * page from another site would get a renderer of its own, whose start costs
 * more than the page. The name is for insecure.test.mjs; as if it were on the
 * internet, for else the copies below, which come from nowhere, may load
 * nothing from here.
 */
async function launch() {
	browser ??= packages("playwright-core").chromium.launch({
		executablePath: process.env.TEST_CHROMIUM,
		args: ["--no-sandbox", "--disable-gpu",
		    "--disable-dev-shm-usage",
		    "--disable-site-isolation-trials",
		    "--process-per-site", "--renderer-process-limit=1",
		    "--host-resolver-rules=MAP chatelaine.test 127.0.0.1",
		    "--ip-address-space-overrides=" +
			`127.0.0.1:${new URL(site).port}=public`],
	});
	return browser;
}

after(async () => (await browser)?.close());

async function newContext(script, options) {
	const context = await (await launch()).newContext(
	    { javaScriptEnabled: script, ...options });

	context.setDefaultTimeout(20000);
	return context;
}

/* An empty page of this site, where axe is at hand. */
async function newCopy(options) {
	const page = await (await newContext(true, options)).newPage();

	await page.route(site, (route) => route.fulfill({ body: "" }));
	await page.goto(site);
	await page.evaluate(axe);
	return page;
}

class Visitor {
	#copy;

	constructor(context, script) {
		this.context = context;
		this.script = script;
		context.on("request", (request) => this.#sawRequest(request));
		context.on("response", (response) =>
		    this.#sawResponse(response));
		context.on("requestfailed", (request) =>
		    this.#sawFailure(request));
	}

	/* Like new, but for what the cache has. */
	async startAfresh() {
		const [first, ...others] = this.context.pages();

		this.page = first ?? await this.newTab();
		await Promise.all(others.map((page) => page.close()));
		/* Without a script, the page that was left can do no more. */
		if (this.script)
			await this.page.goto("about:blank");
		await this.context.clearCookies();
		this.complaints = [];
		this.origins = new Set([new URL(site).origin]);
		this.refused = new Set();
		this.mayFail = new Set();
	}

	#sawRequest(request) {
		const url = new URL(request.url());

		if (!this.origins.has(url.origin))
			this.complaints.push(`elsewhere: ${url}`);
	}

	/* What a test has the script ask for in vain. */
	#isMeantToFail(url) {
		return this.mayFail.has(new URL(url).pathname);
	}

	/* An icon isn't waited for, so leaving a page may abort it. */
	#sawFailure(request) {
		const { errorText } = request.failure();

		if (errorText === "net::ERR_ABORTED")
			return;
		if (this.#isMeantToFail(request.url()))
			this.refused.add(request.url());
		else
			this.complaints.push(`${errorText}: ${request.url()}`);
	}

	/* Pages may refuse; what belongs to a page has to be there. */
	#sawResponse(response) {
		if (response.status() < 400)
			return;
		if (response.request().isNavigationRequest() ||
		    this.#isMeantToFail(response.url()))
			this.refused.add(response.url());
		else
			this.complaints.push(
			    `${response.status()}: ${response.url()}`);
	}

	/* Chromium also reports each page that comes with a status of 4xx. */
	#sawMessage(message) {
		if (message.type() !== "error" && message.type() !== "warning")
			return;
		if (/^Failed to load resource/.test(message.text()) &&
		    this.refused.has(message.location().url))
			return;
		this.complaints.push(`console: ${message.text()}`);
	}

	/* Another tab. Whoever makes it this.page goes on there. */
	async newTab() {
		const page = await this.context.newPage();

		page.on("pageerror", (error) =>
		    this.complaints.push(`script: ${error}`));
		page.on("console", (message) => this.#sawMessage(message));
		page.on("dialog", (dialog) => {
			this.complaints.push(`dialog: ${dialog.message()}`);
			dialog.dismiss();
		});
		return page;
	}

	/* Do what leads to another page; its answer, or its last redirect's. */
	async follow(deed) {
		[this.answer] = await Promise.all(
		    [this.page.waitForNavigation(), deed()]);
		this.status = this.answer.status();
	}

	async open(path) {
		this.answer = await this.page.goto(new URL(path, site).href);
		this.status = this.answer.status();
	}

	/* The answer that is before them, for somebody else to open. */
	async wholeAnswer() {
		return {
			url: this.answer.url(),
			status: this.status,
			headers: await this.answer.allHeaders(),
			body: await this.answer.text(),
		};
	}

	/* Open what somebody else was answered; the server is not asked again. */
	async openAnswer({ url, ...answer }) {
		await this.page.route(url, (route) => route.fulfill(answer),
		    { times: 1 });
		await this.open(url);
	}

	async fill(values) {
		for (const [name, value] of Object.entries(values))
			await this.page.fill(`#${name}`, value);
	}

	/* In the page itself, as the bar above has a button of its own. */
	async press(name) {
		const button = this.page.locator("main").getByRole("button",
		    { name, exact: true });

		await this.follow(() => button.click());
	}

	async click(name) {
		const link = this.page.getByRole("link", { name, exact: true });

		await this.follow(() => link.click());
	}

	async send(path, values, button) {
		await this.open(path);
		await this.fill(values);
		await this.press(button);
	}

	async signIn(person) {
		await this.send("/auth/signin",
		    { email: person.email, password: person.password },
		    "Sign in");
		assert.equal(this.path(), "/auth/session");
	}

	/* The same without a page, where it does not matter how one came in. */
	async beSignedIn({ email, password }) {
		const answer = await this.context.request.post(
		    new URL("/auth/signin", site).href, {
			data: { email, password },
			/* A connection that rests may end just then. */
			headers: { Accept: "application/json",
			    Connection: "close" },
		});

		assert.equal(answer.status(), 200);
	}

	async signUp(person) {
		await this.open("/auth/signup");
		await this.signUpHere(person);
	}

	/* On the page that is open. */
	async signUpHere(person) {
		await this.fill({ password, ...person });
		await this.press("Sign up");
		assert.equal(this.status, 202);
	}

	path() {
		return new URL(this.page.url()).pathname;
	}

	heading() {
		return this.page.locator("h1").innerText();
	}

	/* The text of what is there once, or undefined. */
	async text(selector) {
		const [text] =
		    await this.page.locator(selector).allInnerTexts();

		return text;
	}

	/* What the page has become, but for the script itself. */
	async markup() {
		return (await this.page.content())
		    .replace(/<script.*<\/script>/, "");
	}

	/*
	 * The same at the same address in a page where nothing runs but axe,
	 * which needs a script to run in. It stays there from copy to copy.
	 * options: how its browser is at first.
	 */
	async copy(markup, options) {
		this.#copy ??= await newCopy(options);
		await this.#copy.evaluate(([url, markup]) =>
		    new Promise((done) => {
			history.replaceState(null, "", url);
			document.open();
			addEventListener("load", done, { once: true });
			document.write(markup);
			document.close();
		}), [this.page.url(), markup]);
		return this.#copy;
	}

	/* How the element with the keyboard's focus is called. */
	focus() {
		return this.page.evaluate(() => {
			const at = document.activeElement;

			return at.id || at.className ||
			    at.tagName.toLowerCase();
		});
	}
}

/*
 * Visitors at rest, by what their browsers are like. A browser that starts
 * costs more than all the rest of most tests.
 */
const resting = new Map();

async function arrive(script, options) {
	return new Visitor(await newContext(script, options), script);
}

/* Let a visitor do something, to which the browser must have no objection. */
export async function visit({ script = true, ...options }, deed) {
	const kind = JSON.stringify([script, options]);
	const visitor = resting.get(kind)?.pop() ?? await arrive(script, options);

	try {
		await visitor.startAfresh();
		await deed(visitor);
		assert.deepEqual(visitor.complaints, []);
	} catch (error) {
		await visitor.context.close();
		throw error;
	}
	resting.set(kind, [...resting.get(kind) ?? [], visitor]);
}
