// What the pages do beyond links and forms; all of them work without.
(() => {
  const EVERY = 10_000;
  const root = document.documentElement;
  const find = (selector) => document.querySelector(selector);

  const remember = (name, value) => {
    try {
      localStorage.setItem(name, value);
    } catch {
      // Then it is for this page only.
    }
  };
  const recall = (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  };

  const dark = () =>
    root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;

  const changeTheme = () => {
    root.dataset.theme = dark() ? "light" : "dark";
    remember("hotroute-theme", root.dataset.theme);
    drawCharts(document, true);
  };

  let live = recall("hotroute-live") === "yes";
  const changeLive = () => {
    live = !live;
    remember("hotroute-live", live ? "yes" : "no");
    show();
  };

  // What someone reads or writes at this moment is not taken away.
  const idle = () =>
    !document.hidden &&
    !find("#page details[open]") &&
    !["INPUT", "SELECT"].includes(document.activeElement?.tagName ?? "") &&
    !new URLSearchParams(location.search).has("from");
  setInterval(() => {
    if (live && idle() && find("#live")) {
      htmx.ajax("GET", location.href, { target: "#page", select: "#page", swap: "outerHTML show:none" });
    }
  }, EVERY);

  const show = () => {
    for (const button of document.querySelectorAll(".switch")) button.hidden = false;
    find("#live")?.setAttribute("aria-pressed", String(live));
  };

  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.("button");
    if (button?.id === "theme") changeTheme();
    if (button?.id === "live") changeLive();
    for (const open of document.querySelectorAll("details.custom[open]")) {
      if (!open.contains(target)) open.open = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    const writing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName ?? "");
    if (event.key === "/" && !writing && !event.ctrlKey && !event.metaKey && !event.altKey && find("#q")) {
      event.preventDefault();
      find("#q").focus();
    }
    if (event.key === "Escape") {
      for (const open of document.querySelectorAll("details.custom[open]")) {
        open.open = false;
        open.querySelector("summary").focus();
      }
    }
  });

  // A page that came without a reload is told to who cannot see it, and begins at its heading.
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    show();
    if (detail.target?.id !== "page") return;
    if (document.activeElement === document.body) find("#content")?.focus({ preventScroll: true });
    find("#said").textContent = document.title;
  });
  document.addEventListener("htmx:sendError", () => {
    find("#said").textContent = "The server did not answer.";
    root.dataset.offline = "";
  });
  document.addEventListener("htmx:afterOnLoad", () => delete root.dataset.offline);

  document.addEventListener("DOMContentLoaded", show);
  // Of the whole page at first, then of what has come.
  document.addEventListener("htmx:load", ({ target }) => drawCharts(target));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawCharts(document, true));
})();
