// The login cookie is out of reach of this script, and need not be in it: the browser
// sends it along. What the script adds is the antiforgery token.
const element = id => document.getElementById(id);

const cookie = name =>
  document.cookie.split("; ").find(c => c.startsWith(name + "="))?.slice(name.length + 1);

let fetched; // a token that the server was asked for, where the cookie was of no use

async function call(method, path, body) {
  const send = token => fetch(path, {
    method,
    headers: {
      ...(body && {"Content-Type": "application/json"}),
      ...(token && {"X-XSRF-TOKEN": token}),
    },
    body: body && JSON.stringify(body),
  });
  let response = await send(fetched ?? cookie("XSRF-TOKEN"));
  if (response.status === 403 && method !== "GET") { // a token from before somebody logged in or out
    fetched = (await (await fetch("/api/antiforgery")).json()).token;
    response = await send(fetched);
  }
  const answer = response.headers.get("Content-Type")?.startsWith("application/json") ? await response.json() : {};
  if (response.status === 401) show(null); // the session has ended: no login page comes in its place
  if (!response.ok) throw new Error(answer.error ?? `The server answered ${response.status}.`);
  return answer;
}

function show(name) {
  element("login").hidden = name !== null;
  element("notes").hidden = name === null;
  element("who").textContent = name === null ? "" : `Notes of ${name}`;
}

async function refresh() {
  const list = await call("GET", "/api/notes");
  element("list").replaceChildren(...list.map(text => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  }));
}

// on has one thing done at a time, and says what went wrong.
function on(id, event, action) {
  element(id).addEventListener(event, async e => {
    e.preventDefault();
    element("message").textContent = "";
    try {
      await action();
    } catch (problem) {
      element("message").textContent = problem.message;
    }
  });
}

on("login", "submit", async () => {
  const {name} = await call("POST", "/api/login", {name: element("name").value});
  fetched = undefined; // the answer brought the cookie of the new user
  show(name);
  await refresh();
});

on("add", "submit", async () => {
  await call("POST", "/api/notes", {text: element("text").value});
  element("text").value = "";
  await refresh();
});

on("logout", "click", async () => {
  await call("POST", "/api/logout");
  fetched = undefined;
  show(null);
});

try {
  show((await call("GET", "/api/me")).name);
  await refresh();
} catch {
  show(null); // nobody is logged in
}
