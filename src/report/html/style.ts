import { dark, light, properties } from './palette.ts';

/** The one style sheet. No font, image or address is loaded; the document's security policy names this text by its hash. */
export const style = `
:root{color-scheme:light dark;${properties(light)}}
@media (prefers-color-scheme:dark){:root{${properties(dark)}}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
code,pre,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.875em}
code{overflow-wrap:anywhere}
td code,th code{overflow-wrap:break-word}
a{color:var(--accent);text-underline-offset:.15em}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:2px}
.skip{position:absolute;left:-100vw;top:0;background:var(--panel);padding:.6rem 1rem;z-index:1}
.skip:focus{left:0}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
header.top,footer,.layout{max-width:86rem;margin:0 auto;padding:0 1.5rem}
header.top{padding-top:2.2rem;padding-bottom:.4rem}
h1{font-size:1.9rem;line-height:1.2;margin:0;letter-spacing:-.01em;overflow-wrap:anywhere}
h1 small{display:block;font-size:.8rem;font-weight:600;letter-spacing:.08em;text-transform:uppercase;color:var(--muted);margin-bottom:.35rem}
.facts{color:var(--muted);margin:.4rem 0 0;padding:0;list-style:none;display:flex;flex-wrap:wrap;gap:.1rem 1.4rem}
h2{font-size:1.4rem;line-height:1.3;margin:0 0 .9rem;letter-spacing:-.005em}
h3{font-size:1.05rem;margin:1.9rem 0 .55rem;line-height:1.4;overflow-wrap:anywhere}
h4{font-size:.95rem;margin:1.1rem 0 .3rem}
p,ul,ol,dl{margin:.5rem 0}
main{min-width:0}
main>section{padding:1.9rem 0 1.2rem;border-top:1px solid var(--line)}
main>section:first-child{border-top:0;padding-top:1rem}
.muted{color:var(--muted)}
.small{font-size:.875rem}
nav ol{list-style:none;margin:0;padding:0}
nav a{display:block;padding:.28rem .7rem;color:var(--ink);text-decoration:none;border-left:2px solid var(--line);font-size:.92rem}
nav a:hover{color:var(--accent);border-color:var(--accent)}
nav .count{color:var(--muted);font-variant-numeric:tabular-nums;margin-left:.35rem}
@media (max-width:69.99rem){nav ol{display:flex;flex-wrap:wrap;gap:.1rem .2rem;margin-top:1rem}nav a{border-left:0;border-bottom:2px solid var(--line);padding:.25rem .5rem}}
@media (min-width:70rem){.layout{display:grid;grid-template-columns:13.5rem minmax(0,1fr);gap:2.5rem}nav{position:sticky;top:1.2rem;align-self:start;margin-top:1.2rem;max-height:calc(100vh - 2.4rem);overflow:auto}}
.verdict{background:var(--panel);border:1px solid var(--line);border-left:6px solid var(--muted);border-radius:6px;padding:1.15rem 1.4rem}
.verdict .word{font-size:1.65rem;font-weight:700;line-height:1.2;margin:0}
.verdict .why{margin:.25rem 0 0;max-width:52rem}
.verdict.bad{border-left-color:var(--bad)}.verdict.bad .word{color:var(--bad)}
.verdict.medium{border-left-color:var(--medium)}.verdict.medium .word{color:var(--medium)}
.verdict.low{border-left-color:var(--low)}.verdict.low .word{color:var(--low)}
.verdict.good{border-left-color:var(--good)}.verdict.good .word{color:var(--good)}
.verdict.unsure{border-left-color:var(--unsure)}.verdict.unsure .word{color:var(--unsure)}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(11.5rem,1fr));gap:1rem 2rem;margin:1.1rem 0 0}
.figures dt{font-size:.8rem;color:var(--muted)}
.figures dd{margin:0}
.figures .value{font-size:1.45rem;font-weight:650;font-variant-numeric:tabular-nums;line-height:1.3}
.figures .value small{font-size:.85rem;font-weight:400;color:var(--muted)}
.figures .note{font-size:.82rem;color:var(--muted);line-height:1.4;margin-top:.2rem}
.scale{display:block;width:100%;height:.55rem;margin:.2rem 0 .25rem}
.track{fill:var(--track)}.band{fill:var(--fill);opacity:.45}.mark,.full{fill:var(--fill)}
.part{fill:none;stroke:var(--fill);stroke-width:1.5}
.bar{width:5.6rem;height:.8rem;vertical-align:-.06rem}
.two{display:grid;grid-template-columns:minmax(0,1fr);gap:0 2.5rem}
@media (min-width:56rem){.two{grid-template-columns:minmax(0,1.25fr) minmax(0,1fr)}}
.ranked{padding:0;margin:.4rem 0;list-style:none;counter-reset:rank}
.ranked>li{counter-increment:rank;position:relative;padding:.65rem 0 .65rem 1.9rem;border-top:1px solid var(--line)}
.ranked>li:first-child{border-top:0}
.ranked>li::before{content:counter(rank);position:absolute;left:0;top:.65rem;width:1.3rem;text-align:right;color:var(--muted);font-variant-numeric:tabular-nums}
.ranked p{margin:.15rem 0}
.ranked .extent{display:inline-block}
.what{font-weight:600;overflow-wrap:anywhere}
.what a{color:inherit}
.chip{display:inline-block;font-size:.74rem;font-weight:650;letter-spacing:.03em;line-height:1.5;padding:.05rem .5rem;border-radius:3px;border:1px solid currentColor;white-space:nowrap;vertical-align:.1em}
.chip.critical{color:var(--critical);background:var(--critical-ground)}.chip.high{color:var(--high);background:var(--high-ground)}
.chip.medium{color:var(--medium);background:var(--medium-ground)}.chip.low{color:var(--low);background:var(--low-ground)}
.chip.informational,.chip.none{color:var(--informational);background:var(--informational-ground)}
.tone{display:inline-block;font-size:.84rem;font-weight:600;padding:0 .35rem;border-radius:3px;line-height:1.5;white-space:nowrap}
.tone.good{color:var(--good);background:var(--good-ground)}.tone.bad{color:var(--bad);background:var(--bad-ground)}
.tone.unsure{color:var(--unsure);background:var(--unsure-ground)}.tone.plain{color:var(--informational);background:var(--informational-ground)}
.counts{display:flex;flex-wrap:wrap;gap:.4rem .6rem;margin:.9rem 0 0;padding:0;list-style:none}
.scroll{overflow-x:auto;margin:.6rem 0;border:1px solid var(--line);border-radius:6px;background:var(--panel)}
table{border-collapse:collapse;width:100%;font-size:.89rem;line-height:1.45}
th,td{text-align:left;vertical-align:top;padding:.5rem .75rem;border-top:1px solid var(--line);overflow-wrap:break-word}
thead th{border-top:0;font-size:.78rem;font-weight:600;color:var(--muted);white-space:nowrap;background:var(--sunken)}
tbody th{font-weight:600}
td.n,th.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
td small,th small{display:block;color:var(--muted);font-size:.82rem;font-weight:400;line-height:1.4}
#scorecard td:last-child,#scorecard th:last-child{width:52%}
.ports{table-layout:fixed;min-width:58rem}
.ports col.w{width:19%}.ports col.d{width:20%}.ports col.p{width:7%}.ports col.m{width:16%}.ports col.a{width:19%}
.ports .namespace th{background:var(--sunken);padding:.3rem .75rem;font-size:.95rem}
.ports small.mono{font-size:.76rem;overflow-wrap:anywhere}
.filter{margin:1rem 0;display:flex;flex-wrap:wrap;gap:.3rem .8rem;align-items:center}
.filter[hidden]{display:none}
.filter input{font:inherit;color:inherit;background:var(--panel);border:1px solid var(--muted);border-radius:4px;padding:.3rem .6rem;width:20rem;max-width:100%}
.card{background:var(--panel);border:1px solid var(--line);border-radius:6px;padding:1.05rem 1.3rem 1.15rem;margin:1rem 0;scroll-margin-top:1rem}
.card.critical{border-left:5px solid var(--critical)}.card.high{border-left:5px solid var(--high)}.card.medium{border-left:5px solid var(--medium)}
.card.low{border-left:5px solid var(--low)}.card.informational{border-left:5px solid var(--informational)}
.card>h3{margin:.3rem 0 .2rem;font-size:1.12rem}
.card>h3>.chip{display:table;margin-bottom:.35rem}
.card h4{color:var(--muted);font-size:.82rem;font-weight:600;margin:1rem 0 .25rem}
.card>p{max-width:52rem}
.marks{color:var(--muted);font-size:.86rem;margin:0;display:flex;flex-wrap:wrap;gap:.1rem 1rem}
.request{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.05rem 1.1rem;margin:.3rem 0;padding:.65rem .9rem;background:var(--sunken);border-left:3px solid var(--muted);font-size:.9rem}
.request dt{color:var(--muted)}
.request dd{margin:0;overflow-wrap:anywhere}
.affected{list-style:none;padding:0;margin:.2rem 0}
.affected li{display:flex;flex-wrap:wrap;gap:0 1rem;padding:.1rem 0}
.place{color:var(--muted);display:inline-block;max-width:100%}
pre{margin:.4rem 0;padding:.7rem .9rem;background:var(--sunken);border-radius:4px;overflow-x:auto;line-height:1.5;white-space:pre;tab-size:2}
pre .add{color:var(--good);background:var(--good-ground)}pre .del{color:var(--bad);background:var(--bad-ground)}
pre .add,pre .del{display:block;margin:0 -.9rem;padding:0 .9rem}
details{margin:.5rem 0}
summary{cursor:pointer;color:var(--accent);font-size:.92rem;padding:.12rem 0;width:fit-content}
details>.inner{padding:.1rem 0 .3rem 1.05rem;border-left:2px solid var(--line);margin:.3rem 0 .5rem .25rem}
details.rows>.scroll{margin-top:.5rem}
.label{font-weight:600}
.affected{font-size:.94rem}
.drawing{overflow-x:auto;margin:.7rem 0 .3rem;padding:.3rem .2rem;background:var(--page);border:1px solid var(--line);border-radius:5px}
svg.path{display:block;max-width:100%;height:auto;min-width:34rem}
svg.path text{font:11px ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;text-anchor:middle;fill:var(--muted)}
svg.path .box rect{fill:var(--panel);stroke:var(--muted);stroke-width:1.2}
svg.path .box .name{font-size:12.5px;fill:var(--ink)}
svg.path .place rect{fill:var(--sunken);stroke-dasharray:4 3}
svg.path .tier rect{fill:var(--critical-ground);stroke:var(--critical);stroke-width:1.6}
svg.path .hop path{fill:none;stroke:var(--muted);stroke-width:1.4}
svg.path .hop .head{fill:var(--muted);stroke:none}
svg.path .hop.excess path{stroke:var(--bad);stroke-width:2.2}
svg.path .hop.excess .head{fill:var(--bad);stroke:none}
svg.path .hop.excess text{fill:var(--bad)}
svg.path .hop.excess .where{fill:var(--muted);font-size:10px}
footer{color:var(--muted);font-size:.85rem;padding-top:1rem;padding-bottom:3rem}
@media screen and (max-width:44rem){.scroll table{min-width:38rem}.scroll .ports{min-width:56rem}}
@media (max-width:40rem){header.top,footer,.layout{padding-left:1rem;padding-right:1rem}.verdict,.card{padding-left:1rem;padding-right:1rem}h1{font-size:1.5rem}.figures{grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr))}}
@media print{
:root{color-scheme:light;${properties(light)};--page:#ffffff}
@page{margin:16mm 14mm}
html{font-size:9.5pt}
header.top{padding-top:0}
main>section{padding:1.2rem 0 .6rem}
nav,.skip,.filter,.again{display:none!important}
.two{grid-template-columns:minmax(0,1.25fr) minmax(0,1fr);gap:0 1.6rem}
header.top,footer,.layout{max-width:none;padding-left:0;padding-right:0}
.layout{display:block}
.scroll{overflow:visible;border-radius:0}
.ports{min-width:0}
table{font-size:.8rem}
td small,th small{font-size:.72rem}
.ports small.mono,.ports td code{font-size:.68rem}
.tone{font-size:.74rem;padding:0 .2rem}
th,td{padding:.28rem .4rem}
thead{display:table-header-group;break-after:avoid}
tbody.namespace{break-after:avoid}
tr,.request,.verdict,.ranked>li,.short{break-inside:avoid}
td code,th code{overflow-wrap:anywhere}
h2,h2+p,h3,h4,summary,.marks{break-after:avoid}
.card{padding:.8rem 1rem}
pre{white-space:pre-wrap;overflow-wrap:anywhere}
a{color:inherit;text-decoration:none}
details:not(.rows)::details-content{content-visibility:visible;block-size:auto;display:block}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
`;
