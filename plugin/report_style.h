/*
 * report_style: how a report looks, in pieces; NULL ends them.
 */
#ifndef PLUGIN_REPORT_STYLE_H
#define PLUGIN_REPORT_STYLE_H

#include <stddef.h>

static const char *const report_style[] = {
	":root{--page:#f6f7f9;--card:#fff;--ink:#1a1f27;--faint:#5a6675;--line:#dce1e8;--track:#"
	"eceff3;"
	"--looks:#8793a3;--changes:#2b67c7;--undo:#b66a00;--bad:#c4262e;--good:#1b7a3d;"
	"--down:#c4262e;--on:#fff}"
	"@media(prefers-color-scheme:dark){:root{--page:#12151a;--card:#1b2027;--ink:#e6e9ee;"
	"--faint:#a0abb9;--line:#323a45;--track:#2a313b;--looks:#8e9bac;--changes:#6ea3f2;"
	"--undo:#e8a33d;--bad:#f2727a;--good:#5cc98a;--down:#f2727a;--on:#12151a}}\n",
	"*{box-sizing:border-box}"
	"body{margin:0;background:var(--page);color:var(--ink);overflow-wrap:anywhere;"
	"font:15px/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica "
	"Neue\",Arial,sans-serif}"
	"main{max-width:1120px;margin:0 auto;padding:28px 24px 48px}"
	"h1{font-size:26px;line-height:1.25;margin:0 12px 0 0;display:inline-block;"
	"vertical-align:middle}"
	"h2{font-size:17px;margin:0 0 12px}"
	"section{background:var(--card);border:1px solid var(--line);border-radius:8px;"
	"padding:18px 20px;margin-top:18px}"
	"p{margin:0}"
	".faint{color:var(--faint)}"
	"code,.mono{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,\"DejaVu Sans Mono\","
	"monospace}\n",
	".pill{display:inline-block;vertical-align:middle;padding:2px 12px;border-radius:99px;"
	"color:var(--on);background:var(--bad);font-weight:600;white-space:nowrap}"
	".pill.done{background:var(--good)}.pill.undone,.pill.untouched{background:var(--undo)}"
	".lead{margin-top:6px;font-size:16px}"
	".trouble{border-left:5px solid var(--bad)}"
	".trouble p+p{margin-top:8px}"
	".figures{display:flex;flex-wrap:wrap;gap:12px;"
	"margin-top:18px}"
	".figure{flex:1 1 150px;background:var(--card);border:1px solid "
	"var(--line);border-radius:8px;"
	"padding:12px 16px}"
	".figure b{display:block;font-size:22px;line-height:1.3;font-weight:650}\n",
	"svg{display:block;font-size:12px;overflow:visible}"
	"svg text{fill:var(--ink)}"
	"svg .number{fill:var(--on);font-weight:600;font-size:11px}"
	"svg .tick{fill:var(--faint)}svg .name{font-weight:600}"
	".track{fill:var(--track)}.axis{stroke:var(--faint);stroke-width:1}"
	".bar{stroke:var(--card);stroke-width:1}"
	".looks{fill:var(--looks)}.changes{fill:var(--changes)}.undo{fill:var(--undo)}"
	".bad{fill:var(--bad)}"
	".down{fill:var(--down);fill-opacity:.13;pointer-events:none}"
	"svg .down-words{fill:var(--down);font-weight:600}"
	".commit{stroke:var(--good);stroke-width:2;stroke-dasharray:4 3;pointer-events:none}"
	"svg .commit-words{fill:var(--good);font-weight:600}\n",
	".legend{display:flex;flex-wrap:wrap;gap:4px 18px;margin-top:12px;color:var(--faint);"
	"font-size:13px}"
	".legend i{display:inline-block;width:12px;height:12px;border-radius:2px;margin-right:6px;"
	"vertical-align:-1px}"
	"i.looks{background:var(--looks)}i.changes{background:var(--changes)}"
	"i.undo{background:var(--undo)}i.bad{background:var(--bad)}"
	"i.down{background:var(--down);opacity:.35}"
	"ul.proved{list-style:none;margin:0;padding:0}"
	"ul.proved li{padding:7px 0 7px 26px;position:relative}"
	"ul.proved li+li{border-top:1px solid var(--line)}"
	"ul.proved li:before{content:\"\\2713\";position:absolute;left:2px;color:var(--good);"
	"font-weight:700}"
	"ul.proved span{display:block;color:var(--faint);font-size:14px}\n",
	"dl{display:grid;grid-template-columns:minmax(110px,190px) 1fr;gap:5px 14px;margin:0}"
	"dt{color:var(--faint)}dd{margin:0;min-width:0}"
	".cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(300px,1fr));gap:14px}"
	".member{border:1px solid var(--line);border-radius:6px;padding:12px 14px;min-width:0}"
	".member h3{margin:0 0 8px;font-size:15px}"
	".member dl{grid-template-columns:110px 1fr;font-size:14px}"
	".steps{border-top:1px solid var(--line)}"
	".step{display:grid;grid-template-columns:30px minmax(0,1fr) 80px 80px;gap:0 10px;"
	"padding:7px 0;border-bottom:1px solid var(--line)}"
	".step .second{text-align:right;font-variant-numeric:tabular-nums}"
	".step.head{color:var(--faint);font-size:13px}"
	".chips{grid-column:2/-1;display:flex;flex-wrap:wrap;gap:2px 16px;font-size:13px;"
	"color:var(--faint)}"
	".chips b{color:var(--ink);font-weight:500;font-variant-numeric:tabular-nums}"
	".why{grid-column:2/-1;color:var(--bad);font-size:14px}"
	".tag{font-size:12px;font-weight:600;border-radius:4px;padding:0 6px;margin-right:6px;"
	"color:var(--on);background:var(--undo)}.tag.bad{background:var(--bad)}"
	"table{width:100%;border-collapse:collapse;table-layout:fixed;margin-top:12px;"
	"font-size:14px}"
	"th{text-align:left;color:var(--faint);font-weight:400}"
	"th,td{padding:6px 10px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}"
	"tr.differs td{font-weight:600}tr.differs td+td+td{color:var(--undo)}"
	"footer{margin-top:18px;color:var(--faint);font-size:13px}\n",
	"@media(max-width:640px){main{padding:18px 12px 32px}section{padding:14px 14px}"
	"h1{font-size:22px}.wide-only{display:none}.cards{grid-template-columns:minmax(0,1fr)}"
	".figure{flex-basis:130px;padding:10px 12px}.figure b{font-size:19px}"
	"dl{grid-template-columns:minmax(0,1fr);gap:0}dd{margin-bottom:8px}"
	".member dl{grid-template-columns:96px minmax(0,1fr);gap:3px 10px}.member dd{margin:0}"
	".step{grid-template-columns:24px minmax(0,1fr) 54px 54px;gap:0 6px}}\n",
	"@media print{body{background:#fff}section,.figure{break-inside:avoid}}\n",
	NULL,
};

#endif
