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
  const groups = [...document.querySelectorAll('#inventory tbody')];
  const parts = [...document.querySelectorAll('#inventory details.rows')];
  const namespaces = [...document.querySelectorAll('#inventory .namespace')];
  let texts;
  let timer;
  const filter = () => {
    const words = box.value.toLowerCase().split(/\\s+/).filter(Boolean);
    texts ??= groups.map((group) => group.textContent.toLowerCase());
    let shown = 0;
    groups.forEach((group, index) => {
      group.hidden = !words.every((word) => texts[index].includes(word));
      if (!group.hidden) shown += 1;
    });
    for (const part of parts) part.open = words.length > 0 && part.querySelector('tbody:not([hidden])') !== null;
    for (const namespace of namespaces) namespace.hidden = namespace.querySelector('tbody:not([hidden])') === null;
    counter.textContent = words.length > 0 ? shown + ' of ' + groups.length + ' workloads' : '';
  };
  box.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(filter, 120); });
  box.parentElement.hidden = false;
})();
`;
