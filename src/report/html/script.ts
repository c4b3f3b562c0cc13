/**
 * The only script: filters the inventory, and opens folded parts for printing. Without it everything is still there. The document's
 * security policy names this text by its hash.
 */
export const script = `
(() => {
  const folded = () => document.querySelectorAll('details:not(.rows):not([open])');
  let opened = [];
  addEventListener('beforeprint', () => { opened = [...folded()]; for (const each of opened) each.open = true; });
  addEventListener('afterprint', () => { for (const each of opened) each.open = false; });

  const box = document.getElementById('filter');
  if (!box) return;
  const counter = document.getElementById('filter-count');
  const groups = [...document.querySelectorAll('#inventory .ports tbody:not(.namespace)')];
  const parts = [...document.querySelectorAll('#inventory details.rows')];
  const tables = [...document.querySelectorAll('#inventory .ports')].map((table) => table.parentElement);
  const namespaces = [...document.querySelectorAll('#inventory tbody.namespace')];
  const isEmpty = (namespace) => {
    let next = namespace.nextElementSibling;
    while (next && next.hidden) next = next.nextElementSibling;
    return !next || next.classList.contains('namespace');
  };
  const readTexts = () => {
    let namespace = '';
    const found = [];
    for (const body of document.querySelectorAll('#inventory .ports tbody')) {
      const text = body.textContent.toLowerCase();
      if (body.classList.contains('namespace')) namespace = text;
      else found.push(namespace + ' ' + text);
    }
    return found;
  };
  let texts;
  let timer;
  const filter = () => {
    const words = box.value.toLowerCase().split(/\\s+/).filter(Boolean);
    texts ??= readTexts();
    let shown = 0;
    groups.forEach((group, index) => {
      group.hidden = !words.every((word) => texts[index].includes(word));
      if (!group.hidden) shown += 1;
    });
    for (const namespace of namespaces) { namespace.hidden = false; namespace.hidden = isEmpty(namespace); }
    for (const table of tables) table.hidden = table.querySelector('tbody:not([hidden])') === null;
    for (const part of parts) {
      const hit = part.querySelector('tbody:not([hidden])') !== null;
      part.open = words.length > 0 && hit;
      part.hidden = !hit;
    }
    counter.textContent = words.length > 0 ? shown + ' of ' + groups.length + ' workloads' : '';
  };
  box.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(filter, 120); });
  box.parentElement.hidden = false;
})();
`;
