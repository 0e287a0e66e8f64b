/* What the theme makes while a page is shown and leaves without a name: tables that scroll can be reached by keyboard,
   and the copy buttons of each block of code are told apart. */
"use strict";
function label() {
  document.querySelectorAll(".md-typeset__scrollwrap:not([tabindex])").forEach((table) => {
    table.tabIndex = 0;
    table.setAttribute("role", "group");
    table.setAttribute("aria-label", "Table");
  });
  document.querySelectorAll(".md-code__nav").forEach((nav, number) => {
    nav.setAttribute("aria-label", `Code ${number + 1}`);
  });
}
label();
new MutationObserver(label).observe(document.body, { childList: true, subtree: true });
