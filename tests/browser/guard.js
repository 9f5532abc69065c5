// Runs in every page of the browser tests before the page's own code: reports broken policy and texts to be judged.
(() => {
  const told = new Set();
  const tell = (kind, text) => {
    const line = `[guard] ${kind} ${JSON.stringify({ page: location.pathname, language: document.documentElement.lang, text })}`;
    if (!told.has(line)) { told.add(line); console.error(line); }
  };
  document.addEventListener("securitypolicyviolation", (event) => {
    tell("policy", `${event.effectiveDirective} blocked ${event.blockedURI} ${event.sample} (${event.sourceFile}:${event.lineNumber})`);
  });

  const SILENT = "script, style, noscript, template, code, kbd, svg, [contenteditable], textarea, .avatar";
  const SAYING = ["title", "placeholder", "aria-label", "alt", "aria-description", "data-confirm"];
  const suspect = (text, chinese) => (chinese ? /[A-Za-z]{2}/ : /[\u3400-\u9fff]/).test(text);
  function read(root) {
    const page = document.documentElement.lang;
    const chinese = page.startsWith("zh");
    const inOther = (element) => {
      const marked = element.closest("[lang]");
      return marked && marked.lang !== page;
    };
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode.data.trim();
      const parent = walker.currentNode.parentElement;
      if (!text || !parent || !suspect(text, chinese) || parent.closest(SILENT) || inOther(parent)) continue;
      if (parent.closest("option, title") || parent.checkVisibility()) tell("text", text);
    }
    for (const name of SAYING) {
      for (const element of root.querySelectorAll(`[${name}]`)) {
        const text = element.getAttribute(name);
        if (text && suspect(text, chinese) && !inOther(element)) tell("text", text);
      }
    }
  }

  // What a screen reader or a keyboard cannot do without.
  const describe = (element) => `<${element.tagName.toLowerCase()} ${["id", "name", "class", "href"].map((name) => element.getAttribute(name) && `${name}="${element.getAttribute(name)}"`).filter(Boolean).join(" ")}>`;
  function nameOf(element) {
    const by = element.getAttribute("aria-labelledby");
    const labels = [...(element.labels ?? [])].map((label) => label.textContent);
    const referred = by ? by.split(/\s+/).map((id) => document.getElementById(id)?.textContent ?? "") : [];
    const inside = [...element.querySelectorAll("img[alt], [aria-label]")].map((part) => part.getAttribute("alt") ?? part.getAttribute("aria-label"));
    return [element.getAttribute("aria-label"), ...referred, ...labels, element.matches("input, select, textarea") ? "" : element.textContent, ...inside].join(" ").trim();
  }
  function examine() {
    if (location.pathname.startsWith("/admin/")) return;
    for (const element of document.querySelectorAll("input:not([type=hidden]), select, textarea, button, a[href], summary")) {
      if (element.closest("[hidden], .ts-hidden-accessible") || !element.checkVisibility()) continue;
      if (!nameOf(element)) tell("access", `without a name: ${describe(element)}`);
    }
    for (const image of document.querySelectorAll("img:not([alt])")) tell("access", `without alt: ${describe(image)}`);
    const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
    for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) tell("access", `twice on the page: id="${id}"`);
    for (const label of document.querySelectorAll("label[for]")) {
      if (label.checkVisibility() && !document.getElementById(label.htmlFor)) tell("access", `label for nothing: ${label.htmlFor}`);
    }
    const levels = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter((head) => head.checkVisibility()).map((head) => Number(head.tagName[1]));
    if (levels.filter((level) => level === 1).length !== 1) tell("access", `${levels.filter((level) => level === 1).length} h1`);
    levels.forEach((level, at) => { if (at && level > levels[at - 1] + 1) tell("access", `h${level} follows h${levels[at - 1]}`); });
    if (!document.documentElement.lang) tell("access", "no language");
    if (!document.title.trim()) tell("access", "no title");
  }
  window.readTexts = () => { read(document.documentElement); if (document.readyState !== "loading") examine(); };
  let waiting;
  const soon = () => { clearTimeout(waiting); waiting = setTimeout(window.readTexts, 120); };
  document.addEventListener("DOMContentLoaded", () => {
    soon();
    new MutationObserver(soon).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ["open", "hidden", "class"] });
  });
  addEventListener("pagehide", () => window.readTexts());
})();
