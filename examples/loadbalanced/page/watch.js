// Keeps the page up to date. What has the focus keeps it, and nothing moves while
// nothing has changed; the tokens of the forms differ each time.
const watch = document.getElementById("watch");
const summary = document.getElementById("summary");
const meaning = (element) => {
  const copy = element.cloneNode(true);
  for (const token of copy.querySelectorAll("input[name^='__']")) token.remove();
  return copy.innerHTML.trim();
};

async function look() {
  const answer = await fetch("/watch");
  if (!answer.ok) throw new Error(answer.statusText);
  const next = document.createElement("div");
  next.innerHTML = await answer.text();
  if (meaning(next) !== meaning(watch)) {
    const focused = document.activeElement?.id;
    watch.replaceChildren(...next.childNodes);
    if (focused) document.getElementById(focused)?.focus();
  }
  tell(watch.querySelector("[data-summary]").dataset.summary);
}

function tell(text) {
  if (summary.textContent !== text) summary.textContent = text;
}

async function again() {
  try {
    if (!document.hidden) await look();
  } catch {
    tell("This page has lost its program.");
  }
  setTimeout(again, 1000);
}
setTimeout(again, 1000);
