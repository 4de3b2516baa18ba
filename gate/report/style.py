"""The style of a report's page, in light and dark, on narrow and wide screens."""

STYLE = """
:root { --ink: #1c2024; --soft: #5b6570; --paper: #ffffff; --panel: #f6f7f9; --line: #d9dee4;
  --mark: #ffe08a; --good: #18703a; --bad: #b42318; --open: #8a5300; --accepted: #0b6477; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --soft: #9aa5b1; --paper: #14171a;
  --panel: #1d2126; --line: #343b43; --mark: #6b5300; --good: #6fd08f; --bad: #ff8d80;
  --open: #f0b65a; --accepted: #6cc5d8; } }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: var(--paper); font: 16px/1.5 system-ui, sans-serif; }
header, main { max-width: 72rem; margin: 0 auto; padding: 1rem; }
header { border-bottom: 1px solid var(--line); }
header h1 { margin: 0; font-size: 1.5rem; }
header p { margin: .25rem 0 0; color: var(--soft); font-size: .875rem; overflow-wrap: anywhere; }
h2 { font-size: 1.125rem; margin: 1.5rem 0 .5rem; }
h3, h4 { font-size: 1rem; margin: 0 0 .5rem; }
h4 { margin-top: 1rem; }
article, details { background: var(--panel); border: 1px solid var(--line);
  border-left: 4px solid var(--edge); border-radius: 6px; padding: .75rem 1rem; margin: .5rem 0; }
summary { cursor: pointer; overflow-wrap: anywhere; }
@media (min-width: 40.01rem) { summary b, summary .badge { display: inline-block; min-width: 8rem; } }
dl { display: grid; grid-template-columns: 6rem 1fr; gap: .25rem .75rem; margin: 0 0 .5rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
ul { margin: .25rem 0; padding-left: 1.25rem; overflow-wrap: anywhere; }
pre, .wide { overflow-x: auto; }
pre { padding: .5rem .75rem; background: var(--paper); border: 1px solid var(--line); border-radius: 4px; }
code, pre { font: .875rem/1.45 ui-monospace, monospace; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; }
th, td { text-align: left; vertical-align: top; padding: .375rem .5rem;
  border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; }
td code { white-space: pre-wrap; overflow-wrap: anywhere; }
mark { background: var(--mark); color: inherit; border-radius: 2px; }
.good { --edge: var(--good); } .bad { --edge: var(--bad); } .open { --edge: var(--open); }
.accepted { --edge: var(--accepted); }
header h1, .badge { color: var(--edge); }
.badge { font-size: .8125rem; font-weight: 600; white-space: nowrap; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; } }
"""
