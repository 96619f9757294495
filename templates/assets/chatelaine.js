/*
 * chatelaine.js - small comforts. Every page works without it.
 */
"use strict";

const site = new URL("..", document.currentScript.src); /* ends with a slash */

/* Lead to what went wrong, or to what was done. */
function focusNews() {
	const news = document.querySelector("[data-focus]");

	if (news)
		news.focus();
}

/* Give a password field a button that shows what was typed. */
function addShowButton(box) {
	const input = box.querySelector("input");
	const button = document.createElement("button");

	function show(shown) {
		input.type = shown ? "text" : "password";
		button.textContent = shown ? box.dataset.hide : box.dataset.show;
	}

	button.type = "button";
	button.id = input.id + "-show";
	button.className = "plain";
	button.setAttribute("aria-controls", input.id);
	button.setAttribute("aria-labelledby",
	    button.id + " " + input.id + "-label");
	button.addEventListener("click",
	    () => show(input.type === "password"));
	show(false);
	box.append(button);

	/* Browsers remember what stood in text fields, but not passwords. */
	input.form.addEventListener("submit", () => show(false));
}

/*
 * Let a double click send a form once. The button comes back after a while,
 * as nothing tells that the person has stopped the page from loading.
 */
function sendOnce(form) {
	const button = form.querySelector("button:not([type])");

	form.addEventListener("submit", () => {
		setTimeout(() => { button.disabled = true; });
		setTimeout(() => { button.disabled = false; }, 8000);
	});
	/* Coming back to the page by the browser's history. */
	addEventListener("pageshow", () => { button.disabled = false; });
}

/* Seconds by the server's clock, from its answer alone: ours may be wrong. */
async function secondsLeft(answer) {
	const { expires_at: end } = await answer.json();

	return (Date.parse(end) - Date.parse(answer.headers.get("Date"))) / 1000;
}

/*
 * Ask for the next access token. Resolves to {seconds} that it lasts, to
 * {ended}, a reason for the sign-in page, to {foreign} when the browser has
 * another session by now, or to {} when it has to be tried later: then nothing
 * is lost, as a form finds its own way to a new token.
 */
async function refresh() {
	const token = document.querySelector("nav [name=csrf_token]").value;
	let answer;

	try {
		answer = await fetch(new URL("auth/refresh", site), {
			method: "POST",
			headers: { "Accept": "application/json",
			    "X-CSRF-Token": token },
			signal: AbortSignal.timeout(30000),
		});
		if (answer.ok)
			return { seconds: await secondsLeft(answer) };
		if (answer.status === 401)
			return { ended: (await answer.json()).reason };
		return { foreign: answer.status === 403 };
	} catch {
		/* offline, or cut short */
	}
	return {};
}

/*
 * To the sign-in page, which says why, leads back here, and tells the other
 * tabs: when they come, there is the one cookie that all their forms need.
 */
function goToSignIn(reason) {
	const to = new URL("auth/signin", site);

	to.searchParams.set("reason", reason);
	/* What a form was sent to may have no page of its own. */
	to.searchParams.set("next",
	    document.querySelector("meta[name=way-back]").content);
	location.replace(to);
}

/*
 * Renew the access token two minutes before it ends, while the page is seen: a
 * forgotten tab keeps nobody signed in. One timer a tab; the first whose time
 * has come renews it for all, as they share the cookies.
 */
function keepSession(channel, seconds) {
	const firstPause = 5;
	let timer, dueAt, pause;

	function schedule() {
		clearTimeout(timer);
		if (document.visibilityState === "visible")
			timer = setTimeout(renew, Math.max(0, dueAt - Date.now()));
	}

	function wait(seconds) {
		dueAt = Date.now() + seconds * 1000;
		schedule();
	}

	function begin(seconds) {
		pause = firstPause;
		wait(seconds - Math.min(120, seconds / 2));
	}

	function hear({ seconds, ended }) {
		if (ended) {
			sessionStorage.setItem("told", ended);
			goToSignIn(ended);
		} else {
			begin(seconds);
		}
	}

	/* Another tab that is at it will tell. */
	async function renewAlone(lock) {
		const news = lock ? await refresh() : {};

		if (news.ended) {
			goToSignIn(news.ended);
		} else if (news.seconds) {
			channel.postMessage(news);
			begin(news.seconds);
			/* So that all have heard before the next one may. */
			await new Promise((done) => { setTimeout(done, 1000); });
		} else if (!news.foreign) {
			wait(pause);
			pause = Math.min(2 * pause, 60);
		}
	}

	function renew() {
		if (navigator.locks)
			navigator.locks.request(channel.name,
			    { ifAvailable: true }, renewAlone);
		else
			renewAlone(true);
	}

	channel.addEventListener("message", ({ data }) => hear(data));
	document.addEventListener("visibilitychange", schedule);
	addEventListener("pageshow", schedule);
	addEventListener("online", () => {
		if (pause > firstPause)
			wait(0);
	});
	begin(seconds);
}

/* A page for those who are signed in, or the one that says why they are not. */
function watchSession() {
	const left = document.querySelector("meta[name=access-seconds]");
	const end = document.querySelector("[data-ended]");
	/* What the tabs tell each other: {seconds} or {ended}. */
	const channel = new BroadcastChannel(`session ${site.pathname}`);
	/* Whoever was told says it to nobody else: somebody may be in again. */
	const told = sessionStorage.getItem("told");

	sessionStorage.removeItem("told");
	if (left)
		keepSession(channel, Number(left.content));
	else if (end && !told)
		channel.postMessage({ ended: end.dataset.ended });
}

document.querySelectorAll("[data-show]").forEach(addShowButton);
document.querySelectorAll("form").forEach(sendOnce);
focusNews();
watchSession();
