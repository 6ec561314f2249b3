// Search in the log. Everything else on the page works without a script.
"use strict";
(() => {
  const log = document.querySelector(".log");
  const form = document.getElementById("search");
  if (!log || !form) return;
  const query = document.getElementById("query");
  const count = document.getElementById("count");
  const only = document.getElementById("only");
  const lines = Array.from(log.querySelectorAll("p[id]"), (line) => ({ line, text: line.textContent, low: line.textContent.toLowerCase() }));
  let hits = [];
  let here = -1;
  let timer = 0;

  function paint({ line, text, low }, wanted) {
    line.textContent = "";
    let from = 0;
    for (let at = low.indexOf(wanted); at >= 0 && low.length === text.length; at = low.indexOf(wanted, from)) {
      line.append(text.slice(from, at), Object.assign(document.createElement("mark"), { textContent: text.slice(at, at + wanted.length) }));
      from = at + wanted.length;
    }
    line.append(text.slice(from));
  }

  function search() {
    const wanted = query.value.toLowerCase();
    for (const hit of hits) {
      hit.line.textContent = hit.text;
      hit.line.classList.remove("hit", "here");
    }
    hits = wanted ? lines.filter((each) => each.low.includes(wanted)) : [];
    for (const hit of hits) {
      paint(hit, wanted);
      hit.line.classList.add("hit");
    }
    here = -1;
    log.classList.toggle("only", Boolean(wanted) && only.checked);
    say(wanted);
  }

  function say(wanted) {
    count.textContent = !wanted ? "" : !hits.length ? "not found" : here < 0 ? `${hits.length} lines` : `${here + 1} of ${hits.length}`;
  }

  function go(step) {
    if (!hits.length) return;
    if (here >= 0) hits[here].line.classList.remove("here");
    here = here < 0 ? (step > 0 ? 0 : hits.length - 1) : (here + step + hits.length) % hits.length;
    hits[here].line.classList.add("here");
    scrollTo(hits[here].line);
    say(query.value);
  }

  function scrollTo(line) {
    log.scrollTop += line.getBoundingClientRect().top - log.getBoundingClientRect().top - log.clientHeight / 3;
  }

  query.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, 120);
  });
  only.addEventListener("change", search);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go(1);
  });
  document.getElementById("previous").addEventListener("click", () => go(-1));
  query.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.shiftKey) {
      event.preventDefault();
      go(-1);
    } else if (event.key === "Escape") {
      query.value = "";
      search();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && event.target !== query && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      query.focus();
    }
  });

  form.hidden = false;
  const cause = log.querySelector(".cause") || log.querySelector(".hw");
  if (cause && !location.hash) scrollTo(cause);
})();
